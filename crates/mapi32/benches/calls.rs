//! What the boundary costs: GetProps of three small properties and a page of 50 rows of 10 columns, from C++
//! through `libmapi32.so`, beside the same calls of the safe API, by turns in one run.
//!
//! `MAPI_ROUNDS` says how many turns. The quickest of each is compared: whatever else the machine does only
//! adds.
#![allow(clippy::unwrap_used, reason = "a bench that cannot go on panics")]

use mapi::{Home, LogonOptions, Mapi, Message, Object, Session, Table};
use mapi_defs::flags::FolderFlags;
use mapi_defs::prop::{Prop, PropTag, PropValue, tags};
use mapi_spi::table::Bookmark;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

const ROWS: i64 = 50;
const COLUMNS: [PropTag; 10] = [
    tags::PR_ENTRYID,
    tags::PR_SUBJECT,
    tags::PR_IMPORTANCE,
    tags::PR_SENSITIVITY,
    tags::PR_MESSAGE_FLAGS,
    tags::PR_MESSAGE_SIZE,
    tags::PR_LAST_MODIFICATION_TIME,
    tags::PR_MESSAGE_CLASS,
    tags::PR_HASATTACH,
    tags::PR_CREATION_TIME,
];

fn main() {
    let rounds: usize = std::env::var("MAPI_ROUNDS").ok().map_or(25, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut driver = Driver::new(folder.path());
    let _mapi = Mapi::initialize().unwrap();
    mapi_services::register();
    let home = Home::at(&folder.path().join("safe")).unwrap();
    let (_session, message, table) = filled(&home);
    compare("props", 20_000, rounds, &mut driver, || {
        let three = [tags::PR_IMPORTANCE, tags::PR_SENSITIVITY, tags::PR_SUBJECT];
        black_box(message.props(Some(&three)).unwrap());
    });
    compare("page", 100, rounds, &mut driver, || {
        table.seek_row(Bookmark::Beginning, 0).unwrap();
        assert_eq!(black_box(table.query_rows(ROWS).unwrap()).len(), ROWS as usize);
    });
}

/// Prints the quickest round of each, and what lies between them.
fn compare(what: &str, calls: u32, rounds: usize, driver: &mut Driver, mut safe: impl FnMut()) {
    let (mut least_safe, mut least_c) = (f64::MAX, f64::MAX);
    for _ in 0..rounds {
        let began = Instant::now();
        (0..calls).for_each(|_| safe());
        least_safe = least_safe.min(began.elapsed().as_nanos() as f64 / f64::from(calls));
        least_c = least_c.min(driver.measure(what, calls));
    }
    println!(
        "figure: {what}: safe {least_safe:.0} ns, C++ {least_c:.0} ns, above {:.0} ns, ratio {:.2}",
        least_c - least_safe,
        least_c / least_safe
    );
}

/// A message and the table of its folder, with the session that they end with, of a profile of its own.
fn filled(home: &Home) -> (Session, Message, Table) {
    let (profile, _) = mapi_services::default_profile(home).unwrap();
    let session = Session::logon(LogonOptions::profile(&profile).home(home).no_mail()).unwrap();
    let store = session.open_default_store().unwrap();
    let folder = store.ipm_subtree().unwrap().create_folder("Measured", FolderFlags::default()).unwrap();
    let mut last = None;
    for _ in 0..ROWS {
        let message = folder.create_message().unwrap();
        let text = PropValue::from("Minutes of the meeting");
        message
            .set_props(&[
                Prop::new(tags::PR_SUBJECT, text),
                Prop::new(tags::PR_IMPORTANCE, PropValue::Long(1)),
                Prop::new(tags::PR_SENSITIVITY, PropValue::Long(0)),
            ])
            .unwrap();
        message.save(mapi_defs::flags::SaveFlags::KEEP_OPEN_READWRITE).unwrap();
        last = Some(message);
    }
    let table = folder.contents_table(Default::default()).unwrap();
    table.set_columns(&COLUMNS).unwrap();
    (session, last.unwrap(), table)
}

/// The program in C++, waiting for what to measure.
struct Driver {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Driver {
    fn new(folder: &Path) -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let library = library_folder();
        let program = folder.join("calls");
        let built = Command::new("g++")
            .args(["-std=c++17", "-O2", "-Wall", "-Werror", "-I"])
            .arg(here.join("include"))
            .arg("-I")
            .arg(here.join("tests/c"))
            .arg(here.join("benches/calls.cpp"))
            .arg("-o")
            .arg(&program)
            .arg("-L")
            .arg(&library)
            .arg("-lmapi32")
            .status()
            .unwrap();
        assert!(built.success());
        let mut child = Command::new(&program)
            .env("LD_LIBRARY_PATH", &library)
            .env("MAPI_HOME", folder.join("c"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, to, from }
    }

    /// Nanoseconds of one call.
    fn measure(&mut self, what: &str, calls: u32) -> f64 {
        writeln!(self.to.as_mut().unwrap(), "{what} {calls}").unwrap();
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        line.trim().parse().unwrap()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Its end is the end of its input.
        self.to = None;
        assert!(self.child.wait().unwrap().success());
    }
}

/// Where cargo put `libmapi32.so`: beside the bench itself.
fn library_folder() -> PathBuf {
    let folder = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    assert!(folder.join("libmapi32.so").exists(), "no libmapi32.so in {}", folder.display());
    folder
}
