//! Properties from JSON: the reverse of `property_json.rs`, for the types that profiles keep.
//!
//! What is read comes from anybody; whatever is not in exactly that form is refused, and no value is
//! repeated in the refusal.

use mapi_defs::prop::{Prop, PropTag, PropType, PropValue};
use mapi_defs::{FileTime, Guid, hex};
use serde_json::Value;

/// Reads one property: its tag and its value, of the type that the tag says.
pub(crate) fn property(json: &Value) -> Result<Prop, String> {
    let tag = json["tag"].as_str().and_then(|text| text.strip_prefix("0x"));
    let tag = tag.filter(|digits| digits.len() == 8).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let tag = PropTag(tag.ok_or("a property has no tag")?);
    let read = value(tag.ptype(), &json["value"]);
    let value = read.ok_or_else(|| format!("{tag} has no value of type {}", tag.ptype()))?;
    Ok(Prop { tag, value })
}

fn value(ptype: PropType, json: &Value) -> Option<PropValue> {
    let text = || json.as_str().map(str::to_owned);
    Some(match ptype {
        PropType::I2 => PropValue::I2(json.as_i64()?.try_into().ok()?),
        PropType::LONG => PropValue::Long(json.as_i64()?.try_into().ok()?),
        PropType::BOOLEAN => PropValue::Boolean(json.as_bool()?),
        PropType::I8 => PropValue::I8(json.as_str()?.parse().ok()?),
        PropType::STRING8 => PropValue::String8(text()?),
        PropType::UNICODE => PropValue::Unicode(text()?),
        PropType::SYSTIME => PropValue::SysTime(moment(json)?),
        PropType::CLSID => PropValue::Clsid(Guid::parse(json.as_str()?)?),
        PropType::BINARY => PropValue::Binary(bytes(json)?),
        PropType::MV_LONG => PropValue::MvLong(many(json, |one| one.as_i64()?.try_into().ok())?),
        PropType::MV_STRING8 => PropValue::MvString8(many(json, |one| one.as_str().map(str::to_owned))?),
        PropType::MV_UNICODE => PropValue::MvUnicode(many(json, |one| one.as_str().map(str::to_owned))?),
        PropType::MV_BINARY => PropValue::MvBinary(many(json, bytes)?),
        _ => return None,
    })
}

fn many<T>(json: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    json.as_array()?.iter().map(read).collect()
}

fn bytes(json: &Value) -> Option<Vec<u8>> {
    hex::decode(json.as_str()?)
}

/// RFC 3339, or the eight bytes of a time that has no such form.
fn moment(json: &Value) -> Option<FileTime> {
    if let Some(raw) = json["raw"].as_str() {
        return Some(FileTime(u64::from_le_bytes(hex::decode(raw)?.try_into().ok()?)));
    }
    crate::moment::read_file_time(json.as_str()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property_json::Shape;
    use mapi_defs::object::Property;
    use serde_json::json;

    #[test]
    fn what_is_written_is_read_again() {
        for (id, value) in (0x6600..).zip([
            PropValue::I2(-2),
            PropValue::Long(i32::MIN),
            PropValue::Boolean(true),
            PropValue::I8(i64::MIN),
            PropValue::String8("acht".into()),
            PropValue::Unicode("ünï\n\0".into()),
            PropValue::SysTime(FileTime(133_000_000_001_234_567)),
            PropValue::SysTime(FileTime(u64::MAX)),
            PropValue::SysTime(FileTime(0)),
            PropValue::Clsid(Guid([7; 16])),
            PropValue::Binary(vec![0, 255]),
            PropValue::Binary(Vec::new()),
            PropValue::MvLong(vec![1, -1]),
            PropValue::MvString8(vec!["a".into()]),
            PropValue::MvUnicode(vec![]),
            PropValue::MvBinary(vec![vec![], vec![7]]),
        ]) {
            let prop = Prop::new(PropTag::new(id, PropType::UNSPECIFIED), value);
            let written = Property { tag: prop.tag, named: None, value: prop.value.clone(), lossy: false };
            let json = Shape::default().property(&written);
            assert_eq!(property(&json), Ok(prop), "{json}");
        }
    }

    #[test]
    fn another_form_is_refused_and_not_repeated() {
        for bad in [
            json!(null),
            json!({"tag": "66000003", "value": 1}),
            json!({"tag": "0x66000003", "value": "hunter2"}),
            json!({"tag": "0x66000003", "value": 4_294_967_296_i64}),
            json!({"tag": "0x6600001F", "value": null}),
            json!({"tag": "0x66000102", "value": "abc"}),
            json!({"tag": "0x6600101F", "value": ["a", 1]}),
            json!({"tag": "0x66000040", "value": "yesterday"}),
            json!({"tag": "0x66000005", "value": 1.0}),
            json!({"tag": "0x660000031", "value": 1}),
        ] {
            let refused = property(&bad).unwrap_err();
            assert!(!refused.contains("hunter2"), "{refused}");
        }
    }
}
