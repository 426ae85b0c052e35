//! What a COM object of a session holds: an object of the safe API, the session, its last error.
//!
//! The safe API's objects appear here as the contracts of `mapi-spi`, so that what `prop.rs`, `table.rs` and
//! `stream.rs` export once serves them too; each call passes the object's gate. What a class adds to its
//! properties is in the file of the class.

use super::prop::{HasProps, tag_in_width};
use super::table::export_table;
use crate::guard::{Guarded, LastError};
use crate::interfaces::{IMAPITable, IUnknown};
use crate::marshal::block::Allocator;
use mapi::{Object, Session};
use mapi_defs::flags::{SaveFlags, StreamFlags};
use mapi_defs::notification::EventMask;
use mapi_defs::prop::{NamedProp, Prop, PropProblem, PropTag};
use mapi_defs::restriction::Restriction;
use mapi_defs::row::{ColumnSet, RowSet};
use mapi_defs::sort::SortOrder;
use mapi_defs::{Error, ErrorCode, Guid, Result};
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::gate::Gate;
use mapi_spi::prop::MapiProp;
use mapi_spi::stream::PropStream;
use mapi_spi::table::{Bookmark, InstanceKey, MapiTable, Position};
use std::any::Any;
use std::sync::Arc;

/// An object that a class of COM is made over.
pub(super) trait Client: Object + Clone + Send + Sync + 'static {}

impl<O: Object + Clone + Send + Sync + 'static> Client for O {}

/// What an object and everything opened through it have in common.
#[derive(Clone)]
pub struct Context {
    /// Kept alive by its objects.
    session: Option<Session>,
    /// Who makes the buffers that are handed out.
    allocator: Allocator,
}

impl Context {
    /// Of no session, with buffers of our own.
    pub const FREE: Self = Self { session: None, allocator: Allocator::OURS };

    /// Of a session.
    pub(super) fn of(session: &Session) -> Self {
        Self { session: Some(session.clone()), allocator: Allocator::OURS }
    }

    /// Of no session, with buffers of whoever made the object.
    pub const fn made_by(allocator: Allocator) -> Self {
        Self { session: None, allocator }
    }

    /// The session, if there is one.
    pub(super) const fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }
}

/// An object of the safe API with what a COM object of it needs.
///
/// The session is held too: a program that releases it before its objects goes on using them, and the
/// implicit logoff comes with the last release of either.
pub(super) struct Held<O> {
    // Dropped in this order: the object is closed before the session may end with it.
    object: Passing<O>,
    context: Context,
    last: LastError,
}

impl<O: Client> Held<O> {
    /// Of a session, or of none.
    pub(super) fn new(object: O, context: &Context) -> Self {
        Self { object: Passing(object), context: context.clone(), last: LastError::new() }
    }

    /// The object itself.
    pub(super) fn object(&self) -> &O {
        &self.object.0
    }

    /// What is opened through the object has this in common with it.
    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    /// Exports a table that was opened through the object.
    ///
    /// # Errors
    /// What the table answers.
    pub(super) fn table(&self, table: mapi::Table, flags: u32) -> Result<IMAPITable> {
        session_table(table, self.context(), flags)
    }
}

/// A class over an object of the safe API; its properties, gate and last error come with that.
pub(super) trait Class {
    /// The object of the safe API.
    type Object: Client;

    /// What the COM object holds.
    fn held(&self) -> &Held<Self::Object>;

    /// Opens a property that is an object, for anything but a stream.
    ///
    /// # Errors
    /// - `MAPI_E_INTERFACE_NOT_SUPPORTED`: the property does not open as that.
    fn open_object(&self, tag: PropTag, iid: Guid, flags: u32) -> Result<IUnknown> {
        let _ = (tag, iid, flags);
        let detail = "the property does not open as this interface";
        Err(Error::new(ErrorCode::INTERFACE_NOT_SUPPORTED, "IMAPIProp::OpenProperty", detail))
    }

    /// Copies everything but the excluded properties to an object of this library, with what its kind has
    /// beyond properties; `None` where the target is of another kind.
    fn copy_whole(&self, target: &IUnknown, exclude: &[u16]) -> Option<Result<()>> {
        let _ = (target, exclude);
        None
    }
}

impl<T: Class> Guarded for T {
    fn life(&self) -> Option<&Gate> {
        // Each call of the object passes its gate by itself.
        None
    }

    fn last_error(&self) -> &LastError {
        &self.held().last
    }

    fn check(&self) -> Result<()> {
        self.held().object().with_props(|_| Ok(()))
    }
}

impl<T: Class> HasProps for T {
    fn object(&self) -> &dyn MapiProp {
        &self.held().object
    }

    fn open_object(&self, tag: PropTag, iid: Guid, flags: u32) -> Result<IUnknown> {
        Class::open_object(self, tag, iid, flags)
    }

    fn allocator(&self) -> Allocator {
        self.held().context.allocator
    }

    fn copy_whole(&self, target: &IUnknown, exclude: &[u16]) -> Option<Result<()>> {
        Class::copy_whole(self, target, exclude)
    }
}

/// An object of the safe API as a contract: each call passes its gate.
struct Passing<O>(O);

impl<O: Client> MapiProp for Passing<O> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        self.0.props(tags)
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        self.0.prop_list()
    }

    fn set_props(&self, props: &[Prop]) -> Result<Vec<PropProblem>> {
        self.0.set_props(props)
    }

    fn delete_props(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        self.0.delete_props(tags)
    }

    fn open_stream(&self, tag: PropTag, flags: StreamFlags) -> Result<Arc<dyn PropStream>> {
        let stream = self.0.with_props(|object| object.open_stream(tag, flags))?;
        Ok(Arc::new(PassingStream { object: self.0.clone(), stream }))
    }

    fn save_changes(&self, flags: SaveFlags) -> Result<()> {
        self.0.save(flags)
    }

    fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
        self.0.names(ids)
    }

    fn ids(&self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
        self.0.ids(names, create)
    }

    fn last_error(&self) -> Option<Error> {
        self.0.with_props(|object| Ok(object.last_error())).ok().flatten()
    }
}

/// A stream of a property: each call passes the gate of the object, which it keeps open.
struct PassingStream<O> {
    object: O,
    stream: Arc<dyn PropStream>,
}

impl<O: Client> PropStream for PassingStream<O> {
    fn len(&self) -> Result<u64> {
        self.object.with_props(|_| self.stream.len())
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<usize> {
        self.object.with_props(|_| self.stream.read_at(offset, bytes))
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<usize> {
        self.object.with_props(|_| self.stream.write_at(offset, bytes))
    }

    fn set_len(&self, len: u64) -> Result<()> {
        self.object.with_props(|_| self.stream.set_len(len))
    }

    fn commit(&self) -> Result<()> {
        self.object.with_props(|_| self.stream.commit())
    }
}

/// Exports a table of a session, or of none. Text columns are 8 bits wide unless MAPI_UNICODE is set.
///
/// # Errors
/// What the table answers.
pub(super) fn session_table(table: mapi::Table, context: &Context, flags: u32) -> Result<IMAPITable> {
    let columns = table.columns()?;
    let in_width: Vec<PropTag> = columns.iter().map(|tag| tag_in_width(*tag, flags)).collect();
    if in_width != *columns {
        table.set_columns(&in_width)?;
    }
    let table = PassingTable { table, _context: context.clone() };
    Ok(export_table(Arc::new(table), None, context.allocator))
}

/// A table of the safe API as a contract.
struct PassingTable {
    table: mapi::Table,
    _context: Context,
}

impl MapiTable for PassingTable {
    fn columns(&self) -> Result<ColumnSet> {
        self.table.columns()
    }

    fn all_columns(&self) -> Result<ColumnSet> {
        self.table.all_columns()
    }

    fn set_columns(&self, columns: &[PropTag]) -> Result<()> {
        self.table.set_columns(columns)
    }

    fn restrict(&self, restriction: Option<Restriction>) -> Result<()> {
        self.table.restrict(restriction)
    }

    fn sort(&self, order: SortOrder) -> Result<()> {
        self.table.sort(order)
    }

    fn sort_order(&self) -> Result<SortOrder> {
        self.table.sort_order()
    }

    fn row_count(&self) -> Result<u64> {
        self.table.row_count()
    }

    fn position(&self) -> Result<Position> {
        self.table.position()
    }

    fn seek_row(&self, from: Bookmark, rows: i64) -> Result<i64> {
        self.table.seek_row(from, rows)
    }

    fn seek_row_approx(&self, numerator: u32, denominator: u32) -> Result<()> {
        self.table.seek_row_approx(numerator, denominator)
    }

    fn find_row(&self, restriction: &Restriction, from: Bookmark, backwards: bool) -> Result<()> {
        self.table.find_row(restriction, from, backwards)
    }

    fn query_rows(&self, count: i64) -> Result<RowSet> {
        self.table.query_rows(count)
    }

    fn create_bookmark(&self) -> Result<Bookmark> {
        self.table.create_bookmark()
    }

    fn free_bookmark(&self, bookmark: Bookmark) -> Result<()> {
        self.table.free_bookmark(bookmark)
    }

    fn expand_row(&self, key: &InstanceKey, count: usize) -> Result<(RowSet, u64)> {
        self.table.expand_row(key, count)
    }

    fn collapse_row(&self, key: &InstanceKey) -> Result<u64> {
        self.table.collapse_row(key)
    }

    fn advise(&self, mask: EventMask, sink: Arc<dyn AdviseSink>) -> Result<Connection> {
        self.table.advise(mask, sink)
    }

    fn unadvise(&self, connection: Connection) -> Result<()> {
        self.table.unadvise(connection)
    }
}
