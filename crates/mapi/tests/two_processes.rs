//! Two processes that change one profile at the same time: every change of both is there.
//!
//! A file of its own: a process that is being started holds, for a moment, the locks of its parent.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use mapi::object::Object;
use mapi::{Home, LogoffFlags, LogonOptions, Mapi, ProfAdmin, Session};
use mapi_defs::Guid;
use mapi_defs::flags::SectionFlags;
use mapi_defs::prop::{Prop, PropTag, PropType};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The section of each; a section has one writer at a time, a profile has many.
const SECTIONS: [Guid; 2] = [Guid([3; 16]), Guid([4; 16])];
/// Changes of each.
const CHANGES: u16 = 200;
const TEST: &str = "of_two_processes_that_change_one_profile_no_change_is_lost";

fn tag(process: u16, change: u16) -> PropTag {
    PropTag::new(0x4000 + process * CHANGES + change, PropType::LONG)
}

/// What each of the two does: it waits for the word, then changes one property after the other.
fn write(root: &Path, process: u16) {
    let home = Home::at(root).unwrap();
    let _mapi = Mapi::initialize().unwrap();
    let session = Session::logon(LogonOptions::profile("P").home(&home).no_mail()).unwrap();
    let section = session.open_profile_section(SECTIONS[usize::from(process)], SectionFlags::MODIFY).unwrap();
    println!("\nready");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    for change in 0..CHANGES {
        let problems = section.set_props(&[Prop::new(tag(process, change), i32::from(change))]).unwrap();
        assert!(problems.is_empty(), "{problems:?}");
    }
    session.logoff(LogoffFlags::NONE).unwrap();
}

fn start(root: &Path, process: u16) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", TEST, "--nocapture", "--test-threads=1"]);
    command.env("OPENMAPI_TEST_ROOT", root).env("OPENMAPI_TEST_PROCESS", process.to_string());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

#[test]
fn of_two_processes_that_change_one_profile_no_change_is_lost() {
    if let Some(root) = std::env::var_os("OPENMAPI_TEST_ROOT") {
        let process = std::env::var("OPENMAPI_TEST_PROCESS").unwrap().parse().unwrap();
        return write(Path::new(&root), process);
    }
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path()).unwrap();
    let _mapi = Mapi::initialize().unwrap();
    ProfAdmin::new(&home).unwrap().create_profile("P", &[]).unwrap();
    let mut children: Vec<Child> = (0..2).map(|process| start(folder.path(), process)).collect();
    for child in &mut children {
        let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line == "ready"));
    }
    children.iter_mut().for_each(|child| drop(child.stdin.take()));
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    let session = Session::logon(LogonOptions::profile("P").home(&home).no_mail()).unwrap();
    let mut lost = 0;
    for (process, uid) in (0..).zip(SECTIONS) {
        let tags: Vec<PropTag> = (0..CHANGES).map(|change| tag(process, change)).collect();
        let section = session.open_profile_section(uid, SectionFlags::NONE).unwrap();
        let props = section.props(Some(&tags)).unwrap();
        let expected = (0..CHANGES).map(|change| Prop::new(tag(process, change), i32::from(change)));
        lost += props.iter().zip(expected).filter(|(found, expected)| *found != expected).count();
    }
    println!("figure: changes = {}, lost = {lost}", 2 * CHANGES);
    assert_eq!(lost, 0);
    session.logoff(LogoffFlags::NONE).unwrap();
}
