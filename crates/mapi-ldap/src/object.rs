//! `LdapObject`: something of the directory as it was when it was opened, whatever it is: the properties of all
//! kinds are read alike, and nobody changes them here. What a container or list can do besides is
//! `container.rs`.

use mapi_defs::ErrorCode;
use mapi_defs::Result;
use mapi_defs::prop::{Prop, PropList, PropTag, PropType, PropValue};
use mapi_spi::address_book::MailUser;
use mapi_spi::prop::MapiProp;
use std::any::Any;

/// One object of a kind.
pub(crate) struct LdapObject<Kind> {
    pub(crate) props: PropList,
    pub(crate) kind: Kind,
}

/// The kind of people (IMailUser).
pub(crate) struct Person;

impl<Kind: Send + Sync + 'static> MapiProp for LdapObject<Kind> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        Ok(asked(&self.props, tags))
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        Ok(self.props.tags().collect())
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
