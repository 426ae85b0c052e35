//! `Translation`: from the named properties of one object to those of another.

use crate::prop::MapiProp;
use mapi_defs::prop::{Prop, PropTag};
use mapi_defs::{ErrorCode, Result};
use std::collections::HashMap;

/// What the identifiers of one object are in another; plain identifiers are the same everywhere.
pub(super) struct Translation {
    ids: HashMap<u16, u16>,
}

impl Translation {
    /// Looks the names of `ids` up in `from` and finds or makes their identifiers in `to`.
    pub(super) fn between(
        from: &dyn MapiProp,
        to: &dyn MapiProp,
        ids: impl Iterator<Item = u16>,
    ) -> Result<Self> {
        let mut named: Vec<u16> =
            ids.filter(|id| (PropTag::NAMED_FIRST..=PropTag::NAMED_LAST).contains(id)).collect();
        named.sort_unstable();
        named.dedup();
        if named.is_empty() {
            return Ok(Self { ids: HashMap::new() });
        }
        let names = from.names(&named)?;
        let known: Vec<(u16, _)> =
            named.into_iter().zip(names).filter_map(|(id, name)| Some((id, name?))).collect();
        let wanted: Vec<_> = known.iter().map(|(_, name)| name.clone()).collect();
        let found = match to.ids(&wanted, true) {
            Err(error) if error.code() == ErrorCode::NO_SUPPORT => vec![None; wanted.len()],
            other => other?,
        };
        let ids = known.iter().zip(found).filter_map(|((id, _), found)| Some((*id, found?)));
        Ok(Self { ids: ids.collect() })
    }

    /// The tag in the other object; `None` for a name that nobody knows.
    pub(super) fn tag(&self, tag: PropTag) -> Option<PropTag> {
        if !tag.is_named() {
            return Some(tag);
        }
        self.ids.get(&tag.id()).map(|id| PropTag::new(*id, tag.ptype()))
    }

    /// The property in the other object; `None` for a name that nobody knows.
    pub(super) fn prop(&self, prop: Prop) -> Option<Prop> {
        Some(Prop { tag: self.tag(prop.tag)?, value: prop.value })
    }
}
