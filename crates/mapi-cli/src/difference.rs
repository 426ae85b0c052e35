//! `differences`: in what two messages differ, property by property, with everything in them.
//!
//! Named properties are the same where their set and name are, whatever their identifiers. Rows and
//! attachments are compared in their order. How it is shown is `commands/diff.rs`'s.

use crate::readable::readable;
use mapi_defs::object::{AttachmentObject, MessageObject, Property, StorageObject};
use mapi_defs::prop::PropTag;
use std::cmp::Ordering;

/// One difference.
pub(crate) struct Difference<'a> {
    /// Where, such as `attachment 1/message/recipient 0`; empty for the messages themselves.
    pub(crate) place: String,
    /// What differs.
    pub(crate) what: What<'a>,
}

/// What differs.
pub(crate) enum What<'a> {
    /// A property that one side lacks, or that is another one there.
    Property(Option<&'a Property>, Option<&'a Property>),
    /// A recipient, an attachment, an embedded message or a storage that only the left or right side has.
    Missing(&'static str, Side),
    /// What the storage of an attachment holds.
    Storage,
}

/// Which of the two has it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The first one.
    Left,
    /// The second one.
    Right,
}

/// Whether the texts that a person reads are the same; `None` where neither side has one.
pub(crate) struct BodiesEqual {
    /// The text, of HTML where there is nothing else.
    pub(crate) text: Option<bool>,
    /// The HTML.
    pub(crate) html: Option<bool>,
}

/// The differences of two messages, the messages' own first.
pub(crate) fn differences<'a>(left: &'a MessageObject, right: &'a MessageObject) -> Vec<Difference<'a>> {
    let mut found = Vec::new();
    let mut waiting = vec![(left, right, String::new())];
    while let Some((left, right, place)) = waiting.pop() {
        properties(&left.properties, &right.properties, &place, &mut found);
        let rows = left.recipients.len().max(right.recipients.len());
        for index in 0..rows {
            let place = within(&place, &format!("recipient {index}"));
            match (left.recipients.get(index), right.recipients.get(index)) {
                (Some(left), Some(right)) => properties(left, right, &place, &mut found),
                (left, _) => found.push(missing(place, "recipient", left.is_some())),
            }
        }
        let mut inner = Vec::new();
        for index in 0..left.attachments.len().max(right.attachments.len()) {
            let place = within(&place, &format!("attachment {index}"));
            match (left.attachments.get(index), right.attachments.get(index)) {
                (Some(left), Some(right)) => {
                    inner.extend(attachment(left, right, &place, &mut found));
                }
                (left, _) => found.push(missing(place, "attachment", left.is_some())),
            }
        }
        waiting.extend(inner.into_iter().rev());
    }
    found
}

/// Compares the bodies as a person reads them, in whichever property they are.
pub(crate) fn bodies(left: &MessageObject, right: &MessageObject) -> BodiesEqual {
    let (left, right) = (readable(left), readable(right));
    let same = |left: &Option<String>, right: &Option<String>| {
        (left.is_some() || right.is_some()).then_some(left == right)
    };
    BodiesEqual { text: same(&left.text, &right.text), html: same(&left.html, &right.html) }
}

/// Compares two attachments; returns the messages in them, where both have one.
fn attachment<'a>(
    left: &'a AttachmentObject,
    right: &'a AttachmentObject,
    place: &str,
    found: &mut Vec<Difference<'a>>,
) -> Option<(&'a MessageObject, &'a MessageObject, String)> {
    properties(&left.properties, &right.properties, place, found);
    match (&left.storage, &right.storage) {
        (None, None) => {}
        (Some(left), Some(right)) if is_same_storage(left, right) => {}
        (Some(_), Some(_)) => found.push(Difference { place: place.to_owned(), what: What::Storage }),
        (left, _) => found.push(missing(place.to_owned(), "storage", left.is_some())),
    }
    match (&left.message, &right.message) {
        (Some(left), Some(right)) => return Some((left, right, within(place, "message"))),
        (None, None) => {}
        (left, _) => found.push(missing(place.to_owned(), "message", left.is_some())),
    }
    None
}

fn properties<'a>(left: &'a [Property], right: &'a [Property], place: &str, found: &mut Vec<Difference<'a>>) {
    let sorted = |all: &'a [Property]| {
        let mut sorted: Vec<&Property> = all.iter().collect();
        sorted.sort_by(|one, other| order(one, other));
        sorted
    };
    let (left, right) = (sorted(left), sorted(right));
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(left), Some(right)) => order(left, right),
        };
        let mine = if order.is_le() { left.next() } else { None };
        let theirs = if order.is_ge() { right.next() } else { None };
        let is_same = mine.zip(theirs).is_some_and(|(mine, theirs)| is_same(mine, theirs));
        if !is_same {
            found.push(Difference { place: place.to_owned(), what: What::Property(mine, theirs) });
        }
    }
}

/// Plain properties by their identifier, then named ones by set and name: the type is compared after.
fn order(one: &Property, other: &Property) -> Ordering {
    let id = |tag: PropTag| tag.id();
    match (&one.named, &other.named) {
        (None, None) => id(one.tag).cmp(&id(other.tag)),
        (Some(_), Some(_)) => one.named.cmp(&other.named),
        _ => one.order(other),
    }
}

/// True for the same type and value; numbers that are none are the same where their bytes are.
fn is_same(one: &Property, other: &Property) -> bool {
    one.tag.ptype() == other.tag.ptype()
        && (one.value == other.value || format!("{:?}", one.value) == format!("{:?}", other.value))
}

fn is_same_storage(left: &StorageObject, right: &StorageObject) -> bool {
    let mut waiting = vec![(left, right)];
    while let Some((left, right)) = waiting.pop() {
        let (mine, theirs) = (sorted(&left.streams), sorted(&right.streams));
        let (within, without) = (sorted(&left.storages), sorted(&right.storages));
        let names_differ = within.len() != without.len()
            || within.iter().zip(&without).any(|((left, _), (right, _))| left != right);
        if left.class_id != right.class_id || mine != theirs || names_differ {
            return false;
        }
        waiting.extend(within.iter().zip(&without).map(|((_, left), (_, right))| (left, right)));
    }
    true
}

fn sorted<T>(elements: &[(String, T)]) -> Vec<&(String, T)> {
    let mut sorted: Vec<_> = elements.iter().collect();
    sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
    sorted
}

fn missing<'a>(place: String, what: &'static str, is_left: bool) -> Difference<'a> {
    let side = if is_left { Side::Left } else { Side::Right };
    Difference { place, what: What::Missing(what, side) }
}

fn within(place: &str, what: &str) -> String {
    if place.is_empty() { what.to_owned() } else { format!("{place}/{what}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_defs::Guid;
    use mapi_defs::prop::tags::*;
    use mapi_defs::prop::{NamedProp, PropType, PropValue};

    fn message() -> MessageObject {
        let named = NamedProp::text(Guid([5; 16]), "colour");
        let storage = StorageObject { streams: vec![("a".into(), vec![1])], ..StorageObject::default() };
        let inner = MessageObject {
            properties: vec![Property::new(PR_SUBJECT, "inner")],
            recipients: vec![vec![Property::new(PR_DISPLAY_NAME, "Bob")]],
            ..MessageObject::default()
        };
        let attachments = vec![
            AttachmentObject { message: Some(Box::new(inner)), ..AttachmentObject::default() },
            AttachmentObject { storage: Some(storage), ..AttachmentObject::default() },
        ];
        MessageObject {
            properties: vec![
                Property::new(PR_SUBJECT, "outer"),
                Property::new(PR_IMPORTANCE, 1),
                Property::named(named, "red"),
            ],
            recipients: vec![vec![Property::new(PR_DISPLAY_NAME, "Ann")]],
            attachments,
        }
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut MessageObject), places: &[&str]) {
        let (left, mut right) = (message(), message());
        change(&mut right);
        let places_of =
            |found: &[Difference<'_>]| -> Vec<String> { found.iter().map(|one| one.place.clone()).collect() };
        assert_eq!(places_of(&differences(&left, &right)), places);
        assert_eq!(places_of(&differences(&right, &left)), places, "the other way round");
    }

    #[test]
    fn what_is_the_same_has_no_difference() {
        check(|_| {}, &[]);
        // Identifiers of named properties and the order of properties mean nothing.
        check(
            |right| {
                right.properties[2].tag = PropTag::new(0x8123, PR_SUBJECT.ptype());
                right.properties.reverse();
            },
            &[],
        );
        let nan =
            |value: f64| Property::new(PropTag::new(0x6600, PropType::DOUBLE), PropValue::Double(value));
        assert!(is_same(&nan(f64::NAN), &nan(f64::NAN)) && !is_same(&nan(f64::NAN), &nan(0.0)));
    }

    #[test]
    fn every_difference_is_told_where_it_is() {
        let narrow = PropValue::String8("outer".into());
        check(|right| right.properties[0] = Property::new(PR_SUBJECT, "x"), &[""]);
        check(|right| right.properties[0] = Property::new(PR_SUBJECT, narrow), &[""]);
        check(|right| drop(right.properties.remove(1)), &[""]);
        check(|right| right.properties[2].named = Some(NamedProp::text(Guid([5; 16]), "color")), &["", ""]);
        check(|right| right.recipients[0].clear(), &["recipient 0"]);
        check(|right| right.recipients.clear(), &["recipient 0"]);
        check(|right| drop(right.attachments.pop()), &["attachment 1"]);
        check(|right| right.attachments[1].storage = None, &["attachment 1"]);
        check(|right| right.attachments[1].storage.as_mut().unwrap().streams[0].1.push(2), &["attachment 1"]);
        check(|right| right.attachments[0].message = None, &["attachment 0"]);
        check(
            |right| {
                let inner = right.attachments[0].message.as_mut().unwrap();
                inner.properties.clear();
                inner.recipients[0].clear();
            },
            &["attachment 0/message", "attachment 0/message/recipient 0"],
        );
    }

    #[test]
    fn bodies_are_compared_as_they_are_read() {
        let with = |property| MessageObject { properties: vec![property], ..MessageObject::default() };
        let rtf = mapi_rtf::compress(&mapi_rtf::encapsulate_text("Hello"));
        let (text, rtf) =
            (with(Property::new(PR_BODY, "Hello")), with(Property::new(PR_RTF_COMPRESSED, rtf)));
        let same = bodies(&text, &rtf);
        assert_eq!((same.text, same.html), (Some(true), None));
        assert_eq!(bodies(&text, &MessageObject::default()).text, Some(false));
    }
}
