//! `LdapObject`: something of the directory as it was when it was opened, whatever it is: the properties of all
//! kinds are read alike, and nobody changes them here. What a container or list can do besides is
//! `container.rs`.

use mapi_defs::prop::tags::PR_DETAILS_TABLE;
use mapi_defs::prop::{Prop, PropList, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::address_book::MailUser;
use mapi_spi::display::{self, Dialog};
use mapi_spi::prop::MapiProp;
use mapi_spi::table::MapiTable;
use std::any::Any;
use std::sync::Arc;

/// One object of a kind.
pub(crate) struct LdapObject<K> {
    pub(crate) props: PropList,
    pub(crate) kind: K,
}

/// What kinds differ in.
pub(crate) trait Kind: Send + Sync + 'static {
    /// What PR_DETAILS_TABLE shows, for those that have one.
    fn details(&self) -> Option<Dialog>;
}

/// The kind of people (IMailUser).
pub(crate) struct Person;

impl Kind for Person {
    fn details(&self) -> Option<Dialog> {
        Some(display::mail_user(false))
    }
}

impl<K: Kind> MapiProp for LdapObject<K> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        Ok(asked(&self.props, tags))
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        Ok(self.props.tags().collect())
    }

    fn open_table(&self, tag: PropTag) -> Result<Arc<dyn MapiTable>> {
        match self.kind.details() {
            Some(dialog) if tag.id() == PR_DETAILS_TABLE.id() => dialog.table(),
            _ => Err(Error::new(ErrorCode::NOT_FOUND, "MapiProp::open_table", "there is no such table")),
        }
    }
}

impl MailUser for LdapObject<Person> {}

/// The properties asked for, in the width asked for, or all of them.
fn asked(props: &PropList, tags: Option<&[PropTag]>) -> Vec<Prop> {
    let Some(tags) = tags else { return props.iter().cloned().collect() };
    let one = |tag: &PropTag| match (tag.ptype(), props.prop(*tag)) {
        (_, None) => Prop::new(*tag, PropValue::Error(ErrorCode::NOT_FOUND)),
        (PropType::STRING8, Some(Prop { value: PropValue::Unicode(text), .. })) => {
            Prop::new(*tag, PropValue::String8(text.clone()))
        }
        (_, Some(prop)) => prop.clone(),
    };
    tags.iter().map(one).collect()
}
