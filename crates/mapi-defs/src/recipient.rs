//! `Recipient`: one row of a recipient table, and the kinds of recipient.

use crate::prop::{PropList, PropTag, PropType};

/// PR_RECIPIENT_TYPE without its high bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RecipientType {
    /// MAPI_ORIG: the sender, in some files.
    Originator,
    /// MAPI_TO.
    To,
    /// MAPI_CC.
    Cc,
    /// MAPI_BCC.
    Bcc,
}

/// MAPI_SUBMITTED: the recipient already has the message (resend).
pub const SUBMITTED: u32 = 0x8000_0000;
/// MAPI_P1: addressed, but not shown in the message (resend).
pub const P1: u32 = 0x1000_0000;

impl RecipientType {
    /// The kind of a PR_RECIPIENT_TYPE value; bits above the low four do not count, and what is not
    /// one of the four kinds is taken for To.
    pub const fn from_value(value: i32) -> Self {
        match value & 0xF {
            0 => Self::Originator,
            2 => Self::Cc,
            3 => Self::Bcc,
            _ => Self::To,
        }
    }

    /// The PR_RECIPIENT_TYPE value.
    pub const fn value(self) -> i32 {
        match self {
            Self::Originator => 0,
            Self::To => 1,
            Self::Cc => 2,
            Self::Bcc => 3,
        }
    }
}

/// One recipient: a row of properties, of which PR_ROWID tells rows apart.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Recipient {
    /// PR_ROWID, unique within the message.
    pub row_id: u32,
    /// Everything known of the recipient, PR_ROWID left out.
    pub props: PropList,
}

impl Recipient {
    /// PR_RECIPIENT_TYPE.
    pub const TYPE: PropTag = PropTag::new(0x0C15, PropType::LONG);
    /// PR_RESPONSIBILITY: true once some transport has taken charge of this recipient.
    pub const RESPONSIBILITY: PropTag = PropTag::new(0x0E0F, PropType::BOOLEAN);
    /// PR_SMTP_ADDRESS.
    pub const SMTP_ADDRESS: PropTag = PropTag::new(0x39FE, PropType::UNICODE);
    /// PR_EMAIL_ADDRESS.
    pub const EMAIL_ADDRESS: PropTag = PropTag::new(0x3003, PropType::UNICODE);
    /// PR_ADDRTYPE.
    pub const ADDRTYPE: PropTag = PropTag::new(0x3002, PropType::UNICODE);
    /// PR_DISPLAY_NAME.
    pub const DISPLAY_NAME: PropTag = PropTag::new(0x3001, PropType::UNICODE);

    /// The kind; To where the row does not say.
    pub fn kind(&self) -> RecipientType {
        self.props.long(Self::TYPE).map_or(RecipientType::To, RecipientType::from_value)
    }

    /// The best address to show or send to: the SMTP one, else the native one.
    pub fn address(&self) -> Option<&str> {
        let named = |tag| self.props.text(tag).filter(|text| !text.is_empty());
        named(Self::SMTP_ADDRESS).or_else(|| named(Self::EMAIL_ADDRESS))
    }

    /// The display name, else the address.
    pub fn display_name(&self) -> Option<&str> {
        self.props.text(Self::DISPLAY_NAME).filter(|text| !text.is_empty()).or_else(|| self.address())
    }

    /// PR_RESPONSIBILITY; false where the row does not say.
    pub fn is_taken(&self) -> bool {
        self.props.boolean(Self::RESPONSIBILITY).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn high_bits_do_not_change_the_kind() {
        assert_eq!(RecipientType::from_value((P1 | 2) as i32), RecipientType::Cc);
        assert_eq!(RecipientType::from_value(SUBMITTED as i32), RecipientType::Originator);
        assert_eq!(RecipientType::from_value(9), RecipientType::To);
        let mut row = Recipient::default();
        assert_eq!((row.kind(), row.address(), row.is_taken()), (RecipientType::To, None, false));
        row.props.set(Recipient::SMTP_ADDRESS, "");
        row.props.set(Recipient::EMAIL_ADDRESS, "ann@example.org");
        assert_eq!(row.address(), Some("ann@example.org"));
        assert_eq!(row.display_name(), Some("ann@example.org"));
    }
}
