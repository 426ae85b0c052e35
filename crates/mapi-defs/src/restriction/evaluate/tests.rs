//! What evaluation answers, kind by kind.

use super::*;
use crate::FileTime;
use crate::prop::tags::*;
use crate::restriction::{Fuzzy, Loose};

const KEYWORDS: PropTag = PropTag::new(0x8001, PropType::MV_UNICODE);

fn lunch() -> PropList {
    let mut props = PropList::new();
    props.set(PR_SUBJECT, "Lunch on Friday");
    props.set(PR_MESSAGE_FLAGS, 0x11);
    props.set(PR_MESSAGE_SIZE, 1_200);
    props.set(PR_MESSAGE_DELIVERY_TIME, FileTime::from_unix_seconds(1_000));
    props.set(PR_CLIENT_SUBMIT_TIME, FileTime::from_unix_seconds(900));
    props.set(KEYWORDS, PropValue::MvUnicode(vec!["food".into(), "Friends".into()]));
    props.set(PR_SENDER_NAME, PropValue::Error(ErrorCode::NOT_FOUND));
    props.set(PR_HTML, PropValue::Error(ErrorCode::NOT_ENOUGH_MEMORY));
    props
}

fn property(op: RelOp, tag: PropTag, value: impl Into<PropValue>) -> Restriction {
    Restriction::Property { op, tag, value: value.into() }
}

fn content(tag: PropTag, value: &str) -> Restriction {
    let loose = Loose { ignore_case: true, ..Loose::default() };
    Restriction::Content { fuzzy: Fuzzy::SubString, loose, tag, value: value.into() }
}

fn not(inner: Restriction) -> Restriction {
    Restriction::Not(Box::new(inner))
}

fn check(condition: &Restriction, met: bool) {
    assert_eq!(condition.matches(&lunch()), met, "{condition:?}");
    assert!(condition.check().is_ok(), "{condition:?}");
}

#[test]
fn properties_compare_with_values() {
    check(&property(RelOp::Equal, PR_SUBJECT, "LUNCH ON FRIDAY"), true);
    check(&property(RelOp::Equal, PR_SUBJECT, "lunch"), false);
    check(&property(RelOp::Greater, PR_MESSAGE_SIZE, 1_000), true);
    check(&property(RelOp::LessOrEqual, PR_MESSAGE_SIZE, 1_000), false);
    check(
        &property(RelOp::GreaterOrEqual, PR_MESSAGE_DELIVERY_TIME, FileTime::from_unix_seconds(1_000)),
        true,
    );
    check(&content(PR_SUBJECT, "lunch"), true);
    check(&content(PR_SUBJECT, "dinner"), false);
}

#[test]
fn a_missing_property_is_only_unequal() {
    for tag in [PR_DISPLAY_TO, PR_SENDER_NAME] {
        for op in [RelOp::Less, RelOp::LessOrEqual, RelOp::Equal, RelOp::GreaterOrEqual, RelOp::Greater] {
            check(&property(op, tag, "x"), false);
        }
        check(&property(RelOp::NotEqual, tag, "x"), true);
        check(&content(tag, ""), false);
        check(&Restriction::Exist(tag), false);
        check(&not(content(tag, "x")), true);
        check(&Restriction::Size { op: RelOp::Less, tag, bytes: 9 }, false);
        check(&Restriction::Size { op: RelOp::NotEqual, tag, bytes: 0 }, true);
        check(&Restriction::CompareProps { op: RelOp::NotEqual, left: tag, right: PR_SUBJECT }, true);
        check(&Restriction::CompareProps { op: RelOp::NotEqual, left: tag, right: PR_DISPLAY_CC }, false);
    }
    check(&Restriction::BitMask { nonzero: false, tag: PR_PRIORITY, mask: 1 }, false);
    check(&Restriction::BitMask { nonzero: true, tag: PR_PRIORITY, mask: 1 }, false);
}

#[test]
fn any_of_many_values_is_enough() {
    check(&property(RelOp::Equal, KEYWORDS, "friends"), true);
    check(&property(RelOp::Equal, KEYWORDS, "work"), false);
    check(&property(RelOp::NotEqual, KEYWORDS, "food"), true);
    check(&content(KEYWORDS, "rien"), true);
    let instance = PropTag::new(0x8001, PropType(0x301F));
    check(&property(RelOp::Equal, instance, "food"), true);
    let whole = PropValue::MvUnicode(vec!["Food".into(), "friends".into()]);
    check(&property(RelOp::Equal, KEYWORDS, whole), true);
}

#[test]
fn bits_sizes_properties_and_existence() {
    check(&Restriction::BitMask { nonzero: true, tag: PR_MESSAGE_FLAGS, mask: 0x3 }, true);
    check(&Restriction::BitMask { nonzero: true, tag: PR_MESSAGE_FLAGS, mask: 0x4 }, false);
    check(&Restriction::BitMask { nonzero: false, tag: PR_MESSAGE_FLAGS, mask: 0x4 }, true);
    check(&Restriction::Size { op: RelOp::Equal, tag: PR_SUBJECT, bytes: 15 }, true);
    check(&Restriction::Size { op: RelOp::Greater, tag: PR_SUBJECT, bytes: 15 }, false);
    let (left, right) = (PR_CLIENT_SUBMIT_TIME, PR_MESSAGE_DELIVERY_TIME);
    check(&Restriction::CompareProps { op: RelOp::Less, left, right }, true);
    check(&Restriction::CompareProps { op: RelOp::Less, left: right, right: left }, false);
    check(&Restriction::Exist(PR_SUBJECT), true);
    check(&Restriction::Exist(PR_SUBJECT.with_type(PropType::STRING8)), true);
    check(&Restriction::Exist(PR_HTML), true);
}

#[test]
fn conditions_combine() {
    let (yes, no) = (Restriction::Exist(PR_SUBJECT), Restriction::Exist(PR_DISPLAY_TO));
    check(&Restriction::And(vec![]), true);
    check(&Restriction::Or(vec![]), false);
    check(&Restriction::And(vec![yes.clone(), no.clone()]), false);
    check(&Restriction::And(vec![yes.clone(), yes.clone()]), true);
    check(&Restriction::Or(vec![no.clone(), yes.clone()]), true);
    check(&not(no.clone()), true);
    check(&Restriction::Comment { props: vec![], restriction: None }, true);
    check(&Restriction::Comment { props: vec![], restriction: Some(Box::new(no)) }, false);
    check(&Restriction::Count { count: 1, restriction: Box::new(yes) }, true);
}

#[test]
fn recipients_and_attachments_of_a_message_are_asked() {
    let message = MessageObject {
        recipients: vec![
            vec![Property::new(PR_DISPLAY_NAME, "Ann"), Property::new(PR_RECIPIENT_TYPE, 1)],
            vec![Property::new(PR_DISPLAY_NAME, "Bob"), Property::new(PR_RECIPIENT_TYPE, 2)],
        ],
        ..MessageObject::default()
    };
    let sub = |tag, name: &str, kind: i32| Restriction::Sub {
        tag,
        restriction: Box::new(Restriction::And(vec![
            property(RelOp::Equal, PR_DISPLAY_NAME, name),
            property(RelOp::Equal, PR_RECIPIENT_TYPE, kind),
        ])),
    };
    assert!(sub(PR_MESSAGE_RECIPIENTS, "bob", 2).matches(&message));
    assert!(!sub(PR_MESSAGE_RECIPIENTS, "ann", 2).matches(&message), "one row has to meet it whole");
    assert!(!sub(PR_MESSAGE_ATTACHMENTS, "bob", 2).matches(&message));
    assert!(!sub(PR_MESSAGE_RECIPIENTS, "bob", 2).matches(&lunch()), "a row without a table");
}

#[test]
fn what_cannot_be_evaluated_is_refused_and_met_by_nothing() {
    let refused = [
        property(RelOp::Like, PR_SUBJECT, "l*"),
        property(RelOp::MemberOfDl, PR_SUBJECT, "x"),
        property(RelOp::Equal, PR_SUBJECT, 1),
        property(RelOp::Equal, PR_SUBJECT, PropValue::MvUnicode(vec![])),
        content(PR_MESSAGE_SIZE, "1"),
        Restriction::CompareProps { op: RelOp::Equal, left: PR_SUBJECT, right: PR_MESSAGE_SIZE },
        Restriction::Sub { tag: PR_SUBJECT, restriction: Box::new(Restriction::And(vec![])) },
    ];
    for condition in refused {
        assert!(!condition.matches(&lunch()), "{condition:?}");
        let nested = not(Restriction::Or(vec![condition]));
        assert_eq!(nested.check().unwrap_err().code(), ErrorCode::TOO_COMPLEX, "{nested:?}");
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| (1..depth).fold(Restriction::Exist(PR_SUBJECT), |inner, _| not(inner));
    assert!(nested(DEPTH).check().is_ok());
    assert!(!nested(DEPTH).matches(&lunch()), "an odd number of negations");
    for depth in [DEPTH + 1, DEPTH + 2, 5_000] {
        let deep = nested(depth);
        assert_eq!(deep.check().unwrap_err().code(), ErrorCode::TOO_COMPLEX);
        assert!(!deep.matches(&lunch()), "too deep to be met, however many negations");
    }
}
