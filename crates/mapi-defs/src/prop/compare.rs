//! Comparing property values (FPropCompareProp, LPropCompareProp, FPropContainsProp).
//!
//! Values of one type only; how a restriction finds them is `restriction/evaluate/`, and the order
//! of texts is `collation.rs`.
//!
//! Numbers, times and currency compare by size (NaN stands beyond the infinity of its sign and is
//! equal to its like), false before true, texts by [`compare_text`], bytes and GUIDs by byte and then
//! by length, many values one by one and then by number.

use super::PropValue;
use super::collation::{compare_text, fold_text, without_nonspacing};
use crate::restriction::{Fuzzy, Loose, RelOp};
use crate::sort::Direction;
use std::cmp::Ordering;

/// Compares two values of the same type (LPropCompareProp); `None` where the types differ or have no
/// values to compare (PT_OBJECT). Text of one width compares with text of the other.
pub fn compare(one: &PropValue, other: &PropValue) -> Option<Ordering> {
    use PropValue as V;
    let order = match (one, other) {
        (V::Null, V::Null) => Ordering::Equal,
        (V::I2(a), V::I2(b)) => a.cmp(b),
        (V::Long(a), V::Long(b)) => a.cmp(b),
        (V::R4(a), V::R4(b)) => float(f64::from(*a), f64::from(*b)),
        (V::Double(a), V::Double(b)) | (V::AppTime(a), V::AppTime(b)) => float(*a, *b),
        (V::Currency(a), V::Currency(b)) | (V::I8(a), V::I8(b)) => a.cmp(b),
        (V::Error(a), V::Error(b)) => a.cmp(b),
        (V::Boolean(a), V::Boolean(b)) => a.cmp(b),
        (V::String8(a) | V::Unicode(a), V::String8(b) | V::Unicode(b)) => compare_text(a, b),
        (V::SysTime(a), V::SysTime(b)) => a.cmp(b),
        (V::Clsid(a), V::Clsid(b)) => a.cmp(b),
        (V::Binary(a), V::Binary(b)) => a.cmp(b),
        _ => return compare_many(one, other),
    };
    Some(order)
}

/// True where the values stand in this relation (FPropCompareProp).
///
/// Values that [`compare`] cannot compare stand in none, NotEqual included; so do
/// [`RelOp::Like`] and [`RelOp::MemberOfDl`], which no provider here evaluates.
pub fn holds(op: RelOp, one: &PropValue, other: &PropValue) -> bool {
    compare(one, other).is_some_and(|order| accepts(op, order))
}

/// True where an order of two things satisfies the relation.
pub fn accepts(op: RelOp, order: Ordering) -> bool {
    match op {
        RelOp::Less => order.is_lt(),
        RelOp::LessOrEqual => order.is_le(),
        RelOp::Greater => order.is_gt(),
        RelOp::GreaterOrEqual => order.is_ge(),
        RelOp::Equal => order.is_eq(),
        RelOp::NotEqual => order.is_ne(),
        RelOp::Like | RelOp::MemberOfDl => false,
    }
}

/// The order of two rows by one column, in a direction of which only
/// [`Direction::Descending`] turns it round.
///
/// A missing value (`None` or PT_ERROR) comes last in either direction; values of different types
/// are ordered by type. A total order, as sorting needs it.
///
/// # Source
/// SSortOrder: rows without a value are positioned last.
pub fn order(one: Option<&PropValue>, other: Option<&PropValue>, direction: Direction) -> Ordering {
    let present = |value: &&PropValue| !matches!(value, PropValue::Error(_));
    match (one.filter(present), other.filter(present)) {
        (Some(one), Some(other)) => {
            let by_type = || one.ptype().unicode().cmp(&other.ptype().unicode());
            let ascending = compare(one, other).unwrap_or_else(by_type);
            if direction == Direction::Descending { ascending.reverse() } else { ascending }
        }
        (one, other) => other.is_some().cmp(&one.is_some()),
    }
}

/// True where the value contains, begins with or is what is searched for (FPropContainsProp).
///
/// Text in text and bytes in bytes; looseness is for text alone. Other types contain nothing.
/// FL_LOOSE ignores case and non-spacing marks.
pub fn contains(value: &PropValue, searched: &PropValue, fuzzy: Fuzzy, loose: Loose) -> bool {
    match (value, searched) {
        (PropValue::Binary(value), PropValue::Binary(searched)) => match fuzzy {
            Fuzzy::FullString => value == searched,
            Fuzzy::Prefix => value.starts_with(searched),
            Fuzzy::SubString => has_bytes(value, searched),
        },
        _ => match (value.as_text(), searched.as_text()) {
            (Some(value), Some(searched)) => contains_text(value, searched, fuzzy, loose),
            _ => false,
        },
    }
}

fn contains_text(value: &str, searched: &str, fuzzy: Fuzzy, loose: Loose) -> bool {
    if loose == Loose::default() {
        return stands(value, searched, fuzzy);
    }
    stands(&loosen(value, loose), &loosen(searched, loose), fuzzy)
}

fn stands(value: &str, searched: &str, fuzzy: Fuzzy) -> bool {
    match fuzzy {
        Fuzzy::FullString => value == searched,
        Fuzzy::Prefix => value.starts_with(searched),
        Fuzzy::SubString => value.contains(searched),
    }
}

fn loosen(text: &str, loose: Loose) -> String {
    // Case first: the capital of a marked letter is a marked letter, but not the other way round.
    let folded = if loose.ignore_case || loose.loose { fold_text(text) } else { text.to_owned() };
    if loose.ignore_nonspace || loose.loose { without_nonspacing(&folded) } else { folded }
}

fn has_bytes(value: &[u8], searched: &[u8]) -> bool {
    let Some((first, rest)) = searched.split_first() else { return true };
    let mut left = value;
    while let Some(at) = left.iter().position(|byte| byte == first) {
        left = &left[at + 1..];
        if left.starts_with(rest) {
            return true;
        }
    }
    false
}

fn compare_many(one: &PropValue, other: &PropValue) -> Option<Ordering> {
    use PropValue as V;
    let order = match (one, other) {
        (V::MvI2(a), V::MvI2(b)) => a.cmp(b),
        (V::MvLong(a), V::MvLong(b)) => a.cmp(b),
        (V::MvR4(a), V::MvR4(b)) => each(a, b, |a, b| float(f64::from(*a), f64::from(*b))),
        (V::MvDouble(a), V::MvDouble(b)) | (V::MvAppTime(a), V::MvAppTime(b)) => {
            each(a, b, |a, b| float(*a, *b))
        }
        (V::MvCurrency(a), V::MvCurrency(b)) | (V::MvI8(a), V::MvI8(b)) => a.cmp(b),
        (V::MvString8(a) | V::MvUnicode(a), V::MvString8(b) | V::MvUnicode(b)) => {
            each(a, b, |a, b| compare_text(a, b))
        }
        (V::MvSysTime(a), V::MvSysTime(b)) => a.cmp(b),
        (V::MvClsid(a), V::MvClsid(b)) => a.cmp(b),
        (V::MvBinary(a), V::MvBinary(b)) => a.cmp(b),
        _ => return None,
    };
    Some(order)
}

fn each<T>(one: &[T], other: &[T], compare: impl Fn(&T, &T) -> Ordering) -> Ordering {
    let unequal = one.iter().zip(other).map(|(a, b)| compare(a, b)).find(|order| order.is_ne());
    unequal.unwrap_or_else(|| one.len().cmp(&other.len()))
}

fn float(one: f64, other: f64) -> Ordering {
    one.partial_cmp(&other).unwrap_or_else(|| one.total_cmp(&other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prop::collation::collation_key;
    use crate::{ErrorCode, FileTime, Guid};
    use proptest::prelude::*;

    fn text(text: &str) -> PropValue {
        text.into()
    }

    #[test]
    fn values_of_one_type_have_an_order() {
        use PropValue as V;
        let ascending = [
            (V::I2(-1), V::I2(0)),
            (V::Long(-5), V::Long(4)),
            (V::R4(-0.5), V::R4(0.25)),
            (V::Double(f64::INFINITY), V::Double(f64::NAN)),
            (V::AppTime(1.0), V::AppTime(1.5)),
            (V::Currency(-1), V::Currency(1)),
            (V::I8(i64::MIN), V::I8(i64::MAX)),
            (V::Boolean(false), V::Boolean(true)),
            (text("abc"), V::String8("ABD".into())),
            (V::SysTime(FileTime(1)), V::SysTime(FileTime(u64::MAX))),
            (V::Clsid(Guid([0; 16])), V::Clsid(Guid([1; 16]))),
            (V::Binary(vec![1, 2]), V::Binary(vec![1, 2, 0])),
            (V::Binary(vec![1, 2, 9]), V::Binary(vec![1, 3])),
            (V::MvLong(vec![1, 2]), V::MvLong(vec![1, 2, 3])),
            (V::MvUnicode(vec!["a".into(), "b".into()]), V::MvUnicode(vec!["A".into(), "C".into()])),
            (V::MvDouble(vec![1.0]), V::MvDouble(vec![2.0])),
            (V::MvBinary(vec![vec![]]), V::MvBinary(vec![vec![0]])),
        ];
        for (less, more) in ascending {
            assert_eq!(compare(&less, &more), Some(Ordering::Less), "{less:?} {more:?}");
            assert_eq!(compare(&more, &less), Some(Ordering::Greater), "{less:?} {more:?}");
            assert!(holds(RelOp::NotEqual, &less, &more) && !holds(RelOp::Equal, &less, &more));
            assert!(holds(RelOp::Less, &less, &more) && holds(RelOp::LessOrEqual, &less, &less));
            assert!(holds(RelOp::Greater, &more, &less) && holds(RelOp::GreaterOrEqual, &more, &more));
        }
        assert_eq!(compare(&V::Double(0.0), &V::Double(-0.0)), Some(Ordering::Equal));
        assert_eq!(compare(&V::Object, &V::Object), None);
    }

    #[test]
    fn different_types_stand_in_no_relation_but_sort_somewhere() {
        let (number, name) = (PropValue::Long(1), text("1"));
        for op in [RelOp::Less, RelOp::Equal, RelOp::NotEqual, RelOp::Greater] {
            assert!(!holds(op, &number, &name));
        }
        let missing = PropValue::Error(ErrorCode::NOT_FOUND);
        for direction in [Direction::Ascending, Direction::Descending] {
            assert_eq!(order(None, Some(&number), direction), Ordering::Greater, "missing comes last");
            assert_eq!(order(Some(&number), Some(&missing), direction), Ordering::Less);
            assert_eq!(order(Some(&missing), None, direction), Ordering::Equal);
        }
        assert_eq!(order(Some(&number), Some(&name), Direction::Ascending), Ordering::Less);
        assert_eq!(order(Some(&number), Some(&name), Direction::Descending), Ordering::Greater);
    }

    #[test]
    fn contents_are_found_as_loosely_as_asked() {
        let exact = Loose::default();
        let case = Loose { ignore_case: true, ..exact };
        let marks = Loose { ignore_nonspace: true, ..exact };
        let loose = Loose { loose: true, ..exact };
        let cafe = text("Un Caf\u{c9} noir");
        for (searched, fuzzy, how, found) in [
            ("Caf\u{c9}", Fuzzy::SubString, exact, true),
            ("caf\u{e9}", Fuzzy::SubString, exact, false),
            ("caf\u{e9}", Fuzzy::SubString, case, true),
            ("CafE", Fuzzy::SubString, marks, true),
            ("cafe", Fuzzy::SubString, marks, false),
            ("CAFE", Fuzzy::SubString, loose, true),
            ("un", Fuzzy::Prefix, case, true),
            ("noir", Fuzzy::Prefix, case, false),
            ("un caf\u{e9} noir", Fuzzy::FullString, case, true),
            ("un caf\u{e9}", Fuzzy::FullString, case, false),
            ("", Fuzzy::SubString, exact, true),
        ] {
            assert_eq!(contains(&cafe, &text(searched), fuzzy, how), found, "{searched} {fuzzy:?}");
        }
        let bytes = PropValue::Binary(vec![1, 1, 2, 3]);
        let part = |bytes: &[u8]| PropValue::Binary(bytes.to_vec());
        assert!(contains(&bytes, &part(&[1, 2]), Fuzzy::SubString, exact));
        assert!(!contains(&bytes, &part(&[2, 1]), Fuzzy::SubString, exact));
        assert!(contains(&bytes, &part(&[1, 1]), Fuzzy::Prefix, exact));
        assert!(!contains(&bytes, &text("1"), Fuzzy::SubString, exact));
        assert!(!contains(&PropValue::Long(1), &PropValue::Long(1), Fuzzy::FullString, exact));
    }

    proptest! {
        #[test]
        fn order_by_key_is_order_by_comparison(one in "\\PC*", other in "\\PC*") {
            prop_assert_eq!(collation_key(&one).cmp(&collation_key(&other)), compare_text(&one, &other));
            prop_assert_eq!(compare(&text(&one), &text(&other)), Some(compare_text(&one, &other)));
        }

        #[test]
        fn close_texts_agree_too(one in "[aAbB\u{e4}\u{c4}\u{3c2}\u{3a3}\u{131}I]{0,6}", other in "[aAbB\u{e4}\u{c4}\u{3c2}\u{3a3}\u{131}I]{0,6}") {
            prop_assert_eq!(collation_key(&one).cmp(&collation_key(&other)), compare_text(&one, &other));
        }

        #[test]
        fn bytes_are_found_where_windows_find_them(value in proptest::collection::vec(0_u8..3, 0..12), searched in proptest::collection::vec(0_u8..3, 1..4)) {
            let found = value.windows(searched.len()).any(|window| window == searched);
            prop_assert_eq!(has_bytes(&value, &searched), found);
        }
    }
}
