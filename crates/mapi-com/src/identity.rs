//! One COM object for one object of the safe core: whoever asks twice gets the same pointer.
//!
//! A foreign object that crosses the core is handed out as itself by the code that wraps it, in `import/`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use windows_core::{IUnknown, Interface, Weak};

/// The COM objects made so far, by the address of what they stand for. Holds none of them alive.
#[derive(Default)]
pub struct Identities(Mutex<HashMap<usize, Weak<IUnknown>>>);

impl Identities {
    /// A book without entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// The COM object of `object`: the one that lives, or the one that `make` makes.
    ///
    /// `make` makes an object that holds `object`, so the address means nothing else while it lives.
    /// It is called under the lock of the book and must not call foreign code.
    pub fn of<T: ?Sized, I: Interface>(&self, object: &Arc<T>, make: impl FnOnce() -> I) -> I {
        let key = Arc::as_ptr(object).cast::<()>() as usize;
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let living = book.get(&key).and_then(Weak::upgrade).and_then(|unknown| unknown.cast::<I>().ok());
        if let Some(living) = living {
            return living;
        }
        let made = make();
        if let Ok(weak) = made.cast::<IUnknown>().and_then(|unknown| unknown.downgrade()) {
            // The dead are swept out when the book would grow.
            if book.len() == book.capacity() {
                book.retain(|_, weak| weak.upgrade().is_some());
            }
            book.insert(key, weak);
        }
        made
    }
}

impl std::fmt::Debug for Identities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identities")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::table::export_table;
    use crate::interfaces::IMAPITable;
    use crate::marshal::block::Allocator;
    use mapi_defs::prop::tags::PR_ROWID;
    use mapi_defs::sort::SortOrder;
    use mapi_spi::table::{MapiTable, TableData};

    #[test]
    fn one_object_has_one_pointer_while_it_lives() {
        let data = TableData::new(PR_ROWID, &[PR_ROWID]);
        let view = || -> Arc<dyn MapiTable> { Arc::new(data.view(SortOrder::default()).unwrap()) };
        let (one, other) = (view(), view());
        let book = Identities::new();
        let of = |table: &Arc<dyn MapiTable>| -> IMAPITable {
            book.of(table, || export_table(table.clone(), None, Allocator::OURS))
        };
        let (first, again, different) = (of(&one), of(&one), of(&other));
        assert_eq!(first.as_raw(), again.as_raw());
        assert_ne!(first.as_raw(), different.as_raw());
        assert_eq!(Arc::strong_count(&one), 2, "held by its one COM object");
        drop((first, again));
        assert_eq!(Arc::strong_count(&one), 1, "the book holds nothing alive");
        drop(of(&one));
    }
}
