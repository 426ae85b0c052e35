//! Attributes that are a property each ([MS-OXTNEF] 2.1.3.2, 2.1.3.3): what they were called before MAPI.

use crate::attributes::{Attribute, Level};
use crate::bytes::Bytes;
use crate::problem::Reason;
use crate::properties::Reading;
use mapi_defs::FileTime;
use mapi_defs::object::Property;
use mapi_defs::prop::PropTag;
use mapi_defs::prop::PropValue;
use mapi_defs::prop::tags::*;

/// What an attribute's bytes are.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Class,
    Date,
    Number,
    Flag,
    Priority,
    Binary,
}

/// Attributes by level and number, and the property that each is.
const KNOWN: [(Level, u32, Form, PropTag); 21] = [
    (Level::Message, 0x0001_8004, Form::Text, PR_SUBJECT),
    (Level::Message, 0x0002_800C, Form::Text, PR_BODY),
    (Level::Message, 0x0007_8008, Form::Class, PR_MESSAGE_CLASS),
    (Level::Message, 0x0007_0600, Form::Class, PR_ORIG_MESSAGE_CLASS),
    (Level::Message, 0x0003_8005, Form::Date, PR_CLIENT_SUBMIT_TIME),
    (Level::Message, 0x0003_8006, Form::Date, PR_MESSAGE_DELIVERY_TIME),
    (Level::Message, 0x0003_8020, Form::Date, PR_LAST_MODIFICATION_TIME),
    (Level::Message, 0x0003_0006, Form::Date, PR_START_DATE),
    (Level::Message, 0x0003_0007, Form::Date, PR_END_DATE),
    (Level::Message, 0x0004_0008, Form::Number, PR_OWNER_APPT_ID),
    (Level::Message, 0x0004_0009, Form::Flag, PR_RESPONSE_REQUESTED),
    (Level::Message, 0x0004_800D, Form::Priority, PR_IMPORTANCE),
    (Level::Attachment, 0x0001_8010, Form::Text, PR_ATTACH_FILENAME),
    (Level::Attachment, 0x0006_800F, Form::Binary, PR_ATTACH_DATA_BIN),
    (Level::Attachment, 0x0006_8011, Form::Binary, PR_ATTACH_RENDERING),
    (Level::Attachment, 0x0006_9001, Form::Text, PR_ATTACH_TRANSPORT_NAME),
    (Level::Attachment, 0x0003_8012, Form::Date, PR_CREATION_TIME),
    (Level::Attachment, 0x0003_8013, Form::Date, PR_LAST_MODIFICATION_TIME),
    // These numbers were made level by level, and some programs put them at the other one.
    (Level::Attachment, 0x0003_8020, Form::Date, PR_LAST_MODIFICATION_TIME),
    (Level::Message, 0x0001_8010, Form::Text, PR_ATTACH_FILENAME),
    (Level::Message, 0x0006_800F, Form::Binary, PR_ATTACH_DATA_BIN),
];

/// Message classes of Microsoft Mail, and what they have been called since.
const CLASSES: [(&str, &str); 8] = [
    ("IPM.Microsoft Mail.Note", "IPM.Note"),
    ("IPM.Microsoft Mail.Read Receipt", "Report.IPM.Note.IPNRN"),
    ("IPM.Microsoft Mail.Non-Delivery", "Report.IPM.Note.NDR"),
    ("IPM.Microsoft Schedule.MtgReq", "IPM.Schedule.Meeting.Request"),
    ("IPM.Microsoft Schedule.MtgRespP", "IPM.Schedule.Meeting.Resp.Pos"),
    ("IPM.Microsoft Schedule.MtgRespN", "IPM.Schedule.Meeting.Resp.Neg"),
    ("IPM.Microsoft Schedule.MtgRespA", "IPM.Schedule.Meeting.Resp.Tent"),
    ("IPM.Microsoft Schedule.MtgCncl", "IPM.Schedule.Meeting.Canceled"),
];

/// The property that an attribute is; `None` for those that are none.
pub(crate) fn property(attribute: &Attribute<'_>, reading: &mut Reading<'_>) -> Option<Property> {
    let is_this =
        |(level, id, ..): &&(Level, u32, Form, PropTag)| *level == attribute.level && attribute.is(*id);
    let (_, id, form, tag) = KNOWN.iter().find(is_this)?;
    let mut lossy = false;
    let mut text = |reading: &mut Reading<'_>| {
        let decoded = reading.text(reading.code_page, attribute.data);
        lossy = decoded.lossy;
        decoded.text
    };
    let mut bytes = Bytes(attribute.data);
    let value = match form {
        Form::Text => Some(PropValue::Unicode(text(reading))),
        Form::Class => Some(PropValue::Unicode(class(text(reading)))),
        Form::Date => date(&mut bytes).map(PropValue::SysTime),
        Form::Number => bytes.u32().map(|number| PropValue::Long(number.cast_signed())),
        Form::Flag => bytes.u16().map(|flag| PropValue::Boolean(flag != 0)),
        Form::Priority => importance(&mut bytes).map(PropValue::Long),
        Form::Binary => Some(PropValue::Binary(attribute.data.to_vec())),
    };
    let Some(value) = value else {
        reading.told(Reason::BadAttribute(*id));
        return None;
    };
    Some(Property { tag: tag.with_type(value.ptype()), named: None, value, lossy })
}

fn class(text: String) -> String {
    let known = CLASSES.iter().find(|(old, _)| old.eq_ignore_ascii_case(&text));
    known.map_or(text, |(_, new)| (*new).to_owned())
}

/// Year, month, day, hour, minute and second, of no zone that anybody says: taken for UTC.
fn date(bytes: &mut Bytes<'_>) -> Option<FileTime> {
    let mut part = || bytes.u16().and_then(|part| i16::try_from(part).ok());
    let (year, month, day) = (part()?, i8::try_from(part()?).ok()?, i8::try_from(part()?).ok()?);
    let (hour, minute, second) =
        (i8::try_from(part()?).ok()?, i8::try_from(part()?).ok()?, i8::try_from(part()?).ok()?);
    let civil = jiff::civil::DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    let moment = jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()?;
    Some(FileTime::from_unix_seconds(moment.as_second()))
}

/// 1 is high, 2 normal and 3 low.
fn importance(bytes: &mut Bytes<'_>) -> Option<i32> {
    match bytes.u16()? {
        1 => Some(2),
        2 => Some(1),
        3 => Some(0),
        _ => None,
    }
}

/// The sender, from attFrom: four lengths, then name and address.
pub(crate) fn sender(data: &[u8], reading: &mut Reading<'_>) -> Option<Vec<Property>> {
    let mut bytes = Bytes(data);
    let (_kind, _len, name_len, address_len) = (bytes.u16()?, bytes.u16()?, bytes.u16()?, bytes.u16()?);
    let name = bytes.take(usize::from(name_len))?;
    let address = bytes.take(usize::from(address_len))?;
    let page = reading.code_page;
    let (name, address) = (reading.text(page, name).text, reading.text(page, address).text);
    let (kind, address) = address.split_once(':').unwrap_or(("", &address));
    let values = [(PR_SENDER_NAME, &*name), (PR_SENDER_ADDRTYPE, kind), (PR_SENDER_EMAIL_ADDRESS, address)];
    let values = values.into_iter().filter(|(_, text)| !text.is_empty());
    Some(values.map(|(tag, text)| Property::new(tag, PropValue::Unicode(text.to_owned()))).collect())
}
