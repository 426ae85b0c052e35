//! What is written is read as the same, and what is not a restriction is told where.

use super::*;
use crate::prop::tags::*;
use crate::prop::{PropType, PropValue};
use crate::restriction::Fuzzy;
use crate::{FileTime, Guid};
use proptest::prelude::*;

fn check(text: &str, condition: Restriction) {
    assert_eq!(Restriction::parse(text), Ok(condition.clone()), "{text}");
    assert_eq!(condition.to_string(), text);
}

fn property(op: RelOp, tag: PropTag, value: impl Into<PropValue>) -> Restriction {
    Restriction::Property { op, tag, value: value.into() }
}

fn not(inner: Restriction) -> Restriction {
    Restriction::Not(Box::new(inner))
}

#[test]
fn conditions_are_written_as_people_read_them() {
    let case = Loose { ignore_case: true, ..Loose::default() };
    let tag = PR_SUBJECT;
    let lunch = Restriction::Content { fuzzy: Fuzzy::SubString, loose: case, tag, value: "lunch".into() };
    let read = Restriction::BitMask { nonzero: true, tag: PR_MESSAGE_FLAGS, mask: 1 };
    let new_year =
        property(RelOp::GreaterOrEqual, PR_MESSAGE_DELIVERY_TIME, FileTime::from_unix_seconds(1_767_225_600));
    check(
        "PR_SUBJECT contains \"lunch\" ignorecase and not PR_MESSAGE_FLAGS has 0x1 \
         and PR_MESSAGE_DELIVERY_TIME >= 2026-01-01T00:00:00Z",
        Restriction::And(vec![lunch.clone(), not(read.clone()), new_year.clone()]),
    );
    check(
        "(PR_SUBJECT contains \"lunch\" ignorecase or PR_MESSAGE_FLAGS has 0x1) and not (exists(PR_SUBJECT) or any())",
        Restriction::And(vec![
            Restriction::Or(vec![lunch, read]),
            not(Restriction::Or(vec![Restriction::Exist(PR_SUBJECT), Restriction::Or(vec![])])),
        ]),
    );
    check("size(PR_BODY) < 1000", Restriction::Size { op: RelOp::Less, tag: PR_BODY, bytes: 1000 });
    let (left, right) = (PR_CLIENT_SUBMIT_TIME, PR_MESSAGE_DELIVERY_TIME);
    check(
        "PR_CLIENT_SUBMIT_TIME != PR_MESSAGE_DELIVERY_TIME",
        Restriction::CompareProps { op: RelOp::NotEqual, left, right },
    );
    let ann = property(RelOp::Equal, PR_DISPLAY_NAME, "Ann");
    let below = |tag| Restriction::Sub { tag, restriction: Box::new(ann.clone()) };
    check("recipients(PR_DISPLAY_NAME = \"Ann\")", below(PR_MESSAGE_RECIPIENTS));
    check("below(0x12340003, PR_DISPLAY_NAME = \"Ann\")", below(PropTag(0x1234_0003)));
    check(
        "first(5, all(PR_DISPLAY_NAME = \"Ann\"))",
        Restriction::Count { count: 5, restriction: Box::new(Restriction::And(vec![ann.clone()])) },
    );
    let props = vec![
        Prop { tag: PR_SUBJECT, value: "x".into() },
        Prop { tag: PR_PRIORITY, value: PropValue::Long(-1) },
    ];
    check(
        "comment([PR_SUBJECT = \"x\", PR_PRIORITY = -1], all())",
        Restriction::Comment { props, restriction: Some(Box::new(Restriction::And(vec![]))) },
    );
    check("comment([])", Restriction::Comment { props: vec![], restriction: None });
}

#[test]
fn values_are_of_their_property_or_say_their_type() {
    use PropValue as V;
    let own = |ptype| PropTag::new(0x6801, ptype);
    for (text, tag, value) in [
        ("PR_SUBJECT = \"a \\\"b\\\"\\\\ \\n\\u{0}é\"", PR_SUBJECT, V::Unicode("a \"b\"\\ \n\0é".into())),
        ("PR_SUBJECT = string8(\"a\")", PR_SUBJECT, V::String8("a".into())),
        ("0x0037001E = \"a\"", PR_SUBJECT.with_type(PropType::STRING8), V::String8("a".into())),
        ("PR_PRIORITY = -2147483648", PR_PRIORITY, V::Long(i32::MIN)),
        ("PR_HASATTACH = true", PR_HASATTACH, V::Boolean(true)),
        ("PR_SEARCH_KEY = x\"00ff\"", PR_SEARCH_KEY, V::Binary(vec![0, 255])),
        ("0x68010006 = -0.0001", own(PropType::CURRENCY), V::Currency(-1)),
        ("0x68010006 = 922337203685477.5807", own(PropType::CURRENCY), V::Currency(i64::MAX)),
        ("0x68010005 = -1e300", own(PropType::DOUBLE), V::Double(-1e300)),
        ("0x68010005 = -inf", own(PropType::DOUBLE), V::Double(f64::NEG_INFINITY)),
        ("0x68010004 = 0.1", own(PropType::R4), V::R4(0.1)),
        ("0x68010040 = 18446744073709551615", own(PropType::SYSTIME), V::SysTime(FileTime(u64::MAX))),
        (
            "0x68010048 = {00020328-0000-0000-C000-000000000046}",
            own(PropType::CLSID),
            V::Clsid(Guid::PS_MAPI),
        ),
        ("0x68010000 = i8(7)", own(PropType::UNSPECIFIED), V::I8(7)),
        ("0x6801101F = \"one\"", own(PropType::MV_UNICODE), V::Unicode("one".into())),
        (
            "0x6801101F = [\"one\", \"two\"]",
            own(PropType::MV_UNICODE),
            V::MvUnicode(vec!["one".into(), "two".into()]),
        ),
        ("PR_SUBJECT = long[]", PR_SUBJECT, V::MvLong(vec![])),
        ("PR_SUBJECT = error(MAPI_E_NOT_FOUND)", PR_SUBJECT, V::Error(ErrorCode::NOT_FOUND)),
        ("PR_SUBJECT = null()", PR_SUBJECT, V::Null),
    ] {
        check(text, property(RelOp::Equal, tag, value));
    }
}

#[test]
fn other_spellings_are_read_too() {
    for (text, same) in [
        (
            "pr_subject CONTAINS \"a\" AND NOT exists(PidTagBody)",
            "PR_SUBJECT contains \"a\" and not exists(PR_BODY)",
        ),
        ("  ( ( PR_PRIORITY=1 ) )  ", "PR_PRIORITY = 1"),
        ("PR_PRIORITY = 0x1F", "PR_PRIORITY = 31"),
        ("PR_MESSAGE_FLAGS has 16", "PR_MESSAGE_FLAGS has 0x10"),
        ("PR_CLIENT_SUBMIT_TIME < 2026-01-01", "PR_CLIENT_SUBMIT_TIME < 2026-01-01T00:00:00Z"),
        ("0x68010000 = 12", "0x68010000 = long(12)"),
        ("0x68010000 = \"a\"", "0x68010000 = unicode(\"a\")"),
        (
            "exists(PR_BODY) or exists(PR_HTML) and exists(PR_SUBJECT)",
            "exists(PR_BODY) or (exists(PR_HTML) and exists(PR_SUBJECT))",
        ),
    ] {
        let read = Restriction::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(read.to_string(), same, "{text}");
    }
}

#[test]
fn faults_are_told_by_place_and_expectation() {
    for (text, position, expected) in [
        ("", 0, "a condition on a property"),
        ("PR_SUBJECT", 10, "one of `<`"),
        ("PR_SUBJET = 1", 0, "is it PR_SUBJECT?"),
        ("PR_SUBJECT = 5", 13, "a text in quotation marks"),
        ("PR_SUBJECT = \"a", 13, "a closing quotation mark"),
        ("PR_PRIORITY = 99999999999", 14, "within the range"),
        ("PR_PRIORITY = 1 or", 18, "a condition on a property"),
        ("PR_PRIORITY = 1 PR_PRIORITY = 2", 16, "`and`, `or` or the end"),
        ("(PR_PRIORITY = 1", 16, "`)`"),
        ("PR_MESSAGE_FLAGS has \"x\"", 21, "a mask"),
        ("PR_HASATTACH = yes", 15, "`true` or `false`"),
        ("PR_SUBJECT = \"a\\q\"", 13, "a text"),
        ("PidLidLocation = \"x\"", 0, "a named property"),
        ("exists(\u{e4})", 7, "a word, a value or a sign"),
        ("0x68010000 = [1]", 13, "the type of the values"),
        ("PR_SUBJECT = boolean[true]", 20, "there is no list of PT_BOOLEAN"),
        ("size(PR_BODY) contains 5", 14, "one of"),
    ] {
        let error = Restriction::parse(text).expect_err(text);
        assert_eq!(error.position, position, "{text}: {error}");
        assert!(error.expected.contains(expected), "{text}: {error}");
    }
    let code = Error::from(Restriction::parse("x").unwrap_err());
    assert_eq!(code.code(), ErrorCode::INVALID_PARAMETER);
}

#[test]
fn nesting_is_bounded_in_both_directions() {
    let deep = |count: usize, open: &str, close: &str| {
        format!("{}exists(PR_SUBJECT){}", open.repeat(count), close.repeat(count))
    };
    for (open, close) in [("(", ")"), ("not ", ""), ("all(", ")"), ("first(1, ", ")")] {
        assert!(Restriction::parse(&deep(DEPTH - 1, open, close)).is_ok(), "{open}");
        for count in [DEPTH, 100_000] {
            let error = Restriction::parse(&deep(count, open, close)).expect_err(open);
            assert!(error.expected.contains("nested"), "{open}: {error}");
        }
    }
    let tree = (0..3_000).fold(Restriction::Exist(PR_SUBJECT), |inner, _| not(inner));
    assert!(tree.to_string().ends_with("..."));
}

fn tag() -> impl Strategy<Value = PropTag> {
    prop_oneof![
        Just(PR_SUBJECT),
        Just(PR_MESSAGE_FLAGS),
        Just(PR_MESSAGE_DELIVERY_TIME),
        Just(PR_SEARCH_KEY),
        any::<u32>().prop_map(PropTag),
        (any::<u16>(), (0..28_usize)).prop_map(|(id, at)| PropTag::new(id, values(at).ptype())),
    ]
}

/// A value of each type by number.
fn values(at: usize) -> PropValue {
    use PropValue as V;
    let all = [
        V::Null,
        V::I2(-7),
        V::Long(8),
        V::R4(-0.5),
        V::Double(1e-7),
        V::Currency(-12_345),
        V::AppTime(2.5),
        V::Error(ErrorCode::NOT_FOUND),
        V::Boolean(false),
        V::Object,
        V::I8(i64::MIN),
        V::String8("\u{7f}\"".into()),
        V::Unicode("x\\y\u{1f980}".into()),
        V::SysTime(FileTime(123_456_789_012_345_678)),
        V::Clsid(Guid([7; 16])),
        V::Binary(vec![1]),
        V::MvI2(vec![1, 2]),
        V::MvLong(vec![-1]),
        V::MvR4(vec![]),
        V::MvDouble(vec![0.1, f64::INFINITY]),
        V::MvCurrency(vec![i64::MIN]),
        V::MvAppTime(vec![1.0]),
        V::MvI8(vec![3]),
        V::MvString8(vec![String::new()]),
        V::MvUnicode(vec!["a".into(), ", ]".into()]),
        V::MvSysTime(vec![FileTime(0), FileTime(u64::MAX)]),
        V::MvClsid(vec![Guid::PS_MAPI]),
        V::MvBinary(vec![vec![], vec![255]]),
    ];
    all[at % all.len()].clone()
}

fn value() -> impl Strategy<Value = PropValue> {
    prop_oneof![
        (0..28_usize).prop_map(values),
        any::<String>().prop_map(PropValue::Unicode),
        any::<i64>().prop_map(PropValue::Currency),
        any::<u64>().prop_map(|ticks| PropValue::SysTime(FileTime(ticks))),
        any::<f64>()
            .prop_filter("a NaN is equal to nothing", |number| !number.is_nan())
            .prop_map(PropValue::Double),
        any::<f32>()
            .prop_filter("a NaN is equal to nothing", |number| !number.is_nan())
            .prop_map(PropValue::R4),
        any::<u32>().prop_map(
            |code| ErrorCode::from_u32(code | 0x8000_0000).map_or(PropValue::Null, PropValue::Error)
        ),
        proptest::collection::vec(any::<u8>(), 0..9).prop_map(PropValue::Binary),
    ]
}

fn op() -> impl Strategy<Value = RelOp> {
    (0..OPS.len()).prop_map(|at| OPS[at].0)
}

fn loose() -> impl Strategy<Value = Loose> {
    any::<(bool, bool, bool)>().prop_map(|(ignore_case, ignore_nonspace, loose)| Loose {
        ignore_case,
        ignore_nonspace,
        loose,
    })
}

fn leaf() -> impl Strategy<Value = Restriction> {
    prop_oneof![
        (op(), tag(), value()).prop_map(|(op, tag, value)| Restriction::Property { op, tag, value }),
        (0..3_usize, loose(), tag(), value()).prop_map(|(at, loose, tag, value)| Restriction::Content {
            fuzzy: FUZZY[at].0,
            loose,
            tag,
            value
        }),
        (op(), tag(), tag()).prop_map(|(op, left, right)| Restriction::CompareProps { op, left, right }),
        (any::<bool>(), tag(), any::<u32>()).prop_map(|(nonzero, tag, mask)| Restriction::BitMask {
            nonzero,
            tag,
            mask
        }),
        (op(), tag(), any::<u32>()).prop_map(|(op, tag, bytes)| Restriction::Size { op, tag, bytes }),
        tag().prop_map(Restriction::Exist),
        Just(Restriction::Comment { props: vec![], restriction: None }),
    ]
}

fn tree() -> impl Strategy<Value = Restriction> {
    leaf().prop_recursive(6, 40, 4, |inner| {
        let prop = (tag(), value()).prop_map(|(tag, value)| Prop { tag, value });
        let boxed = inner.clone().prop_map(Box::new);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Restriction::And),
            proptest::collection::vec(inner, 0..4).prop_map(Restriction::Or),
            boxed.clone().prop_map(Restriction::Not),
            (tag(), boxed.clone()).prop_map(|(tag, restriction)| Restriction::Sub { tag, restriction }),
            (any::<u32>(), boxed.clone())
                .prop_map(|(count, restriction)| Restriction::Count { count, restriction }),
            (proptest::collection::vec(prop, 0..3), boxed)
                .prop_map(|(props, inner)| Restriction::Comment { props, restriction: Some(inner) }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_the_same(condition in tree()) {
        let text = condition.to_string();
        prop_assert_eq!(Restriction::parse(&text), Ok(condition), "{}", text);
    }

    #[test]
    fn no_text_is_too_much(text in any::<String>()) {
        drop(Restriction::parse(&text));
    }

    #[test]
    fn no_mixture_of_words_is_too_much(words in proptest::collection::vec(0..40_usize, 0..40)) {
        const WORDS: [&str; 40] = [
            "PR_SUBJECT", "0x0037001F", "0x68011003", "and", "or", "not", "(", ")", "[", "]", ",", "<", "<=", "!=", "=",
            "contains", "starts", "is", "has", "lacks", "\"a\"", "\"\\u{", "\"\\", "x\"0", "x\"00\"", "{", "{}", "-", "1",
            "0x", "2026-01-01T", "size", "exists", "first", "comment", "all", "true", "long", "é", "\u{0}",
        ];
        let text: String = words.iter().flat_map(|at| [WORDS[*at], " "]).collect();
        if let Ok(condition) = Restriction::parse(&text) {
            prop_assert_eq!(Restriction::parse(&condition.to_string()), Ok(condition));
        }
        let joined: String = words.iter().map(|at| WORDS[*at]).collect();
        drop(Restriction::parse(&joined));
    }
}
