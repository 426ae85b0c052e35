//! What the provider's section of the profile says. Not how sections are kept: that is `mapi`'s.

use mapi_defs::prop::tags::{PR_EMAIL_ADDRESS, PR_SMTP_ADDRESS};
use mapi_defs::prop::{Prop, PropTag, PropType, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::prop::MapiProp;

/// True where addresses of other people are taken too, and their mail kept in the local Inbox.
///
/// Absent is true as long as LOCAL is the profile's only transport. False leaves them to others.
pub const ACCEPTS_FOREIGN: PropTag = PropTag::new(0x6788, PropType::BOOLEAN);

/// The addresses of the local identity, beside PR_SMTP_ADDRESS and PR_EMAIL_ADDRESS of the section.
pub const ADDRESSES: PropTag = PropTag::new(0x6789, PropType::MV_UNICODE);

/// The provider's section, read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Settings {
    accepts_foreign: bool,
    /// In lower case.
    addresses: Vec<String>,
}

impl Settings {
    /// Reads the provider's section; `is_alone` where the profile has no other transport.
    ///
    /// # Errors
    /// - `MAPI_E_UNCONFIGURED`: a property is of the wrong type.
    pub(crate) fn read(section: &dyn MapiProp, is_alone: bool) -> Result<Self> {
        let asked = [ACCEPTS_FOREIGN, ADDRESSES, PR_SMTP_ADDRESS, PR_EMAIL_ADDRESS];
        let tags = asked.map(|tag| tag.with_type(PropType::UNSPECIFIED));
        let mut settings = Self { accepts_foreign: is_alone, addresses: Vec::new() };
        for Prop { tag, value } in section.props(Some(&tags))? {
            match value {
                PropValue::Error(ErrorCode::NOT_FOUND) => {}
                PropValue::Boolean(truth) if tag.id() == ACCEPTS_FOREIGN.id() => {
                    settings.accepts_foreign = truth;
                }
                PropValue::MvUnicode(texts) | PropValue::MvString8(texts) if tag.id() == ADDRESSES.id() => {
                    settings.add(texts);
                }
                PropValue::Unicode(text) | PropValue::String8(text) if is_address(tag) => {
                    settings.add([text]);
                }
                _ => return Err(wrong_type(tag)),
            }
        }
        Ok(settings)
    }

    /// True where LOCAL takes this recipient.
    pub(crate) fn takes(&self, recipient: &Recipient) -> bool {
        let is_own = |text: &str| self.addresses.contains(&text.to_lowercase());
        let named = [Recipient::SMTP_ADDRESS, Recipient::EMAIL_ADDRESS];
        self.accepts_foreign || named.into_iter().filter_map(|tag| recipient.props.text(tag)).any(is_own)
    }

    fn add(&mut self, texts: impl IntoIterator<Item = String>) {
        let texts = texts.into_iter().map(|text| text.trim().to_lowercase());
        self.addresses.extend(texts.filter(|text| !text.is_empty()));
    }
}

fn is_address(tag: PropTag) -> bool {
    tag.id() == PR_SMTP_ADDRESS.id() || tag.id() == PR_EMAIL_ADDRESS.id()
}

fn wrong_type(tag: PropTag) -> Error {
    let detail = format!("property {tag} of the profile section has the wrong type");
    Error::new(ErrorCode::UNCONFIGURED, "LocalTransport::logon", detail)
}
