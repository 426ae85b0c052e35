//! A barrier between threads whose whole price is paid by the one side that seldom needs it.
//!
//! A thread that writes one place and then reads another needs a barrier in between, or the processor may
//! read first. Where the kernel offers it (`membarrier`, Linux 4.14), [`heavy`] makes every running thread of
//! the process pass such a barrier, and [`light`] only keeps the compiler from changing the order; elsewhere
//! both are fences. Whom it serves is `gate.rs`.

use std::sync::atomic::{AtomicBool, Ordering, compiler_fence, fence};

/// True once threads may rely on `heavy` alone.
static IS_OFFERED: AtomicBool = AtomicBool::new(false);

/// For proofs alone: a build with the seeded fault makes nobody pass, and they have to notice.
const IS_CHECKED: bool = cfg!(not(feature = "seeded-fault-barrier"));

/// Asks the kernel, once; until then `light` is a fence.
pub(crate) fn prepare() {
    if kernel::is_offered() {
        IS_OFFERED.store(true, Ordering::Relaxed);
    }
}

/// Between a write and a read of a thread that does so very often.
pub(crate) fn light() {
    if IS_OFFERED.load(Ordering::Relaxed) {
        compiler_fence(Ordering::SeqCst);
    } else {
        fence(Ordering::SeqCst);
    }
}

/// Between a write and a read of the thread that wants to know where the others are: whoever has not read
/// yet what it wrote before has written what it reads after.
pub(crate) fn heavy() {
    fence(Ordering::SeqCst);
    if IS_CHECKED {
        kernel::pass_all();
    }
}

#[cfg(target_os = "linux")]
mod kernel {
    use rustix::thread::{MembarrierCommand, membarrier};
    use std::sync::OnceLock;

    pub(super) fn is_offered() -> bool {
        // Whoever waits asks as well, so that it never takes for missing what another relies on.
        static OFFERED: OnceLock<bool> = OnceLock::new();
        *OFFERED.get_or_init(|| register_and_pass().is_ok())
    }

    pub(super) fn pass_all() {
        if is_offered() {
            // A process that was forked may have to ask again; what was offered once is not refused then.
            let passed = membarrier(MembarrierCommand::PrivateExpedited).or_else(|_| register_and_pass());
            debug_assert_eq!(passed, Ok(()), "the kernel takes back what it offered");
        }
    }

    fn register_and_pass() -> rustix::io::Result<()> {
        membarrier(MembarrierCommand::RegisterPrivateExpedited)?;
        membarrier(MembarrierCommand::PrivateExpedited)
    }
}

#[cfg(not(target_os = "linux"))]
mod kernel {
    pub(super) fn is_offered() -> bool {
        false
    }

    pub(super) fn pass_all() {}
}
