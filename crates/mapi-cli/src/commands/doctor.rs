//! `mapi doctor`: what is configured, what would fail and why, what waits and whether anything may send it.

use super::queue::queued;
use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::logged_on::{FirstUse, LoggedOn, Mail, Ready};
use crate::output::Output;
use mapi_defs::ErrorCode;
use serde_json::{Value, json};

/// One thing looked at.
struct Finding {
    what: String,
    is_well: bool,
    detail: String,
    advice: Option<String>,
}

/// Looks at everything and says what is wrong.
pub(crate) fn doctor(global: &Global, output: Output) -> Outcome {
    let mut findings = Vec::new();
    let profile = look_at_profiles(global, &mut findings)?;
    if let Some(name) = profile {
        look_at_session(global, &name, output, &mut findings);
    }
    let ill = findings.iter().filter(|finding| !finding.is_well).count();
    if output.is_machine() {
        output.document(
            &json!({ "well": ill == 0, "findings": findings.iter().map(to_json).collect::<Vec<_>>() }),
        )?;
    } else {
        output.text(&findings.iter().map(to_text).collect::<String>())?;
    }
    if ill == 0 {
        return Ok(());
    }
    Err(Failure::new(ErrorCode::CALL_FAILED, format!("{ill} things are wrong"))
        .with_exit(Exit::Failed)
        .already_reported())
}

fn look_at_profiles(global: &Global, findings: &mut Vec<Finding>) -> Outcome<Option<String>> {
    let ready = Ready::new(global)?;
    findings.push(well("home", ready.home.profiles().display().to_string()));
    let admin = ready.profiles()?;
    let chosen = match &global.profile {
        Some(name) => Some(name.clone()),
        None => admin.default_profile()?,
    };
    let Some(name) = chosen else {
        findings.push(ill(
            "profile",
            "there is no default profile",
            "`mapi profile create Default`, or send a first message",
        ));
        return Ok(None);
    };
    match admin.services(&name) {
        Ok(services) => {
            let names: Vec<String> = services.services().into_iter().map(|service| service.name).collect();
            findings.push(well("profile", format!("{name}: {}", names.join(", "))));
            Ok(Some(name))
        }
        Err(error) => {
            findings.push(ill("profile", error.to_string(), "`mapi profile list` shows those there are"));
            Ok(None)
        }
    }
}

fn look_at_session(global: &Global, name: &str, output: Output, findings: &mut Vec<Finding>) {
    let logged_on = match LoggedOn::new(global, Mail::No, FirstUse::NeedsProfile, output) {
        Ok(logged_on) => logged_on,
        Err(failure) => {
            return findings.push(ill("logon", failure.message, "look at the profile's services"));
        }
    };
    findings.push(well("logon", format!("profile {name}")));
    match logged_on.store() {
        Ok(store) => {
            findings.push(well("store", "opens"));
            look_at_queue(queued(&store).map(|rows| rows.len()), findings);
        }
        Err(failure) => findings.push(ill("store", failure.message, "`mapi store check` looks at the file")),
    }
    match logged_on.end() {
        Ok(account) => findings.push(well("logoff", account.to_string())),
        Err(failure) => findings.push(ill("logoff", failure.message, "the session ended with the process")),
    }
}

fn look_at_queue(waiting: Outcome<usize>, findings: &mut Vec<Finding>) {
    findings.push(match waiting {
        Ok(0) => well("queue", "nothing waits"),
        Ok(count) => ill(
            "queue",
            format!("{count} messages wait, and nothing is running that may send them"),
            "any `mapi send` sends them along",
        ),
        Err(failure) => ill("queue", failure.message, "`mapi store check` looks at the file"),
    });
}

fn well(what: &str, detail: impl Into<String>) -> Finding {
    Finding { what: what.into(), is_well: true, detail: detail.into(), advice: None }
}

fn ill(what: &str, detail: impl Into<String>, advice: &str) -> Finding {
    Finding { what: what.into(), is_well: false, detail: detail.into(), advice: Some(advice.into()) }
}

fn to_json(finding: &Finding) -> Value {
    json!({ "what": finding.what, "well": finding.is_well, "detail": finding.detail, "advice": finding.advice })
}

fn to_text(finding: &Finding) -> String {
    let mark = if finding.is_well { "ok  " } else { "FAIL" };
    let advice =
        finding.advice.as_deref().map_or_else(String::new, |advice| format!("\n       try: {advice}"));
    format!("{mark}  {:<8} {}{advice}\n", finding.what, finding.detail)
}
