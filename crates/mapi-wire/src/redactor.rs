//! [`Redactor`]: finds a secret in what a server says. Where secrets come from is `login.rs`'s, what
//! one is while it is used `mapi-vault`'s.

use encodify::base64::STANDARD;
use zeroize::{Zeroize, Zeroizing};

/// What stands in place of a secret.
const REDACTED: &str = "[redacted]";

/// Takes secrets out of texts that a server wrote, whichever way it repeats them.
#[derive(Default)]
pub struct Redactor {
    /// The longest first, so that a form within another does not leave the rest standing.
    forms: Vec<Zeroizing<String>>,
}

impl Redactor {
    /// Knows octets that must not be shown, in the clear and in base64.
    pub fn add(&mut self, secret: &[u8]) {
        let text = String::from_utf8_lossy(secret).into_owned();
        for mut form in [Zeroizing::new(STANDARD.encode(secret)), Zeroizing::new(text)] {
            let unpadded = form.trim_end_matches('=').len();
            form.truncate(unpadded);
            if !form.is_empty() {
                self.forms.push(form);
            }
        }
        self.forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    }

    /// The text without the secrets.
    #[must_use]
    pub fn scrub(&self, text: String) -> String {
        self.forms.iter().fold(text, |text, form| {
            if !text.contains(form.as_str()) {
                return text;
            }
            let scrubbed = text.replace(form.as_str(), REDACTED);
            let mut text = text;
            text.zeroize();
            scrubbed
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_secret_is_taken_out() {
        let mut redactor = Redactor::default();
        redactor.add(b"hunter2=");
        let said = format!("no hunter2, no {}, twice hunter2=", STANDARD.encode("hunter2="));
        let shown = redactor.scrub(said);
        assert!(!shown.contains("hunter2") && !shown.contains("aHVudGVyMj0"), "{shown}");
        assert_eq!(redactor.scrub("250 Ok".to_owned()), "250 Ok");
    }
}
