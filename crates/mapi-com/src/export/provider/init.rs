//! The entry points of a library of providers in Rust: what `export_transport_provider!` and its neighbours
//! stand for.

use super::transport::xp_provider;
use crate::abi::{AllocateBuffer, AllocateMore, FreeBuffer};
use crate::guard::entry;
use crate::host_memory::adopt;
use crate::load::CURRENT_SPI_VERSION;
use crate::marshal::Out;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::provider::transport::XpProvider;
use std::ffi::c_void;
use std::sync::Arc;

/// What every entry point of a provider is given.
#[derive(Clone, Copy)]
pub struct Init {
    /// Makes a buffer.
    pub allocate_buffer: AllocateBuffer,
    /// Makes a buffer that goes with another.
    pub allocate_more: AllocateMore,
    /// Frees a buffer.
    pub free_buffer: FreeBuffer,
    /// The version of the provider interface that the host speaks.
    pub mapi_version: u32,
    /// Where the version that the provider speaks goes.
    pub provider_version: *mut u32,
    /// Where the provider goes.
    pub provider: *mut *mut c_void,
}

impl Init {
    /// XPProviderInit of a provider in Rust.
    ///
    /// # Errors
    /// - `MAPI_E_VERSION`: the host is older than this library.
    ///
    /// # Safety
    /// The host's own arguments, as it called the entry point with them.
    pub unsafe fn transport(self, make: impl FnOnce() -> Arc<dyn XpProvider>) -> i32 {
        const CALL: &str = "XPProviderInit";
        entry(CALL, || {
            // SAFETY: the promise is the caller's own.
            let (version, out) = unsafe { self.agreed(CALL) }?;
            out.give(xp_provider(make()));
            version.write(CURRENT_SPI_VERSION);
            Ok(())
        })
        .0
    }

    /// # Safety
    /// As [`Init::transport`].
    unsafe fn agreed(self, call: &'static str) -> Result<(Out<u32>, Out<*mut c_void>)> {
        if self.mapi_version < CURRENT_SPI_VERSION {
            let detail =
                "the program that loads this library speaks an older version of the provider interface";
            return Err(Error::new(ErrorCode::VERSION, call, detail));
        }
        // SAFETY: the promise is the caller's own.
        unsafe {
            adopt(self.allocate_buffer, self.allocate_more, self.free_buffer)?;
            Ok((Out::required(self.provider_version, call)?, Out::required(self.provider, call)?))
        }
    }
}

/// Makes a transport provider in Rust the one of this library (XPProviderInit). The argument is an expression
/// of a type that is an [`XpProvider`]; it is made once for each session.
///
/// ```ignore
/// mapi_com::export_transport_provider!(MyTransport::default());
/// ```
#[macro_export]
macro_rules! export_transport_provider {
    ($make:expr) => {
        /// The entry point of this library's transport provider.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn XPProviderInit(
            _instance: *mut ::core::ffi::c_void,
            _malloc: *mut ::core::ffi::c_void,
            allocate_buffer: $crate::abi::AllocateBuffer,
            allocate_more: $crate::abi::AllocateMore,
            free_buffer: $crate::abi::FreeBuffer,
            _flags: u32,
            mapi_version: u32,
            provider_version: *mut u32,
            provider: *mut *mut ::core::ffi::c_void,
        ) -> i32 {
            let init = $crate::export::provider::init::Init {
                allocate_buffer,
                allocate_more,
                free_buffer,
                mapi_version,
                provider_version,
                provider,
            };
            // SAFETY: the arguments are the host's own.
            unsafe { init.transport(|| ::std::sync::Arc::new($make)) }
        }
    };
}
