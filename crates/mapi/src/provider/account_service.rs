//! `AccountService`: how a message service and an account say the same of a server.
//!
//! An account's properties (PROP_INET_*, PROP_SMTP_*) are the truth; what a service reads in its section
//! is made of them. Services without one are mirrored by an account of the MAPI type that has a name and
//! nothing more. Who calls this when is `profile/accounts/`.

use mapi_defs::Guid;
use mapi_defs::prop::{PropList, PropTag};

/// What a service says of accounts. Nothing is asked of a server, and nothing is kept.
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
}
