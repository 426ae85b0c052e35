//! What one response says, as far as it matters here. Its grammar is imap-proto's; what that does not read of a
//! line that nobody asked for is passed over.

use super::Offers;
use imap_proto::{AttributeValue, MailboxDatum, Response, ResponseCode};
use jiff::fmt::strtime;
use mapi_defs::FileTime;
use std::borrow::Cow;

/// A message of the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Listed {
    /// Its UID.
    pub uid: u32,
    /// Its size in octets, as far as the server says.
    pub size: u64,
    /// True where somebody has marked it to be removed.
    pub is_deleted: bool,
}

/// A message with its text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fetched {
    /// Its UID.
    pub uid: u32,
    /// The text, as it is.
    pub text: Vec<u8>,
    /// True where somebody has read it.
    pub is_seen: bool,
    /// When it came to the server.
    pub received: Option<FileTime>,
}

/// The word of a status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Word {
    Ok,
    No,
    Bad,
    Bye,
    PreAuth,
}

/// A response that concerns no command alone.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Untagged<'a> {
    Status(Word, &'a str),
    UidValidity(u32),
    Exists(u32),
    Expunge,
    Offers(Offers),
    Listed(Listed),
    Fetched(Fetched),
    Other,
}

/// A response.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Said<'a> {
    Untagged(Untagged<'a>),
    Continue,
    /// The answer to the command of this tag.
    Tagged(&'a str, Word, &'a str),
    Unreadable,
}

/// Reads a whole response, with its line end.
pub(super) fn read(response: &[u8]) -> Said<'_> {
    if response.starts_with(b"+") {
        return Said::Continue;
    }
    if !response.starts_with(b"* ") {
        return tagged(response).unwrap_or(Said::Unreadable);
    }
    if let Some(offers) = line(response).and_then(|line| offers(line.strip_prefix("* CAPABILITY")?)) {
        return Said::Untagged(Untagged::Offers(offers));
    }
    match Response::parse(response) {
        Ok((_, parsed)) => Said::Untagged(untagged(parsed, response)),
        Err(_) => match line(response).and_then(|line| status(line.strip_prefix("* ")?)) {
            Some((word, text)) => Said::Untagged(Untagged::Status(word, text)),
            None => Said::Unreadable,
        },
    }
}

fn untagged<'a>(parsed: Response<'_>, response: &'a [u8]) -> Untagged<'a> {
    match parsed {
        Response::Data { outcome, .. } => match outcome.code {
            Some(ResponseCode::UidValidity(number)) => Untagged::UidValidity(number),
            _ => match line(response).and_then(|line| status(line.strip_prefix("* ")?)) {
                Some((word, text)) => Untagged::Status(word, text),
                None => Untagged::Other,
            },
        },
        Response::MailboxData(MailboxDatum::Exists(count)) => Untagged::Exists(count),
        Response::Expunge(_) => Untagged::Expunge,
        Response::Fetch(_, attributes) => fetch(attributes),
        _ => Untagged::Other,
    }
}

/// With a text it is a message, without one a line of the list.
fn fetch<'a>(attributes: Vec<AttributeValue<'_>>) -> Untagged<'a> {
    let (mut uid, mut size, mut flags, mut received, mut text) = (None, 0, Vec::new(), None, None);
    for attribute in attributes {
        match attribute {
            AttributeValue::Uid(number) => uid = Some(number),
            AttributeValue::Rfc822Size(octets) => size = u64::from(octets),
            AttributeValue::Flags(held) => flags = held,
            AttributeValue::InternalDate(date) => received = moment(&date),
            AttributeValue::BodySection { section: None, index: None, data } => {
                text = Some(data.map(Cow::into_owned).unwrap_or_default());
            }
            _ => {}
        }
    }
    let has = |flag: &str| flags.iter().any(|held| held.eq_ignore_ascii_case(flag));
    match (uid.filter(|uid| *uid != 0), text) {
        (Some(uid), Some(text)) => Untagged::Fetched(Fetched { uid, text, is_seen: has("\\Seen"), received }),
        (Some(uid), None) => Untagged::Listed(Listed { uid, size, is_deleted: has("\\Deleted") }),
        (None, _) => Untagged::Other,
    }
}

/// `17-Jul-1996 02:44:25 -0700`, the day perhaps after a space.
fn moment(text: &str) -> Option<FileTime> {
    let parsed = strtime::parse("%d-%b-%Y %H:%M:%S %z", text.trim()).ok()?;
    let seconds = parsed.to_timestamp().ok()?.as_second();
    Some(FileTime::from_unix_seconds(seconds))
}

fn tagged(response: &[u8]) -> Option<Said<'_>> {
    let (tag, rest) = line(response)?.split_once(' ')?;
    let (word, text) = status(rest)?;
    Some(Said::Tagged(tag, word, text))
}

fn status(text: &str) -> Option<(Word, &str)> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let words = [
        ("OK", Word::Ok),
        ("NO", Word::No),
        ("BAD", Word::Bad),
        ("BYE", Word::Bye),
        ("PREAUTH", Word::PreAuth),
    ];
    words.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, word)| (*word, rest))
}

fn offers(list: &str) -> Option<Offers> {
    let mut offers = Offers::default();
    for offer in list.split_ascii_whitespace() {
        let flag = match offer.to_ascii_uppercase().as_str() {
            "STARTTLS" => &mut offers.starttls,
            "LOGINDISABLED" => &mut offers.login_disabled,
            "AUTH=PLAIN" => &mut offers.plain,
            "AUTH=LOGIN" => &mut offers.login,
            "AUTH=XOAUTH2" => &mut offers.xoauth2,
            "IDLE" => &mut offers.idle,
            _ => continue,
        };
        *flag = true;
    }
    Some(offers)
}

/// A response that is one line of text, without its end.
fn line(response: &[u8]) -> Option<&str> {
    let line = response.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    std::str::from_utf8(line).ok().filter(|line| !line.contains('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_are_read() {
        let is = |text: &str, wanted: &Untagged<'_>| match read(text.as_bytes()) {
            Said::Untagged(found) => assert_eq!(found, *wanted, "{text:?}"),
            other => panic!("{text:?}: {other:?}"),
        };
        is("* 23 EXISTS\r\n", &Untagged::Exists(23));
        is("* 3 EXPUNGE\r\n", &Untagged::Expunge);
        is("* OK [UIDVALIDITY 3857529045] valid\r\n", &Untagged::UidValidity(3_857_529_045));
        is("* BYE see you\r\n", &Untagged::Status(Word::Bye, "see you"));
        is("* OK ready\r\n", &Untagged::Status(Word::Ok, "ready"));
        is("* PREAUTH\r\n", &Untagged::Status(Word::PreAuth, ""));
        let listed = Listed { uid: 9, size: 44_827, is_deleted: true };
        is("* 1 FETCH (UID 9 FLAGS (\\Seen \\Deleted) RFC822.SIZE 44827)\r\n", &Untagged::Listed(listed));
        let offers = Offers { starttls: true, idle: true, plain: true, ..Offers::default() };
        is("* CAPABILITY IMAP4rev1 STARTTLS IDLE AUTH=PLAIN X=Y\r\n", &Untagged::Offers(offers));
        let text = "* 1 FETCH (UID 9 INTERNALDATE \" 7-Jul-1996 02:44:25 -0700\" FLAGS (\\Seen) BODY[] {5}\r\na\r\n)b)\r\n";
        let received = Some(FileTime::from_unix_seconds(836_732_665));
        is(text, &Untagged::Fetched(Fetched { uid: 9, text: b"a\r\n)b".to_vec(), is_seen: true, received }));
        assert_eq!(read(b"m3 OK [READ-ONLY] done\r\n"), Said::Tagged("m3", Word::Ok, "[READ-ONLY] done"));
        assert_eq!(read(b"+ \r\n"), Said::Continue);
        for odd in ["\r\n", "m1\r\n", "* \r\n", "* 1 FETCH (\r\n", "* XYZZY 1 2 3\r\n"] {
            assert!(
                matches!(read(odd.as_bytes()), Said::Unreadable | Said::Untagged(Untagged::Other)),
                "{odd:?}"
            );
        }
    }
}
