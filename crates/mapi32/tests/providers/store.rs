//! The sample store in C++ (`samples/cpp-store`).

use crate::child;
use crate::compile::{With, build, here, library_folder};
use mapi::provider::Installation;
use mapi::{
    EntryId, Error, ErrorCode, Home, LogoffFlags, LogonOptions, Mapi, MdbFlags, MsgStore, NewService, Object,
    OpenFlags, ProfAdmin, RecipientType, SaveFlags, Session,
};
use mapi_defs::flags::TableFlags;
use mapi_defs::prop::tags::{PR_DISPLAY_NAME, PR_ENTRYID, PR_MESSAGE_CLASS, PR_SUBJECT};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const LIBRARY: &str = "libnotes_store.so";
/// How long the session of the tests waits for a provider at its end.
const PATIENCE: Duration = Duration::from_millis(500);

/// Builds a library of C++ into a folder of its own, with what describes it beside it.
fn library(source: &Path, file: &str, folder: &Path, more: &[&str]) -> PathBuf {
    let path = folder.join(file);
    let mut command = Command::new("g++");
    command.args(["-std=c++17", "-g", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-pthread"]);
    command.args(more).arg("-I").arg(here("include")).arg(source).arg("-o").arg(&path);
    command.arg("-L").arg(library_folder()).arg("-lmapi32");
    command.arg(format!("-Wl,-rpath,{}", library_folder().display()));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}: {}", source.display(), String::from_utf8_lossy(&output.stderr));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn sample(folder: &Path, more: &[&str]) -> PathBuf {
    let source = here("../../samples/cpp-store");
    fs::copy(source.join("notes_store.inf"), folder.join("notes_store.inf")).unwrap();
    fs::set_permissions(folder.join("notes_store.inf"), fs::Permissions::from_mode(0o644)).unwrap();
    library(&source.join("notes_store.cpp"), LIBRARY, folder, more)
}

/// A home whose profile "P" has the sample beside a store and LOCAL.
fn home_with_sample(folder: &Path) -> Home {
    mapi_services::register();
    let home = Home::at(&folder.join("home")).unwrap();
    let installed = Installation::of(&home).install(sample(folder, &[]).to_str().unwrap()).unwrap();
    assert_eq!(installed.services, ["NOTES"]);
    let services = [mapi_services::STORE, mapi_services::LOCAL, "NOTES"].map(NewService::named);
    ProfAdmin::new(&home).unwrap().create_profile("P", &services).unwrap();
    home
}

fn logged_on(home: &Home) -> Session {
    Session::logon(LogonOptions::profile("P").home(home).patience(PATIENCE)).unwrap()
}

fn notes_of(session: &Session) -> MsgStore {
    let rows = session.stores().unwrap();
    let row = rows.iter().find(|row| row.text(PR_DISPLAY_NAME) == Some("Sample notes")).unwrap();
    let id = EntryId::from_bytes(row.binary(PR_ENTRYID).unwrap());
    session.open_msg_store(&id, MdbFlags::WRITE).unwrap()
}

pub(crate) fn the_sample_store_through_logon_and_traffic() {
    let _mapi = Mapi::initialize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = home_with_sample(folder.path());
    let session = logged_on(&home);
    let store = notes_of(&session);
    assert_eq!(store.text(PR_DISPLAY_NAME).unwrap().as_deref(), Some("Sample notes"));
    let root = store.root_folder().unwrap();
    let folders = root.hierarchy_table(TableFlags::NONE).unwrap();
    let rows = folders.query_all_rows(&[PR_DISPLAY_NAME, PR_ENTRYID]).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].text(PR_DISPLAY_NAME), Some("Notes"));
    let id = EntryId::from_bytes(rows[0].binary(PR_ENTRYID).unwrap());
    let notes = store.open_folder(&id, OpenFlags::MODIFY).unwrap();
    for subject in ["Grüße", "second"] {
        let message = notes.create_message().unwrap();
        message.set(PR_SUBJECT, subject).unwrap();
        message.save(SaveFlags::NONE).unwrap();
    }
    let table = notes.contents_table(TableFlags::NONE).unwrap();
    let rows = table.query_all_rows(&[PR_ENTRYID, PR_SUBJECT, PR_MESSAGE_CLASS]).unwrap();
    let subjects: Vec<_> = rows.iter().map(|row| row.text(PR_SUBJECT).unwrap().to_owned()).collect();
    assert_eq!(subjects, ["Grüße", "second"]);
    let id = EntryId::from_bytes(rows[0].binary(PR_ENTRYID).unwrap());
    let read = store.open_message(&id, OpenFlags::NONE).unwrap();
    assert_eq!(read.text(PR_SUBJECT).unwrap().as_deref(), Some("Grüße"));
    assert!(read.recipients().unwrap().is_empty());
    let missing = store.open_message(&EntryId::from_bytes([7; 24]), OpenFlags::NONE).unwrap_err();
    assert_eq!(missing.code(), ErrorCode::INVALID_ENTRYID, "the provider's own answer");
    notes.delete_messages(&[id], mapi_defs::flags::FolderFlags::NONE).unwrap();
    assert_eq!(notes.contents_table(TableFlags::NONE).unwrap().row_count().unwrap(), 1);
    let account = session.logoff(LogoffFlags::NONE).unwrap();
    let end = account.providers.iter().find(|end| end.name == LIBRARY).unwrap();
    assert_eq!((end.kind, end.result), ("store", Ok(())), "{account:?}");
    assert!(read.text(PR_SUBJECT).unwrap_err().is_invalid_object());
}

/// The service of a library that is made of these few lines.
fn refused(lines: &str, file: &str) -> Error {
    let _mapi = Mapi::initialize().unwrap();
    mapi_services::register();
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("library.cpp");
    fs::write(&source, format!("#include <mapispi.h>\n#include <mapicode.h>\n{lines}\n")).unwrap();
    let path = library(&source, file, folder.path(), &["-Wno-unused-parameter"]);
    let home = Home::at(&folder.path().join("home")).unwrap();
    let installed = match Installation::of(&home).install(path.to_str().unwrap()) {
        Ok(installed) => installed,
        Err(error) => return error,
    };
    let services = [mapi_services::STORE, &installed.services[0]].map(NewService::named);
    ProfAdmin::new(&home).unwrap().create_profile("P", &services).unwrap();
    let session = Session::logon(LogonOptions::profile("P").home(&home).no_mail()).unwrap();
    let rows = session.stores().unwrap();
    let mut answers = rows
        .iter()
        .map(|row| EntryId::from_bytes(row.binary(PR_ENTRYID).unwrap()))
        .map(|id| session.open_msg_store(&id, MdbFlags::NO_DIALOG));
    answers.find_map(Result::err).expect("the library's store opens")
}

pub(crate) fn what_cannot_be_loaded_says_why() {
    let init = |body: &str| {
        format!(
            "extern \"C\" HRESULT MSProviderInit(HINSTANCE, LPMALLOC, LPALLOCATEBUFFER, LPALLOCATEMORE, LPFREEBUFFER, \
             ULONG, ULONG, ULONG *version, LPMSPROVIDER *out) {{ *out = nullptr; *version = CURRENT_SPI_VERSION; {body} }}"
        )
    };
    let empty = refused("int nothing;", "libempty.so");
    assert_eq!(empty.code(), ErrorCode::NOT_FOUND, "{empty}");
    let unresolved = refused(
        "void missing_function(); extern \"C\" void MSProviderThere() { missing_function(); }",
        "libhole.so",
    );
    assert_eq!(unresolved.code(), ErrorCode::CALL_FAILED, "{unresolved}");
    assert!(unresolved.detail().contains("missing_function"), "{unresolved}");
    let fails = refused(&init("return MAPI_E_CORRUPT_STORE;"), "libfails.so");
    assert_eq!(fails.code(), ErrorCode::CORRUPT_STORE, "{fails}");
    let nothing = refused(&init("return S_OK;"), "libnothing.so");
    assert_eq!(nothing.code(), ErrorCode::CALL_FAILED, "{nothing}");
    let newer = refused(&init("static void *slots[8]; static void **object = slots; *out = (LPMSPROVIDER)&object; *version = 0x00020000; return S_OK;").replace("slots[8]", "slots[8] = {nullptr, nullptr, (void *)count}").replace("extern \"C\" HRESULT", "static ULONG count(void *) { return 1; } extern \"C\" HRESULT"), "libnewer.so");
    assert_eq!(newer.code(), ErrorCode::VERSION, "{newer}");
    assert!(newer.detail().contains("0x00020000"), "{newer}");
}

pub(crate) fn a_library_is_checked_before_it_is_loaded() {
    let _mapi = Mapi::initialize().unwrap();
    mapi_services::register();
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(&folder.path().join("home")).unwrap();
    let path = sample(folder.path(), &[]);
    for mode in [0o775, 0o757, 0o777] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let refused = Installation::of(&home).install(path.to_str().unwrap()).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::NO_ACCESS, "{mode:o}: {refused}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let refused = Installation::of(&home).install(path.to_str().unwrap()).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::NO_ACCESS, "{refused}");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    Installation::of(&home).install(path.to_str().unwrap()).unwrap();
}

pub(crate) fn child_hangs(home: &Path) {
    mapi_services::register();
    let mapi = Mapi::initialize().unwrap();
    let home = Home::at(home).unwrap();
    let session = logged_on(&home);
    let store = notes_of(&session);
    let began = Instant::now();
    let account = session.logoff(LogoffFlags::NONE).unwrap();
    assert!(began.elapsed() < 20 * PATIENCE, "{account:?}");
    assert!(store.text(PR_DISPLAY_NAME).unwrap_err().is_invalid_object());
    println!("{}", account.to_json());
    drop((store, session, mapi));
}

pub(crate) fn a_hang_in_logoff_is_bounded_and_named() {
    let folder = tempfile::tempdir().unwrap();
    {
        let _mapi = Mapi::initialize().unwrap();
        home_with_sample(folder.path());
    }
    let home = folder.path().join("home");
    let output = child("hang", &home, &[("SAMPLE_NOTES_FAULT", "hang")]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let late = format!("\"name\":\"{LIBRARY}\",\"result\":\"MAPI_E_TIMEOUT\"");
    assert!(said.contains(&late), "{said}");
    // The others took their leave, and the profile is free for the next session.
    assert!(said.contains("\"kind\":\"transport\""), "{said}");
    let good = child("hang", &home, &[]);
    assert!(good.status.success(), "{}", String::from_utf8_lossy(&good.stderr));
    assert!(!String::from_utf8_lossy(&good.stdout).contains("TIMEOUT"));
}

pub(crate) fn child_crashes(home: &Path) {
    mapi_services::register();
    let mapi = Mapi::initialize().unwrap();
    let home = Home::at(home).unwrap();
    let session = logged_on(&home);
    let notes = notes_of(&session);
    let store = session.open_default_store().unwrap();
    let message = store.compose().unwrap();
    message.set(PR_SUBJECT, "before the crash").unwrap();
    message.add_recipient(RecipientType::To, "Ann", "ann@example.org").unwrap();
    message.submit().unwrap();
    let account = session.logoff(LogoffFlags::NONE).unwrap();
    println!("{}", account.to_json());
    drop((message, store, notes, session, mapi));
    // The library's own exit handler crashes from here on.
}

pub(crate) fn a_crash_at_exit_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let _mapi = Mapi::initialize().unwrap();
    let home = home_with_sample(folder.path());
    let output = child("crash", &folder.path().join("home"), &[("SAMPLE_NOTES_FAULT", "crash")]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.signal(), Some(6), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let ended = format!("\"name\":\"{LIBRARY}\",\"result\":\"S_OK\"");
    assert!(said.contains(&ended), "the session had ended in order: {said}");
    // Nobody is taken for a member of a session that is over, and the message is there once.
    let options = LogonOptions::profile("P").home(&home).no_mail().patience(PATIENCE);
    let session = Session::logon(options).unwrap();
    let store = session.open_default_store().unwrap();
    let mut subjects = Vec::new();
    for folder in [store.inbox(), store.outbox(), store.sent_items()] {
        let table = folder.unwrap().contents_table(TableFlags::NONE).unwrap();
        let rows = table.query_all_rows(&[PR_SUBJECT]).unwrap();
        subjects.push(rows.iter().filter(|row| row.text(PR_SUBJECT) == Some("before the crash")).count());
    }
    // Where it has not gone yet it waits; where it has, it is here and among what was sent.
    assert!(subjects == [0, 1, 0] || subjects == [1, 0, 1], "inbox, outbox, sent: {subjects:?}");
    session.logoff(LogoffFlags::NONE).unwrap();
}

pub(crate) fn a_c_program_works_with_the_sample_under_asan() {
    let folder = tempfile::tempdir().unwrap();
    let program = build(&here("tests/c/notes.cpp"), folder.path(), With::Sanitizers);
    let checks = ["-fsanitize=address,undefined", "-fno-sanitize=vptr", "-fno-sanitize-recover=all"];
    let path = sample(folder.path(), &checks);
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).unwrap();
    let inf = fs::read_to_string(folder.path().join("notes_store.inf")).unwrap();
    let inf = inf.replace("DLL_NAME=notes_store", &format!("DLL_NAME={}", path.display()));
    fs::write(home.join("mapisvc.inf"), inf).unwrap();
    fs::set_permissions(home.join("mapisvc.inf"), fs::Permissions::from_mode(0o600)).unwrap();
    let output = Command::new(&program)
        .env("LD_LIBRARY_PATH", library_folder())
        .env("MAPI_HOME", &home)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
}

/// The line of the guide that builds the sample, run as it stands beside a copy of the sample.
pub(crate) fn the_guide_builds_the_sample() {
    let guide = fs::read_to_string(here("../../docs/guides/writing-a-provider.md")).unwrap();
    let line = guide.lines().find(|line| line.starts_with("g++ ")).expect("the guide has the line");
    let folder = tempfile::tempdir().unwrap();
    fs::copy(here("../../samples/cpp-store/notes_store.cpp"), folder.path().join("notes_store.cpp")).unwrap();
    let mut words = line.split_whitespace();
    let output = Command::new(words.next().unwrap())
        .args(words)
        .current_dir(folder.path())
        .env("CPATH", here("include"))
        .env("LIBRARY_PATH", library_folder())
        .output()
        .unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(folder.path().join(LIBRARY).exists(), "{line}");
}
