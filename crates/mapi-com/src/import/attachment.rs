//! An attachment of a provider in a library (IAttach).

use super::face;
use super::message::foreign_message;
use super::prop::{Foreign, PropFace, open_property};
use super::storage::foreign_storage;
use crate::interfaces::{IAttach, IMAPIProp, IMessage, IStorage};
use mapi_defs::Result;
use mapi_defs::prop::{PropTag, PropType};
use mapi_spi::attachment::Attachment;
use mapi_spi::message::Message;
use mapi_spi::storage::Storage;
use std::sync::Arc;

const PR_ATTACH_DATA_OBJ: PropTag = PropTag::new(0x3701, PropType::OBJECT);
const MAPI_MODIFY: u32 = 1;
const MAPI_CREATE: u32 = 2;
const CALL: &str = "IMAPIProp::OpenProperty";

impl PropFace for IAttach {
    fn prop(&self) -> &IMAPIProp {
        self
    }
}

/// Puts a provider's attachment behind the safe trait.
pub(crate) fn foreign_attachment(attachment: IAttach) -> Arc<dyn Attachment> {
    Arc::new(Foreign(attachment))
}

fn flags(create: bool) -> u32 {
    if create { MAPI_CREATE | MAPI_MODIFY } else { 0 }
}

impl Attachment for Foreign<IAttach> {
    fn open_message(&self, create: bool) -> Result<Arc<dyn Message>> {
        let opened = open_property::<IMessage>(&self.0, PR_ATTACH_DATA_OBJ, flags(create))?;
        Ok(foreign_message(&face(&opened, CALL)?))
    }

    fn open_storage(&self, create: bool) -> Result<Arc<dyn Storage>> {
        let opened = open_property::<IStorage>(&self.0, PR_ATTACH_DATA_OBJ, flags(create))?;
        Ok(foreign_storage(&face(&opened, CALL)?))
    }
}
