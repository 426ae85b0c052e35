//! `SearchDialog`: the container behind PR_SEARCH. A face draws its PR_DETAILS_TABLE and sets what was typed as
//! properties; the restriction of that is its search criteria, and its contents are the container's that meet it.

use super::templates::OF_SEARCH;
use crate::address_book::AbContainer;
use crate::container::{Container, Opened, SearchCriteria};
use crate::prop::MapiProp;
use crate::table::MapiTable;
use mapi_defs::flags::{OpenFlags, TableFlags};
use mapi_defs::prop::tags::{PR_DETAILS_TABLE, PR_ENTRYID};
use mapi_defs::prop::{Prop, PropList, PropProblem, PropTag, PropValue};
use mapi_defs::restriction::{Fuzzy, Loose, Restriction};
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What can be asked for.
pub(super) const SEARCHED: [(&str, PropTag); 8] = OF_SEARCH;

/// A search of one container.
pub struct SearchDialog {
    container: Arc<dyn AbContainer>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    typed: PropList,
    /// What a client set itself, in place of what was typed.
    criteria: Option<Restriction>,
}

impl SearchDialog {
    /// A search of this container that asks for nothing yet.
    pub fn new(container: Arc<dyn AbContainer>) -> Self {
        Self { container, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was asked for; `None` where nothing was.
    fn restriction(&self) -> Option<Restriction> {
        let state = self.state();
        if let Some(criteria) = &state.criteria {
            return Some(criteria.clone());
        }
        let one = |(_, tag): &(&str, PropTag)| {
            let text = state.typed.text(*tag).filter(|text| !text.trim().is_empty())?;
            let value = PropValue::Unicode(text.trim().to_owned());
            let loose = Loose { ignore_case: true, ..Loose::default() };
            Some(Restriction::Content { fuzzy: Fuzzy::SubString, loose, tag: *tag, value })
        };
        let all: Vec<Restriction> = SEARCHED.iter().filter_map(one).collect();
        match all.len() {
            0 => None,
            1 => all.into_iter().next(),
            _ => Some(Restriction::And(all)),
        }
    }
}

impl MapiProp for SearchDialog {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        let typed = self.state().typed.clone();
        let Some(tags) = tags else { return Ok(typed.into_iter().collect()) };
        let one = |tag: &PropTag| {
            typed
                .prop(*tag)
                .cloned()
                .unwrap_or_else(|| Prop::new(*tag, PropValue::Error(ErrorCode::NOT_FOUND)))
        };
        Ok(tags.iter().map(one).collect())
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        Ok(self.state().typed.tags().collect())
    }

    /// What was typed; a property that is not of the dialog is refused.
    fn set_props(&self, props: &[Prop]) -> Result<Vec<PropProblem>> {
        let mut state = self.state();
        let mut problems = Vec::new();
        for (index, prop) in props.iter().enumerate() {
            let known = SEARCHED.iter().find(|(_, tag)| tag.id() == prop.tag.id());
            match (known, prop.value.as_text()) {
                (Some((_, tag)), Some(text)) => drop(state.typed.set(*tag, text)),
                _ => problems.push(PropProblem { index, tag: prop.tag, code: ErrorCode::COMPUTED }),
            }
        }
        Ok(problems)
    }

    fn delete_props(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        let mut state = self.state();
        tags.iter().for_each(|tag| drop(state.typed.remove(tag.id())));
        Ok(Vec::new())
    }

    fn open_table(&self, tag: PropTag) -> Result<Arc<dyn MapiTable>> {
        if tag.id() == PR_DETAILS_TABLE.id() {
            return super::search().table();
        }
        Err(Error::new(ErrorCode::NOT_FOUND, "MapiProp::open_table", "a search has no such table"))
    }
}

impl Container for SearchDialog {
    /// What was found.
    fn contents_table(&self, flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        let table = self.container.contents_table(flags)?;
        table.restrict(self.restriction())?;
        Ok(table)
    }

    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        self.container.open_entry(id, flags)
    }

    /// Searches for this in place of what was typed.
    fn set_search_criteria(&self, criteria: &SearchCriteria) -> Result<()> {
        self.state().criteria = Some(criteria.restriction.clone());
        Ok(())
    }

    /// What was typed as a restriction, over the container.
    fn search_criteria(&self) -> Result<SearchCriteria> {
        let restriction = self.restriction().ok_or_else(|| {
            Error::new(ErrorCode::NOT_INITIALIZED, "Container::search_criteria", "nothing was asked for yet")
        })?;
        let id = self.container.props(Some(&[PR_ENTRYID]))?;
        let id = id.first().and_then(|prop| prop.value.as_binary()).map(EntryId::from_bytes);
        Ok(SearchCriteria { restriction, folders: id.into_iter().collect(), recursive: false })
    }
}

impl AbContainer for SearchDialog {}
