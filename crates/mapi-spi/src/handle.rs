//! `Handle`: how a client holds an open object, and `OpenObjects`, the book of what is open.
//!
//! Every call goes through [`Handle::live`], the one place that asks whether the object still lives.

use crate::gate::{Gate, Pass};
use crate::sync::{AtomicU64, Mutex, PoisonError};
use mapi_defs::Result;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// An open object of a logon; clones are the same object, and the last one dropped closes it.
pub struct Handle<T: ?Sized> {
    inner: Arc<Inner<T>>,
}

struct Inner<T: ?Sized> {
    object: Arc<T>,
    gate: Arc<Gate>,
    ticket: Ticket,
}

impl<T: ?Sized> Handle<T> {
    /// Puts an object behind a gate and enters it into the book.
    ///
    /// `kind` is the interface, such as `"IMessage"`; `name` tells objects of a kind apart and holds
    /// no value that came from a mail. Where it was opened is the caller's place in the source.
    #[track_caller]
    pub fn new(
        object: Arc<T>,
        gate: Arc<Gate>,
        book: &Arc<OpenObjects>,
        kind: &'static str,
        name: String,
    ) -> Self {
        let ticket = OpenObjects::open(book, kind, name, Location::caller());
        Self { inner: Arc::new(Inner { object, gate, ticket }) }
    }

    /// Enters the object for one call.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the logon the object belongs to has ended.
    pub fn live(&self) -> Result<Live<'_, T>> {
        let pass = self.inner.gate.enter()?;
        Ok(Live { object: &self.inner.object, pass })
    }

    /// Puts an object opened through this one behind the same gate and into the same book.
    #[track_caller]
    pub fn child<U: ?Sized>(&self, object: Arc<U>, kind: &'static str, name: String) -> Handle<U> {
        Handle::new(object, self.inner.gate.clone(), &self.inner.ticket.book, kind, name)
    }

    /// True where both hold the same object.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl<T: ?Sized> Clone for Handle<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

impl<T: ?Sized> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle(closed: {})", self.inner.gate.is_closed())
    }
}

/// An object during one call.
pub struct Live<'handle, T: ?Sized> {
    object: &'handle Arc<T>,
    pass: Pass<'handle>,
}

impl<T: ?Sized> Live<'_, T> {
    /// The object itself, for handing on within this call.
    pub fn object(&self) -> &Arc<T> {
        self.object
    }
}

impl<T: ?Sized> Deref for Live<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.object
    }
}

impl<T: ?Sized> fmt::Debug for Live<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Live({:?})", self.pass)
    }
}

/// The book of the objects that one session has open.
#[derive(Debug, Default)]
pub struct OpenObjects {
    opened: AtomicU64,
    closed: AtomicU64,
    next: AtomicU64,
    /// In the order of their opening, so that the oldest are found however many there are.
    live: Mutex<BTreeMap<u64, Entry>>,
}

/// What the book keeps of an object; the words are made only when somebody asks.
#[derive(Debug)]
struct Entry {
    kind: &'static str,
    name: String,
    place: &'static Location<'static>,
}

/// One open object in the book.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenObject {
    /// The interface, such as `"IMessage"`.
    pub kind: &'static str,
    /// What tells it apart from others of its kind.
    pub name: String,
    /// Where in the program it was opened, `file:line`.
    pub place: String,
}

impl OpenObjects {
    /// Number of objects opened so far.
    pub fn opened(&self) -> u64 {
        self.opened.load(Ordering::Acquire)
    }

    /// Number of objects closed so far.
    pub fn closed(&self) -> u64 {
        self.closed.load(Ordering::Acquire)
    }

    /// The oldest open objects, at most `most`.
    pub fn oldest(&self, most: usize) -> Vec<OpenObject> {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        let words = |entry: &Entry| OpenObject {
            kind: entry.kind,
            name: entry.name.clone(),
            place: format!("{}:{}", entry.place.file(), entry.place.line()),
        };
        live.values().take(most).map(words).collect()
    }

    fn open(book: &Arc<Self>, kind: &'static str, name: String, place: &'static Location<'static>) -> Ticket {
        let key = book.next.fetch_add(1, Ordering::Relaxed);
        let entry = Entry { kind, name, place };
        book.live.lock().unwrap_or_else(PoisonError::into_inner).insert(key, entry);
        book.opened.fetch_add(1, Ordering::AcqRel);
        Ticket { book: book.clone(), key }
    }
}

/// An object's place in the book; dropping it closes the object.
struct Ticket {
    book: Arc<OpenObjects>,
    key: u64,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.book.live.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        self.book.closed.fetch_add(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_defs::ErrorCode;

    fn number(book: &Arc<OpenObjects>, gate: &Arc<Gate>) -> Handle<u32> {
        Handle::new(Arc::new(7), gate.clone(), book, "INumber", "seven".into())
    }

    #[test]
    fn an_object_answers_until_its_gate_closes() {
        let (book, gate) = (Arc::new(OpenObjects::default()), Arc::new(Gate::new(1)));
        let handle = number(&book, &gate);
        assert_eq!(*handle.live().unwrap(), 7);
        gate.close();
        assert_eq!(handle.live().unwrap_err().code(), ErrorCode::INVALID_OBJECT);
    }

    #[test]
    fn a_clone_is_the_same_object_and_another_opening_is_not() {
        let (book, gate) = (Arc::new(OpenObjects::default()), Arc::new(Gate::new(1)));
        let handle = number(&book, &gate);
        assert!(handle.is_same(&handle.clone()));
        assert!(!handle.is_same(&number(&book, &gate)));
        assert_eq!(format!("{handle:?}"), "Handle(closed: false)");
        assert!(format!("{:?}", handle.live().unwrap()).starts_with("Live("));
        gate.close();
        assert_eq!(format!("{handle:?}"), "Handle(closed: true)");
    }

    #[test]
    fn the_book_counts_what_is_open_and_says_where() {
        let (book, gate) = (Arc::new(OpenObjects::default()), Arc::new(Gate::new(1)));
        let first = number(&book, &gate);
        let same = first.clone();
        let child = first.child(Arc::new("x"), "IChild", "c".into());
        assert_eq!((book.opened(), book.closed()), (2, 0));
        drop(first);
        assert_eq!(book.closed(), 0, "a clone still holds it");
        drop(same);
        assert_eq!((book.opened(), book.closed()), (2, 1));
        let open = book.oldest(10);
        assert_eq!((open.len(), open[0].kind), (1, "IChild"));
        assert!(open[0].place.contains("handle.rs:"), "{}", open[0].place);
        assert!(book.oldest(0).is_empty());
        drop(child);
        assert_eq!(book.opened(), book.closed());
    }
}
