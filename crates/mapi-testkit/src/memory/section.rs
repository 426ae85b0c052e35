//! `Section`: a profile section in memory (IProfSect).

use super::holder::{self, Holder};
use super::life::Life;
use mapi_defs::Result;
use mapi_defs::flags::{SaveFlags, StreamFlags};
use mapi_defs::prop::{Prop, PropList, PropProblem, PropTag};
use mapi_spi::prop::MapiProp;
use mapi_spi::stream::PropStream;
use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

/// A section of a profile; changes take effect at once.
pub(crate) struct Section(Arc<Held>);

struct Held {
    life: Arc<Life>,
    props: Mutex<PropList>,
}

impl Section {
    pub(crate) fn new(props: PropList) -> Self {
        Self(Arc::new(Held { life: Life::new(), props: Mutex::new(props) }))
    }
}

impl Holder for Held {
    fn life(&self) -> &Arc<Life> {
        &self.life
    }

    fn whole(&self) -> Result<PropList> {
        Ok(self.props.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn check_write(&self, _call: &'static str) -> Result<()> {
        Ok(())
    }

    fn is_computed(&self, _tag: PropTag) -> bool {
        false
    }

    fn edit(&self, edit: &mut dyn FnMut(&mut PropList)) -> Result<()> {
        edit(&mut self.props.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }
}

impl MapiProp for Section {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        holder::props(&*self.0, tags)
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        holder::prop_list(&*self.0)
    }

    fn set_props(&self, props: &[Prop]) -> Result<Vec<PropProblem>> {
        holder::set_props(&*self.0, props)
    }

    fn delete_props(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        holder::delete_props(&*self.0, tags)
    }

    fn open_stream(&self, tag: PropTag, flags: StreamFlags) -> Result<Arc<dyn PropStream>> {
        holder::open_stream(&self.0, tag, flags)
    }

    fn save_changes(&self, _flags: SaveFlags) -> Result<()> {
        Ok(())
    }
}
