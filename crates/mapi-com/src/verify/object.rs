//! Objects in verify mode: who made them, how often they are referred to, who released them last.
//!
//! Every interface that is handed out becomes a stand-in (`stand_in.rs`); all those of one object share one
//! record, by the object's identity. The object itself ends with the last release as it does without the mode,
//! so a session logs off when it should. What stays is the stand-ins, at most `MOST_KEPT` of them, and the
//! record, which says who was wrong.

use super::site::{Site, base_of};
use super::stand_in::StandIn;
use super::{block, name, report};
use crate::interfaces::{
    IABContainer, IAddrBook, IAttach, IMAPIFolder, IMAPIProp, IMAPISession, IMAPIStatus, IMAPITable,
    IMailUser, IMessage, IMsgServiceAdmin, IMsgStore, IProfAdmin, IProfSect, IProviderAdmin, IStorage,
    IStream,
};
use mapi_defs::ErrorCode;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use windows_core::{GUID, HRESULT, IUnknown, Interface};

/// What a call on a released object answers.
pub(super) const INVALID: HRESULT = HRESULT(ErrorCode::INVALID_OBJECT.as_u32() as i32);
/// Released objects that are remembered; with their stand-ins about 64 MiB.
const MOST_KEPT: usize = 1 << 18;
/// Lines of a list of what was left.
const MOST_LISTED: usize = 100;

/// One object, for as long as anything of it is remembered.
struct Record {
    interface: &'static str,
    /// The how-manieth object at this identity: addresses are used again.
    generation: u32,
    identity: usize,
    made: Site,
    references: u32,
    /// Its interfaces, each with its stand-in.
    faces: Vec<Face>,
    released: Option<Site>,
}

#[derive(Clone, Copy)]
struct Face {
    inner: usize,
    stand_in: usize,
}

#[derive(Default)]
struct Book {
    last_number: u64,
    records: BTreeMap<u64, Record>,
    /// The living object at an identity.
    living: HashMap<usize, u64>,
    generations: HashMap<usize, u32>,
    /// Each stand-in's object, and the interface it stands in for.
    stand_ins: HashMap<usize, (u64, usize)>,
    /// The stand-in that a program knows an interface by.
    outer: HashMap<usize, usize>,
    /// The released ones, oldest first.
    released: VecDeque<u64>,
}

static BOOK: LazyLock<Mutex<Book>> = LazyLock::new(Mutex::default);

fn book() -> MutexGuard<'static, Book> {
    BOOK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// In verify mode the stand-in of an interface that is handed out with one reference; else the interface.
pub(crate) fn handed_out<I: Interface>(interface: I) -> *mut c_void {
    let raw = interface.into_raw();
    // SAFETY: a reference of an interface, which was just given up.
    if super::is_on() { unsafe { wrap(raw, &I::IID) } } else { raw }
}

/// The interface of our own that a program's pointer stands in for; the pointer itself where it is none.
pub(crate) fn inner(pointer: *mut c_void) -> *mut c_void {
    if !super::is_on() {
        return pointer;
    }
    let book = book();
    let found = book.stand_ins.get(&(pointer as usize));
    found.map_or(pointer, |(_, inner)| *inner as *mut c_void)
}

/// The pointer that a program knows an interface of ours by, to be told as a name.
pub fn outer(inner: *mut c_void) -> *mut c_void {
    if !super::is_on() {
        return inner;
    }
    book().outer.get(&(inner as usize)).map_or(inner, |stand_in| *stand_in as *mut c_void)
}

/// True, and told, where an interface that is handed in has been released.
pub(crate) fn is_released(pointer: *mut c_void) -> bool {
    if !super::is_on() || pointer.is_null() {
        return false;
    }
    let told = {
        let book = book();
        let record = book.stand_ins.get(&(pointer as usize)).and_then(|(number, _)| book.records.get(number));
        record.filter(|record| record.released.is_some()).map(|record| (record.interface, record.lines()))
    };
    if let Some((interface, mut lines)) = told {
        if !super::is_news(pointer as usize) {
            return true;
        }
        let site = Site::here();
        lines.push(format!("done by {site}"));
        let what = format!("a released {interface} was handed in");
        report::mistake(&what, &lines, "as if it were NULL");
        return true;
    }
    block::is_freed(pointer, super::under_way())
}

/// Lists the objects that were never released.
pub(super) fn list_left(call: &str) {
    let lines: Vec<String> = {
        let book = book();
        book.records.values().filter(|record| record.released.is_none()).map(Record::left).collect()
    };
    list(&format!("{} objects not released at {call}", lines.len()), lines);
}

/// Lists the objects that a logoff has ended and nobody had released before.
pub(crate) fn list_ended_by_logoff() {
    if !super::is_on() {
        return;
    }
    let living: Vec<(u64, IUnknown)> = {
        let book = book();
        let living = book.records.iter().filter(|(_, record)| record.released.is_none());
        let face = |record: &Record| record.faces.first().map(|face| face.inner as *mut c_void);
        living
            .filter_map(|(number, record)| {
                // SAFETY: an interface of a living record is held by it, and the book is locked.
                let unknown = unsafe { IUnknown::from_raw_borrowed(&face(record)?).cloned() };
                unknown.map(|unknown| (*number, unknown))
            })
            .collect()
    };
    let ended: Vec<u64> =
        living.into_iter().filter(|(_, object)| has_ended(object)).map(|(number, _)| number).collect();
    let lines: Vec<String> = {
        let book = book();
        ended.iter().filter_map(|number| book.records.get(number)).map(Record::left).collect()
    };
    list(&format!("{} objects not released before IMAPISession::Logoff", lines.len()), lines);
}

fn list(head: &str, mut lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    let more = lines.len().saturating_sub(MOST_LISTED);
    lines.truncate(MOST_LISTED);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    report::note(head, &lines);
}

/// Asks an object of ours something that changes nothing, and looks whether it has ended.
fn has_ended(object: &IUnknown) -> bool {
    // The session itself is released after its logoff, as it should be.
    if object.cast::<IMAPISession>().is_ok() {
        return false;
    }
    let answer = if let Ok(table) = object.cast::<IMAPITable>() {
        let mut columns = null_mut();
        // SAFETY: a living table, and a place of ours.
        let answer = unsafe { table.QueryColumns(0, &raw mut columns) };
        crate::memory::free_quietly(columns.cast());
        answer
    } else if let Ok(stream) = object.cast::<IStream>() {
        const SEEK_END: u32 = 2;
        const SEEK_SET: u32 = 0;
        let (mut here, mut end) = (0, 0);
        // SAFETY: a living stream, and places of ours; it is put back to where it was.
        unsafe {
            let told = stream.Seek(0, 1, &raw mut here);
            let answer = stream.Seek(0, SEEK_END, &raw mut end);
            if told.is_ok() && answer.is_ok() {
                let _back: HRESULT = stream.Seek(here as i64, SEEK_SET, null_mut());
            }
            answer
        }
    } else if let Ok(prop) = object.cast::<IMAPIProp>() {
        let mut known = null_mut();
        // SAFETY: a living object, and a place of ours.
        let answer = unsafe { prop.GetLastError(0, 0, &raw mut known) };
        crate::memory::free_quietly(known.cast());
        answer
    } else {
        HRESULT(0)
    };
    answer == INVALID
}

/// # Safety
/// `face` is an interface of kind `iid` with a reference that is given up.
unsafe fn wrap(face: *mut c_void, iid: &GUID) -> *mut c_void {
    // SAFETY: every interface begins with the address of its methods.
    let methods = unsafe { *face.cast::<usize>() };
    // A foreign object comes back as itself, and so does a stand-in.
    if base_of(methods) != base_of(wrap as *const () as usize)
        || book().stand_ins.contains_key(&(face as usize))
    {
        return face;
    }
    // SAFETY: the caller's reference keeps it alive.
    let Some(unknown) = (unsafe { IUnknown::from_raw_borrowed(&face) }) else { return face };
    let Ok(identity) = unknown.cast::<IUnknown>() else { return face };
    let interface = most_derived(&identity, iid);
    let made = Site::here();
    let (stand_in, spare) = book().enter(identity.as_raw() as usize, face as usize, interface, made);
    if spare {
        // SAFETY: the record holds a reference already, so the one handed over is one too many.
        drop(unsafe { IUnknown::from_raw(face) });
    }
    stand_in as *mut c_void
}

/// The name of the interface that says most of what an object is.
fn most_derived(object: &IUnknown, iid: &GUID) -> &'static str {
    let candidates = [
        IMAPISession::IID,
        IMsgStore::IID,
        IMAPIFolder::IID,
        IMessage::IID,
        IAttach::IID,
        IAddrBook::IID,
        IABContainer::IID,
        IMailUser::IID,
        IProfSect::IID,
        IMAPIStatus::IID,
        IMAPITable::IID,
        IStream::IID,
        IStorage::IID,
        IProfAdmin::IID,
        IMsgServiceAdmin::IID,
        IProviderAdmin::IID,
    ];
    let has = |iid: &GUID| {
        let mut found = null_mut();
        // SAFETY: a living object of ours, and a place of ours.
        let answer = unsafe { object.query(iid, &raw mut found) };
        if answer.is_err() || found.is_null() {
            return false;
        }
        // SAFETY: a successful query hands out one reference.
        drop(unsafe { IUnknown::from_raw(found) });
        true
    };
    let named = if *iid == IUnknown::IID || *iid == IMAPIProp::IID {
        candidates.iter().find(|iid| has(iid)).unwrap_or(iid)
    } else {
        iid
    };
    name::interface(named).unwrap_or("IUnknown")
}

/// QueryInterface of a living stand-in: what the object answers, as a stand-in.
///
/// # Safety
/// `face` lives; the arguments are a program's.
pub(super) unsafe fn query(face: *mut c_void, iid: *const GUID, out: *mut *mut c_void) -> HRESULT {
    // SAFETY: the promise is the caller's own.
    let Some(unknown) = (unsafe { IUnknown::from_raw_borrowed(&face) }) else { return INVALID };
    // SAFETY: as above; NULL is the object's to refuse.
    let answer = unsafe { unknown.query(iid, out) };
    if answer.is_ok() && !out.is_null() && !iid.is_null() {
        // SAFETY: a successful query has written an interface with a reference, which is exchanged.
        unsafe {
            let found = out.read_unaligned();
            if !found.is_null() {
                out.write_unaligned(wrap(found, &iid.read_unaligned()));
            }
        }
    }
    answer
}

/// AddRef of a living stand-in.
pub(super) fn add_ref(number: u64) -> u32 {
    let mut book = book();
    let Some(record) = book.records.get_mut(&number).filter(|record| record.released.is_none()) else {
        return 0;
    };
    record.references += 1;
    record.references
}

/// Release of a living stand-in, by a call that returns to `by`. With the last one the object itself is
/// released, and every pointer to it refuses from then on.
pub(super) fn release(number: u64, by: usize) -> u32 {
    let site = Site::at(by);
    let (ended, expired) = {
        let mut book = book();
        let Some(record) = book.records.get_mut(&number).filter(|record| record.released.is_none()) else {
            return 0;
        };
        record.references -= 1;
        if record.references > 0 {
            return record.references;
        }
        record.released = Some(site);
        let (identity, faces) = (record.identity, record.faces.clone());
        for face in &faces {
            // SAFETY: made by this book and freed by nobody else.
            unsafe { StandIn::end(face.stand_in as *mut StandIn) };
        }
        book.living.remove(&identity);
        book.released.push_back(number);
        (faces, book.expire())
    };
    for face in &ended {
        // SAFETY: the record's own reference; no lock is held, for what ends may call anybody.
        drop(unsafe { IUnknown::from_raw(face.inner as *mut c_void) });
    }
    for face in expired {
        // SAFETY: forgotten by the book; who uses it still was told for 262,144 releases.
        unsafe { StandIn::free(face.stand_in as *mut StandIn) };
    }
    0
}

/// Tells of a call on a released object; `None` for one that a program has written over.
pub(super) fn refuse(number: Option<u64>, slot: usize) {
    let found = number
        .and_then(|number| book().records.get(&number).map(|record| (record.interface, record.lines())));
    let (interface, mut lines) =
        found.unwrap_or(("an object", vec!["its memory was written over".to_owned()]));
    lines.push(format!("done by {}", Site::here()));
    let answered = if slot == 1 || slot == 2 { "0" } else { "MAPI_E_INVALID_OBJECT" };
    let what = format!("{} was called on a released object", name::method(interface, slot));
    report::mistake(&what, &lines, answered);
}

impl Book {
    /// The stand-in of an interface, with one reference more; true where the record held the interface already.
    fn enter(&mut self, identity: usize, face: usize, interface: &'static str, made: Site) -> (usize, bool) {
        let number = match self.living.get(&identity) {
            Some(number) => *number,
            None => self.record(identity, interface, made),
        };
        let Some(record) = self.records.get_mut(&number) else { return (face, false) };
        record.references += 1;
        if let Some(known) = record.faces.iter().find(|known| known.inner == face) {
            return (known.stand_in, true);
        }
        let stand_in = StandIn::new(face as *mut c_void, number) as usize;
        record.faces.push(Face { inner: face, stand_in });
        self.stand_ins.insert(stand_in, (number, face));
        self.outer.insert(face, stand_in);
        (stand_in, false)
    }

    fn record(&mut self, identity: usize, interface: &'static str, made: Site) -> u64 {
        self.last_number += 1;
        let number = self.last_number;
        let generation = self.generations.entry(identity).or_default();
        *generation += 1;
        let generation = *generation;
        let record = Record {
            interface,
            generation,
            identity,
            made,
            references: 0,
            faces: Vec::new(),
            released: None,
        };
        self.records.insert(number, record);
        self.living.insert(identity, number);
        number
    }

    /// Forgets the oldest of the released until few enough are kept; their stand-ins are the caller's to free.
    fn expire(&mut self) -> Vec<Face> {
        let mut expired = Vec::new();
        while self.released.len() > MOST_KEPT {
            let Some(record) = self.released.pop_front().and_then(|number| self.records.remove(&number))
            else {
                break;
            };
            for face in &record.faces {
                self.stand_ins.remove(&face.stand_in);
                if self.outer.get(&face.inner) == Some(&face.stand_in) {
                    self.outer.remove(&face.inner);
                }
            }
            expired.extend(record.faces);
        }
        expired
    }
}

impl Record {
    fn left(&self) -> String {
        format!("{}, {} references, made by {}", self.interface, self.references, self.made)
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("{}, generation {} at its place", self.interface, self.generation)];
        lines.push(format!("made by {}", self.made));
        lines.extend(self.released.map(|released| format!("last released by {released}")));
        lines
    }
}
