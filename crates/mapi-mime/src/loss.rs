//! `Loss`: one property that the MIME does not carry, and why.
//!
//! Which properties are carried is written in `carried.rs`; losses that a value causes are noted where the
//! value is written.

use crate::carried::Carried;
use mapi_defs::lookup;
use mapi_defs::object::Property;
use mapi_defs::prop::{NamedProp, PropTag, PropValue};
use std::fmt;

/// A property that the MIME does not carry, or not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Which object the property belongs to.
    pub place: Place,
    /// The tag; of a named property only the type half means anything.
    pub tag: PropTag,
    /// The name of a named property.
    pub named: Option<NamedProp>,
    /// Why it is not carried.
    pub reason: Reason,
}

impl Loss {
    /// The usual name of the property; its tag, or its property set and name, where it has none.
    pub fn name(&self) -> String {
        let known = match &self.named {
            Some(named) => lookup::named_property(named).map(|property| property.name),
            None => lookup::tag_name(self.tag),
        };
        match (known, &self.named) {
            (Some(name), _) => name.to_owned(),
            (None, Some(named)) => named.to_string(),
            (None, None) => self.tag.to_string(),
        }
    }
}

/// Writes the place, the name and the reason.
impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.place, self.name(), self.reason)
    }
}

/// Where in a message a property is: the way from the top to its object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place(pub Vec<Step>);

/// One step down in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into the attachment of this number (PR_ATTACH_NUM), or into the message embedded in it.
    Attachment(u32),
    /// Into the recipient at this place of the table, counted from 0.
    Recipient(usize),
}

impl Place {
    /// The place one step further down.
    #[must_use]
    pub(crate) fn down(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("message")?;
        self.0.iter().try_for_each(|step| match step {
            Step::Attachment(number) => write!(f, ", attachment {number}"),
            Step::Recipient(row) => write!(f, ", recipient {row}"),
        })
    }
}

/// Why a property is not carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reason {
    /// No header field and no part stands for it.
    NoField,
    /// A blind copy, and blind copies were not asked for.
    BlindCopy,
    /// The recipient is addressed by the envelope alone (MAPI_P1).
    EnvelopeOnly,
    /// Control characters were left out; the rest is carried.
    ControlCharacters,
    /// The value has not the form that its header field needs.
    Malformed,
    /// A part of the value that cannot be broken is longer than a line of a header may be.
    TooLong,
    /// The address is not an Internet address; it is carried in an encapsulated form.
    NotInternetAddress,
    /// Another property decides this header field.
    DecidedElsewhere,
    /// Headers of an earlier transport are repeated only on request.
    TransportHeaders,
    /// RTF formatting: only the text in it is carried.
    RtfFormatting,
    /// The RTF cannot be read.
    RtfDamaged,
    /// The RTF is not in step with the text, and the text is newer.
    RtfOutOfStep,
    /// An attachment by reference: a path or link is named, and no bytes are there.
    ByReference,
    /// An OLE object.
    OleObject,
    /// The media type is that of a container, which the bytes do not fit; they are carried as bytes.
    MediaType,
    /// Signed or encrypted content stands for the whole message.
    SecuredContent,
    /// The signed content has not the form that may be sent unchanged; it is carried as an attachment.
    NotSendable,
    /// Items of this class carry data of their own (calendar, contact, task) that is not written yet.
    ItemClass,
    /// Reports are written as ordinary mail.
    Report,
    /// The value was held back by its store.
    HeldBack,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoField => "no header field and no part stands for it",
            Self::BlindCopy => "blind copies are left out unless asked for",
            Self::EnvelopeOnly => "addressed by the envelope alone",
            Self::ControlCharacters => "control characters were left out",
            Self::Malformed => "the value does not have the form its header field needs",
            Self::TooLong => "longer than a line of a header may be",
            Self::NotInternetAddress => "not an Internet address; carried in an encapsulated form",
            Self::DecidedElsewhere => "another property decides this header field",
            Self::TransportHeaders => "headers of an earlier transport are repeated only on request",
            Self::RtfFormatting => "the formatting of RTF is not carried, its text is",
            Self::RtfDamaged => "the RTF cannot be read",
            Self::RtfOutOfStep => "the RTF is not in step with the text",
            Self::ByReference => "attached by reference; nothing is read from there",
            Self::OleObject => "an OLE object has no form in MIME",
            Self::MediaType => "the bytes do not fit their media type; carried as plain bytes",
            Self::SecuredContent => "signed or encrypted content stands for it",
            Self::NotSendable => "the signed content may not be sent unchanged; carried as an attachment",
            Self::ItemClass => "the data of calendar, contact and task items is not carried yet",
            Self::Report => "a report is written as one about a note",
            Self::HeldBack => "the value was held back by its store",
        })
    }
}

/// The losses found so far.
#[derive(Default)]
pub(crate) struct Losses(Vec<Loss>);

impl Losses {
    pub(crate) fn note(&mut self, place: &Place, tag: PropTag, reason: Reason) {
        self.0.push(Loss { place: place.clone(), tag, named: None, reason });
    }

    pub(crate) fn note_property(&mut self, place: &Place, property: &Property, reason: Reason) {
        let (tag, named) = (property.tag, property.named.clone());
        self.0.push(Loss { place: place.clone(), tag, named, reason });
    }

    /// Notes the properties of an object that nothing stands for.
    pub(crate) fn note_rest(&mut self, place: &Place, properties: &[Property], carried: &Carried) {
        for property in properties {
            if matches!(property.value, PropValue::Error(_)) && carried.expects(property) {
                self.note_property(place, property, Reason::HeldBack);
            } else if says_something(&property.value) && carried.loses(property) {
                self.note_property(place, property, Reason::NoField);
            }
        }
    }

    pub(crate) fn into_vec(self) -> Vec<Loss> {
        self.0
    }
}

/// False for values that say no more than an absent property: nothing, empty, false, zero.
fn says_something(value: &PropValue) -> bool {
    match value {
        PropValue::Null | PropValue::Object | PropValue::Error(_) | PropValue::Boolean(false) => false,
        PropValue::I2(0) | PropValue::Long(0) | PropValue::I8(0) => false,
        other => other.size_bytes() > 0,
    }
}
