//! What transports have said of themselves (SpoolerNotify): who is not to be disturbed, and who is not to
//! be called any more. What it means for messages is `machine`.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Who may be called, by place in transport order. Its lock is held for moments.
#[derive(Debug, Default)]
pub(crate) struct Signals(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Between NOTIFY_CRITSEC and NOTIFY_NONCRIT.
    critical: BTreeSet<usize>,
    /// After NOTIFY_CRITICAL_ERROR.
    broken: BTreeSet<usize>,
}

impl Signals {
    /// A transport enters a section in which nothing may disturb it, or leaves it.
    pub(crate) fn set_critical(&self, transport: usize, is_critical: bool) {
        let mut state = self.lock();
        match is_critical {
            true => state.critical.insert(transport),
            false => state.critical.remove(&transport),
        };
    }

    /// A transport cannot go on.
    pub(crate) fn set_broken(&self, transport: usize) {
        let mut state = self.lock();
        state.broken.insert(transport);
        state.critical.remove(&transport);
    }

    /// True where Idle and Poll may be called: of no transport while one is in a critical section.
    pub(crate) fn may_disturb(&self) -> bool {
        self.lock().critical.is_empty()
    }

    /// True where nothing but the logoff may be called.
    pub(crate) fn is_broken(&self, transport: usize) -> bool {
        self.lock().broken.contains(&transport)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_critical_section_is_enough_and_a_broken_transport_has_none() {
        let signals = Signals::default();
        signals.set_critical(0, true);
        signals.set_critical(1, true);
        signals.set_critical(0, false);
        assert!(!signals.may_disturb());
        signals.set_broken(1);
        assert!(signals.may_disturb() && signals.is_broken(1) && !signals.is_broken(0));
    }
}
