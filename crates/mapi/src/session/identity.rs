//! Who the user of a session is (QueryIdentity).

use super::Session;
use crate::address_book::one_off;
use mapi_defs::prop::tags::{PR_DISPLAY_NAME, PR_IDENTITY_DISPLAY, PR_IDENTITY_ENTRYID, PR_RESOURCE_FLAGS};
use mapi_defs::row::Row;
use mapi_defs::{EntryId, Result};

/// STATUS_PRIMARY_IDENTITY of PR_RESOURCE_FLAGS.
const PRIMARY_IDENTITY: i32 = 0x4;

/// The answer of [`Session::query_identity`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// The user in the address book, or a one-off.
    pub entry_id: EntryId,
    /// False where no provider knows who the user is (`MAPI_W_NO_SERVICE`).
    pub is_known: bool,
}

impl Session {
    /// Says who the user is: by the provider of the primary identity, else by the first that knows
    /// (QueryIdentity).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the session has ended.
    pub fn query_identity(&self) -> Result<Identity> {
        let core = self.core();
        let _pass = core.enter()?;
        Ok(identity(&core.status.rows()))
    }
}

fn identity(rows: &[Row]) -> Identity {
    let is_primary = |row: &&Row| row.long(PR_RESOURCE_FLAGS).unwrap_or(0) & PRIMARY_IDENTITY != 0;
    let known = |entry_id: EntryId| Identity { entry_id, is_known: true };
    let id_of = |row: &Row| row.binary(PR_IDENTITY_ENTRYID).map(EntryId::from_bytes);
    if let Some(primary) = rows.iter().find(is_primary) {
        let name = primary.text(PR_IDENTITY_DISPLAY).or_else(|| primary.text(PR_DISPLAY_NAME));
        return known(id_of(primary).unwrap_or_else(|| one_off(name.unwrap_or("Unknown"), "", "")));
    }
    match rows.iter().find_map(id_of) {
        Some(id) => known(id),
        None => Identity { entry_id: one_off("Unknown", "", ""), is_known: false },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_defs::prop::Prop;

    fn row(flags: i32, id: Option<u8>) -> Row {
        let mut props = vec![Prop::new(PR_RESOURCE_FLAGS, flags), Prop::new(PR_DISPLAY_NAME, "Ann")];
        props.extend(id.map(|byte| Prop::new(PR_IDENTITY_ENTRYID, vec![byte])));
        Row { props }
    }

    #[test]
    fn the_primary_row_wins_then_any_then_nobody() {
        let id = |byte: u8| EntryId::from_bytes([byte]);
        assert_eq!(
            identity(&[row(0, Some(1)), row(4, Some(2))]),
            Identity { entry_id: id(2), is_known: true }
        );
        let one_off_of_row = identity(&[row(4, None), row(0, Some(1))]);
        assert_eq!(one_off_of_row, Identity { entry_id: one_off("Ann", "", ""), is_known: true });
        assert_eq!(identity(&[row(0, None), row(0, Some(1))]).entry_id, id(1));
        assert!(!identity(&[row(0, None)]).is_known);
    }
}
