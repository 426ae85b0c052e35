//! `mapi sendmail`, also under the name sendmail: takes a message from standard input into the queue, as cron,
//! mutt and `git send-email` expect it.
//!
//! Its options are `sendmail_arguments.rs`. Exit codes are those of sysexits: 0 says that the message is in
//! the queue, durably. It is sent by `mapi spool`, which is started where none runs.

use super::send::{hand_over_and_say, submit, wait};
use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::interrupt::Interrupt;
use crate::logged_on::{FirstUse, LoggedOn, Mail, Ready, refuse_when_read_only};
use crate::mime_file;
use crate::outgoing::{State, outgoing};
use crate::output::Output;
use crate::sendmail_arguments::Asked;
use mapi_defs::ErrorCode;
use mapi_defs::flags::MessageFlags;
use mapi_defs::object::{MessageObject, Property};
use mapi_defs::prop::tags::{
    PR_ADDRTYPE, PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_IPM_SENTMAIL_ENTRYID, PR_MESSAGE_FLAGS,
    PR_RECIPIENT_TYPE, PR_SENDER_ADDRTYPE, PR_SENDER_EMAIL_ADDRESS, PR_SENDER_NAME, PR_SMTP_ADDRESS,
    PR_TRANSPORT_MESSAGE_HEADERS,
};
use mapi_defs::prop::{PropTag, PropValue};
use mapi_defs::recipient::{RecipientType, SUBMITTED};
use serde_json::json;
use std::io::{BufRead, Read};
use std::path::Path;
use std::time::Duration;

/// The longest message that is taken: 1 GiB.
const MESSAGE_MAX_BYTES: u64 = 1 << 30;
/// How long -odi waits.
const WAIT: Duration = Duration::from_secs(60);
/// Where a name without a domain is at home.
const HERE: &str = "localhost";

/// Runs the verb.
pub(crate) fn sendmail(words: &[String], global: &Global, output: Output) -> Outcome {
    deliver(words, global, output).map_err(|failure| {
        let exit = sysexit(&failure);
        failure.with_exit(exit)
    })
}

fn deliver(words: &[String], global: &Global, output: Output) -> Outcome {
    let asked = Asked::parse(words).map_err(Failure::usage)?;
    refuse_when_read_only(global)?;
    if asked.recipients.is_empty() && !asked.reads_recipients {
        return Err(Failure::usage("no recipients: name them, or -t takes those of the message"));
    }
    let octets = message_octets(asked.dots_are_text, std::io::stdin().lock())?;
    let own = OwnNames::of(global)?;
    let message = addressed(mime_file::message(&octets, Path::new("standard input"))?, &asked, &own)?;
    let mail = if asked.waits { Mail::Yes } else { Mail::No };
    let logged_on = LoggedOn::new(global, mail, FirstUse::NeedsProfile, output)?;
    let store = logged_on.store()?;
    let outbox = store.outbox()?;
    let draft = outbox.create_message()?;
    draft.fill(&message, &[PR_TRANSPORT_MESSAGE_HEADERS.id()])?;
    let sent_items = store.special_folder(PR_IPM_SENTMAIL_ENTRYID)?;
    let id = submit(draft, &outbox, &sent_items, output)?;
    if asked.waits {
        wait(&logged_on, &store, std::slice::from_ref(&id), WAIT, &Interrupt::listen()?)?;
    }
    let end = outgoing(&store, &id)?;
    drop((outbox, store));
    let account = logged_on.end()?.to_json();
    if end.state == State::Queued {
        hand_over_and_say(global, Output { quiet: output.quiet || !asked.waits, ..output });
    }
    if output.is_machine() {
        output.document(&json!({ "submitted": [end.to_json()], "session_end": account }))?;
    }
    match end.state {
        State::Refused => Err(Failure::new(ErrorCode::CALL_FAILED, "a recipient was refused")
            .with_exit(Exit::Unavailable)
            .already_reported()),
        _ => Ok(()),
    }
}

/// Reads to the end of the input, or to a line of one dot where that ends a message.
fn message_octets(dots_are_text: bool, mut input: impl BufRead) -> Outcome<Vec<u8>> {
    let failed = |error: std::io::Error| Failure::file(Path::new("standard input"), &error);
    let mut octets = Vec::new();
    let mut bounded = (&mut input).take(MESSAGE_MAX_BYTES + 1);
    loop {
        let begin = octets.len();
        let count = bounded.read_until(b'\n', &mut octets).map_err(failed)?;
        if octets.len() as u64 > MESSAGE_MAX_BYTES {
            return Err(Failure::new(ErrorCode::TOO_BIG, "standard input: longer than 1 GiB"));
        }
        let is_end = !dots_are_text && matches!(&octets[begin..], b".\n" | b".\r\n" | b".");
        if is_end {
            octets.truncate(begin);
        }
        if count == 0 || is_end {
            break;
        }
    }
    if !mime_file::begins_with_field(&octets) {
        // Text without a header is a body.
        octets.insert(0, b'\n');
    }
    Ok(octets)
}

/// The message with the recipients of the envelope, and a sender where it names none.
fn addressed(mut message: MessageObject, asked: &Asked, own: &OwnNames) -> Outcome<MessageObject> {
    let wanted: Vec<String> = asked.recipients.iter().map(|one| own.whole(one)).collect();
    let (mut shown, mut flags) = (Vec::new(), MessageFlags::UNSENT);
    for row in &mut message.recipients {
        let address =
            own.whole(text(row, PR_SMTP_ADDRESS).or(text(row, PR_EMAIL_ADDRESS)).unwrap_or_default());
        let kind =
            row.iter().find(|one| one.tag.id() == PR_RECIPIENT_TYPE.id()).and_then(|one| one.value.as_long());
        let is_served = asked.reads_recipients || wanted.iter().any(|one| is_same(one, &address));
        if !is_served {
            // Shown in what is sent, and not sent to: as somebody who has the message already.
            let kind = kind.unwrap_or(RecipientType::To.value()).cast_unsigned() | SUBMITTED;
            set(row, PR_RECIPIENT_TYPE, kind.cast_signed());
            flags |= MessageFlags::RESEND;
        }
        set(row, PR_EMAIL_ADDRESS, address.as_str());
        set(row, PR_SMTP_ADDRESS, address.as_str());
        shown.push(address);
    }
    let hidden = wanted.into_iter().filter(|one| !shown.iter().any(|shown| is_same(one, shown)));
    let hidden: Vec<_> = hidden.map(|one| blind(&one)).collect();
    message.recipients.extend(hidden);
    if message.recipients.is_empty() {
        return Err(Failure::usage("the message names no recipients"));
    }
    set(&mut message.properties, PR_MESSAGE_FLAGS, flags.0.cast_signed());
    let sender = asked.sender.as_deref().filter(|sender| !sender.is_empty() && *sender != "<>");
    if let Some(sender) = sender
        && !message.properties.iter().any(|one| one.tag.id() == PR_SENDER_EMAIL_ADDRESS.id())
    {
        let address = own.whole(sender);
        set(&mut message.properties, PR_SENDER_NAME, asked.full_name.as_deref().unwrap_or(&address));
        set(&mut message.properties, PR_SENDER_ADDRTYPE, "SMTP");
        set(&mut message.properties, PR_SENDER_EMAIL_ADDRESS, address.as_str());
    }
    Ok(message)
}

/// A recipient of the envelope that the message does not show.
fn blind(address: &str) -> Vec<Property> {
    let mut row = Vec::new();
    set(&mut row, PR_RECIPIENT_TYPE, RecipientType::Bcc.value());
    for (tag, value) in [
        (PR_ADDRTYPE, "SMTP"),
        (PR_DISPLAY_NAME, address),
        (PR_EMAIL_ADDRESS, address),
        (PR_SMTP_ADDRESS, address),
    ] {
        set(&mut row, tag, value);
    }
    row
}

fn set(properties: &mut Vec<Property>, tag: PropTag, value: impl Into<PropValue>) {
    properties.retain(|one| one.named.is_some() || one.tag.id() != tag.id());
    properties.push(Property::new(tag, value));
    properties.sort_by(Property::order);
}

fn text(properties: &[Property], tag: PropTag) -> Option<&str> {
    properties.iter().find(|one| one.tag.id() == tag.id()).and_then(|one| one.value.as_text())
}

/// What is left of the @ is the receiver's own, case and all.
fn is_same(one: &str, other: &str) -> bool {
    match (one.rsplit_once('@'), other.rsplit_once('@')) {
        (Some((own, at)), Some((local, domain))) => own == local && at.eq_ignore_ascii_case(domain),
        _ => one == other,
    }
}

/// Who the user is on this computer and in the profile.
struct OwnNames {
    login: Option<String>,
    address: Option<String>,
}

impl OwnNames {
    fn of(global: &Global) -> Outcome<Self> {
        let ready = Ready::new(global)?;
        let admin = ready.profiles()?;
        let name = global.profile.clone().map_or_else(|| admin.default_profile(), |name| Ok(Some(name)))?;
        let name = name.ok_or_else(|| {
            Failure::new(ErrorCode::LOGON_FAILED, "there is no default profile")
                .with_hint("`mapi profile create Default` makes one")
        })?;
        let services = admin.services(&name)?;
        let address = |uid| services.section(uid).ok()?.text(PR_SMTP_ADDRESS).map(str::to_owned);
        let address = services.services().into_iter().find_map(|service| address(service.uid));
        let login = ["LOGNAME", "USER"].iter().find_map(|name| std::env::var(name).ok());
        Ok(Self { login, address })
    }

    /// An address with its domain: the user's own name is the account's address, any other is at home here.
    fn whole(&self, address: &str) -> String {
        let address = address.trim();
        if address.is_empty() || address.contains('@') {
            return address.to_owned();
        }
        let own = self.address.as_ref().filter(|_| self.login.as_deref() == Some(address));
        own.cloned().unwrap_or_else(|| format!("{address}@{HERE}"))
    }
}

/// The code of sysexits for what failed.
fn sysexit(failure: &Failure) -> Exit {
    match failure.exit {
        Exit::Usage => Exit::UsageOfSendmail,
        Exit::NoInput => Exit::Unconfigured,
        Exit::Failed if is_passing(failure.code) => Exit::Queued,
        Exit::CannotCreate if is_passing(failure.code) => Exit::Queued,
        Exit::Failed => Exit::Software,
        other => other,
    }
}

/// True for what may be well the next time.
fn is_passing(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::BUSY | ErrorCode::TIMEOUT | ErrorCode::NOT_ENOUGH_DISK | ErrorCode::NOT_ENOUGH_MEMORY
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_dot_ends_the_message_unless_told_otherwise() {
        let input = b"Subject: a\n\nb\n..\n.\nc\n";
        assert_eq!(message_octets(false, &input[..]).unwrap(), b"Subject: a\n\nb\n..\n");
        assert_eq!(message_octets(true, &input[..]).unwrap(), input);
        assert_eq!(message_octets(false, &b"Subject: a\r\n\r\n.\r\nx"[..]).unwrap(), b"Subject: a\r\n\r\n");
        assert_eq!(message_octets(true, &b"no header\n"[..]).unwrap(), b"\nno header\n");
    }

    #[test]
    fn names_without_a_domain_have_one() {
        let own = OwnNames { login: Some("kim".into()), address: Some("kim@example.org".into()) };
        assert_eq!(
            (own.whole("kim"), own.whole("root")),
            ("kim@example.org".into(), "root@localhost".into())
        );
        let nobody = OwnNames { login: Some("kim".into()), address: None };
        assert_eq!((nobody.whole("kim"), nobody.whole("a@b")), ("kim@localhost".into(), "a@b".into()));
        assert!(is_same("Kim@A.org", "Kim@a.ORG") && !is_same("Kim@a.org", "kim@a.org"));
    }
}
