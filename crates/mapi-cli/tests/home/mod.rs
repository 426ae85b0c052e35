//! The command as a script sees it: a home of its own, one run, and what it answered. What a verb does is
//! tested in the files beside this folder.

#![allow(dead_code, reason = "every test file is a program of its own and uses a part of this")]

pub(crate) mod listening;

use serde_json::Value;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder for one test, with the command's home in it and whatever else the test writes beside that.
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    /// Nobody has used it yet.
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With the profile Default, which is the default one.
    pub(crate) fn with_profile() -> Self {
        let home = Self::new();
        home.ok(&["profile", "create", "Default"]);
        home.ok(&["profile", "default", "Default"]);
        home
    }

    /// The home itself.
    pub(crate) fn folder(&self) -> PathBuf {
        self.path("home")
    }

    /// A place beside the home.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file beside the home, or in it where the name begins with `home/`; returns its path.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = mapi(&self.folder());
        command.args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(crate) fn with_input(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Output {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that refuses early reads nothing, and that is no failure of the test.
        child.stdin.take().unwrap().write_all(input.as_ref()).ok();
        child.wait_with_output().unwrap()
    }

    /// Runs with `--json` and returns the one document with the exit code.
    pub(crate) fn json(&self, arguments: &[&str]) -> (Value, i32) {
        let output = self.run(&[&["--json"], arguments].concat());
        (document(&output), output.status.code().unwrap())
    }

    /// The document of a run that succeeds.
    pub(crate) fn ok(&self, arguments: &[&str]) -> Value {
        let (answer, code) = self.json(arguments);
        assert_eq!(code, 0, "{arguments:?}: {answer}");
        answer
    }

    /// The error of a run that ends with this exit and this code.
    pub(crate) fn fails(&self, arguments: &[&str], exit: i32, name: &str) -> Value {
        let (answer, code) = self.json(arguments);
        assert_eq!((code, answer["error"]["name"].as_str()), (exit, Some(name)), "{arguments:?}: {answer}");
        answer["error"].clone()
    }

    /// The subjects of a folder.
    pub(crate) fn subjects(&self, folder: &str) -> Vec<String> {
        let rows = self.ok(&["ls", folder]);
        let subjects = rows.as_array().unwrap().iter().filter_map(|row| row["subject"].as_str());
        subjects.map(str::to_owned).collect()
    }

    /// Ends the spooler that the command has left in the background.
    pub(crate) fn end_spooler(&self) {
        let message = self.fails(&["spool"], 1, "MAPI_E_BUSY")["message"].as_str().unwrap().to_owned();
        let pid: i32 = message.split_once("(process ").unwrap().1.trim_end_matches(')').parse().unwrap();
        rustix::process::kill_process(
            rustix::process::Pid::from_raw(pid).unwrap(),
            rustix::process::Signal::TERM,
        )
        .unwrap();
        while Path::new(&format!("/proc/{pid}")).exists() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// The file of the one store in the home.
    pub(crate) fn store_file(&self) -> PathBuf {
        let stores = fs::read_dir(self.path("home/stores")).unwrap();
        let folder = stores.map(|entry| entry.unwrap().path()).next().unwrap();
        let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.find(|file| file.extension().is_some_and(|ending| ending == "store")).unwrap()
    }
}

/// The command on this home, or the build of it that `MAPI_BIN` names; it can ask nothing.
pub(crate) fn mapi(home: &Path) -> Command {
    let binary = std::env::var_os("MAPI_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_mapi").into());
    let mut command = Command::new(binary);
    command.arg("--home").arg(home).stdin(Stdio::null());
    command
}

/// A message of the project's own samples.
pub(crate) fn sample(name: &str) -> String {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples").join(name);
    path.to_str().unwrap().to_owned()
}

/// The one JSON document on standard output.
pub(crate) fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("not one JSON document: {error}\n{}\n{}", text(&output.stdout), text(&output.stderr))
    })
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The value of a property by its tag, in the JSON form of an object.
pub(crate) fn value<'a>(object: &'a Value, tag: &str) -> &'a Value {
    let mut properties = object["properties"].as_array().unwrap().iter();
    properties.find(|property| property["tag"] == tag).map_or(&Value::Null, |property| &property["value"])
}
