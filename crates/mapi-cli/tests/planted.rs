//! What somebody planted where the command makes its files: it is refused, or it is harmless.
//!
//! The paths are those that the command itself was seen to make in a fresh home. In the place of each
//! is put, one after the other: a link to a victim, a link to nothing, a link to a folder, a pipe, a
//! second name of a victim, a folder or file where the other has to be, a thing of somebody else, and
//! the thing itself with mode 0777. No run hangs, no victim changes. Every fourth pair of path and thing
//! is tried; `MAPI_PLANTED=1` tries all.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A user that nobody is.
const SOMEBODY: u32 = 12_345;
/// What the command may answer: done, bad data, no such thing, nothing that does it, cannot create,
/// still queued, no access. Not 1: a refusal has its own code.
const ANSWERS: [i32; 7] = [0, 65, 66, 69, 73, 75, 77];
/// What is done in each home; together it touches every path.
const VERBS: [&[&str]; 5] = [
    &["send", "--to", "kim@example.org", "--subject", "s", "--body", "x", "--wait", "1s"],
    &["profile", "create", "Second"],
    &["profile", "copy", "Second", "Third"],
    &["profile", "delete", "Third"],
    &["ls", "/Inbox"],
];
/// What is done where something is planted.
const FIELD_VERBS: [&[&str]; 3] =
    [VERBS[0], &["profile", "copy", "Second", "Fourth"], &["profile", "create", "Fifth"]];
/// Seconds after which a run counts as hanging.
const PATIENCE: &str = "20";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shape {
    LinkToVictim,
    LinkToNothing,
    LinkToFolder,
    Pipe,
    SecondName,
    OtherKind,
    SomebodyElses,
    OpenToAll,
}

const SHAPES: [Shape; 8] = [
    Shape::LinkToVictim,
    Shape::LinkToNothing,
    Shape::LinkToFolder,
    Shape::Pipe,
    Shape::SecondName,
    Shape::OtherKind,
    Shape::SomebodyElses,
    Shape::OpenToAll,
];

#[test]
fn what_is_planted_where_files_are_made_is_refused_or_harmless() {
    let template = tempfile::tempdir().unwrap();
    let home = fs::canonicalize(template.path()).unwrap().join("home");
    let Some(paths) = made(&home) else {
        mapi_testkit::skipped("(strace cannot trace here): nothing is planted");
        assert_ne!(std::env::var("MAPI_FORBID_SKIP").as_deref(), Ok("1"), "skipping is forbidden");
        return;
    };
    assert!(paths.len() >= 12, "{paths:?}");
    let is_root = is_root_user();
    if !is_root {
        mapi_testkit::skipped("(not root): nothing of somebody else is planted");
    }
    let (mut tried, mut refused, mut faults) = (0, 0, Vec::new());
    let step: usize = std::env::var("MAPI_PLANTED").map_or(4, |text| text.parse().unwrap());
    for (number, path) in paths.iter().enumerate() {
        for shape in SHAPES.into_iter().filter(|shape| is_root || *shape != Shape::SomebodyElses) {
            if !(number + shape as usize).is_multiple_of(step) {
                continue;
            }
            let field = Field::of(&home);
            field.plant(path, shape);
            tried += 1;
            let before = field.victims();
            let mut was_refused = false;
            for verb in FIELD_VERBS {
                let output = field.run(verb);
                let code = output.status.code().unwrap_or(-1);
                was_refused |= code != 0;
                if !ANSWERS.contains(&code) {
                    let said = String::from_utf8_lossy(&output.stderr);
                    faults
                        .push(format!("{shape:?} at {}: {verb:?} ended with {code}: {said}", path.display()));
                }
            }
            refused += usize::from(was_refused);
            if field.victims() != before {
                faults.push(format!("{shape:?} at {}: a victim changed", path.display()));
            }
        }
    }
    println!("figure: paths = {}", paths.len());
    println!("figure: planted = {tried}");
    println!("figure: refused = {refused}, harmless = {}", tried - refused);
    println!("figure: hanging, harmful or without a code of their own = {}", faults.len());
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(tried * step * 2 > paths.len() * SHAPES.len() && refused > 0 && refused < tried);
}

/// Every path below a fresh home that the command makes, seen by strace; `None` where that cannot run.
/// Names that nobody can know before (`.new-…`) are left out.
fn made(home: &Path) -> Option<BTreeSet<PathBuf>> {
    let mut paths = BTreeSet::new();
    for verb in VERBS {
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut strace = Command::new("strace");
        strace.args(["-f", "-y", "-qq", "-s", "4096", "-o"]).arg(log.path());
        strace.args([
            "-e",
            "trace=?open,openat,?openat2,?mkdir,mkdirat,?rename,renameat,renameat2,?link,linkat,bind",
        ]);
        strace.arg(env!("CARGO_BIN_EXE_mapi")).arg("--home").arg(home).args(verb);
        let output = strace.stdin(Stdio::null()).output().ok()?;
        if !output.status.success() && !home.exists() {
            return None;
        }
        assert!(output.status.success(), "{verb:?}: {}", String::from_utf8_lossy(&output.stderr));
        for line in fs::read_to_string(log.path()).unwrap().lines() {
            let makes = !line.contains("openat") || line.contains("O_CREAT");
            if makes && !line.contains(" = -1 ") {
                paths.extend(named(line).into_iter().filter(|path| path.starts_with(home)));
            }
        }
    }
    paths.extend(walk(home));
    let is_secret = |path: &PathBuf| path.to_str().unwrap().contains("/.new-");
    paths.retain(|path| path != home && !is_secret(path));
    Some(paths)
}

/// The paths in a line of strace: what a text in it names, from the folder before it.
fn named(line: &str) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('"') {
        let Some((text, after)) = after.split_once('"') else { break };
        let folder = before
            .rsplit_once('<')
            .and_then(|(_, end)| end.split_once('>'))
            .map_or("/", |(folder, _)| folder);
        paths.push(Path::new(folder).join(text));
        rest = after;
    }
    paths
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(walk(&path));
        }
        all.push(path);
    }
    all
}

/// A copy of the home with a victim file and a victim folder beside it.
struct Field {
    folder: tempfile::TempDir,
    template: PathBuf,
}

impl Field {
    fn of(home: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let copied = Command::new("cp").arg("-a").arg(home).arg(folder.path().join("home")).status().unwrap();
        assert!(copied.success());
        fs::write(folder.path().join("victim"), "what must stay").unwrap();
        fs::set_permissions(folder.path().join("victim"), Permissions::from_mode(0o644)).unwrap();
        fs::create_dir(folder.path().join("victims")).unwrap();
        fs::write(folder.path().join("victims/one"), "what must stay").unwrap();
        Self { folder, template: home.to_owned() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a shape in the place of what is, or was, at a path of the template.
    fn plant(&self, path: &Path, shape: Shape) {
        let place = self.path("home").join(path.strip_prefix(&self.template).unwrap());
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        let is_folder = place.is_dir();
        if matches!(shape, Shape::SomebodyElses | Shape::OpenToAll) {
            if !place.exists() {
                fs::write(&place, "").unwrap();
            }
            match shape {
                Shape::OpenToAll => fs::set_permissions(&place, Permissions::from_mode(0o777)).unwrap(),
                _ => chown(&place, Some(SOMEBODY), Some(SOMEBODY)).unwrap(),
            }
            return;
        }
        match () {
            () if is_folder => fs::remove_dir_all(&place).unwrap(),
            () if place.exists() => fs::remove_file(&place).unwrap(),
            () => {}
        }
        match shape {
            Shape::LinkToVictim => symlink(self.path("victim"), &place).unwrap(),
            Shape::LinkToNothing => symlink(self.path("nothing"), &place).unwrap(),
            Shape::LinkToFolder => symlink(self.path("victims"), &place).unwrap(),
            Shape::Pipe => assert!(Command::new("mkfifo").arg(&place).status().unwrap().success()),
            Shape::SecondName => fs::hard_link(self.path("victim"), &place).unwrap(),
            _ if is_folder => fs::write(&place, "").unwrap(),
            _ => fs::create_dir(&place).unwrap(),
        }
    }

    fn run(&self, verb: &[&str]) -> Output {
        let mut command = Command::new("timeout");
        command
            .args(["-s", "KILL", PATIENCE, env!("CARGO_BIN_EXE_mapi"), "--home"])
            .arg(self.path("home"))
            .args(verb);
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// Everything that must not change: content, mode, owner, names.
    fn victims(&self) -> String {
        let victim = fs::symlink_metadata(self.path("victim")).unwrap();
        let seen = (
            fs::read(self.path("victim")).unwrap(),
            (victim.mode(), victim.uid(), victim.mtime_nsec()),
            walk(&self.path("victims")),
            fs::metadata(self.path("victims")).unwrap().mode(),
            fs::read(self.path("victims/one")).unwrap(),
            self.path("nothing").exists(),
        );
        format!("{seen:?}")
    }
}

fn is_root_user() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}
