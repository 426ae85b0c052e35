//! The form of a profile file: JSON, with the form's version in it.
//!
//! Values keep their types, so that what is read is what was written. Reading refuses whatever it
//! does not understand; it never guesses. The file itself is `storage.rs`'s.

use super::secure::{SealedProp, SealedProps, is_secure};
use super::{ProfileData, ProviderKind, ProviderRow, ServiceRow};
use crate::provider::Catalogue;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::{Prop, PropList, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, FileTime, Guid, Result};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// What the file says it is.
const FORMAT: &str = "openmapi-profile";
/// The form's version; a file of a higher one is a newer program's.
const VERSION: u64 = 1;

/// Writes a profile.
pub(super) fn write(data: &ProfileData) -> Result<Vec<u8>> {
    let mut sections = Map::new();
    for (uid, props) in &data.sections {
        let props = props.iter().map(write_prop).collect::<Result<Vec<_>>>()?;
        sections.insert(uid.to_string(), Value::Array(props));
    }
    let sealed: Map<String, Value> =
        data.sealed.iter().map(|(uid, props)| (uid.to_string(), write_sealed(props))).collect();
    let data_folder = data.data_folder.to_str().ok_or_else(|| bad("its folder's path is not UTF-8"))?;
    let document = json!({
        "format": FORMAT,
        "version": VERSION,
        "name": data.name,
        "instance": data.instance.to_string(),
        "data_folder": data_folder,
        "services": data.services.iter().map(write_service).collect::<Vec<_>>(),
        "transport_order": data.transport_order.iter().map(Guid::to_string).collect::<Vec<_>>(),
        "default_store": data.default_store.map(|uid| uid.to_string()),
        "deleted": data.deleted,
        "rename_to": data.rename_to,
        "sections": sections,
        "sealed": sealed,
    });
    serde_json::to_vec_pretty(&document).map_err(|error| bad("it cannot be written").with_source(error))
}

fn write_service(service: &ServiceRow) -> Value {
    let provider =
        |row: &ProviderRow| json!({"uid": row.uid.to_string(), "kind": row.kind.word(), "index": row.index});
    json!({
        "uid": service.uid.to_string(),
        "name": service.name,
        "display_name": service.display_name,
        "providers": service.providers.iter().map(provider).collect::<Vec<_>>(),
    })
}

fn write_sealed(props: &[SealedProp]) -> Value {
    let one = |prop: &SealedProp| json!({"tag": prop.tag.to_string(), "value": hex(&prop.sealed)});
    props.iter().map(one).collect()
}

fn write_prop(prop: &Prop) -> Result<Value> {
    if is_secure(prop.tag.id()) {
        return Err(bad(format!("property {} would be written in the clear", prop.tag)));
    }
    Ok(json!({"tag": prop.tag.to_string(), "value": write_value(&prop.value)?}))
}

fn write_value(value: &PropValue) -> Result<Value> {
    Ok(match value {
        PropValue::Null => Value::Null,
        PropValue::I2(number) => json!(number),
        PropValue::Long(number) => json!(number),
        PropValue::Boolean(truth) => json!(truth),
        PropValue::I8(number) => json!(number.to_string()),
        PropValue::String8(text) | PropValue::Unicode(text) => json!(text),
        PropValue::SysTime(time) => json!(time.0.to_string()),
        PropValue::Clsid(guid) => json!(guid.to_string()),
        PropValue::Binary(bytes) => json!(hex(bytes)),
        PropValue::MvLong(numbers) => json!(numbers),
        PropValue::MvString8(texts) | PropValue::MvUnicode(texts) => json!(texts),
        PropValue::MvBinary(values) => json!(values.iter().map(|bytes| hex(bytes)).collect::<Vec<_>>()),
        other => return Err(unsupported(other.ptype())),
    })
}

/// The answer to a property of a type that profiles do not keep.
pub(super) fn unsupported(ptype: PropType) -> Error {
    let detail = format!("profiles keep no property of type {ptype}");
    Error::new(ErrorCode::INVALID_TYPE, "ProfileSection::set_props", detail)
}

/// True for a type of property that profiles keep.
pub(super) fn keeps(value: &PropValue) -> bool {
    write_value(value).is_ok()
}

/// Reads a profile.
///
/// # Errors
/// - `MAPI_E_VERSION`: a newer program wrote it.
/// - `MAPI_E_CORRUPT_DATA`: it is cut short, damaged, or something else.
pub(super) fn read(bytes: &[u8]) -> Result<ProfileData> {
    let document: Value =
        serde_json::from_slice(bytes).map_err(|error| bad("it is not whole JSON").with_source(error))?;
    if document["format"] != FORMAT {
        return Err(bad("it is no profile"));
    }
    match document["version"].as_u64() {
        Some(VERSION) => {}
        Some(newer) if newer > VERSION => {
            let detail = format!("version {newer} of the profile's form is newer than {VERSION}");
            return Err(Error::new(ErrorCode::VERSION, "Profile::open", detail));
        }
        _ => return Err(bad("it has no version")),
    }
    let services = list(&document["services"])?.iter().map(read_service).collect::<Result<_>>()?;
    let transport_order = list(&document["transport_order"])?.iter().map(uid).collect::<Result<_>>()?;
    let sections = document["sections"].as_object().ok_or_else(|| bad("it has no sections"))?;
    let section = |(key, props): (&String, &Value)| {
        let key = Guid::parse(key).ok_or_else(|| bad("a section has no identity"))?;
        let props = list(props)?.iter().map(read_prop).collect::<Result<PropList>>()?;
        Ok((key, props))
    };
    Ok(ProfileData {
        name: text(&document["name"])?,
        instance: uid(&document["instance"])?,
        data_folder: PathBuf::from(text(&document["data_folder"])?),
        services,
        transport_order,
        default_store: optional(&document["default_store"], uid)?,
        sections: sections.iter().map(section).collect::<Result<_>>()?,
        sealed: read_all_sealed(&document["sealed"])?,
        keys: PathBuf::new(),
        deleted: document["deleted"].as_bool().unwrap_or(false),
        rename_to: optional(&document["rename_to"], text)?,
        catalogue: Catalogue::default(),
    })
}

fn read_service(value: &Value) -> Result<ServiceRow> {
    let provider = |row: &Value| {
        let kind =
            ProviderKind::from_word(&text(&row["kind"])?).ok_or_else(|| bad("a provider has no kind"))?;
        let index = row["index"].as_u64().and_then(|index| usize::try_from(index).ok());
        let index = index.ok_or_else(|| bad("a provider has no place in its service"))?;
        Ok(ProviderRow { uid: uid(&row["uid"])?, kind, index })
    };
    Ok(ServiceRow {
        uid: uid(&value["uid"])?,
        name: text(&value["name"])?,
        display_name: text(&value["display_name"])?,
        providers: list(&value["providers"])?.iter().map(provider).collect::<Result<_>>()?,
    })
}

/// A profile from before there were secrets has none.
fn read_all_sealed(value: &Value) -> Result<SealedProps> {
    let Some(sections) = value.as_object() else { return Ok(SealedProps::new()) };
    let section = |(key, props): (&String, &Value)| {
        let key = Guid::parse(key).ok_or_else(|| bad("a section has no identity"))?;
        Ok((key, list(props)?.iter().map(read_sealed).collect::<Result<_>>()?))
    };
    sections.iter().map(section).collect()
}

fn read_sealed(value: &Value) -> Result<SealedProp> {
    let sealed = value["value"].as_str().and_then(bytes).ok_or_else(|| bad("a secret is missing"))?;
    Ok(SealedProp { tag: read_tag(value)?, sealed })
}

fn read_tag(value: &Value) -> Result<PropTag> {
    let tag = text(&value["tag"])?;
    let number = tag.strip_prefix("0x").and_then(|digits| u32::from_str_radix(digits, 16).ok());
    number.map(PropTag).ok_or_else(|| bad("a property has no tag"))
}

fn read_prop(value: &Value) -> Result<Prop> {
    let tag = read_tag(value)?;
    let value = read_value(tag.ptype(), &value["value"])
        .ok_or_else(|| bad(format!("property {tag} has a value of another type")))?;
    Ok(Prop { tag, value })
}

fn read_value(ptype: PropType, value: &Value) -> Option<PropValue> {
    let text = || value.as_str().map(str::to_owned);
    let texts = || value.as_array()?.iter().map(|one| one.as_str().map(str::to_owned)).collect::<Option<_>>();
    Some(match ptype {
        PropType::NULL => PropValue::Null,
        PropType::I2 => PropValue::I2(value.as_i64()?.try_into().ok()?),
        PropType::LONG => PropValue::Long(value.as_i64()?.try_into().ok()?),
        PropType::BOOLEAN => PropValue::Boolean(value.as_bool()?),
        PropType::I8 => PropValue::I8(value.as_str()?.parse().ok()?),
        PropType::STRING8 => PropValue::String8(text()?),
        PropType::UNICODE => PropValue::Unicode(text()?),
        PropType::SYSTIME => PropValue::SysTime(FileTime(value.as_str()?.parse().ok()?)),
        PropType::CLSID => PropValue::Clsid(Guid::parse(value.as_str()?)?),
        PropType::BINARY => PropValue::Binary(bytes(value.as_str()?)?),
        PropType::MV_LONG => {
            let number = |one: &Value| one.as_i64()?.try_into().ok();
            PropValue::MvLong(value.as_array()?.iter().map(number).collect::<Option<_>>()?)
        }
        PropType::MV_STRING8 => PropValue::MvString8(texts()?),
        PropType::MV_UNICODE => PropValue::MvUnicode(texts()?),
        PropType::MV_BINARY => {
            let one = |one: &Value| bytes(one.as_str()?);
            PropValue::MvBinary(value.as_array()?.iter().map(one).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

fn uid(value: &Value) -> Result<MapiUid> {
    value.as_str().and_then(Guid::parse).ok_or_else(|| bad("an identity is missing"))
}

fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).ok_or_else(|| bad("a text is missing"))
}

fn list(value: &Value) -> Result<&Vec<Value>> {
    value.as_array().ok_or_else(|| bad("a list is missing"))
}

fn optional<T>(value: &Value, read: impl FnOnce(&Value) -> Result<T>) -> Result<Option<T>> {
    if value.is_null() { Ok(None) } else { read(value).map(Some) }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    mapi_defs::EntryId::from_hex(text).map(|id| id.as_bytes().to_vec())
}

fn bad(detail: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorCode::CORRUPT_DATA, "Profile::open", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn sample() -> ProfileData {
        let [one, two] = [Guid([1; 16]), Guid([2; 16])];
        let tag = |id| PropTag::new(id, PropType::UNSPECIFIED);
        let values = [
            PropValue::I2(-2),
            PropValue::Long(i32::MIN),
            PropValue::Boolean(true),
            PropValue::I8(i64::MAX),
            PropValue::String8("acht".into()),
            PropValue::Unicode("ünï \"x\"\n\0".into()),
            PropValue::SysTime(FileTime(u64::MAX)),
            PropValue::Clsid(Guid::PS_MAPI),
            PropValue::Binary(vec![0, 255]),
            PropValue::Binary(Vec::new()),
            PropValue::MvLong(vec![1, -1]),
            PropValue::MvString8(vec!["a".into()]),
            PropValue::MvUnicode(vec![]),
            PropValue::MvBinary(vec![vec![], vec![7]]),
            PropValue::Null,
        ];
        let section = (0x6600..).zip(values).map(|(id, value)| Prop::new(tag(id), value)).collect();
        ProfileData {
            name: "Büro".into(),
            instance: Guid([9; 16]),
            data_folder: "/home/x/stores/a".into(),
            services: vec![ServiceRow {
                uid: one,
                name: "STORE".into(),
                display_name: "Store".into(),
                providers: vec![ProviderRow { uid: two, kind: ProviderKind::Store, index: 0 }],
            }],
            transport_order: vec![two, one],
            default_store: Some(two),
            sections: BTreeMap::from([(one, section), (two, PropList::new())]),
            sealed: BTreeMap::from([(
                two,
                vec![SealedProp { tag: PropTag(0x67F1_001F), sealed: vec![1, 0] }],
            )]),
            keys: PathBuf::new(),
            deleted: true,
            rename_to: Some("Other".into()),
            catalogue: Catalogue::default(),
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        assert_eq!(read(&write(&sample()).unwrap()).unwrap(), sample());
    }

    #[test]
    fn a_file_cut_anywhere_is_corrupt_and_a_newer_one_says_so() {
        let whole = write(&sample()).unwrap();
        for end in 0..whole.len() {
            assert_eq!(read(&whole[..end]).unwrap_err().code(), ErrorCode::CORRUPT_DATA, "cut at {end}");
        }
        let newer = String::from_utf8(whole).unwrap().replace("\"version\": 1", "\"version\": 2");
        assert_eq!(read(newer.as_bytes()).unwrap_err().code(), ErrorCode::VERSION);
        for foreign in ["{}", "[]", "null", "7", "{\"format\":\"openmapi-profile\"}"] {
            assert_eq!(read(foreign.as_bytes()).unwrap_err().code(), ErrorCode::CORRUPT_DATA, "{foreign}");
        }
    }

    #[test]
    fn a_type_that_profiles_do_not_keep_is_refused() {
        let mut data = sample();
        let doubles = PropList::from_iter([Prop::new(PropTag(0x6600_0005), PropValue::Double(1.0))]);
        data.sections.insert(Guid::NULL, doubles);
        assert_eq!(write(&data).unwrap_err().code(), ErrorCode::INVALID_TYPE);
    }

    #[test]
    fn a_secret_is_never_written_in_the_clear() {
        let mut data = sample();
        let secret = PropList::from_iter([Prop::new(PropTag(0x67F1_001F), "hunter2")]);
        data.sections.insert(Guid::NULL, secret);
        let refused = write(&data).unwrap_err();
        assert!(refused.code() == ErrorCode::CORRUPT_DATA && !format!("{refused:?}").contains("hunter2"));
    }
}
