//! Whether an object or row meets a restriction.
//!
//! The tree is in `mod.rs`, the comparison of two values in `prop/compare.rs`. Tables, search folders
//! and the reading of message files all ask here, so that a condition means the same everywhere.
//!
//! # What the reference leaves open
//!
//! A condition on a property that the object does not have is undefined there. Here it is false, with
//! one exception: a missing value is unequal to every value, so that `RELOP_NE` holds. Two missing
//! values stand in no relation. PT_ERROR in place of a value is a missing value.
//!
//! A property of many values meets a condition on one value where any of its values does.

use super::{DEPTH, RelOp, Restriction};
use crate::object::{MessageObject, Property, find};
use crate::prop::compare::{accepts, contains, holds};
use crate::prop::{PropList, PropTag, PropType, PropValue};
use crate::row::Row;
use crate::{Error, ErrorCode, Result};
use std::borrow::Cow;

/// PR_MESSAGE_RECIPIENTS and PR_MESSAGE_ATTACHMENTS, by identifier.
const RECIPIENTS: u16 = 0x0E12;
const ATTACHMENTS: u16 = 0x0E13;
/// The bit of a column's type that asks for one row per value (MV_INSTANCE).
pub(super) const MV_INSTANCE: u16 = 0x2000;

/// What a restriction is asked of: a row, an object, a message.
pub trait Subject {
    /// The value with this tag; PT_UNSPECIFIED takes any type, text of either width is found.
    fn value(&self, tag: PropTag) -> Option<Cow<'_, PropValue>>;

    /// The size in bytes of the value with this tag, also where the value is too large to be had.
    fn size_bytes(&self, tag: PropTag) -> Option<u64> {
        self.value(tag).filter(|value| is_present(value)).map(|value| value.size_bytes() as u64)
    }

    /// The rows of the table that PR_MESSAGE_RECIPIENTS or PR_MESSAGE_ATTACHMENTS stands for.
    fn rows(&self, tag: PropTag) -> Vec<Cow<'_, PropList>> {
        let _ = tag;
        Vec::new()
    }
}

impl Restriction {
    /// True where the subject meets the condition.
    ///
    /// A condition that [`Restriction::check`] refuses is met by nothing. RES_COUNT counts rows and
    /// is its inner condition here; whoever holds the rows counts them.
    pub fn matches(&self, subject: &dyn Subject) -> bool {
        meets(self, subject, DEPTH).unwrap_or(false)
    }

    /// Answers whether the condition can be evaluated at all; tables ask before they keep it.
    ///
    /// # Errors
    /// - `MAPI_E_TOO_COMPLEX`: nested deeper than [`DEPTH`]; RELOP_RE or RELOP_MEMBER_OF_DL; a value
    ///   whose type is not the property's; a sub-restriction on anything but recipients and attachments.
    ///
    /// # Source
    /// SPropertyRestriction, SContentRestriction, SComparePropsRestriction, SSubRestriction.
    pub fn check(&self) -> Result<()> {
        // A list in place of recursion, because the depth is what is being asked.
        let mut open = vec![(self, 1)];
        while let Some((condition, depth)) = open.pop() {
            if depth > DEPTH {
                return Err(too_complex(format!("conditions are nested more than {DEPTH} deep")));
            }
            condition.check_alone()?;
            open.extend(condition.inner().iter().map(|inner| (inner, depth + 1)));
        }
        Ok(())
    }

    /// The conditions directly within this one.
    pub fn inner(&self) -> &[Self] {
        match self {
            Self::And(all) | Self::Or(all) => all,
            Self::Not(one) => std::slice::from_ref(one),
            Self::Sub { restriction, .. } | Self::Count { restriction, .. } => {
                std::slice::from_ref(restriction)
            }
            Self::Comment { restriction: Some(one), .. } => std::slice::from_ref(one),
            _ => &[],
        }
    }

    fn check_alone(&self) -> Result<()> {
        match self {
            Self::Property { op, tag, value } => check_op(*op).and_then(|()| check_type(*tag, value)),
            Self::Content { tag, value, .. } => check_type(*tag, value),
            Self::CompareProps { op, left, right } => {
                check_op(*op)?;
                let unknown = |tag: &PropTag| tag.ptype() == PropType::UNSPECIFIED;
                let agree = bare(left.ptype()) == bare(right.ptype()) || unknown(left) || unknown(right);
                if agree {
                    Ok(())
                } else {
                    Err(too_complex("two properties of different types are compared"))
                }
            }
            Self::Size { op, .. } => check_op(*op),
            Self::Sub { tag, .. } if !matches!(tag.id(), RECIPIENTS | ATTACHMENTS) => {
                Err(too_complex("a sub-restriction on neither recipients nor attachments"))
            }
            _ => Ok(()),
        }
    }
}

/// `None` where the condition is too deep to be evaluated: then not even its negation is met.
fn meets(condition: &Restriction, subject: &dyn Subject, depth: usize) -> Option<bool> {
    let depth = depth.checked_sub(1)?;
    let met = match condition {
        Restriction::And(all) => return every(all, subject, depth),
        Restriction::Or(all) => return any(all, subject, depth),
        Restriction::Not(inner) => return meets(inner, subject, depth).map(|met| !met),
        Restriction::Comment { restriction: None, .. } => true,
        Restriction::Comment { restriction: Some(inner), .. }
        | Restriction::Count { restriction: inner, .. } => return meets(inner, subject, depth),
        Restriction::Sub { tag, restriction } => {
            return any_row(subject.rows(*tag), restriction, depth);
        }
        Restriction::Content { fuzzy, loose, tag, value } => {
            let held = present(subject, *tag);
            held.is_some_and(|held| any_value(&held, value, |one| contains(one, value, *fuzzy, *loose)))
        }
        Restriction::Property { op, tag, value } => match present(subject, *tag) {
            Some(held) => any_value(&held, value, |one| holds(*op, one, value)),
            None => *op == RelOp::NotEqual,
        },
        Restriction::CompareProps { op, left, right } => {
            match (present(subject, *left), present(subject, *right)) {
                (Some(left), Some(right)) => holds(*op, &left, &right),
                (None, None) => false,
                _ => *op == RelOp::NotEqual,
            }
        }
        Restriction::BitMask { nonzero, tag, mask } => present(subject, *tag)
            .and_then(|held| held.as_long())
            .is_some_and(|held| (held.cast_unsigned() & mask != 0) == *nonzero),
        Restriction::Size { op, tag, bytes } => match subject.size_bytes(*tag) {
            Some(size) => accepts(*op, size.cmp(&u64::from(*bytes))),
            None => *op == RelOp::NotEqual,
        },
        Restriction::Exist(tag) => exists(subject, *tag),
    };
    Some(met)
}

fn every(all: &[Restriction], subject: &dyn Subject, depth: usize) -> Option<bool> {
    for condition in all {
        if !meets(condition, subject, depth)? {
            return Some(false);
        }
    }
    Some(true)
}

fn any(all: &[Restriction], subject: &dyn Subject, depth: usize) -> Option<bool> {
    for condition in all {
        if meets(condition, subject, depth)? {
            return Some(true);
        }
    }
    Some(false)
}

fn any_row(rows: Vec<Cow<'_, PropList>>, condition: &Restriction, depth: usize) -> Option<bool> {
    for row in rows {
        if meets(condition, &*row, depth)? {
            return Some(true);
        }
    }
    Some(false)
}

fn present(subject: &dyn Subject, tag: PropTag) -> Option<Cow<'_, PropValue>> {
    subject.value(tag.with_type(PropType(tag.ptype().0 & !MV_INSTANCE))).filter(|value| is_present(value))
}

fn is_present(value: &PropValue) -> bool {
    !matches!(value, PropValue::Error(_))
}

/// A value that is only too large to be shown is there all the same, whatever its type.
fn exists(subject: &dyn Subject, tag: PropTag) -> bool {
    let too_large =
        |value: Cow<'_, PropValue>| matches!(*value, PropValue::Error(ErrorCode::NOT_ENOUGH_MEMORY));
    present(subject, tag).is_some()
        || subject.value(tag.with_type(PropType::UNSPECIFIED)).is_some_and(too_large)
}

/// Asks each of many values where the constant is one value, else the value as a whole.
fn any_value(held: &PropValue, constant: &PropValue, test: impl Fn(&PropValue) -> bool) -> bool {
    if constant.ptype().is_multi() || !held.ptype().is_multi() {
        return test(held);
    }
    held.singles().any(|value| test(&value))
}

/// Types that are compared with one another have the same bare type: text of either width, and a
/// column of many values like one of them.
fn bare(ptype: PropType) -> PropType {
    PropType(ptype.0 & !MV_INSTANCE).single().unicode()
}

fn check_type(tag: PropTag, value: &PropValue) -> Result<()> {
    let (asked, given) = (PropType(tag.ptype().0 & !MV_INSTANCE), value.ptype());
    // A constant of many values fits only a property of many.
    let fits = bare(asked) == bare(given) && (asked.is_multi() || !given.is_multi());
    if fits || asked == PropType::UNSPECIFIED {
        return Ok(());
    }
    Err(too_complex(format!("property {tag} is compared with a value of {given}")))
}

fn check_op(op: RelOp) -> Result<()> {
    match op {
        RelOp::Like => Err(too_complex("RELOP_RE is not evaluated")),
        RelOp::MemberOfDl => Err(too_complex("RELOP_MEMBER_OF_DL is not evaluated")),
        _ => Ok(()),
    }
}

fn too_complex(detail: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorCode::TOO_COMPLEX, "Restriction::check", detail)
}

impl Subject for PropList {
    fn value(&self, tag: PropTag) -> Option<Cow<'_, PropValue>> {
        Self::value(self, tag).map(Cow::Borrowed)
    }
}

impl Subject for Row {
    fn value(&self, tag: PropTag) -> Option<Cow<'_, PropValue>> {
        Self::value(self, tag).map(Cow::Borrowed)
    }
}

impl Subject for MessageObject {
    fn value(&self, tag: PropTag) -> Option<Cow<'_, PropValue>> {
        find(&self.properties, tag).map(Cow::Borrowed)
    }

    fn rows(&self, tag: PropTag) -> Vec<Cow<'_, PropList>> {
        let plain = |row: &[Property]| -> Cow<'_, PropList> {
            let plain = row.iter().filter(|property| property.named.is_none());
            let props = plain.map(|property| crate::prop::Prop::new(property.tag, property.value.clone()));
            Cow::Owned(props.collect())
        };
        match tag.id() {
            RECIPIENTS => self.recipients.iter().map(|row| plain(row)).collect(),
            ATTACHMENTS => self.attachments.iter().map(|row| plain(&row.properties)).collect(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
