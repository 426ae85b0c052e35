//! `AccountService`: how a message service and an account say the same of a server.
//!
//! An account's properties (PROP_INET_*, PROP_SMTP_*) are the truth; what a service reads in its section
//! is made of them. Services without one are mirrored by an account of the MAPI type that has a name and
//! nothing more. Who calls this when is `profile/accounts/`; which properties there are, `account/props.rs`.

use mapi_defs::prop::{PropList, PropTag};
use mapi_defs::{Guid, Result};

/// What a service says of accounts. Nothing is kept, and of a server nothing is asked but by
/// [`AccountService::try_logon`].
pub trait AccountService: Send + Sync {
    /// The type of the accounts whose own service this is (CLSID_OlkIMAP4Account and its like); `None`
    /// where it only sends what accounts of other types want sent.
    fn account_type(&self) -> Option<Guid>;

    /// True where it hands mail to a server.
    fn sends(&self) -> bool;

    /// The properties of the service's section that the account decides alone: those that
    /// [`AccountService::service_props`] leaves out go.
    fn governed(&self) -> &[PropTag];

    /// What the service's section says for an account of these properties.
    fn service_props(&self, account: &PropList) -> PropList;

    /// The properties of an account for a service whose section says this.
    fn account_props(&self, section: &PropList) -> PropList;

    /// Logs on to the server as a section of these properties says, the password (0x67F1) among them, and
    /// off again. No mail is touched.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the service cannot try.
    /// - `MAPI_E_UNCONFIGURED`: something is missing.
    /// - `MAPI_E_NETWORK_ERROR`: the server cannot be reached, or breaks off.
    /// - `MAPI_E_NO_ACCESS`: it refuses the user.
    fn try_logon(&self, section: &PropList) -> Result<()> {
        let _ = section;
        mapi_spi::no_support("AccountService::try_logon")
    }
}
