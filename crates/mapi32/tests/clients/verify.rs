//! Verify mode: each mistake of `misuse.cpp` is named and answered, and programs without mistakes run as
//! they do without the mode.

use crate::compile::{With, build, compiler, here, output};
use std::path::{Path, PathBuf};

/// Each mistake, and what has to be said of it, in this order.
const MISTAKES: &[(&str, &[&str])] = &[
    (
        "method_of_released",
        &[
            "mistake 1: IMAPITable::GetRowCount was called on a released object",
            "IMAPITable, generation ",
            "made by IMAPIContainer::GetContentsTable, event ",
            "misuse+0x",
            "last released by event ",
            "misuse+0x",
            "done by event ",
            "answered MAPI_E_INVALID_OBJECT",
        ],
    ),
    (
        "released_twice",
        &["mistake 1: IUnknown::Release was called on a released object", "made by", "answered 0"],
    ),
    ("add_ref_of_released", &["mistake 1: IUnknown::AddRef was called on a released object", "answered 0"]),
    ("query_of_released", &["mistake 1: IUnknown::QueryInterface was called on a released object"]),
    (
        "other_interface",
        &["mistake 1: IMAPIProp::SaveChanges was called on a released object", "IMAPIFolder, generation "],
    ),
    (
        "released_handed_in",
        &[
            "mistake 1: a released IMessage was handed in",
            "made by IMAPIFolder::CreateMessage",
            "last released by",
        ],
    ),
    ("written_over", &["mistake 1: ", "its memory was written over"]),
    ("by_another_thread", &["mistake 1: IMAPITable::GetRowCount", "last released by"]),
    (
        "freed_twice",
        &[
            "mistake 1: MAPIFreeBuffer of a buffer that was freed before",
            "40 bytes, made by MAPIAllocateBuffer, event ",
            "freed by MAPIFreeBuffer, event ",
            "done by MAPIFreeBuffer, event ",
            "misuse+0x",
            "answered S_OK",
        ],
    ),
    ("freed_inside", &["mistake 1: MAPIFreeBuffer of a pointer 16 bytes into a buffer", "made by"]),
    ("freed_foreign", &["mistake 1: MAPIFreeBuffer of a pointer that is no buffer of MAPI", "done by"]),
    (
        "freed_linked",
        &["mistake 1: MAPIFreeBuffer of a buffer that is linked to another", "linked to the one made by"],
    ),
    (
        "linked_to_freed",
        &["mistake 1: MAPIAllocateMore of a buffer that was freed before", "freed by", "INVALID_PARAM"],
    ),
    ("linked_to_foreign", &["mistake 1: MAPIAllocateMore of a pointer that is no buffer", "INVALID_PARAM"]),
    ("grown_freed", &["mistake 1: MAPIReallocateBuffer of a buffer that was freed before", "INVALID_PARAM"]),
    (
        "freed_handed_in",
        &[
            "mistake 1: IMAPIProp::SetProps was given a pointer into a buffer that was freed",
            "freed by",
            "INVALID_PARAM",
        ],
    ),
    ("written_after_free", &["mistake 1: a buffer was written after it was freed", "made by", "freed by"]),
    ("written_beyond", &["mistake 1: a buffer was written beyond its end", "made by"]),
];

fn misuse(folder: &Path, with: With) -> PathBuf {
    build(&here("tests/c/misuse.cpp"), folder, with)
}

#[test]
fn each_mistake_is_named_and_answered() {
    if !compiler("g++") {
        return;
    }
    for with in [With::Warnings, With::Sanitizers] {
        let folder = tempfile::tempdir().expect("a folder for the program");
        let program = misuse(folder.path(), with);
        for (mistake, expected) in MISTAKES {
            let output = output(&program, &[mistake], &[("MAPI_VERIFY", "1")]);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{mistake}: {}\n{said}", output.status);
            let mut rest = &*said;
            for words in *expected {
                let at = rest.find(words).unwrap_or_else(|| panic!("{mistake}: {words:?} is not in\n{said}"));
                rest = &rest[at + words.len()..];
            }
            assert!(!said.contains("mistake 2"), "{mistake}: told once\n{said}");
        }
    }
}

#[test]
fn every_call_on_every_released_noun_is_named() {
    if !compiler("g++") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder for the program");
    let output = output(&misuse(folder.path(), With::Warnings), &["every_noun"], &[("MAPI_VERIFY", "1")]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{said}", output.status);
    let named = said.lines().filter(|line| line.contains(" was called on a released object")).count();
    let tried = String::from_utf8_lossy(&output.stdout);
    assert!(tried.contains(&format!("wrong = {named}\n")), "{named} named of\n{tried}");
    assert!(named > 100, "{named}");
    for part in ["  made by ", "  last released by "] {
        assert_eq!(said.lines().filter(|line| line.contains(part)).count(), named, "{part}");
    }
    println!("figure: mistakes with released objects named = {named} of {named}");
}

#[test]
fn what_was_left_is_listed_with_who_made_it() {
    if !compiler("g++") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder for the program");
    let report = folder.path().join("report");
    let file = report.to_str().expect("a path of letters");
    let program = misuse(folder.path(), With::Warnings);
    let output = output(&program, &["left_open"], &[("MAPI_VERIFY", "1"), ("MAPI_VERIFY_FILE", file)]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "the report goes to the file");
    let said = std::fs::read_to_string(&report).expect("the report was written");
    for words in [
        "1 objects not released before IMAPISession::Logoff",
        "1 objects not released at MAPIUninitialize",
        "1 buffers not freed at MAPIUninitialize",
    ] {
        assert!(said.contains(words), "{words:?} is not in\n{said}");
    }
    let table = "IMAPITable, 1 references, made by IMAPIContainer::GetContentsTable, event ";
    assert_eq!(said.matches(table).count(), 2, "{said}");
    assert!(said.contains("40 bytes, made by MAPIAllocateBuffer, event "), "{said}");
    assert!(!said.contains("mistake"), "forgetting is told, and is no mistake by itself: {said}");
}

#[test]
fn a_debugger_is_given_the_first_mistake() {
    if !compiler("g++") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder for the program");
    let output =
        output(&misuse(folder.path(), With::Warnings), &["freed_twice"], &[("MAPI_VERIFY", "abort")]);
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&output.status), Some(6));
    assert!(String::from_utf8_lossy(&output.stderr).contains("mistake 1: MAPIFreeBuffer"));
}

#[test]
fn programs_without_mistakes_run_as_before() {
    if !compiler("g++") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder for the program");
    for source in [
        "working.cpp",
        "cases.cpp",
        "object.cpp",
        "table.cpp",
        "imessage.cpp",
        "rtf.cpp",
        "property.cpp",
        "threads.cpp",
    ] {
        let program = build(&here("tests/c").join(source), folder.path(), With::Warnings);
        let output = output(&program, &[], &[("MAPI_VERIFY", "1")]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{source}: {}\n{said}", output.status);
        assert!(!said.contains("mistake"), "{source}:\n{said}");
    }
}
