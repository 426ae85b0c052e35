//! IMAPIAdviseSink over a sink of the safe core, for objects of providers in libraries.

use crate::abi::NOTIFICATION;
use crate::guard::value;
use crate::interfaces::{IMAPIAdviseSink, IMAPIAdviseSink_Impl};
use crate::marshal::notified::notifications;
use mapi_spi::advise::AdviseSink;
use std::ops::ControlFlow;
use std::sync::Arc;
use windows_core::implement;

/// CALLBACK_DISCONTINUE: the sinks after this one are not told.
const CALLBACK_DISCONTINUE: u32 = 1;

/// Makes the COM object of a sink.
pub(crate) fn core_sink(sink: Arc<dyn AdviseSink>) -> IMAPIAdviseSink {
    CoreSink(sink).into()
}

#[implement(IMAPIAdviseSink)]
struct CoreSink(Arc<dyn AdviseSink>);

impl IMAPIAdviseSink_Impl for CoreSink_Impl {
    unsafe fn OnNotify(&self, count: u32, pointer: *mut NOTIFICATION) -> u32 {
        const CALL: &str = "IMAPIAdviseSink::OnNotify";
        value(CALL, 0, || {
            // SAFETY: the provider's notifications, for the call.
            let told = unsafe { notifications(pointer, count, CALL) }?;
            Ok(match self.0.on_sync_notify(&told) {
                ControlFlow::Continue(()) => 0,
                ControlFlow::Break(()) => CALLBACK_DISCONTINUE,
            })
        })
    }
}
