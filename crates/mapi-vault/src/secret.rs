//! `Secret`: a password, token or key that cannot be printed and is overwritten when it goes.
//!
//! Where one comes from is `vault.rs`'s and `command.rs`'s.

use zeroize::{Zeroize, Zeroizing};

/// A secret: neither shown, copied nor compared, and overwritten when it goes.
///
/// ```compile_fail
/// let secret = mapi_vault::Secret::from("hunter2".to_owned());
/// println!("{secret:?}");
/// ```
/// ```compile_fail
/// let secret = mapi_vault::Secret::from("hunter2".to_owned());
/// println!("{secret}");
/// ```
/// ```compile_fail
/// let secret = mapi_vault::Secret::from("hunter2".to_owned());
/// let copy = secret.clone();
/// ```
/// ```compile_fail
/// let secret = mapi_vault::Secret::from("hunter2".to_owned());
/// assert!(secret == mapi_vault::Secret::from("hunter2".to_owned()));
/// ```
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// The secret itself, for whoever checks it and for nobody else.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The secret as text; `None` where it is not UTF-8.
    pub fn expose_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// True where there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<u8>> for Secret {
    /// Takes charge of a secret, in place: no copy of it is left behind.
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::from(text.into_bytes())
    }
}

impl From<&[u8]> for Secret {
    fn from(bytes: &[u8]) -> Self {
        Self::from(bytes.to_vec())
    }
}

impl Zeroize for Secret {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}
