//! Small programs in C and C++, one a noun, run against the built library as they are and under the
//! address sanitizer.
use crate::compile::{With, build, compiler, here, run, run_under_valgrind};

fn try_program(source: &str) {
    if !compiler("g++") || !compiler("gcc") {
        return;
    }
    let source = here("tests/c").join(source);
    for with in [With::Warnings, With::Sanitizers] {
        let folder = tempfile::tempdir().expect("a folder for the program");
        run(&build(&source, folder.path(), with));
    }
}

#[test]
fn buffers() {
    try_program("memory.cpp");
}

#[test]
fn property_values() {
    try_program("property.cpp");
}

#[test]
fn texts_and_times() {
    try_program("text.cpp");
}

#[test]
fn notifications() {
    try_program("notification.cpp");
}

#[test]
fn plain_c() {
    try_program("plain.c");
}

#[test]
fn property_objects() {
    try_program("object.cpp");
}

#[test]
fn tables() {
    try_program("table.cpp");
}

#[test]
fn compressed_rtf() {
    try_program("rtf.cpp");
}

#[test]
fn display_tables() {
    try_program("display.cpp");
}

#[test]
fn nulls_are_refused() {
    try_program("nulls.cpp");
}

#[test]
fn sessions_end_in_every_way() {
    try_program("ending.cpp");
}

#[test]
fn sessions_end_in_every_way_under_valgrind() {
    if !compiler("g++") || !compiler("valgrind") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder for the program");
    run_under_valgrind(&build(&here("tests/c/ending.cpp"), folder.path(), With::Warnings));
}

#[test]
fn identifiers_of_stores_and_objects() {
    try_program("identifiers.cpp");
}

#[test]
fn messages_in_files() {
    try_program("imessage.cpp");
}

#[test]
fn cases_of_a_sessions_life() {
    try_program("cases.cpp");
}

#[test]
fn members_of_a_session() {
    try_program("members.cpp");
}

#[test]
fn messages_on_their_way() {
    try_program("queue.cpp");
}

#[test]
fn a_program_at_work() {
    try_program("working.cpp");
}

#[test]
fn sessions_end_under_threads() {
    try_program("threads.cpp");
}

#[test]
fn simple_mapi() {
    try_program("simple.cpp");
}
