//! The form of a profile file: JSON, with the form's version in it.
//!
//! Values keep their types, so that what is read is what was written. Reading refuses whatever it
//! does not understand; it never guesses. Paths below the home's folder of stores are kept relative to
//! it, so that a home that was copied or moved leads to its own files. The file itself is
//! `storage.rs`'s.

use super::secure::{SealedProp, SealedProps, is_secure};
use super::{ProfileData, ProviderKind, ProviderRow, ServiceRow};
use crate::provider::Catalogue;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::{Prop, PropList, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, FileTime, Guid, Result, hex};
use mapi_spi::spooler::section::{DATA_FOLDER, FILE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// What the file says it is.
const FORMAT: &str = "openmapi-profile";
/// The form's version; a file of a higher one is a newer program's. In version 1 all paths are whole.
/// Whatever the form gains needs a higher one, as older programs would drop what they do not know.
const VERSION: u64 = 2;
/// The oldest version that is read.
const OLDEST: u64 = 1;

/// What every version begins with.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    version: u64,
    name: String,
    instance: String,
    data_folder: String,
    services: Vec<Service>,
    transport_order: Vec<String>,
    default_store: Option<String>,
    #[serde(default)]
    app: bool,
    deleted: bool,
    rename_to: Option<String>,
    sections: BTreeMap<String, Vec<Property>>,
    /// A profile from before there were secrets has none.
    #[serde(default)]
    sealed: BTreeMap<String, Vec<Sealed>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    uid: String,
    name: String,
    display_name: String,
    providers: Vec<Provider>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Provider {
    uid: String,
    kind: String,
    index: usize,
}

/// A property has either of the two; its value is read once its type is known.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Property {
    tag: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    below_stores: Option<String>,
}

/// A secure property, sealed for its place.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    tag: String,
    value: String,
}

/// Writes a profile of the home whose stores are there.
pub(super) fn write(data: &ProfileData, stores: &Path) -> Result<Vec<u8>> {
    let mut sections = BTreeMap::new();
    for (uid, props) in &data.sections {
        let props = props.iter().map(|prop| write_prop(prop, stores)).collect::<Result<Vec<_>>>()?;
        sections.insert(uid.to_string(), props);
    }
    let sealed = data.sealed.iter().map(|(uid, props)| (uid.to_string(), write_sealed(props))).collect();
    let data_folder = data.data_folder.to_str().ok_or_else(|| bad("its folder's path is not UTF-8"))?;
    let document = Document {
        format: FORMAT.to_owned(),
        version: VERSION,
        name: data.name.clone(),
        instance: data.instance.to_string(),
        data_folder: below(data_folder, stores).unwrap_or_else(|| data_folder.to_owned()),
        services: data.services.iter().map(write_service).collect(),
        transport_order: data.transport_order.iter().map(Guid::to_string).collect(),
        default_store: data.default_store.map(|uid| uid.to_string()),
        app: data.is_app,
        deleted: data.deleted,
        rename_to: data.rename_to.clone(),
        sections,
        sealed,
    };
    serde_json::to_vec_pretty(&document).map_err(|error| bad("it cannot be written").with_source(error))
}

fn write_service(service: &ServiceRow) -> Service {
    let provider = |row: &ProviderRow| Provider {
        uid: row.uid.to_string(),
        kind: row.kind.word().to_owned(),
        index: row.index,
    };
    Service {
        uid: service.uid.to_string(),
        name: service.name.clone(),
        display_name: service.display_name.clone(),
        providers: service.providers.iter().map(provider).collect(),
    }
}

fn write_sealed(props: &[SealedProp]) -> Vec<Sealed> {
    props.iter().map(|prop| Sealed { tag: prop.tag.to_string(), value: hex::encode(&prop.sealed) }).collect()
}

fn write_prop(prop: &Prop, stores: &Path) -> Result<Property> {
    if is_secure(prop.tag.id()) {
        return Err(bad(format!("property {} would be written in the clear", prop.tag)));
    }
    let tag = prop.tag.to_string();
    let text = prop.value.as_text().filter(|_| is_path(prop.tag));
    if let Some(below_stores) = text.and_then(|text| below(text, stores)) {
        return Ok(Property { tag, value: None, below_stores: Some(below_stores) });
    }
    Ok(Property { tag, value: Some(write_value(&prop.value)?), below_stores: None })
}

fn write_value(value: &PropValue) -> Result<Box<RawValue>> {
    let raw = match value {
        PropValue::Null => to_raw_value(&()),
        PropValue::I2(number) => to_raw_value(number),
        PropValue::Long(number) => to_raw_value(number),
        PropValue::Boolean(truth) => to_raw_value(truth),
        PropValue::I8(number) => to_raw_value(&number.to_string()),
        PropValue::String8(text) | PropValue::Unicode(text) => to_raw_value(text),
        PropValue::SysTime(time) => to_raw_value(&time.0.to_string()),
        PropValue::Clsid(guid) => to_raw_value(&guid.to_string()),
        PropValue::Binary(bytes) => to_raw_value(&hex::encode(bytes)),
        PropValue::MvLong(numbers) => to_raw_value(numbers),
        PropValue::MvString8(texts) | PropValue::MvUnicode(texts) => to_raw_value(texts),
        PropValue::MvBinary(values) => {
            to_raw_value(&values.iter().map(|bytes| hex::encode(bytes)).collect::<Vec<_>>())
        }
        other => return Err(unsupported(other.ptype())),
    };
    raw.map_err(|error| bad("it cannot be written").with_source(error))
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

/// Reads a profile of the home whose stores are there.
///
/// # Errors
/// - `MAPI_E_VERSION`: a newer program wrote it.
/// - `MAPI_E_CORRUPT_DATA`: it is cut short, damaged, or something else.
pub(super) fn read(bytes: &[u8], stores: &Path) -> Result<ProfileData> {
    let head: Head =
        serde_json::from_slice(bytes).map_err(|error| bad("it is no whole profile").with_source(error))?;
    if head.format != FORMAT {
        return Err(bad("it is no profile"));
    }
    if head.version > VERSION {
        let detail = format!("version {} of the profile's form is newer than {VERSION}", head.version);
        return Err(Error::new(ErrorCode::VERSION, "Profile::open", detail));
    }
    if head.version < OLDEST {
        return Err(bad("it has no version"));
    }
    let document: Document =
        serde_json::from_slice(bytes).map_err(|error| bad("it is damaged").with_source(error))?;
    let section = |(key, props): (String, Vec<Property>)| {
        let key = Guid::parse(&key).ok_or_else(|| bad("a section has no identity"))?;
        let props = props.iter().map(|prop| read_prop(prop, stores)).collect::<Result<PropList>>()?;
        Ok((key, props))
    };
    Ok(ProfileData {
        name: document.name,
        instance: uid(&document.instance)?,
        data_folder: whole(&document.data_folder, stores)?,
        services: document.services.into_iter().map(read_service).collect::<Result<_>>()?,
        transport_order: document.transport_order.iter().map(|text| uid(text)).collect::<Result<_>>()?,
        default_store: document.default_store.as_deref().map(uid).transpose()?,
        sections: document.sections.into_iter().map(section).collect::<Result<_>>()?,
        sealed: read_all_sealed(document.sealed)?,
        keys: PathBuf::new(),
        is_app: document.app,
        deleted: document.deleted,
        rename_to: document.rename_to,
        catalogue: Catalogue::default(),
    })
}

fn read_service(service: Service) -> Result<ServiceRow> {
    let provider = |row: &Provider| {
        let kind = ProviderKind::from_word(&row.kind).ok_or_else(|| bad("a provider has no kind"))?;
        Ok(ProviderRow { uid: uid(&row.uid)?, kind, index: row.index })
    };
    Ok(ServiceRow {
        uid: uid(&service.uid)?,
        name: service.name,
        display_name: service.display_name,
        providers: service.providers.iter().map(provider).collect::<Result<_>>()?,
    })
}

fn read_all_sealed(sections: BTreeMap<String, Vec<Sealed>>) -> Result<SealedProps> {
    let section = |(key, props): (String, Vec<Sealed>)| {
        let key = Guid::parse(&key).ok_or_else(|| bad("a section has no identity"))?;
        Ok((key, props.iter().map(read_sealed).collect::<Result<_>>()?))
    };
    sections.into_iter().map(section).collect()
}

fn read_sealed(prop: &Sealed) -> Result<SealedProp> {
    let sealed = hex::decode(&prop.value).ok_or_else(|| bad("a secret is missing"))?;
    Ok(SealedProp { tag: read_tag(&prop.tag)?, sealed })
}

fn read_tag(tag: &str) -> Result<PropTag> {
    let number = tag.strip_prefix("0x").and_then(|digits| u32::from_str_radix(digits, 16).ok());
    number.map(PropTag).ok_or_else(|| bad("a property has no tag"))
}

fn read_prop(prop: &Property, stores: &Path) -> Result<Prop> {
    let tag = read_tag(&prop.tag)?;
    let value = match (&prop.value, &prop.below_stores) {
        (Some(value), None) => read_value(tag.ptype(), value.get()),
        (None, Some(text)) if is_path(tag) => {
            let path = whole(text, stores)?.into_os_string().into_string().ok();
            path.map(|path| match tag.ptype() {
                PropType::STRING8 => PropValue::String8(path),
                _ => PropValue::Unicode(path),
            })
        }
        // A value that is `null` is read as none.
        (None, None) if tag.ptype() == PropType::NULL => Some(PropValue::Null),
        _ => None,
    };
    let value = value.ok_or_else(|| bad(format!("property {tag} has a value of another type")))?;
    Ok(Prop { tag, value })
}

fn read_value(ptype: PropType, value: &str) -> Option<PropValue> {
    fn json<T: DeserializeOwned>(value: &str) -> Option<T> {
        serde_json::from_str(value).ok()
    }
    let text = || json::<String>(value);
    Some(match ptype {
        PropType::I2 => PropValue::I2(json(value)?),
        PropType::LONG => PropValue::Long(json(value)?),
        PropType::BOOLEAN => PropValue::Boolean(json(value)?),
        PropType::I8 => PropValue::I8(text()?.parse().ok()?),
        PropType::STRING8 => PropValue::String8(text()?),
        PropType::UNICODE => PropValue::Unicode(text()?),
        PropType::SYSTIME => PropValue::SysTime(FileTime(text()?.parse().ok()?)),
        PropType::CLSID => PropValue::Clsid(Guid::parse(&text()?)?),
        PropType::BINARY => PropValue::Binary(hex::decode(&text()?)?),
        PropType::MV_LONG => PropValue::MvLong(json(value)?),
        PropType::MV_STRING8 => PropValue::MvString8(json(value)?),
        PropType::MV_UNICODE => PropValue::MvUnicode(json(value)?),
        PropType::MV_BINARY => {
            let texts: Vec<String> = json(value)?;
            PropValue::MvBinary(texts.iter().map(|text| hex::decode(text)).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

/// True for a property that names a file or folder.
fn is_path(tag: PropTag) -> bool {
    let is_text = matches!(tag.ptype(), PropType::UNICODE | PropType::STRING8);
    is_text && [FILE, DATA_FOLDER].iter().any(|path| path.id() == tag.id())
}

/// The way from the folder of stores to what lies below it; `None` for what lies elsewhere.
fn below(path: &str, stores: &Path) -> Option<String> {
    let below = Path::new(path).strip_prefix(stores).ok()?;
    // A path that reads back as another one is kept whole.
    let is_same = stores.join(below).as_os_str() == path && leads_down(below);
    is_same.then(|| below.to_str().map(str::to_owned)).flatten()
}

/// The whole path of what the file names; nothing relative leads out of the folder of stores.
fn whole(path: &str, stores: &Path) -> Result<PathBuf> {
    let path = Path::new(path);
    if path.is_absolute() {
        return Ok(path.to_owned());
    }
    if leads_down(path) {
        Ok(stores.join(path))
    } else {
        Err(bad("a path leads out of the folder of stores"))
    }
}

fn leads_down(path: &Path) -> bool {
    let mut parts = path.components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

fn uid(text: &str) -> Result<MapiUid> {
    Guid::parse(text).ok_or_else(|| bad("an identity is missing"))
}

fn bad(detail: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorCode::CORRUPT_DATA, "Profile::open", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORES: &str = "/home/x/stores";

    fn written(data: &ProfileData) -> Vec<u8> {
        write(data, Path::new(STORES)).unwrap()
    }

    fn read_again(bytes: &[u8]) -> Result<ProfileData> {
        read(bytes, Path::new(STORES))
    }

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
            is_app: true,
            deleted: true,
            rename_to: Some("Other".into()),
            catalogue: Catalogue::default(),
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        assert_eq!(read_again(&written(&sample())).unwrap(), sample());
    }

    #[test]
    fn a_file_cut_anywhere_is_corrupt_and_a_newer_one_says_so() {
        let whole = written(&sample());
        for end in 0..whole.len() {
            assert_eq!(
                read_again(&whole[..end]).unwrap_err().code(),
                ErrorCode::CORRUPT_DATA,
                "cut at {end}"
            );
        }
        let newer = String::from_utf8(whole).unwrap().replace("\"version\": 2", "\"version\": 3");
        assert_eq!(read_again(newer.as_bytes()).unwrap_err().code(), ErrorCode::VERSION);
        for foreign in ["{}", "[]", "null", "7", "{\"format\":\"openmapi-profile\"}"] {
            assert_eq!(
                read_again(foreign.as_bytes()).unwrap_err().code(),
                ErrorCode::CORRUPT_DATA,
                "{foreign}"
            );
        }
    }

    #[test]
    fn a_type_that_profiles_do_not_keep_is_refused() {
        let mut data = sample();
        let doubles = PropList::from_iter([Prop::new(PropTag(0x6600_0005), PropValue::Double(1.0))]);
        data.sections.insert(Guid::NULL, doubles);
        assert_eq!(write(&data, Path::new(STORES)).unwrap_err().code(), ErrorCode::INVALID_TYPE);
    }

    #[test]
    fn what_lies_below_the_stores_moves_with_them_and_nothing_else_does() {
        let mut data = sample();
        let section = data.sections.entry(Guid::NULL).or_default();
        section.set(FILE, "/home/x/stores/a/a.store");
        section.set(DATA_FOLDER, "/elsewhere/a");
        section.set(PropTag(0x6600_001F), "/home/x/stores/a/no-path-of-ours");
        let moved = read(&written(&data), Path::new("/home/y/stores")).unwrap();
        assert_eq!(moved.data_folder, Path::new("/home/y/stores/a"));
        let section = moved.section(Guid::NULL);
        assert_eq!(section.text(FILE), Some("/home/y/stores/a/a.store"));
        assert_eq!(section.text(DATA_FOLDER), Some("/elsewhere/a"));
        assert_eq!(section.text(PropTag(0x6600_001F)), Some("/home/x/stores/a/no-path-of-ours"));
        for kept in [
            "relative.store",
            "/home/x/stores",
            "/home/x/stores/../y",
            "/home/x/stores//b",
            "/home/x/stores2/b",
        ] {
            data.sections.entry(Guid::NULL).or_default().set(FILE, kept);
            let moved = read(&written(&data), Path::new("/home/y/stores")).unwrap();
            assert_eq!(moved.section(Guid::NULL).text(FILE), Some(kept));
        }
    }

    #[test]
    fn a_relative_path_leads_nowhere_else() {
        let whole = String::from_utf8(written(&sample())).unwrap();
        assert!(whole.contains("\"data_folder\": \"a\""));
        for path in ["", ".", "..", "../a", "a/../../b"] {
            let hostile = whole.replace("\"data_folder\": \"a\"", &format!("\"data_folder\": \"{path}\""));
            assert_eq!(read_again(hostile.as_bytes()).unwrap_err().code(), ErrorCode::CORRUPT_DATA, "{path}");
        }
    }

    #[test]
    fn a_file_of_version_1_is_read_with_its_whole_paths() {
        let older = String::from_utf8(written(&sample())).unwrap();
        let older = older.replace("\"version\": 2", "\"version\": 1");
        let older = older.replace("\"data_folder\": \"a\"", "\"data_folder\": \"/home/x/stores/a\"");
        assert_eq!(read(older.as_bytes(), Path::new("/home/y/stores")).unwrap(), sample());
    }

    #[test]
    fn a_secret_is_never_written_in_the_clear() {
        let mut data = sample();
        let secret = PropList::from_iter([Prop::new(PropTag(0x67F1_001F), "hunter2")]);
        data.sections.insert(Guid::NULL, secret);
        let refused = write(&data, Path::new(STORES)).unwrap_err();
        assert!(refused.code() == ErrorCode::CORRUPT_DATA && !format!("{refused:?}").contains("hunter2"));
    }
}
