//! IMAPITable over any table of the safe core.
//! Rows in memory behind ITableData are `table_data.rs`.

use super::last_error::last_error;
use super::prop::only;
use crate::abi::{CallerRelease, MAPIERROR, SPropTagArray, SRestriction, SRowSet, SSortOrderSet};
use crate::guard::{Guarded, LastError, slot};
use crate::import::advise_sink::foreign_sink;
use crate::interfaces::{IMAPIAdviseSink, IMAPITable, IMAPITable_Impl};
use crate::marshal::block::Allocator;
use crate::marshal::prop::{counted, put_tags, set_width, tags};
use crate::marshal::restriction::{c_sort_order, restriction, sort_order};
use crate::marshal::row::c_rows;
use crate::marshal::{In, Out, invalid};
use crate::verify;
use mapi_defs::notification::EventMask;
use mapi_defs::row::RowSet;
use mapi_defs::sort::SortOrder;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::advise::Connection;
use mapi_spi::gate::Gate;
use mapi_spi::table::{Bookmark, MapiTable};
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};
use windows_core::{ComObject, HRESULT, Interface, implement};

const TBL_ASYNC: u32 = 1;
const TBL_BATCH: u32 = 2;
const TBL_ALL_COLUMNS: u32 = 1;
const TBL_NOADVANCE: u32 = 1;
const DIR_BACKWARD: u32 = 1;
const TBLSTAT_COMPLETE: u32 = 0;
const TBLTYPE_DYNAMIC: u32 = 2;
/// The first bookmark that is kept; below it are the three predefined ones.
const FIRST_KEPT: u32 = 3;

/// Makes a COM table. `gate` ends it with its logon.
pub fn export_table(table: Arc<dyn MapiTable>, gate: Option<Arc<Gate>>, allocator: Allocator) -> IMAPITable {
    Table::new(table, gate, allocator, None).into()
}

/// Makes a COM table that tells its maker when its last reference goes (CALLERRELEASE).
pub(super) fn export_view(table: Arc<dyn MapiTable>, allocator: Allocator, release: Release) -> IMAPITable {
    let view = ComObject::new(Table::new(table, None, allocator, Some(release)));
    // The view's own pointer is what its maker knows it by.
    let interface: IMAPITable = view.to_interface();
    view.view.store(interface.as_raw(), Ordering::Relaxed);
    interface
}

/// Who is told when a view goes.
pub(super) struct Release {
    pub(super) callback: CallerRelease,
    pub(super) caller_data: usize,
    /// The ITableData of the view, which the view keeps alive.
    pub(super) table_data: crate::interfaces::ITableData,
}

#[implement(IMAPITable)]
struct Table {
    table: Arc<dyn MapiTable>,
    gate: Option<Arc<Gate>>,
    allocator: Allocator,
    last: LastError,
    release: Option<Release>,
    /// The pointer that the release is told of.
    view: AtomicPtr<c_void>,
}

impl Guarded for Table {
    fn life(&self) -> Option<&Gate> {
        self.gate.as_deref()
    }
    fn last_error(&self) -> &LastError {
        &self.last
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        let Some(release) = self.release.take() else { return };
        if let Some(callback) = release.callback {
            let data = verify::object::outer(release.table_data.as_raw());
            let view = verify::object::outer(self.view.load(Ordering::Relaxed));
            // SAFETY: whoever made the view promised this function; the view is only a name by now.
            unsafe { callback(release.caller_data, data, view) };
        }
    }
}

impl Table {
    fn new(
        table: Arc<dyn MapiTable>,
        gate: Option<Arc<Gate>>,
        allocator: Allocator,
        release: Option<Release>,
    ) -> Self {
        Self { table, gate, allocator, last: LastError::new(), release, view: AtomicPtr::default() }
    }

    fn hand_out(&self, mut rows: RowSet, out: Out<*mut SRowSet>) -> Result<()> {
        let columns = self.table.columns()?;
        // Text goes out in the width of its column.
        for row in &mut rows {
            for (at, prop) in row.props.iter_mut().enumerate() {
                set_width(prop, columns.get(at).copied(), 0);
            }
        }
        out.write(c_rows(self.allocator, rows.iter().map(|row| row.props.as_slice()))?);
        Ok(())
    }
}

fn place(bookmark: usize) -> Bookmark {
    // Of a number that some headers make 32 bits wide the upper half is not looked at.
    match bookmark as u32 {
        0 => Bookmark::Beginning,
        1 => Bookmark::Current,
        2 => Bookmark::End,
        kept => Bookmark::Kept(kept - FIRST_KEPT),
    }
}

fn unsupported(call: &'static str, why: &'static str) -> Result<()> {
    Err(Error::new(ErrorCode::NO_SUPPORT, call, why))
}

impl IMAPITable_Impl for Table_Impl {
    unsafe fn GetLastError(&self, result: i32, flags: u32, out: *mut *mut MAPIERROR) -> HRESULT {
        // SAFETY: the caller's out parameter.
        unsafe { last_error(&self.this, "IMAPITable::GetLastError", result, flags, out) }
    }

    unsafe fn Advise(&self, mask: u32, sink: In<IMAPIAdviseSink>, out: *mut usize) -> HRESULT {
        const CALL: &str = "IMAPITable::Advise";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's sink and out parameter, of which only the low four bytes are written.
            let (sink, out) = unsafe { (sink.required(CALL)?, Out::required(out.cast::<u32>(), CALL)?) };
            let connection = self.table.advise(EventMask(mask), foreign_sink(sink.clone()))?;
            let number = u32::try_from(connection.0).ok().filter(|number| *number != 0);
            let too_many =
                || Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, CALL, "no connection number is left");
            out.write(number.ok_or_else(too_many)?);
            Ok(())
        })
    }

    unsafe fn Unadvise(&self, connection: usize) -> HRESULT {
        slot(&self.this, "IMAPITable::Unadvise", || {
            self.table.unadvise(Connection(u64::from(connection as u32)))
        })
    }

    unsafe fn GetStatus(&self, status: *mut u32, kind: *mut u32) -> HRESULT {
        const CALL: &str = "IMAPITable::GetStatus";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameters.
            let (status, kind) = unsafe { (Out::required(status, CALL)?, Out::required(kind, CALL)?) };
            status.write(TBLSTAT_COMPLETE);
            kind.write(TBLTYPE_DYNAMIC);
            Ok(())
        })
    }

    unsafe fn SetColumns(&self, columns: *mut SPropTagArray, flags: u32) -> HRESULT {
        const CALL: &str = "IMAPITable::SetColumns";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's tags.
            let columns =
                unsafe { tags(columns, CALL) }?.ok_or_else(|| invalid(CALL, "no column is given"))?;
            only(flags, TBL_ASYNC | TBL_BATCH, CALL)?;
            self.table.set_columns(&columns)
        })
    }

    unsafe fn QueryColumns(&self, flags: u32, out: *mut *mut SPropTagArray) -> HRESULT {
        const CALL: &str = "IMAPITable::QueryColumns";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { Out::required(out, CALL) }?;
            only(flags, TBL_ALL_COLUMNS, CALL)?;
            let all = flags & TBL_ALL_COLUMNS != 0;
            let columns = if all { self.table.all_columns()? } else { self.table.columns()? };
            out.write(self.allocator.buffer(|writer| put_tags(writer, &columns))?);
            Ok(())
        })
    }

    unsafe fn GetRowCount(&self, flags: u32, count: *mut u32) -> HRESULT {
        const CALL: &str = "IMAPITable::GetRowCount";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let count = unsafe { Out::required(count, CALL) }?;
            only(flags, 0, CALL)?;
            count.write(u32::try_from(self.table.row_count()?).unwrap_or(u32::MAX));
            Ok(())
        })
    }

    unsafe fn SeekRow(&self, origin: usize, rows: i32, sought: *mut i32) -> HRESULT {
        const CALL: &str = "IMAPITable::SeekRow";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let sought = unsafe { Out::optional(sought, CALL) }?;
            let moved = self.table.seek_row(place(origin), i64::from(rows))?;
            if let Some(sought) = sought {
                sought.write(moved as i32);
            }
            Ok(())
        })
    }

    unsafe fn SeekRowApprox(&self, numerator: u32, denominator: u32) -> HRESULT {
        slot(&self.this, "IMAPITable::SeekRowApprox", || self.table.seek_row_approx(numerator, denominator))
    }

    unsafe fn QueryPosition(&self, row: *mut u32, numerator: *mut u32, denominator: *mut u32) -> HRESULT {
        const CALL: &str = "IMAPITable::QueryPosition";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameters.
            let (row, numerator, denominator) = unsafe {
                (
                    Out::required(row, CALL)?,
                    Out::required(numerator, CALL)?,
                    Out::required(denominator, CALL)?,
                )
            };
            let position = self.table.position()?;
            row.write(u32::try_from(position.row).unwrap_or(u32::MAX));
            numerator.write(position.numerator);
            denominator.write(position.denominator);
            Ok(())
        })
    }

    unsafe fn FindRow(&self, condition: *mut SRestriction, origin: usize, flags: u32) -> HRESULT {
        const CALL: &str = "IMAPITable::FindRow";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's restriction.
            let condition = unsafe { restriction(condition, CALL) }?;
            let condition = condition.ok_or_else(|| invalid(CALL, "no condition is given"))?;
            only(flags, DIR_BACKWARD, CALL)?;
            self.table.find_row(&condition, place(origin), flags & DIR_BACKWARD != 0)
        })
    }

    unsafe fn Restrict(&self, condition: *mut SRestriction, flags: u32) -> HRESULT {
        const CALL: &str = "IMAPITable::Restrict";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's restriction.
            let condition = unsafe { restriction(condition, CALL) }?;
            only(flags, TBL_ASYNC | TBL_BATCH, CALL)?;
            self.table.restrict(condition)
        })
    }

    unsafe fn CreateBookmark(&self, out: *mut usize) -> HRESULT {
        const CALL: &str = "IMAPITable::CreateBookmark";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter, of which only the low four bytes are written.
            let out = unsafe { Out::required(out.cast::<u32>(), CALL) }?;
            let number = match self.table.create_bookmark()? {
                Bookmark::Beginning => Some(0),
                Bookmark::Current => Some(1),
                Bookmark::End => Some(2),
                Bookmark::Kept(kept) => kept.checked_add(FIRST_KEPT),
            };
            let too_many = || Error::new(ErrorCode::UNABLE_TO_COMPLETE, CALL, "no bookmark is left");
            out.write(number.ok_or_else(too_many)?);
            Ok(())
        })
    }

    unsafe fn FreeBookmark(&self, bookmark: usize) -> HRESULT {
        slot(&self.this, "IMAPITable::FreeBookmark", || self.table.free_bookmark(place(bookmark)))
    }

    unsafe fn SortTable(&self, order: *mut SSortOrderSet, flags: u32) -> HRESULT {
        const CALL: &str = "IMAPITable::SortTable";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's sort order.
            let order = unsafe { sort_order(order, CALL) }?;
            only(flags, TBL_ASYNC | TBL_BATCH, CALL)?;
            self.table.sort(order.unwrap_or_else(SortOrder::default))
        })
    }

    unsafe fn QuerySortOrder(&self, out: *mut *mut SSortOrderSet) -> HRESULT {
        const CALL: &str = "IMAPITable::QuerySortOrder";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { Out::required(out, CALL) }?;
            out.write(c_sort_order(self.allocator, &self.table.sort_order()?)?);
            Ok(())
        })
    }

    unsafe fn QueryRows(&self, count: i32, flags: u32, out: *mut *mut SRowSet) -> HRESULT {
        const CALL: &str = "IMAPITable::QueryRows";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { Out::required(out, CALL) }?;
            only(flags, TBL_NOADVANCE, CALL)?;
            let rows = self.table.query_rows(i64::from(count))?;
            let read = rows.len() as i64;
            self.hand_out(rows, out)?;
            if flags & TBL_NOADVANCE != 0 && count > 0 {
                self.table.seek_row(Bookmark::Current, -read)?;
            }
            Ok(())
        })
    }

    unsafe fn Abort(&self) -> HRESULT {
        // Nothing here works behind a call that has returned.
        slot(&self.this, "IMAPITable::Abort", || Ok(()))
    }

    unsafe fn ExpandRow(
        &self,
        key_bytes: u32,
        key: *mut u8,
        row_count: u32,
        flags: u32,
        out: *mut *mut SRowSet,
        more: *mut u32,
    ) -> HRESULT {
        const CALL: &str = "IMAPITable::ExpandRow";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's key and out parameters.
            let (key, out, more) = unsafe {
                (
                    counted(key, key_bytes, CALL)?.to_vec(),
                    Out::required(out, CALL)?,
                    Out::required(more, CALL)?,
                )
            };
            only(flags, 0, CALL)?;
            let (rows, below) = self.table.expand_row(&key, row_count as usize)?;
            self.hand_out(rows, out)?;
            more.write(u32::try_from(below).unwrap_or(u32::MAX));
            Ok(())
        })
    }

    unsafe fn CollapseRow(&self, key_bytes: u32, key: *mut u8, flags: u32, count: *mut u32) -> HRESULT {
        const CALL: &str = "IMAPITable::CollapseRow";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's key and out parameter.
            let (key, count) =
                unsafe { (counted(key, key_bytes, CALL)?.to_vec(), Out::required(count, CALL)?) };
            only(flags, 0, CALL)?;
            count.write(u32::try_from(self.table.collapse_row(&key)?).unwrap_or(u32::MAX));
            Ok(())
        })
    }

    unsafe fn WaitForCompletion(&self, flags: u32, _timeout: u32, status: *mut u32) -> HRESULT {
        const CALL: &str = "IMAPITable::WaitForCompletion";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let status = unsafe { Out::optional(status, CALL) }?;
            only(flags, 0, CALL)?;
            if let Some(status) = status {
                status.write(TBLSTAT_COMPLETE);
            }
            Ok(())
        })
    }

    unsafe fn GetCollapseState(
        &self,
        flags: u32,
        key_bytes: u32,
        key: *mut u8,
        count: *mut u32,
        state: *mut *mut u8,
    ) -> HRESULT {
        const CALL: &str = "IMAPITable::GetCollapseState";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's key and out parameters.
            unsafe {
                counted(key, key_bytes, CALL)?;
                (Out::required(count, CALL)?, Out::required(state, CALL)?)
            };
            only(flags, 0, CALL)?;
            unsupported(CALL, "the state of categories is not handed out")
        })
    }

    unsafe fn SetCollapseState(&self, flags: u32, bytes: u32, state: *mut u8, at: *mut usize) -> HRESULT {
        const CALL: &str = "IMAPITable::SetCollapseState";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's state and out parameter.
            unsafe {
                counted(state, bytes, CALL)?;
                Out::required(at.cast::<u32>(), CALL)?
            };
            only(flags, 0, CALL)?;
            unsupported(CALL, "the state of categories is not handed out")
        })
    }
}
