//! `Secret`: a password or token that cannot be printed, and [`Redactor`], which finds it in what a
//! server says. Not where secrets come from: that is `credentials.rs`.

use encodify::base64::STANDARD;
use zeroize::{Zeroize, Zeroizing};

/// What stands in place of a secret.
const REDACTED: &str = "[redacted]";

/// A password or token: neither shown nor copied, and overwritten when it goes.
///
/// ```compile_fail
/// let secret = mapi_smtp::secret::Secret::new("hunter2".to_owned());
/// println!("{secret:?}");
/// ```
/// ```compile_fail
/// let secret = mapi_smtp::secret::Secret::new("hunter2".to_owned());
/// println!("{secret}");
/// ```
/// ```compile_fail
/// let secret = mapi_smtp::secret::Secret::new("hunter2".to_owned());
/// let copy = secret.clone();
/// ```
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes charge of a secret.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself, for the wire alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Takes secrets out of texts that a server wrote, whichever way it repeats them.
#[derive(Default)]
pub struct Redactor {
    /// The longest first, so that a form within another does not leave the rest standing.
    forms: Vec<Zeroizing<String>>,
}

impl Redactor {
    /// Knows a text that must not be shown, in the clear and in base64.
    pub fn add(&mut self, text: &str) {
        for form in [STANDARD.encode(text), text.to_owned()] {
            let mut form = Zeroizing::new(form);
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
        redactor.add("hunter2=");
        let said = format!("no hunter2, no {}, twice hunter2=", STANDARD.encode("hunter2="));
        let shown = redactor.scrub(said);
        assert!(!shown.contains("hunter2") && !shown.contains("aHVudGVyMj0"), "{shown}");
        assert_eq!(redactor.scrub("250 Ok".to_owned()), "250 Ok");
    }
}
