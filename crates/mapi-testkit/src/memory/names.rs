//! `NameMap`: the identifiers that a store gives to names.

use mapi_defs::prop::{Name, NamedProp, PropTag};
use mapi_defs::{Error, ErrorCode, Guid, Result};
use std::collections::HashMap;

#[derive(Default)]
pub(super) struct NameMap {
    names: Vec<NamedProp>,
    ids: HashMap<NamedProp, u16>,
}

impl NameMap {
    pub(super) fn names(&self, ids: &[u16]) -> Vec<Option<NamedProp>> {
        ids.iter().map(|id| self.name(*id)).collect()
    }

    pub(super) fn ids(&mut self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
        names.iter().map(|name| self.id(name, create)).collect()
    }

    fn name(&self, id: u16) -> Option<NamedProp> {
        match id.checked_sub(PropTag::NAMED_FIRST) {
            Some(index) => self.names.get(usize::from(index)).cloned(),
            None => Some(NamedProp::id(Guid::PS_MAPI, u32::from(id))),
        }
    }

    fn id(&mut self, name: &NamedProp, create: bool) -> Result<Option<u16>> {
        // PS_MAPI names are the plain identifiers.
        if let (Guid::PS_MAPI, Name::Id(id)) = (name.set, &name.name) {
            return Ok(u16::try_from(*id).ok().filter(|id| *id < PropTag::NAMED_FIRST));
        }
        if let Some(id) = self.ids.get(name) {
            return Ok(Some(*id));
        }
        if !create {
            return Ok(None);
        }
        let next =
            u16::try_from(self.names.len()).ok().and_then(|count| count.checked_add(PropTag::NAMED_FIRST));
        let id = next.filter(|id| *id <= PropTag::NAMED_LAST).ok_or_else(|| {
            Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, "MapiProp::ids", "every identifier is taken")
        })?;
        self.names.push(name.clone());
        self.ids.insert(name.clone(), id);
        Ok(Some(id))
    }
}
