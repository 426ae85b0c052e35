//! Message-ID, In-Reply-To and References; and the one identity that boundaries are made of.
//!
//! An identifier that the message has is kept with its brackets. A generated one is made of the search key,
//! so that the same message has the same one each time.

use crate::fields::{Fields, LONGEST_WORD};
use crate::loss::{Losses, Reason};
use crate::to_mime::Scope;
use mapi_defs::object::MessageObject;
use mapi_defs::prop::{PropTag, PropValue, tags};
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// Shorter search keys are not unique enough to name a message.
const MIN_KEY_BYTES: usize = 8;
/// Longer search keys are hashed.
const MAX_KEY_BYTES: usize = 32;
/// Octets of a hash that are written, twice as many digits.
const HASH_BYTES: usize = 16;

/// Writes the three fields; only Message-ID is always there.
pub(crate) fn write_identifiers(scope: &Scope<'_>, fields: &mut Fields, losses: &mut Losses) {
    let id = message_id(scope, losses);
    fields.tokens("Message-ID", &[Cow::Borrowed(&id)]);
    for (tag, name) in
        [(tags::PR_IN_REPLY_TO_ID, "In-Reply-To"), (tags::PR_INTERNET_REFERENCES, "References")]
    {
        let ids = read_ids(scope, tag, losses);
        if !ids.is_empty() {
            fields.tokens(name, &ids);
        }
    }
}

fn message_id(scope: &Scope<'_>, losses: &mut Losses) -> String {
    let held = read_ids(scope, tags::PR_INTERNET_MESSAGE_ID, losses).into_iter().next();
    match held {
        Some(id) => id.into_owned(),
        None => generated(scope.message, &scope.options.domain),
    }
}

/// The identifiers in a property; what is none is noted.
fn read_ids<'a>(scope: &Scope<'a>, tag: PropTag, losses: &mut Losses) -> Vec<Cow<'a, str>> {
    let text = scope.message.text(tag).unwrap_or_default();
    let (mut ids, mut refused) = (Vec::new(), None);
    for word in text
        .split(|letter: char| letter.is_ascii_whitespace() || letter == ',')
        .filter(|word| !word.is_empty())
    {
        match identifier(word) {
            Ok(id) => ids.push(id),
            Err(reason) => refused = Some(reason),
        }
    }
    if let Some(reason) = refused {
        losses.note(&scope.place, tag, reason);
    }
    ids
}

fn identifier(word: &str) -> Result<Cow<'_, str>, Reason> {
    let inner = word.strip_prefix('<').unwrap_or(word);
    let inner = inner.strip_suffix('>').unwrap_or(inner);
    if inner.is_empty() || !inner.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>".contains(&byte)) {
        return Err(Reason::Malformed);
    }
    if inner.len() > LONGEST_WORD {
        return Err(Reason::TooLong);
    }
    let is_whole = inner.len().saturating_add(2) == word.len();
    Ok(if is_whole { Cow::Borrowed(word) } else { Cow::Owned(format!("<{inner}>")) })
}

fn generated(message: &MessageObject, domain: &str) -> String {
    let key = message.property(tags::PR_SEARCH_KEY).and_then(PropValue::as_binary).unwrap_or_default();
    let left = if (MIN_KEY_BYTES..=MAX_KEY_BYTES).contains(&key.len()) { hex(key) } else { hash(message) };
    format!("<{left}@{domain}>")
}

/// A hash over everything in the message that is text, bytes, a number or a moment.
fn hash(message: &MessageObject) -> String {
    let mut hasher = Sha256::new();
    for property in message.properties.iter().chain(message.recipients.iter().flatten()) {
        hasher.update(property.tag.0.to_le_bytes());
        match &property.value {
            PropValue::String8(text) | PropValue::Unicode(text) => hasher.update(text),
            PropValue::Binary(bytes) => hasher.update(bytes),
            PropValue::Long(number) => hasher.update(number.to_le_bytes()),
            PropValue::SysTime(time) => hasher.update(time.0.to_le_bytes()),
            _ => {}
        }
    }
    short(hasher)
}

/// What the boundaries of a message are made of: its header and the seed of the caller.
pub(crate) fn boundary_stem(fields: &Fields, seed: u64, attempt: u32) -> String {
    let mut hasher = Sha256::new();
    hasher.update(seed.to_le_bytes());
    hasher.update(attempt.to_le_bytes());
    hasher.update(fields.as_bytes());
    short(hasher)
}

fn short(hasher: Sha256) -> String {
    hex(hasher.finalize().get(..HASH_BYTES).unwrap_or_default())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_keep_or_get_their_brackets() {
        assert_eq!(identifier("<a@b>"), Ok("<a@b>".into()));
        assert_eq!(identifier("a@b"), Ok("<a@b>".into()));
        for bad in ["<>", "<a<b>", "<\u{e9}@b>", "<a\0b>"] {
            assert_eq!(identifier(bad), Err(Reason::Malformed), "{bad}");
        }
        assert_eq!(identifier(&"x".repeat(901)), Err(Reason::TooLong));
    }
}
