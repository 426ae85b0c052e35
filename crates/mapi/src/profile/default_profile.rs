//! The file that names the default profile: JSON, with its form's version in it.
//!
//! Whether the profile is there, and who may write, is `storage.rs`'s.

use super::check_name;
use super::storage::about;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_files::PrivateFolder;
use serde::{Deserialize, Serialize};

/// The file's name; no profile's name begins with a dot.
pub(super) const FILE: &str = ".default";
/// More bytes than the file ever has.
const FILE_BYTES: u64 = 4096;
/// What the file says it is.
const FORMAT: &str = "openmapi-default-profile";
/// The form's version. Before version 1 the file was the name alone.
const VERSION: u64 = 1;

#[derive(Serialize, Deserialize)]
struct Form {
    format: String,
    version: u64,
    name: Option<String>,
}

/// The name in the file; `None` where there is no file.
///
/// # Errors
/// - `MAPI_E_CORRUPT_DATA`, `MAPI_E_VERSION`: it is damaged, or a newer program's.
/// - `MAPI_E_NO_ACCESS`: it is a link, somebody else's, or otherwise no plain file.
pub(super) fn read(folder: &PrivateFolder) -> Result<Option<String>> {
    let Some(bytes) = folder.read(FILE, FILE_BYTES)? else { return Ok(None) };
    name(&bytes).map(Some).map_err(|error| about(&folder.path().join(FILE), error))
}

/// Puts a name into the file, whatever was there.
///
/// # Errors
/// Those of writing; the file is then as before.
pub(super) fn write(folder: &PrivateFolder, name: &str) -> Result<()> {
    let form = Form { format: FORMAT.to_owned(), version: VERSION, name: Some(name.to_owned()) };
    let bytes = serde_json::to_vec(&form).map_err(|error| bad("it cannot be written").with_source(error))?;
    folder.write_aside(&bytes)?.replace(FILE)
}

fn name(bytes: &[u8]) -> Result<String> {
    let text = std::str::from_utf8(bytes).map_err(|_| bad("it is no text"))?;
    let name = if check_name(text, "ProfAdmin").is_ok() { text.to_owned() } else { from_form(text)? };
    check_name(&name, "ProfAdmin").map_err(|_| bad("it names no profile"))?;
    Ok(name)
}

fn from_form(text: &str) -> Result<String> {
    let form: Form = serde_json::from_str(text).map_err(|error| bad("it is damaged").with_source(error))?;
    if form.format != FORMAT {
        return Err(bad("it is something else"));
    }
    if form.version > VERSION {
        let detail = format!("version {} of its form is newer than {VERSION}", form.version);
        return Err(Error::new(ErrorCode::VERSION, "ProfAdmin", detail));
    }
    form.name.ok_or_else(|| bad("it names no profile"))
}

fn bad(detail: &'static str) -> Error {
    let detail = format!("{detail}: choose again with `mapi profile default NAME`");
    Error::new(ErrorCode::CORRUPT_DATA, "ProfAdmin", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_read_of_any_version_up_to_this_one() {
        let code = |text: &str| name(text.as_bytes()).unwrap_err().code();
        assert_eq!(name(b"Work").unwrap(), "Work", "as it was before there were versions");
        let form = r#"{"format":"openmapi-default-profile","version":1,"name":"Work"}"#;
        assert_eq!(name(form.as_bytes()).unwrap(), "Work");
        assert_eq!(code(&form.replace(":1", ":2").replace("name", "names")), ErrorCode::VERSION);
        for damaged in
            ["", "{", "../x", "a\n", &form.replace("Work", "../x"), &form.replace("default", "x"), "\0"]
        {
            assert_eq!(code(damaged), ErrorCode::CORRUPT_DATA, "{damaged:?}");
        }
        assert_eq!(name(&[0xFF]).unwrap_err().code(), ErrorCode::CORRUPT_DATA);
    }
}
