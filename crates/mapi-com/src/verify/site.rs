//! Where a program was when it called: the call, a number in the order of events, the thread, the place in
//! the program.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Frames that are looked at for the program's own.
const MOST_FRAMES: usize = 48;

static EVENTS: AtomicU64 = AtomicU64::new(0);

/// One moment in the life of an object or buffer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site {
    call: &'static str,
    event: u64,
    thread: i32,
    /// An address in the program, 0 where none is known.
    address: usize,
}

impl Site {
    /// Here and now; the place is found by looking up the stack.
    pub(super) fn here() -> Self {
        Self::at(first_outside())
    }

    /// Now, for a call that returns to this address.
    pub(super) fn at(address: usize) -> Self {
        // SAFETY: asks for the number of this thread and nothing else.
        let thread = unsafe { gettid() };
        let event = EVENTS.fetch_add(1, Ordering::Relaxed) + 1;
        Self { call: super::under_way(), event, thread, address }
    }

    /// The same moment, told as another call.
    pub(super) const fn named(self, call: &'static str) -> Self {
        Self { call, ..self }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.call.is_empty() {
            write!(f, "{}, ", self.call)?;
        }
        write!(f, "event {}, thread {}", self.event, self.thread)?;
        if self.address != 0 {
            write!(f, ", called at {}", place(self.address))?;
        }
        Ok(())
    }
}

/// The first address up the stack that is not of this library; 0 where there is none.
fn first_outside() -> usize {
    let mut walk = Walk { own: base_of(first_outside as *const () as usize), found: 0, frames: 0 };
    // SAFETY: the callback takes what it is given here, and the walk ends before this function does.
    unsafe { _Unwind_Backtrace(look, (&raw mut walk).cast()) };
    walk.found
}

struct Walk {
    own: usize,
    found: usize,
    frames: usize,
}

extern "C" fn look(context: *mut c_void, walk: *mut c_void) -> c_int {
    const GO_ON: c_int = 0;
    const END_OF_STACK: c_int = 5;
    // SAFETY: the unwinder hands on what `first_outside` gave it, which nobody else uses meanwhile.
    let walk = unsafe { &mut *walk.cast::<Walk>() };
    // SAFETY: the context is the unwinder's own.
    let address = unsafe { _Unwind_GetIP(context) };
    walk.frames += 1;
    if address != 0 && base_of(address) != walk.own {
        walk.found = address;
        return END_OF_STACK;
    }
    if walk.frames >= MOST_FRAMES { END_OF_STACK } else { GO_ON }
}

/// `program+0x1234 (function+0x10)`, as far as it is known.
fn place(address: usize) -> String {
    let Some(info) = info(address) else { return format!("{address:#x}") };
    let path = text(info.file).unwrap_or_default();
    let file = path.rsplit('/').next().unwrap_or_default();
    let place = format!("{file}+{:#x}", address.wrapping_sub(info.base as usize));
    match text(info.symbol) {
        Some(symbol) => {
            format!("{place} ({symbol}+{:#x})", address.wrapping_sub(info.symbol_address as usize))
        }
        None => place,
    }
}

/// Where the library or program begins that an address lies in; 0 where it lies in none.
pub(super) fn base_of(address: usize) -> usize {
    info(address).map_or(0, |info| info.base as usize)
}

fn info(address: usize) -> Option<Info> {
    let mut info = Info {
        file: std::ptr::null(),
        base: std::ptr::null_mut(),
        symbol: std::ptr::null(),
        symbol_address: std::ptr::null_mut(),
    };
    // SAFETY: any address may be asked for; the answer is written into a structure of ours.
    (unsafe { dladdr(address as *const c_void, &raw mut info) } != 0).then_some(info)
}

fn text(pointer: *const c_char) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: the loader's texts end with a zero byte and live as long as what is loaded.
    Some(unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
}

/// `Dl_info` of dlfcn.h.
#[repr(C)]
struct Info {
    file: *const c_char,
    base: *mut c_void,
    symbol: *const c_char,
    symbol_address: *mut c_void,
}

unsafe extern "C" {
    fn dladdr(address: *const c_void, info: *mut Info) -> c_int;
    fn gettid() -> c_int;
    fn _Unwind_Backtrace(
        look: extern "C" fn(context: *mut c_void, walk: *mut c_void) -> c_int,
        walk: *mut c_void,
    ) -> c_int;
    fn _Unwind_GetIP(context: *mut c_void) -> usize;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_says_its_call_its_thread_and_its_order() {
        let (first, second) = (Site::at(0).named("MAPIFreeBuffer"), Site::at(0));
        assert!(first.event < second.event);
        assert!(first.to_string().starts_with(&format!("MAPIFreeBuffer, event {}, thread ", first.event)));
    }

    #[test]
    fn an_address_is_told_by_its_file() {
        let own = Site::at as *const () as usize;
        assert!(place(own).contains("+0x"), "{}", place(own));
        assert_ne!(base_of(own), 0);
        assert_eq!(place(8), "0x8");
    }
}
