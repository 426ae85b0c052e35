//! `NameTable`: the named properties of a message and of everything in it.
//!
//! Names of the file keep their identifiers; new ones are appended and written at the next save.

use crate::limits::NAMES_MAX;
use crate::named_map::NamedMap;
use mapi_defs::prop::{NamedProp, PropTag};
use mapi_defs::{Error, ErrorCode, Result};
use std::collections::HashMap;

/// The names by identifier, and the identifiers by name.
#[derive(Default)]
pub(super) struct NameTable {
    names: Vec<Option<NamedProp>>,
    ids: HashMap<NamedProp, u16>,
    /// How many of them the storage has; `None` before its map was first written.
    stored: Option<usize>,
}

impl NameTable {
    /// The names of a file.
    pub(super) fn of_file(map: &NamedMap) -> Self {
        let mut table = Self { names: map.all().to_vec(), ids: HashMap::new(), stored: None };
        for (index, name) in table.names.iter().enumerate() {
            if let (Some(name), Some(id)) = (name, id_of(index)) {
                // Of a name that stands twice the first place counts.
                table.ids.entry(name.clone()).or_insert(id);
            }
        }
        table.stored = Some(table.names.len());
        table
    }

    pub(super) fn name(&self, id: u16) -> Option<&NamedProp> {
        self.names.get(usize::from(id.checked_sub(PropTag::NAMED_FIRST)?))?.as_ref()
    }

    pub(super) fn id(&self, name: &NamedProp) -> Option<u16> {
        self.ids.get(name).copied()
    }

    /// The identifier of a name, a new one where it has none.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_ENOUGH_RESOURCES`: no identifier is left.
    pub(super) fn make(&mut self, name: &NamedProp) -> Result<u16> {
        if let Some(id) = self.id(name) {
            return Ok(id);
        }
        let id = id_of(self.names.len()).ok_or_else(|| {
            let detail = "the message has 32,767 named properties already";
            Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, "IMAPIProp::GetIDsFromNames", detail)
        })?;
        self.names.push(Some(name.clone()));
        self.ids.insert(name.clone(), id);
        Ok(id)
    }

    /// The names that the storage does not have yet, with their indexes; `None` where it has all.
    pub(super) fn unstored(&self) -> Option<Vec<(u16, NamedProp)>> {
        let from = match self.stored {
            Some(stored) if stored >= self.names.len() => return None,
            stored => stored.unwrap_or_default(),
        };
        let new = self.names.iter().enumerate().skip(from);
        let indexed = new.filter_map(|(index, name)| Some((u16::try_from(index).ok()?, name.clone()?)));
        Some(indexed.collect())
    }

    /// The first `count` names are in the storage now.
    pub(super) fn mark_stored(&mut self, count: usize) {
        self.stored = Some(count);
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }
}

fn id_of(index: usize) -> Option<u16> {
    let index = u16::try_from(index).ok().filter(|index| usize::from(*index) < NAMES_MAX)?;
    PropTag::NAMED_FIRST.checked_add(index)
}
