//! `KEY=VALUE` of a service: what people write as settings, as the properties that services take.
//!
//! A secret is never an argument, which every process of the computer can read: its key stands alone
//! and its value comes from standard input. Which settings a service has is `mapi_services`'s.

use crate::failure::{Failure, Outcome};
use mapi::Secret;
use mapi_defs::lookup;
use mapi_defs::prop::{Prop, PropList, PropTag, PropType, PropValue};
use mapi_defs::{ErrorCode, Guid, hex};
use mapi_services::{is_secret, settings};
use std::io::{self, BufRead, IsTerminal, Read, Write};

/// A secret of more bytes is none.
const SECRET_BYTES: u64 = 64 * 1024;
/// Hex digits of a tag.
const TAG_DIGITS: usize = 8;

/// Reads settings of a service; the secrets among them are read from standard input, a line each.
pub(crate) fn read_settings(service: &str, arguments: &[String]) -> Outcome<PropList> {
    let mut props = PropList::new();
    let mut secrets = Vec::new();
    for argument in arguments {
        match argument.split_once('=') {
            Some((name, value)) => {
                let tag = tag_of(service, name.trim())?;
                refuse_secret(tag, name)?;
                props.set(tag, value_of(tag, value).map_err(|why| bad(name, &why))?);
            }
            None => {
                let tag = tag_of(service, argument)?;
                if !is_secret(tag) {
                    return Err(bad(argument, "a value is missing: write KEY=VALUE"));
                }
                secrets.push((tag, argument));
            }
        }
    }
    for (tag, name) in secrets {
        let secret = read_secret(name)?;
        let value = if tag.ptype() == PropType::STRING8 {
            PropValue::String8(secret)
        } else {
            PropValue::Unicode(secret)
        };
        props.set(tag, value);
    }
    Ok(props)
}

/// What a property is called among the settings of a service.
pub(crate) fn name_of(service: &str, tag: PropTag) -> String {
    let own = settings(service).iter().find(|setting| setting.tag.id() == tag.id());
    let name = own.map(|setting| setting.name).or_else(|| lookup::tag_name(tag));
    name.map_or_else(|| format!("{:08X}", tag.0), str::to_owned)
}

/// A value as it is written behind `KEY=`; of a secret only that it is there.
pub(crate) fn shown(prop: &Prop) -> String {
    if is_secret(prop.tag) {
        return "(secret)".to_owned();
    }
    match &prop.value {
        PropValue::String8(text) | PropValue::Unicode(text) => text.clone(),
        PropValue::MvString8(texts) | PropValue::MvUnicode(texts) => {
            serde_json::Value::from(texts.clone()).to_string()
        }
        PropValue::I2(number) => number.to_string(),
        PropValue::Long(number) => number.to_string(),
        PropValue::I8(number) => number.to_string(),
        PropValue::Boolean(truth) => truth.to_string(),
        PropValue::Clsid(guid) => guid.to_string(),
        PropValue::Binary(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        other => format!("({} bytes of {})", other.size_bytes(), other.ptype()),
    }
}

/// The property of a key: a setting's name, a property's name, or a tag.
fn tag_of(service: &str, key: &str) -> Outcome<PropTag> {
    if let Some(setting) = settings(service).iter().find(|setting| setting.name.eq_ignore_ascii_case(key)) {
        return Ok(setting.tag);
    }
    let digits = key.strip_prefix("0x").or_else(|| key.strip_prefix("0X")).unwrap_or(key);
    if digits.len() == TAG_DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return u32::from_str_radix(digits, 16).map(PropTag).map_err(|_| bad(key, "this is no tag"));
    }
    let known = lookup::property(key).and_then(lookup::Property::tag);
    known.ok_or_else(|| {
        let names: Vec<&str> = settings(service).iter().map(|setting| setting.name).collect();
        bad(key, "this is no setting").with_hint(format!(
            "settings of {service} are {}; any property is named by its PR_ name or its tag",
            names.join(", ")
        ))
    })
}

fn refuse_secret(tag: PropTag, name: &str) -> Outcome {
    let looks_secret = lookup::tag_name(tag).is_some_and(|name| name.contains("PASSWORD"));
    if is_secret(tag) || looks_secret {
        let failure = bad(name, "a secret is not written on the command line, where others can read it");
        return Err(failure.with_hint(format!(
            "write {name} without a value and give the secret on standard input, or name a program that says it"
        )));
    }
    Ok(())
}

fn value_of(tag: PropTag, text: &str) -> Result<PropValue, String> {
    Ok(match tag.ptype() {
        PropType::STRING8 => PropValue::String8(text.to_owned()),
        PropType::UNICODE => PropValue::Unicode(text.to_owned()),
        PropType::MV_STRING8 => PropValue::MvString8(texts(text)?),
        PropType::MV_UNICODE => PropValue::MvUnicode(texts(text)?),
        PropType::I2 => PropValue::I2(text.parse().map_err(|_| no_number(text))?),
        PropType::LONG => PropValue::Long(long(text)?),
        PropType::I8 => PropValue::I8(text.parse().map_err(|_| no_number(text))?),
        PropType::BOOLEAN => PropValue::Boolean(truth(text)?),
        PropType::CLSID => {
            PropValue::Clsid(Guid::parse(text).ok_or_else(|| format!("\"{text}\" is no GUID"))?)
        }
        PropType::BINARY => PropValue::Binary(bytes(text)?),
        other => return Err(format!("a value of type {other} cannot be written here")),
    })
}

/// Several texts: words parted by spaces, or a JSON array where a text has spaces in it.
pub(crate) fn texts(text: &str) -> Result<Vec<String>, String> {
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text).map_err(|_| "this is no JSON array of texts".to_owned());
    }
    Ok(text.split_whitespace().map(str::to_owned).collect())
}

fn long(text: &str) -> Result<i32, String> {
    let number = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok().map(u32::cast_signed),
        None => text.parse().ok(),
    };
    number.ok_or_else(|| no_number(text))
}

fn truth(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err(format!("\"{text}\" is neither yes nor no")),
    }
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    hex::decode(text).ok_or_else(|| format!("\"{text}\" is not pairs of hex digits"))
}

fn no_number(text: &str) -> String {
    format!("\"{text}\" is no number that fits")
}

fn bad(name: &str, why: &str) -> Failure {
    Failure::usage(format!("{name}: {why}"))
}

/// Reads one line of standard input; on a terminal, after asking for it and without showing it.
pub(crate) fn read_secret(name: &str) -> Outcome<String> {
    let _unseen = match io::stdin().is_terminal() {
        true => {
            // Nothing can be done where even stderr is gone.
            drop(write!(io::stderr(), "{name}: ").and_then(|()| io::stderr().flush()));
            Some(Unseen::begin().map_err(|error| Failure::new(ErrorCode::CALL_FAILED, error.to_string()))?)
        }
        false => None,
    };
    // With its whole room at once no copy is left behind by growing, and the end overwrites it.
    let mut line = String::with_capacity(SECRET_BYTES as usize);
    let failed = |error: io::Error| Failure::new(ErrorCode::DISK_ERROR, format!("standard input: {error}"));
    io::stdin().lock().take(SECRET_BYTES).read_line(&mut line).map_err(failed)?;
    let line = Secret::from(line);
    let secret = line.expose_text().unwrap_or_default().trim_end_matches(['\n', '\r']);
    if secret.is_empty() {
        let failure = bad(name, "no secret came from standard input");
        return Err(failure.with_hint("give it on a line of its own, as in: echo … | mapi service configure"));
    }
    Ok(secret.to_owned())
}

/// What is typed is not shown, until the value is dropped.
struct Unseen(rustix::termios::Termios);

impl Unseen {
    fn begin() -> io::Result<Self> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let before = tcgetattr(io::stdin())?;
        let mut unseen = before.clone();
        unseen.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &unseen)?;
        Ok(Self(before))
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        // Nothing can be done where the terminal has gone.
        tcsetattr(io::stdin(), OptionalActions::Flush, &self.0).unwrap_or_default();
        drop(writeln!(io::stderr()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_defs::prop::tags::{PR_DISPLAY_NAME, PR_RESOURCE_FLAGS};
    use mapi_spi::spooler::section::FILE;

    fn read(service: &str, arguments: &[&str]) -> Outcome<PropList> {
        read_settings(service, &arguments.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_key_is_a_settings_name_a_propertys_name_or_a_tag() {
        let props = read(
            "store",
            &[
                "File=/x y=z",
                "pr_display_name=Work",
                "0x66000102=00ff",
                "6601000B=yes",
                "PR_RESOURCE_FLAGS=0x20",
            ],
        )
        .unwrap();
        assert_eq!(props.text(FILE), Some("/x y=z"));
        assert_eq!(props.text(PR_DISPLAY_NAME), Some("Work"));
        assert_eq!(props.binary(PropTag(0x6600_0102)), Some(&[0, 255][..]));
        assert_eq!(props.boolean(PropTag(0x6601_000B)), Some(true));
        assert_eq!(props.long(PR_RESOURCE_FLAGS), Some(32));
    }

    #[test]
    fn several_texts_are_words_or_a_json_array() {
        let tag = PropTag(0x6794_101F);
        let words = |text| value_of(tag, text);
        assert_eq!(
            words("pass show mail"),
            Ok(PropValue::MvUnicode(["pass", "show", "mail"].map(str::to_owned).into()))
        );
        assert_eq!(words(r#"["a b","c"]"#), Ok(PropValue::MvUnicode(vec!["a b".into(), "c".into()])));
        assert!(words("[1]").is_err());
    }

    #[test]
    fn what_makes_no_sense_is_a_usage_error_that_repeats_no_secret() {
        for arguments in [
            &["nosuch=1"][..],
            &["name"],
            &["66000003=x"],
            &["6600000B=maybe"],
            &["66000102=0"],
            &["66000005=1"],
        ] {
            assert_eq!(read("STORE", arguments).unwrap_err().exit, crate::exit::Exit::Usage, "{arguments:?}");
        }
        for secret in ["67F1001F=hunter2", "0x67f0001e=hunter2", "67FF0102=hunter2"] {
            let refused = read("SMTP", &[secret]).unwrap_err();
            let told = format!("{}{:?}", refused.message, refused.hint);
            assert!(!told.contains("hunter2") && refused.message.contains("secret"), "{told}");
        }
    }

    #[test]
    fn a_secret_is_never_shown() {
        let prop = Prop::new(PropTag(0x67F1_001F), "hunter2");
        assert_eq!(shown(&prop), "(secret)");
        assert_eq!(name_of("STORE", FILE), "file");
        assert_eq!(name_of("X", PropTag(0x7A01_0003)), "7A010003");
    }
}
