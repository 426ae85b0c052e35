//! ITableData: rows in memory that a program fills, and views of them (CreateTable).
//! The rows themselves are `mapi_spi::table::TableData`, the views `table.rs`.

use super::prop::only;
use super::table::{Release, export_view};
use crate::abi::{CallerRelease, SPropValue, SRow, SRowSet, SSortOrderSet};
use crate::guard::{Guarded, LastError, slot};
use crate::interfaces::{IMAPITable, ITableData, ITableData_Impl};
use crate::marshal::block::{Allocator, Writer};
use crate::marshal::prop::{prop, props, put_props};
use crate::marshal::restriction::sort_order;
use crate::marshal::row::rows;
use crate::marshal::{Out, OutInterface, array, invalid};
use mapi_defs::prop::{Prop, PropList, PropTag, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::gate::Gate;
use mapi_spi::table::{Bookmark, MapiTable, TableData, TableRow};
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, PoisonError};
use windows_core::{HRESULT, IUnknownImpl, implement};

const TAD_ALL_ROWS: u32 = 1;

/// Makes an empty table data object whose rows are told apart by the column `index`.
pub fn table_data(index: PropTag, columns: &[PropTag], allocator: Allocator) -> ITableData {
    let data = TableData::new(index, columns);
    Data { data, index, allocator, changing: Mutex::new(()), last: LastError::new() }.into()
}

#[implement(ITableData)]
struct Data {
    data: Arc<TableData>,
    index: PropTag,
    allocator: Allocator,
    /// Held over looking for a row and putting it in, so that no index comes in twice.
    changing: Mutex<()>,
    last: LastError,
}

impl Guarded for Data {
    fn life(&self) -> Option<&Gate> {
        None
    }
    fn last_error(&self) -> &LastError {
        &self.last
    }
}

impl Data {
    /// The value of the index column among these, which must be there.
    fn index_of<'a>(&self, values: &'a [Prop], call: &'static str) -> Result<&'a PropValue> {
        let index = values.iter().find(|prop| prop.tag == self.index).map(|prop| &prop.value);
        index.ok_or_else(|| invalid(call, "the index column is not there"))
    }

    /// All rows in the order they came in, with every column they have.
    fn all_rows(&self) -> Result<Vec<Vec<Prop>>> {
        let view = self.data.view(Default::default())?;
        view.set_columns(&view.all_columns()?)?;
        view.seek_row(Bookmark::Beginning, 0)?;
        let mut all = Vec::new();
        while let page @ 1.. = self.data.row_count().saturating_sub(all.len()) {
            let rows = view.query_rows(page as i64)?;
            if rows.is_empty() {
                break;
            }
            all.extend(rows.into_iter().map(|row| {
                let held = |prop: &Prop| !matches!(prop.value, PropValue::Error(_));
                row.props.into_iter().filter(held).collect()
            }));
        }
        Ok(all)
    }

    fn hand_out(&self, row: &[Prop], out: Out<*mut SRow>) -> Result<()> {
        out.write(self.allocator.buffer(|writer| put_row(writer, row))?);
        Ok(())
    }
}

/// Lays out a row and its values in one block.
fn put_row(writer: &mut Writer, row: &[Prop]) -> Result<*mut SRow> {
    let place = writer.reserve::<SRow>(1)?;
    let values = put_props(writer, row)?;
    let value = SRow { ulAdrEntryPad: 0, cValues: row.len() as u32, lpProps: values };
    // SAFETY: the room was reserved for one.
    unsafe { writer.set(place, 0, value) };
    Ok(place)
}

impl ITableData_Impl for Data_Impl {
    unsafe fn HrGetView(
        &self,
        order: *mut SSortOrderSet,
        callback: CallerRelease,
        caller_data: usize,
        out: OutInterface<IMAPITable>,
    ) -> HRESULT {
        const CALL: &str = "ITableData::HrGetView";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's sort order and out parameter.
            let (order, out) = unsafe { (sort_order(order, CALL)?, out.required(CALL)?) };
            let view = self.data.view(order.unwrap_or_default())?;
            let table_data: ITableData = self.to_interface();
            out.give(export_view(
                Arc::new(view),
                self.allocator,
                Release { callback, caller_data, table_data },
            ));
            Ok(())
        })
    }

    unsafe fn HrModifyRow(&self, row: *mut SRow) -> HRESULT {
        const CALL: &str = "ITableData::HrModifyRow";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's row.
            let row = unsafe { read_row(row, CALL) }?;
            self.index_of(&row, CALL)?;
            let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
            self.data.modify_row(PropList::from_iter(row))
        })
    }

    unsafe fn HrDeleteRow(&self, index: *mut SPropValue) -> HRESULT {
        const CALL: &str = "ITableData::HrDeleteRow";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's value.
            let index = unsafe { prop(&array(index, 1, CALL)?[0], CALL) }?;
            let value = self.index_of(std::slice::from_ref(&index), CALL)?;
            if self.data.delete_rows(std::slice::from_ref(value)) == 0 {
                return Err(Error::new(ErrorCode::NOT_FOUND, CALL, "no row has this index"));
            }
            Ok(())
        })
    }

    unsafe fn HrQueryRow(&self, index: *mut SPropValue, out: *mut *mut SRow, number: *mut u32) -> HRESULT {
        const CALL: &str = "ITableData::HrQueryRow";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's value and out parameters.
            let (index, out, number) = unsafe {
                let index = prop(&array(index, 1, CALL)?[0], CALL)?;
                (index, Out::required(out, CALL)?, Out::optional(number, CALL)?)
            };
            let value = self.index_of(std::slice::from_ref(&index), CALL)?;
            let none = || Error::new(ErrorCode::NOT_FOUND, CALL, "no row has this index");
            let row: Vec<Prop> = self.data.row(value).ok_or_else(none)?.into_iter().collect();
            if let Some(number) = number {
                let held =
                    |row: &Vec<Prop>| row.iter().any(|prop| prop.tag == self.index && prop.value == *value);
                let at = self.all_rows()?.iter().position(held).ok_or_else(none)?;
                number.write(at as u32);
            }
            self.hand_out(&row, out)
        })
    }

    unsafe fn HrEnumRow(&self, number: u32, out: *mut *mut SRow) -> HRESULT {
        const CALL: &str = "ITableData::HrEnumRow";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { Out::required(out, CALL) }?;
            match self.all_rows()?.get(number as usize) {
                Some(row) => self.hand_out(row, out),
                None => {
                    out.write(null_mut());
                    Ok(())
                }
            }
        })
    }

    unsafe fn HrNotify(&self, flags: u32, count: u32, values: *mut SPropValue) -> HRESULT {
        const CALL: &str = "ITableData::HrNotify";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's values.
            let values = unsafe { props(values, count, CALL) }?;
            only(flags, 0, CALL)?;
            let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
            let row = self.data.row(self.index_of(&values, CALL)?);
            let none = || Error::new(ErrorCode::NOT_FOUND, CALL, "no row has this index");
            // Putting the row in again as it is tells every view of it.
            self.data.modify_row(row.ok_or_else(none)?)
        })
    }

    unsafe fn HrInsertRow(&self, number: u32, row: *mut SRow) -> HRESULT {
        const CALL: &str = "ITableData::HrInsertRow";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's row.
            let row = unsafe { read_row(row, CALL) }?;
            let index = self.index_of(&row, CALL)?;
            let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
            if self.data.row(index).is_some() {
                return Err(invalid(CALL, "a row with this index is there already"));
            }
            let count = self.data.row_count();
            if number as usize > count {
                return Err(invalid(CALL, "there are not that many rows"));
            }
            if (number as usize) < count {
                return Err(Error::new(ErrorCode::NO_SUPPORT, CALL, "rows are added at the end alone"));
            }
            self.data.modify_row(PropList::from_iter(row))
        })
    }

    unsafe fn HrModifyRows(&self, flags: u32, set: *mut SRowSet) -> HRESULT {
        const CALL: &str = "ITableData::HrModifyRows";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's rows.
            let rows = unsafe { rows(set, CALL) }?.ok_or_else(|| invalid(CALL, "no row is given"))?;
            only(flags, 0, CALL)?;
            rows.iter().try_for_each(|row| self.index_of(row, CALL).map(drop))?;
            let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
            self.data
                .modify_rows(rows.into_iter().map(|row| TableRow::from(PropList::from_iter(row))).collect())
        })
    }

    unsafe fn HrDeleteRows(&self, flags: u32, set: *mut SRowSet, deleted: *mut u32) -> HRESULT {
        const CALL: &str = "ITableData::HrDeleteRows";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's rows and out parameter.
            let (rows, deleted) = unsafe { (rows(set, CALL)?, Out::optional(deleted, CALL)?) };
            only(flags, TAD_ALL_ROWS, CALL)?;
            let count = if flags & TAD_ALL_ROWS != 0 {
                self.data.delete_all()
            } else {
                let rows = rows.ok_or_else(|| invalid(CALL, "no row is given"))?;
                let index = |row: &Vec<Prop>| self.index_of(row, CALL).cloned();
                self.data.delete_rows(&rows.iter().map(index).collect::<Result<Vec<_>>>()?)
            };
            if let Some(deleted) = deleted {
                deleted.write(count as u32);
            }
            Ok(())
        })
    }
}

/// # Safety
/// The pointer leads to a row, and the row to its values.
unsafe fn read_row(row: *const SRow, call: &'static str) -> Result<Vec<Prop>> {
    // SAFETY: the promise is the caller's own.
    unsafe {
        let row = &array(row, 1, call)?[0];
        props(row.lpProps, row.cValues, call)
    }
}
