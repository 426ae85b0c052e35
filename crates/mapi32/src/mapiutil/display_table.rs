//! Display tables made of descriptions of pages and controls (BuildDisplayTable).
//!
//! A display table says what a configuration dialog shows; nothing here shows one. There are no dialog
//! resources on this system, from which titles and places would come: titles are those of the caller's
//! structures, and the controls of a page stand one below the other.

use super::property::succeeded;
use mapi_com::abi::{
    AllocateBuffer, AllocateMore, DTBLBUTTON, DTBLCHECKBOX, DTBLCOMBOBOX, DTBLDDLBX, DTBLEDIT, DTBLGROUPBOX,
    DTBLLABEL, DTBLLBX, DTBLMVDDLBX, DTBLMVLISTBOX, DTBLPAGE, DTBLRADIOBUTTON, DTCTL, DTPAGE, FreeBuffer,
};
use mapi_com::export::table_data::table_data;
use mapi_com::guard::entry;
use mapi_com::interfaces::{IMAPITable, IMalloc, ITableData};
use mapi_com::marshal::block::Allocator;
use mapi_com::marshal::prop::counted;
use mapi_com::marshal::text::{MAPI_UNICODE, units};
use mapi_com::marshal::{In, OutInterface, array, invalid, row};
use mapi_defs::prop::Prop;
use mapi_defs::prop::tags::PR_ROWID;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::display::{self, COLUMNS, Place};
use std::ffi::c_void;

const DTCT_PAGE: u32 = 8;

/// Makes a display table of pages and their controls.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: an argument is NULL, a control is of no kind or has no structure, or a page
///   does not begin with its DTCT_PAGE.
/// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
///
/// # Differs
/// Windows reads titles and places from a dialog resource; here the titles are those of the caller's
/// structures, and the controls stand one below the other.
///
/// # Source
/// BuildDisplayTable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn BuildDisplayTable(
    allocate: AllocateBuffer,
    allocate_more: AllocateMore,
    free: FreeBuffer,
    _malloc: In<IMalloc>,
    _instance: *mut c_void,
    page_count: u32,
    pages: *const DTPAGE,
    flags: u32,
    table: OutInterface<IMAPITable>,
    data: OutInterface<ITableData>,
) -> i32 {
    const CALL: &str = "BuildDisplayTable";
    entry(CALL, || {
        // SAFETY: the caller's functions, pages and out parameters.
        let (allocator, pages, out, data_out) = unsafe {
            let allocator = Allocator::of_caller(allocate, free, CALL)?;
            (allocator, array(pages, page_count, CALL)?, table.required(CALL)?, data.optional(CALL)?)
        };
        if allocate_more.is_none() || pages.is_empty() {
            return Err(invalid(CALL, "an allocator function is NULL, or there is no page"));
        }
        if flags & !MAPI_UNICODE != 0 {
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, "an undefined flag"));
        }
        let mut rows = Vec::new();
        for page in pages {
            // SAFETY: the caller's page.
            unsafe { page_rows(page, flags, &mut rows) }?;
        }
        let data = table_data(PR_ROWID, &COLUMNS, allocator);
        let set = row::c_rows(Allocator::OURS, rows.iter().map(Vec::as_slice))?;
        // SAFETY: the set was just made, and is ours to free.
        let answer = unsafe {
            let answer = data.HrModifyRows(0, set);
            row::free_rows(set);
            answer
        };
        succeeded(answer, CALL)?;
        let mut view = None;
        // SAFETY: an object and an out parameter of ours.
        succeeded(unsafe { data.HrGetView(std::ptr::null_mut(), None, 0, (&mut view).into()) }, CALL)?;
        let view = view.ok_or_else(|| Error::new(ErrorCode::CALL_FAILED, CALL, "there is no view"))?;
        if let Some(out) = data_out {
            out.give(data);
        }
        out.give(view);
        Ok(())
    })
    .0
}

/// The rows of a page: the page itself, then its controls.
///
/// # Safety
/// The page leads to as many controls as it says, and each control to its structure.
unsafe fn page_rows(page: &DTPAGE, flags: u32, rows: &mut Vec<Vec<Prop>>) -> Result<()> {
    const CALL: &str = "BuildDisplayTable";
    // SAFETY: the promise is the caller's own.
    let controls = unsafe { array(page.lpctl, page.cctl, CALL) }?;
    if controls.first().is_none_or(|control| control.ulCtlType != DTCT_PAGE) {
        return Err(invalid(CALL, "a page does not begin with its DTCT_PAGE"));
    }
    for (index, control) in controls.iter().enumerate() {
        let place = match index {
            0 => Place::of_page(controls.len() as i32 - 1),
            _ => Place::of_line(index as i32 - 1),
        };
        // SAFETY: the promise is the caller's own.
        let (structure, id) =
            unsafe { (structure(control, page, flags)?, counted(control.lpbNotif, control.cbNotif, CALL)?) };
        let number = rows.len() as i32;
        rows.push(display::row(number, place, control.ulCtlType, control.ulCtlFlags, structure, id));
    }
    Ok(())
}

/// PR_CONTROL_STRUCTURE: the control's structure with its texts behind it, and their offsets in it.
///
/// # Safety
/// The control leads to a structure of its kind.
unsafe fn structure(control: &DTCTL, page: &DTPAGE, flags: u32) -> Result<Vec<u8>> {
    const CALL: &str = "BuildDisplayTable";
    let (bytes, texts) = shape(control.ulCtlType).ok_or_else(|| invalid(CALL, "a control is of no kind"))?;
    // SAFETY: every member of the union is a pointer; every structure consists of 32-bit words.
    let given = unsafe { control.ctl.lpv };
    // SAFETY: the caller promises a structure of this kind.
    let mut words = unsafe { array(given.cast::<u32>(), (bytes / 4) as u32, CALL) }?.to_vec();
    let mut behind = Vec::new();
    for text in texts {
        let (word, from) = match *text {
            Text::Title => (0, (words[0] != 0).then(|| given.wrapping_byte_add(words[0] as usize))),
            Text::Filter => (0, Some(control.lpszFilter)),
            Text::Component => {
                // SAFETY: both members of the union have their bytes.
                let component = unsafe { page.resource.lpszComponent };
                // A number below 64 Ki is that of a resource, not a pointer.
                (2, Some(component).filter(|at| *at as usize > 0xFFFF))
            }
        };
        words[word] = (bytes + behind.len()) as u32;
        // SAFETY: a text of the width that the flags say.
        behind.extend(unsafe { text_bytes(from.filter(|at| !at.is_null()), flags) }?);
    }
    // The structure's own flag says how wide its texts are.
    if let Some(at) = flags_word(control.ulCtlType) {
        words[at] = words[at] & !MAPI_UNICODE | flags & MAPI_UNICODE;
    }
    Ok(words.iter().flat_map(|word| word.to_le_bytes()).chain(behind).collect())
}

/// A text of a control.
#[derive(Clone, Copy)]
enum Text {
    /// The title, at the offset that the structure's first word says.
    Title,
    /// The characters allowed, from the control's description.
    Filter,
    /// The component that the page's help belongs to.
    Component,
}

/// Bytes and texts of the structure of a kind of control.
fn shape(kind: u32) -> Option<(usize, &'static [Text])> {
    Some(match kind {
        0 => (size_of::<DTBLLABEL>(), &[Text::Title]),
        1 => (size_of::<DTBLEDIT>(), &[Text::Filter]),
        2 => (size_of::<DTBLLBX>(), &[]),
        3 => (size_of::<DTBLCOMBOBOX>(), &[Text::Filter]),
        4 => (size_of::<DTBLDDLBX>(), &[]),
        5 => (size_of::<DTBLCHECKBOX>(), &[Text::Title]),
        6 => (size_of::<DTBLGROUPBOX>(), &[Text::Title]),
        7 => (size_of::<DTBLBUTTON>(), &[Text::Title]),
        DTCT_PAGE => (size_of::<DTBLPAGE>(), &[Text::Title, Text::Component]),
        9 => (size_of::<DTBLRADIOBUTTON>(), &[Text::Title]),
        11 => (size_of::<DTBLMVLISTBOX>(), &[]),
        12 => (size_of::<DTBLMVDDLBX>(), &[]),
        _ => return None,
    })
}

/// The word of `ulFlags`, in structures with text.
fn flags_word(kind: u32) -> Option<usize> {
    shape(kind).filter(|(_, texts)| !texts.is_empty()).map(|_| 1)
}

/// A text with its terminator; none is the empty text.
///
/// # Safety
/// A text of the width that the flags say.
unsafe fn text_bytes(text: Option<*mut c_void>, flags: u32) -> Result<Vec<u8>> {
    const CALL: &str = "BuildDisplayTable";
    let text = text.unwrap_or(std::ptr::null_mut());
    // SAFETY: the promise is the caller's own; NULL reads nothing.
    unsafe {
        if flags & MAPI_UNICODE == 0 {
            return Ok(units::<u8>(text.cast(), CALL)?
                .unwrap_or_default()
                .iter()
                .copied()
                .chain([0])
                .collect());
        }
        let wide = units::<u16>(text.cast(), CALL)?.unwrap_or_default();
        Ok(wide.iter().copied().chain([0]).flat_map(u16::to_le_bytes).collect())
    }
}
