//! Libraries with providers in them: loaded once, asked for their entry points, never unloaded.
//!
//! Which file that is and whether it may be loaded `mapi::provider::library` has decided. What a
//! library's objects look like to the safe core is in `import/provider/`, and what they are given in
//! `export/provider/`; a service's own entry is `service_entry.rs`.

mod service_entry;

use crate::abi::{AllocateBuffer, AllocateMore, FreeBuffer};
use crate::export::malloc::default_malloc;
use crate::guard::{entry, value};
use crate::import::answered;
use crate::import::provider::{foreign_ab_provider, foreign_ms_provider, foreign_xp_provider};
use crate::marshal::Out;
use crate::memory;
use libloading::os::unix::{Library as Loaded, RTLD_LOCAL, RTLD_NOW};
use mapi::provider::{Library, LibraryFile, LibraryLoader, ProviderFactory};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::provider::address_book::AbProvider;
use mapi_spi::provider::store::MsProvider;
use mapi_spi::provider::transport::XpProvider;
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use windows_core::Interface;

/// The version of the provider interface that is spoken here (CURRENT_SPI_VERSION).
pub const CURRENT_SPI_VERSION: u32 = 0x0001_0010;

/// The name that a service's library knows itself by: the address of nothing, as no library is a module of
/// Windows.
const INSTANCE: *mut c_void = std::ptr::null_mut();

/// MSProviderInit, XPProviderInit and ABProviderInit, which differ in what they answer alone.
type ProviderInit = unsafe extern "C" fn(
    instance: *mut c_void,
    malloc: *mut c_void,
    allocate_buffer: AllocateBuffer,
    allocate_more: AllocateMore,
    free_buffer: FreeBuffer,
    flags: u32,
    mapi_version: u32,
    provider_version: *mut u32,
    provider: *mut *mut c_void,
) -> i32;

/// Makes the loader known; libraries of services can be loaded from then on.
pub fn register() {
    mapi::provider::register_loader(Arc::new(SharedLibraries));
}

/// Loads shared libraries of the system (`dlopen`).
#[derive(Clone, Copy, Debug, Default)]
pub struct SharedLibraries;

/// Every library that was ever loaded; what is here lives as long as the process.
static LOADED: Mutex<BTreeMap<PathBuf, &'static Loaded>> = Mutex::new(BTreeMap::new());

impl LibraryLoader for SharedLibraries {
    fn load(&self, file: &LibraryFile, entry_name: Option<&str>) -> Result<Library> {
        let library = open(file.path())?;
        let entry = entry_name.map(|name| service_entry::find(library, file.path(), name)).transpose()?;
        Ok(Library { entry, providers: factories(library, file.path()) })
    }
}

/// Loads a library, or finds it loaded.
///
/// By its path, not by the open file: its folders were found to be nobody else's, so the file at the path
/// is still the one that was checked, and the library finds its own neighbours (`$ORIGIN`).
fn open(path: &Path) -> Result<&'static Loaded> {
    const CALL: &str = "LibraryLoader::load";
    if let Some(known) = loaded().get(path) {
        return Ok(known);
    }
    // SAFETY: loading runs the library's constructors. The file belongs to root or the user and nobody else
    // can change it, so it may do whatever this program may.
    let opened = unsafe { Loaded::open(Some(path), RTLD_NOW | RTLD_LOCAL) }.map_err(|error| {
        let words = full(&error);
        Error::new(ErrorCode::CALL_FAILED, CALL, format!("{} cannot be loaded: {words}", path.display()))
    })?;
    // Not under the lock: a constructor may load further libraries through MAPI.
    let library: &'static Loaded =
        loaded().entry(path.to_owned()).or_insert_with(|| Box::leak(Box::new(opened)));
    tracing::debug!(library = %path.display(), "a library of providers is loaded");
    Ok(library)
}

fn loaded() -> std::sync::MutexGuard<'static, BTreeMap<PathBuf, &'static Loaded>> {
    LOADED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An error with what is behind it.
fn full(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

/// A factory for each kind of provider that the library has an entry point for.
fn factories(library: &'static Loaded, path: &Path) -> Vec<ProviderFactory> {
    let mut found = Vec::new();
    if let Some(init) = symbol(library, "MSProviderInit") {
        let path = path.to_owned();
        found.push(ProviderFactory::store(move || -> Arc<dyn MsProvider> {
            foreign_ms_provider(name_of(&path), start(init, &path, "MSProviderInit"))
        }));
    }
    if let Some(init) = symbol(library, "XPProviderInit") {
        let path = path.to_owned();
        found.push(ProviderFactory::transport(move || -> Arc<dyn XpProvider> {
            foreign_xp_provider(name_of(&path), start(init, &path, "XPProviderInit"))
        }));
    }
    if let Some(init) = symbol(library, "ABProviderInit") {
        let path = path.to_owned();
        found.push(ProviderFactory::address_book(move || -> Arc<dyn AbProvider> {
            foreign_ab_provider(name_of(&path), start(init, &path, "ABProviderInit"))
        }));
    }
    found
}

fn symbol(library: &'static Loaded, name: &str) -> Option<ProviderInit> {
    // SAFETY: whoever exports a function of this name promises MAPI's signature for it.
    unsafe { library.get::<ProviderInit>(name) }.ok().map(|symbol| *symbol)
}

/// What a provider of a library is called in messages and accounts.
fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Calls a provider's entry point, and agrees with it on a version.
fn start<I: Interface>(init: ProviderInit, path: &Path, call: &'static str) -> Result<I> {
    let (mut version, mut provider) = (0, std::ptr::null_mut());
    // SAFETY: the entry point was found under the name of this signature; the places are ours.
    let answer = unsafe {
        init(
            INSTANCE,
            default_malloc(),
            Some(allocate_buffer),
            Some(allocate_more),
            Some(free_buffer),
            0,
            CURRENT_SPI_VERSION,
            &raw mut version,
            &raw mut provider,
        )
    };
    answered(answer, call).map_err(|error| {
        let detail = format!("{}: {}", path.display(), error.detail());
        Error::new(error.code(), call, detail)
    })?;
    if provider.is_null() {
        let detail = format!("{} answered success and no provider", path.display());
        return Err(Error::new(ErrorCode::CALL_FAILED, call, detail));
    }
    // SAFETY: a successful entry point hands out one reference to the interface of its kind.
    let provider = unsafe { I::from_raw(provider) };
    if !speaks(version) {
        let detail = format!(
            "{} is made for version {version:#010x} of the provider interface, and here is {CURRENT_SPI_VERSION:#010x}: \
             build it against the headers of this version",
            path.display()
        );
        return Err(Error::new(ErrorCode::VERSION, call, detail));
    }
    Ok(provider)
}

/// True for a version of the provider interface whose layout is today's: the major version and the minor
/// one are the same, and the micro version is no later.
fn speaks(version: u32) -> bool {
    version >> 16 == CURRENT_SPI_VERSION >> 16 && version <= CURRENT_SPI_VERSION && version & 0xFFFF != 0
}

pub(crate) unsafe extern "C-unwind" fn allocate_buffer(bytes: u32, block: *mut *mut c_void) -> i32 {
    const CALL: &str = "ALLOCATEBUFFER";
    entry(CALL, || {
        // SAFETY: the provider's out parameter.
        let out = unsafe { Out::required(block, CALL) }?;
        out.write(memory::allocate(bytes as usize)?.as_ptr());
        Ok(())
    })
    .0
}

pub(crate) unsafe extern "C-unwind" fn allocate_more(
    bytes: u32,
    root: *mut c_void,
    block: *mut *mut c_void,
) -> i32 {
    const CALL: &str = "ALLOCATEMORE";
    entry(CALL, || {
        // SAFETY: the provider's out parameter.
        let out = unsafe { Out::required(block, CALL) }?;
        out.write(memory::allocate_more(bytes as usize, root)?.as_ptr());
        Ok(())
    })
    .0
}

pub(crate) unsafe extern "C-unwind" fn free_buffer(block: *mut c_void) -> u32 {
    value("FREEBUFFER", 0, || {
        memory::free(block);
        Ok(0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_the_same_layout_are_spoken() {
        for (version, expect) in [
            (CURRENT_SPI_VERSION, true),
            (0x0001_0008, true),
            (0x0001_0000, false),
            (0x0001_0011, false),
            (0x0002_0010, false),
            (0, false),
        ] {
            assert_eq!(speaks(version), expect, "{version:#x}");
        }
    }
}
