//! Profiles under SIGKILL and on a full disk: each change is there wholly or not at all, and what a
//! killed process left behind is gone with the next start.
//!
//! The test starts itself again as the process that changes something, under `strace`, which ends it
//! at the n-th system call of a kind that touches the home, or lets that call fail for want of room.
//! Every 20th such call is tried; `MAPI_PROFILE_KILLS=1` tries each, `MAPI_PROFILE_KILLS_OF` some changes alone.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapi::account::{AccountInitFlags, AccountManager, AccountValue, LentSession, NewAccount};
use mapi::object::Object;
use mapi::{Error, Home, LogonOptions, Mapi, ProfAdmin, Session};
use mapi_defs::Guid;
use mapi_defs::flags::SectionFlags;
use mapi_defs::guids::{CLSID_OLK_MAIL, CLSID_OLK_MAPI_ACCOUNT};
use mapi_defs::prop::tags::{
    PR_BODY, PR_COMMENT, PROP_ACCT_ID, PROP_ACCT_NAME, PROP_ACCT_USER_EMAIL_ADDR, PROP_SMTP_SERVER,
};
use mapi_defs::prop::{Prop, PropList};
use mapi_spi::spooler::section::FILE;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

/// What the started process does; with it, [`HOME`] names where.
const PART: &str = "OPENMAPI_TEST_PART";
const HOME: &str = "OPENMAPI_TEST_HOME";
/// The section of a client's own.
const SECTION: Guid = Guid([7; 16]);
/// Each change of a profile, by its name in MAPI.
const CHANGES: [&str; 9] = [
    "CreateProfile",
    "CopyProfile",
    "DeleteProfile",
    "RenameProfile",
    "CreateMsgService",
    "SetProps",
    "SaveChanges",
    "DeleteAccount",
    "SetOrder",
];
/// System calls that write.
const CALLS: [&str; 16] = [
    "openat",
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "link",
    "linkat",
    "ftruncate",
    "fchmod",
];
/// Those among them that a full disk lets fail.
const FULL: [&str; 10] = [
    "openat",
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "rename",
    "renameat",
    "renameat2",
    "mkdir",
    "mkdirat",
];

fn main() {
    if let Some(part) = std::env::var_os(PART) {
        return act(part.to_str().unwrap(), Path::new(&std::env::var_os(HOME).unwrap()));
    }
    if !strace_works() {
        mapi_testkit::skipped("(strace cannot trace here): changes of profiles are not killed");
        assert_ne!(std::env::var("MAPI_FORBID_SKIP").as_deref(), Ok("1"), "skipping is forbidden");
        return;
    }
    let step: usize = std::env::var("MAPI_PROFILE_KILLS").map_or(20, |text| text.parse().unwrap());
    let chosen = std::env::var("MAPI_PROFILE_KILLS_OF").unwrap_or_default();
    let is_chosen = |change: &&str| chosen.is_empty() || chosen.split(',').any(|name| name == *change);
    let trial = Trial::new();
    let mut figures = BTreeMap::new();
    for change in CHANGES.into_iter().filter(is_chosen) {
        let points = trial.points(change);
        assert!(points.len() > 4, "{change}: {points:?}");
        let full: Vec<_> = points.iter().filter(|(call, _)| FULL.contains(call)).collect();
        let is_tried = |index: &usize| (index + change.len()).is_multiple_of(step);
        let mut tally = Tally { points: points.len(), ..Tally::default() };
        for (_, (call, nth)) in points.iter().enumerate().filter(|(index, _)| is_tried(index)) {
            trial.kill(change, call, *nth, &mut tally);
        }
        for (_, (call, nth)) in full.iter().enumerate().filter(|(index, _)| is_tried(index)) {
            trial.fill(change, call, *nth, &mut tally);
        }
        figures.insert(change, tally);
    }
    let sum = |count: fn(&Tally) -> usize| figures.values().map(count).sum::<usize>();
    for (change, tally) in &figures {
        println!("figure: {change} = {tally}");
    }
    println!("figure: kills = {}", sum(|tally| tally.kills));
    println!("figure: full disks = {}", sum(|tally| tally.full));
    println!("figure: found neither before nor after = {}", sum(|tally| tally.between.len()));
    let between: Vec<&String> = figures.values().flat_map(|tally| &tally.between).collect();
    assert!(between.is_empty(), "{between:#?}");
    assert!(sum(|tally| tally.kills) > 5 && sum(|tally| tally.full) > 3);
}

/// What came of the trials of one change.
#[derive(Default)]
struct Tally {
    points: usize,
    kills: usize,
    before: usize,
    after: usize,
    full: usize,
    between: Vec<String>,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { points, kills, before, after, full, between } = self;
        write!(f, "{points} writing calls; {kills} kills: {before} before, {after} after; ")?;
        write!(f, "{full} full disks; {} neither before nor after", between.len())
    }
}

/// A home as it is before each change, and how it is seen then.
struct Trial {
    template: tempfile::TempDir,
    before: Seen,
}

/// What there is, and which files and folders belong to it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Seen {
    profiles: String,
    files: String,
}

impl Seen {
    /// True where this is as before the change. A store's file is made before its service is in the
    /// profile; one that is there without is taken by the same change made again.
    fn is_as(&self, before: &Self, change: &str) -> bool {
        let may_have = change == "CreateMsgService";
        self.profiles == before.profiles
            && (self.files == before.files
                || may_have && self.files.replace(", \"second.store\"", "") == before.files)
    }
}

impl Trial {
    fn new() -> Self {
        let template = tempfile::tempdir().unwrap();
        assert_eq!(answer(&start("make", template.path())), "done");
        let before = look(template.path());
        Self { template, before }
    }

    fn copy(&self) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let from = format!("{}/.", self.template.path().display());
        assert!(Command::new("cp").args(["-a", &from]).arg(folder.path()).status().unwrap().success());
        folder
    }

    /// The calls of one undisturbed run that write to the home: which call, and the how manieth of its thread.
    fn points(&self, change: &str) -> Vec<(&'static str, usize)> {
        let home = self.copy();
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut strace = Command::new("strace");
        strace.args(["-f", "-y", "-s", "512", "-qq", "-e", &format!("trace={}", calls())]);
        let output = finish(strace.arg("-o").arg(log.path()), change, home.path());
        assert_eq!(answer(&output), "done", "{change}");
        let place = home.path().to_str().unwrap();
        let mut counts: BTreeMap<(String, &str), usize> = BTreeMap::new();
        let mut points = BTreeSet::new();
        for line in fs::read_to_string(log.path()).unwrap().lines() {
            let Some((thread, rest)) = line.split_once(char::is_whitespace) else { continue };
            let rest = rest.trim_start();
            let Some(call) =
                CALLS.iter().find(|call| rest.strip_prefix(**call).is_some_and(|rest| rest.starts_with('(')))
            else {
                continue;
            };
            let count = counts.entry((thread.to_owned(), call)).or_default();
            *count += 1;
            let makes = *call != "openat" || rest.contains("O_CREAT") || rest.contains("O_TRUNC");
            if makes && rest.contains(place) {
                points.insert((*call, *count));
            }
        }
        points.into_iter().collect()
    }

    /// Kills the change at a call and looks what there is, and whether work goes on.
    fn kill(&self, change: &str, call: &str, nth: usize, tally: &mut Tally) {
        let home = self.copy();
        let output = under_fault(change, call, &format!("signal=KILL:when={nth}"), home.path());
        if output.status.success() {
            // Another thread came to this call first, this time.
            return;
        }
        tally.kills += 1;
        let found = look(home.path());
        let after = self.after(change);
        if found == after {
            tally.after += 1;
            assert_eq!(answer(&start("later", home.path())), "done", "{change} killed at {call} {nth}");
        } else if found.is_as(&self.before, change) {
            tally.before += 1;
            assert_eq!(answer(&start(change, home.path())), "done", "{change} killed at {call} {nth}");
            assert_eq!(look(home.path()), after, "{change} after one that was killed at {call} {nth}");
        } else {
            tally.between.push(format!("{change} killed at {call} {nth}:\n{found:?}"));
        }
    }

    /// Lets a call fail for want of room.
    fn fill(&self, change: &str, call: &str, nth: usize, tally: &mut Tally) {
        let home = self.copy();
        let output = under_fault(change, call, &format!("error=ENOSPC:when={nth}"), home.path());
        let (said, found, after) = (answer(&output), look(home.path()), self.after(change));
        tally.full += 1;
        let is_fine = match said.as_str() {
            "done" => found == after,
            "MAPI_E_NOT_ENOUGH_DISK" => found == after || found.is_as(&self.before, change),
            _ => false,
        };
        if !is_fine {
            let errors = String::from_utf8_lossy(&output.stdout).into_owned();
            tally
                .between
                .push(format!("{change} without room at {call} {nth} said {said}:\n{errors}\n{found:?}"));
        }
    }

    /// What a home looks like after the change.
    fn after(&self, change: &str) -> Seen {
        let home = self.copy();
        assert_eq!(answer(&start(change, home.path())), "done", "{change}");
        look(home.path())
    }
}

fn calls() -> String {
    CALLS.map(|call| format!("?{call}")).join(",")
}

fn strace_works() -> bool {
    let mut probe = Command::new("strace");
    probe.args(["-o", "/dev/null", "true"]).stderr(Stdio::null());
    probe.status().is_ok_and(|status| status.success())
}

/// Runs a part of this test in a process of its own.
fn start(part: &str, home: &Path) -> Output {
    finish(&mut Command::new("env"), part, home)
}

fn under_fault(part: &str, call: &str, fault: &str, home: &Path) -> Output {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}")]);
    finish(strace.args(["-e", &format!("inject={call}:{fault}")]), part, home)
}

fn finish(command: &mut Command, part: &str, home: &Path) -> Output {
    command.arg(std::env::current_exe().unwrap());
    command.env(PART, part).env(HOME, home).stdin(Stdio::null()).output().unwrap()
}

/// What the process said in its last word: `done`, or the code that the change answered.
fn answer(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout);
    let answer = said.lines().find_map(|line| line.strip_prefix("answer: "));
    answer.map_or_else(|| format!("{}: {said}", output.status), str::to_owned)
}

/// How a home looks to a process that has nothing to do with what was done before.
fn look(home: &Path) -> Seen {
    let output = start("look", home);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let seen: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("seen: ")).collect();
    assert!(output.status.success() && !seen.is_empty(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let (files, profiles): (Vec<&str>, Vec<&str>) =
        seen.into_iter().partition(|line| line.starts_with("folders"));
    Seen { profiles: profiles.join("\n"), files: files.join("\n") }
}

/// The part of a started process.
fn act(part: &str, root: &Path) {
    mapi_services::register();
    let mapi = Mapi::initialize().unwrap();
    let home = Home::at(root).unwrap();
    let answer = if part == "look" { see(&home) } else { change(part, &home) };
    match answer {
        Ok(()) => println!("answer: done"),
        Err(error) => println!("answer: {}\n{error:?}", error.code().name().unwrap_or("unknown")),
    }
    drop(mapi);
}

fn change(part: &str, home: &Home) -> Result<(), Error> {
    let admin = ProfAdmin::new(home)?;
    let services = mapi_services::default_services();
    match part {
        "make" => {
            admin.create_default_profile(&services)?;
            admin.rename_profile("Default", "P")?;
            for name in ["Ann", "Ben"] {
                accounts(home)?.create_account(new_account(name))?;
            }
            set_props(home, "old")
        }
        "CreateProfile" => admin.create_profile("New", &services),
        "CopyProfile" => admin.copy_profile("P", "Copy"),
        "DeleteProfile" => admin.delete_profile("P"),
        "RenameProfile" => admin.rename_profile("P", "Other"),
        "CreateMsgService" => {
            let mut props = PropList::new();
            props.set(FILE, "second.store");
            admin.services("P")?.create_service(mapi_services::STORE, props).map(drop)
        }
        "SetProps" => set_props(home, "new"),
        "SaveChanges" => {
            let manager = accounts(home)?;
            let account = manager.find_account(PROP_ACCT_ID, &AccountValue::Long(1))?;
            account.set_prop(PROP_ACCT_NAME, &AccountValue::Unicode("Other".into()))?;
            account
                .set_prop(PROP_ACCT_USER_EMAIL_ADDR, &AccountValue::Unicode("other@example.org".into()))?;
            account.save_changes(0)
        }
        "DeleteAccount" => accounts(home)?.delete_account(1),
        "SetOrder" => accounts(home)?.set_mail_order(&[2, 1]),
        "later" => admin.create_profile("Later", &services).and_then(|()| admin.delete_profile("Later")),
        other => panic!("{other}"),
    }
}

fn accounts(home: &Home) -> Result<AccountManager, Error> {
    let manager = AccountManager::new(home);
    let helper = Arc::new(LentSession::without_session("P"));
    manager.init(Some(helper), AccountInitFlags::NOSYNCH_MAPI_ACCTS | AccountInitFlags::NO_STORES_CHECK)?;
    Ok(manager)
}

/// An account that sends.
fn new_account(name: &str) -> NewAccount {
    let mut props = PropList::new();
    props.set(PROP_ACCT_NAME, name);
    props.set(PROP_ACCT_USER_EMAIL_ADDR, format!("{name}@example.org"));
    props.set(PROP_SMTP_SERVER, "mail.example.org");
    NewAccount { account_type: CLSID_OLK_MAPI_ACCOUNT, props, service: None }
}

fn set_props(home: &Home, value: &str) -> Result<(), Error> {
    let session = Session::logon(LogonOptions::profile("P").home(home).no_mail())?;
    let section = session.open_profile_section(SECTION, SectionFlags::MODIFY)?;
    let props = [Prop::new(PR_COMMENT, value), Prop::new(PR_BODY, value.repeat(5_000))];
    let problems = section.set_props(&props)?;
    assert!(problems.is_empty(), "{problems:?}");
    session.logoff(mapi::LogoffFlags::NONE).map(drop)
}

/// Prints the accounts and their order; services and accounts go together.
fn see_accounts(home: &Home) -> Result<(), Error> {
    let manager = accounts(home)?;
    for account in manager.enumerate_accounts(None, None, 0)? {
        let name = account.prop(PROP_ACCT_NAME)?;
        let address = account.prop(PROP_ACCT_USER_EMAIL_ADDR)?;
        println!("seen: account {} {:?} {:?}", account.id(), name.as_text(), address.as_text());
    }
    println!("seen: mail accounts {:?}", manager.order(CLSID_OLK_MAIL)?);
    Ok(())
}

/// Prints everything that must be as before or as after, and what must never be there.
fn see(home: &Home) -> Result<(), Error> {
    let admin = ProfAdmin::new(home)?;
    for row in admin.profiles()? {
        println!("seen: profile {} default {}", row.name, row.is_default);
        let services = match admin.services(&row.name) {
            Ok(services) => services,
            Err(error) => {
                println!("seen: {} {error}", row.name);
                continue;
            }
        };
        for service in services.services() {
            let section = services.section(service.uid)?;
            let tags: Vec<String> = section.tags().map(|tag| tag.to_string()).collect();
            println!("seen: service {} {} {}", service.name, service.display_name, tags.join(" "));
            for provider in &service.providers {
                let section = services.section(provider.uid)?;
                let tags: Vec<String> = section.tags().map(|tag| tag.to_string()).collect();
                println!("seen: provider {} {}", provider.kind.word(), tags.join(" "));
            }
            if service.name == mapi_services::STORE {
                let faults = mapi_services::check_store(&PathBuf::from(section.text(FILE).unwrap()));
                println!("seen: its store {:?}", faults.map_err(|error| error.code()));
            }
        }
        if row.name == "P" {
            see_accounts(home)?;
        }
        let section = services.section(SECTION).unwrap_or_default();
        let text =
            |tag| section.text(tag).map_or((0, ""), |text| (text.len(), text.get(..3).unwrap_or(text)));
        println!("seen: a client's {:?} {:?}", text(PR_COMMENT), text(PR_BODY));
    }
    let names = |folder: &Path| -> Vec<String> {
        let names =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    };
    let files = names(home.profiles());
    let is_of_one = |name: &&String| {
        files.contains(&format!("{}.json", name.trim_start_matches('.').trim_end_matches(".use")))
    };
    let known = |name: &&String| {
        [".lock", ".default"].contains(&name.as_str()) || !name.starts_with('.') || is_of_one(name)
    };
    let left: Vec<&String> = files.iter().filter(|name| !known(name)).collect();
    println!("seen: left behind {left:?}, default {:?}", admin.default_profile()?);
    let folders: BTreeMap<_, _> = names(home.stores())
        .into_iter()
        .map(|name| {
            let kept: BTreeSet<String> = names(&home.stores().join(&name))
                .into_iter()
                .filter(|name| name.ends_with(".store"))
                .collect();
            (name.rsplit_once('-').unwrap().0.to_owned(), kept)
        })
        .collect();
    println!("seen: folders {folders:?}");
    Ok(())
}
