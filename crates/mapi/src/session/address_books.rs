//! The session's address book logons, made when the address book is first opened. What a client sees
//! of them is `address_book/`.

use super::Core;
use super::deadline::unpanicked;
use super::logons::{AddressBookLogon, Provider, ProviderRef};
use crate::profile::{ProviderKind, ProviderRow};
use crate::provider::support::LogonSupport;
use mapi_defs::{Error, ErrorCode, Guid, Result, Warning};
use mapi_spi::gate::Gate;
use std::sync::Arc;

impl Core {
    /// Logs on to the address books that are not logged on to yet, and returns all that could be, and
    /// whether some could not; of those [`Session::last_error`](super::Session::last_error) says more.
    pub(crate) fn address_book_logons(self: &Arc<Self>) -> Result<(Vec<Arc<AddressBookLogon>>, bool)> {
        let _turn = self.logons.turn(self, Guid::NULL)?;
        let mut errors = Vec::new();
        let rows: Vec<ProviderRow> = self
            .profile
            .look(|data| data.providers(ProviderKind::AddressBook).into_iter().cloned().collect());
        for row in rows {
            let is_known = self.logons.table().address_books.iter().any(|known| known.row.uid == row.uid);
            if !is_known && let Err(error) = self.log_on_address_book(&row) {
                tracing::warn!(session = self.id, %error, "an address book cannot be used");
                errors.push(error);
            }
        }
        self.last_error.keep(Warning::ERRORS_RETURNED.as_u32(), "MAPI Address Book", &errors);
        Ok((self.logons.table().address_books.clone(), !errors.is_empty()))
    }

    fn log_on_address_book(self: &Arc<Self>, row: &ProviderRow) -> Result<()> {
        let Provider::AddressBook(provider) = self.logons.provider(self, row)? else {
            return Err(Error::new(ErrorCode::NOT_FOUND, "Session", "the provider is no address book"));
        };
        let support = || Arc::new(LogonSupport::new(self, row.uid));
        let logon = self.logons.log_on(self, row, || provider.logon(support()))?;
        let known = Arc::new(AddressBookLogon {
            row: row.clone(),
            name: provider.name().to_owned(),
            uids: logon.uids(),
            gate: Arc::new(Gate::new(self.number)),
            logon: ProviderRef::new(logon),
        });
        let added = self.logons.add(self, Some(&known.gate), |table| table.address_books.push(known.clone()));
        if let Err(error) = added {
            // The session ended meanwhile, and nobody else would end this logon.
            drop(unpanicked(|| known.logon.get()?.logoff()));
            return Err(error);
        }
        self.status.add(self, row.uid, ProviderKind::AddressBook, &known.name);
        Ok(())
    }
}
