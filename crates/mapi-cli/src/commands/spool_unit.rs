//! `mapi spool --install|--uninstall`: a unit of the user's service manager (systemd) that starts the
//! spooler with each login.
//!
//! Only files are written, so it works where no service manager runs; what to do for it to begin now is
//! said.
//!
//! # Source
//! systemd.unit(5), systemd.service(5), systemd.syntax(7).

use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use mapi_defs::ErrorCode;
use serde_json::json;
use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

const UNIT: &str = "mapi-spool.service";
/// What a login wants.
const WANTS: &str = "default.target.wants";

/// Writes the unit and has each login start it.
pub(crate) fn install(global: &Global, output: Output) -> Outcome {
    let folder = folder()?;
    let (unit, wanted) = (folder.join(UNIT), folder.join(WANTS).join(UNIT));
    let text = text(global)?;
    match fs::read_to_string(&unit) {
        Ok(found) if found == text => {}
        Ok(_) if !global.force => {
            let message = format!("{} is there and says something else", unit.display());
            return Err(Failure::new(ErrorCode::COLLISION, message).with_hint("--force writes it again"));
        }
        _ => write(&unit, &text)?,
    }
    want(&wanted)?;
    let next = ["systemctl --user daemon-reload", "systemctl --user start mapi-spool"];
    if output.is_machine() {
        return output.document(&json!({ "unit": unit.display().to_string(), "next": next }));
    }
    output.text(&format!(
        "installed {}: it starts with your next login; to start it now:\n  {}\n  {}\n",
        unit.display(),
        next[0],
        next[1]
    ))
}

/// Takes the unit away again.
pub(crate) fn uninstall(output: Output) -> Outcome {
    let folder = folder()?;
    let unit = folder.join(UNIT);
    let removed = [&folder.join(WANTS).join(UNIT), &unit].map(|path| remove(path));
    let [was_wanted, was_there] = removed;
    if !(was_wanted? | was_there?) {
        let message = format!("{} is not installed", unit.display());
        return Err(Failure::new(ErrorCode::NOT_FOUND, message));
    }
    let next = ["systemctl --user stop mapi-spool", "systemctl --user daemon-reload"];
    if output.is_machine() {
        return output.document(&json!({ "removed": unit.display().to_string(), "next": next }));
    }
    output.text(&format!("removed {}; to end it now:\n  {}\n  {}\n", unit.display(), next[0], next[1]))
}

/// The folder of the user's own units.
fn folder() -> Outcome<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = variable("XDG_CONFIG_HOME").or_else(|| Some(variable("HOME")?.join(".config")));
    let config = config.ok_or_else(|| {
        Failure::new(ErrorCode::NOT_FOUND, "neither XDG_CONFIG_HOME nor HOME says where units live")
    })?;
    Ok(config.join("systemd/user"))
}

fn text(global: &Global) -> Outcome<String> {
    let failed =
        |error: std::io::Error| Failure::new(ErrorCode::CALL_FAILED, format!("this program: {error}"));
    let program = std::env::current_exe().map_err(failed)?;
    let mut words = vec![program.display().to_string()];
    if let Some(home) = &global.home {
        words.extend(["--home".into(), std::path::absolute(home).map_err(failed)?.display().to_string()]);
    }
    words.extend(global.profile.iter().flat_map(|name| ["--profile".to_owned(), name.clone()]));
    words.push("spool".into());
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect::<Outcome<_>>()?;
    Ok(format!(
        "[Unit]\nDescription=MAPI spooler: sends and fetches mail\n\n\
         [Service]\nType=notify\nExecStart={}\nRestart=on-failure\nRestartSec=5\nTimeoutStopSec=90\n\n\
         [Install]\nWantedBy=default.target\n",
        words.join(" ")
    ))
}

/// A word of a command line as systemd reads it.
fn quoted(word: &str) -> Outcome<String> {
    if word.chars().any(char::is_control) || word.contains('\u{FFFD}') {
        return Err(Failure::usage(format!("{word:?} cannot be written into a unit")));
    }
    let mut quoted = String::from("\"");
    for letter in word.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '%' | '$' => quoted.extend([letter, letter]),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    Ok(quoted)
}

/// Writes a file whole, under its name or not at all.
fn write(path: &Path, text: &str) -> Outcome {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let written = fs::create_dir_all(folder).and_then(|()| {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|fault| fault.error)
    });
    written.map(drop).map_err(|error| Failure::file(path, &error).with_exit(Exit::CannotCreate))
}

fn want(link: &Path) -> Outcome {
    let folder = link.parent().unwrap_or(Path::new("/"));
    match fs::create_dir_all(folder).and_then(|()| symlink(Path::new("..").join(UNIT), link)) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(Failure::file(link, &error).with_exit(Exit::CannotCreate))
        }
        _ => Ok(()),
    }
}

/// Removes a file; false where there is none.
fn remove(path: &Path) -> Outcome<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Failure::file(path, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_a_unit_is_read_as_it_was_written() {
        assert_eq!(quoted("/opt/a b/mapi").unwrap(), "\"/opt/a b/mapi\"");
        assert_eq!(quoted(r#"50% "$x\"#).unwrap(), r#""50%% \"$$x\\""#);
        assert!(quoted("a\nExecStart=b").is_err());
    }
}
