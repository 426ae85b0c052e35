//! Providers in libraries through whole sessions: the sample store in C++, a library that may not be loaded, a
//! logoff that hangs, a crash when the process exits.
//!
//! No test runner: what hangs or crashes is this program again, as a child with a word in its environment.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

#[path = "../clients/compile.rs"]
#[allow(dead_code, reason = "the tests of clients use all of it")]
mod compile;
mod store;
mod transport;

use std::process::{Command, Output};

/// What a child is asked to do.
pub(crate) const CHILD: &str = "PROVIDERS_TEST_CHILD";
/// The home that a child works in.
pub(crate) const CHILD_HOME: &str = "PROVIDERS_TEST_HOME";

fn main() {
    if let Ok(word) = std::env::var(CHILD) {
        let home = std::env::var_os(CHILD_HOME).unwrap();
        return match word.as_str() {
            "hang" => store::child_hangs(home.as_ref()),
            "crash" => store::child_crashes(home.as_ref()),
            other => panic!("no child does {other}"),
        };
    }
    if !compile::compiler("g++") {
        return;
    }
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let tests: [(&str, fn()); 8] = [
        (
            "mail_goes_out_and_comes_in_through_the_sample_transport",
            transport::mail_goes_out_and_comes_in_through_the_sample_transport,
        ),
        ("the_guide_builds_the_sample", store::the_guide_builds_the_sample),
        ("the_sample_store_through_logon_and_traffic", store::the_sample_store_through_logon_and_traffic),
        ("what_cannot_be_loaded_says_why", store::what_cannot_be_loaded_says_why),
        ("a_library_is_checked_before_it_is_loaded", store::a_library_is_checked_before_it_is_loaded),
        ("a_hang_in_logoff_is_bounded_and_named", store::a_hang_in_logoff_is_bounded_and_named),
        ("a_crash_at_exit_loses_nothing", store::a_crash_at_exit_loses_nothing),
        ("a_c_program_works_with_the_sample_under_asan", store::a_c_program_works_with_the_sample_under_asan),
    ];
    for (name, test) in tests {
        if asked.is_empty() || asked.iter().any(|word| name.contains(word.as_str())) {
            test();
            println!("test {name} ... ok");
        }
    }
}

/// Runs this program again.
pub(crate) fn child(word: &str, home: &std::path::Path, more: &[(&str, &str)]) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(CHILD, word).env(CHILD_HOME, home).envs(more.iter().copied());
    command.output().unwrap()
}
