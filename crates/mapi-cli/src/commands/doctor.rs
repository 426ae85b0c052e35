//! `mapi doctor`: what is configured, what would fail and why, what waits and whether anything may send it.
//!
//! Services and their secrets are `doctor_services.rs`.

use super::doctor_services::{look_at_files, look_at_secrets, look_at_services};
use super::queue::queued;
use super::store::default_store;
use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::finding::Finding;
use crate::logged_on::{FirstUse, LoggedOn, Mail, Ready};
use crate::output::Output;
use crate::sender::sender;
use mapi::object::Object;
use mapi::{Home, MsgServiceAdmin, ProfAdmin};
use mapi_defs::ErrorCode;
use mapi_defs::prop::tags::PR_ACCESS_LEVEL;
use serde_json::json;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// How much room a store file is expected to have at least: a few of its pages.
const PROBE_BYTES: usize = 64 * 1024;

/// Looks at everything and says what is wrong.
pub(crate) fn doctor(global: &Global, output: Output) -> Outcome {
    let mut findings = Vec::new();
    let exit = look(global, output, &mut findings);
    let ill = findings.iter().filter(|finding| !finding.is_well()).count();
    if output.is_machine() {
        output.document(
            &json!({ "well": ill == 0, "findings": findings.iter().map(Finding::to_json).collect::<Vec<_>>() }),
        )?;
    } else {
        output.text(&findings.iter().map(Finding::to_text).collect::<String>())?;
    }
    let message = match ill {
        0 => return Ok(()),
        1 => "one thing is wrong".to_owned(),
        _ => format!("{ill} things are wrong"),
    };
    Err(Failure::new(ErrorCode::CALL_FAILED, message).with_exit(exit).already_reported())
}

/// Looks from the outside in, as far as one can get; returns the exit for whatever is wrong.
fn look(global: &Global, output: Output, findings: &mut Vec<Finding>) -> Exit {
    let opened = Ready::new(global).and_then(|ready| Ok((ready.profiles()?, ready)));
    let (admin, ready) = match opened {
        Ok(opened) => opened,
        Err(failure) => {
            let advice = failure.hint.unwrap_or_else(|| "name another folder with --home".to_owned());
            findings.push(Finding::ill("home", failure.message, advice));
            return failure.exit;
        }
    };
    findings.push(Finding::well("home", ready.home.profiles().display().to_string()));
    look_at_files(&ready.home, findings);
    if let Some((name, services)) = look_at_profile(global, &admin, &ready.home, findings) {
        look_at_services(&services, global.read_only, findings);
        look_at_secrets(&services, &ready.home, &name, findings);
        drop((admin, services, ready));
        look_at_file(global, findings);
        look_at_session(global, &name, output, findings);
    }
    Exit::Failed
}

fn look_at_profile(
    global: &Global,
    admin: &ProfAdmin,
    home: &Home,
    findings: &mut Vec<Finding>,
) -> Option<(String, MsgServiceAdmin)> {
    let folder = home.profiles().display();
    let chosen = match &global.profile {
        Some(name) => Ok(Some(name.clone())),
        None => admin.default_profile(),
    };
    let name = match chosen {
        Ok(Some(name)) => name,
        Ok(None) => {
            let advice = "`mapi profile create Default`, or send a first message";
            findings.push(Finding::ill("profile", "there is no default profile", advice));
            return None;
        }
        Err(error) => {
            let advice = format!("remove {folder}/.default and choose with `mapi profile default NAME`");
            findings.push(Finding::ill("profile", Failure::from(error).message, advice));
            return None;
        }
    };
    match admin.services(&name) {
        Ok(services) => {
            let names: Vec<String> = services.services().into_iter().map(|service| service.name).collect();
            findings.push(Finding::well("profile", format!("{name}: {}", names.join(", "))));
            Some((name, services))
        }
        Err(error) => {
            let advice = profile_advice(error.code(), &name, home);
            findings.push(Finding::ill(
                "profile",
                format!("{name}: {}", Failure::from(error).message),
                advice,
            ));
            None
        }
    }
}

fn profile_advice(code: ErrorCode, name: &str, home: &Home) -> String {
    let (profiles, stores) = (home.profiles().display(), home.stores().display());
    match code {
        ErrorCode::LOGON_FAILED | ErrorCode::NOT_FOUND => format!(
            "`mapi profile create {name}` makes it, `mapi profile default NAME` chooses one of `mapi profile list`"
        ),
        ErrorCode::VERSION => {
            "update the program: a newer one wrote this profile; nothing was changed".into()
        }
        ErrorCode::NO_ACCESS => format!("the profile's file in {profiles} has to be yours, with mode 600"),
        _ => format!(
            "put the profile's file in {profiles} back from a backup; the mail in {stores} was not touched"
        ),
    }
}

/// Whether the store file can be written, before anything opens it: SQLite's locks end where the same
/// process closes the file a second time.
fn look_at_file(global: &Global, findings: &mut Vec<Finding>) {
    let Ok(file) = default_store(global) else { return };
    let shown = file.display().to_string();
    if !file.is_file() {
        // Opening it says what is wrong.
        return;
    }
    if global.read_only {
        return findings.push(Finding::well("file", shown));
    }
    let room = || {
        OpenOptions::new().append(true).open(&file)?;
        let folder = file.parent().unwrap_or(Path::new("."));
        tempfile::tempfile_in(folder)?.write_all(&[0; PROBE_BYTES])
    };
    findings.push(match room() {
        Ok(()) => Finding::well("file", shown),
        Err(error) => {
            let advice = match error.kind() {
                ErrorKind::StorageFull => "make room; until then mail can be read but not written".to_owned(),
                _ => "the file and its folder have to be yours and writable; mail can be read".to_owned(),
            };
            Finding::ill("file", format!("{shown}: cannot be written: {error}"), advice)
        }
    });
}

fn look_at_session(global: &Global, name: &str, output: Output, findings: &mut Vec<Finding>) {
    let logged_on = match LoggedOn::new(global, Mail::No, FirstUse::NeedsProfile, output) {
        Ok(logged_on) => logged_on,
        Err(failure) => {
            return findings.push(Finding::ill("logon", failure.message, "look at the profile's services"));
        }
    };
    findings.push(Finding::well("logon", format!("profile {name}")));
    match logged_on.store() {
        Ok(store) => {
            let can_write = store.long(PR_ACCESS_LEVEL).ok().flatten() != Some(0);
            findings.push(Finding::well("store", if can_write { "opens" } else { "opens for reading only" }));
            look_at_queue(global, queued(&store).map(|rows| rows.len()), findings);
        }
        Err(failure) => {
            let advice = store_advice(failure.code, global);
            findings.push(Finding::ill("store", failure.message, advice));
        }
    }
    match logged_on.end() {
        Ok(account) => findings.push(Finding::well("logoff", account.to_string())),
        Err(failure) => {
            findings.push(Finding::ill("logoff", failure.message, "the session ended with the process"))
        }
    }
}

fn store_advice(code: ErrorCode, global: &Global) -> String {
    let file =
        default_store(global).map_or_else(|_| "the file".to_owned(), |file| file.display().to_string());
    match code {
        ErrorCode::NOT_FOUND => {
            format!("put {file} back from a backup; `mapi profile create NAME` begins with an empty one")
        }
        ErrorCode::CORRUPT_STORE => format!(
            "put {file} back from a backup, and keep the damaged one: it was not changed (`mapi store check`)"
        ),
        ErrorCode::NO_ACCESS => format!("{file} has to be a file of yours, with mode 600"),
        ErrorCode::VERSION => "update the program: a newer one wrote this store; nothing was changed".into(),
        ErrorCode::BUSY => "another program is at work on it: try again in a moment".into(),
        ErrorCode::NOT_ENOUGH_DISK => "make room; nothing was lost".into(),
        _ => format!("`mapi store check` looks at {file}"),
    }
}

fn look_at_queue(global: &Global, waiting: Outcome<usize>, findings: &mut Vec<Finding>) {
    let waits = match waiting {
        Ok(0) => return findings.push(Finding::well("queue", "nothing waits")),
        Ok(1) => "one message waits".to_owned(),
        Ok(count) => format!("{count} messages wait"),
        Err(failure) => {
            return findings.push(Finding::ill(
                "queue",
                failure.message,
                "`mapi store check` looks at the file",
            ));
        }
    };
    if let Some(process) = default_store(global).ok().and_then(|file| sender(&file)) {
        return findings.push(Finding::well("queue", format!("{waits}; process {process} may send")));
    }
    let advice = "`mapi spool` sends them, `mapi spool --install` has each login start it; `mapi queue flush` sends once";
    findings.push(Finding::ill("queue", format!("{waits}, and nothing is running that may send"), advice));
}
