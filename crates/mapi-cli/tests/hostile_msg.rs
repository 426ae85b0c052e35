//! What a message says is never acted on: names of attachments never leave the chosen folder, and paths, links
//! and files that a message names are neither opened nor fetched.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::{Home, mapi};
use mapi_defs::object::{AttachmentObject, MessageObject, Property};
use mapi_defs::prop::tags::*;
use mapi_msg::{WriteOptions, write_message};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names that lead elsewhere, or that a file cannot have, or that deceive.
const NAMES: [&str; 40] = [
    "../../x",
    "..",
    ".",
    "/etc/x",
    "//x",
    "a/b",
    "a\\b",
    "..\\..\\x",
    "C:\\x",
    "C:x",
    "\\\\server\\share\\x",
    "x\0.txt",
    "\0",
    "con",
    "CON.txt",
    "nul",
    "aux.c",
    "com1",
    "lpt9.txt",
    "x.",
    "x ",
    " x",
    "x\n.txt",
    "x\r",
    "x\u{1b}[2J",
    "gpj.\u{202e}exe",
    "\u{2066}x",
    "x:y",
    "x|y",
    "x>y",
    "x*",
    "x?",
    "\"x\"",
    "~/x",
    "$HOME/x",
    "-rf",
    "%2e%2e%2fx",
    "....//x",
    "\u{ff0e}\u{ff0e}/x",
    "",
];

fn attachment(properties: Vec<Property>) -> AttachmentObject {
    AttachmentObject { properties, ..AttachmentObject::default() }
}

fn message(attachments: Vec<AttachmentObject>) -> Vec<u8> {
    let properties = vec![Property::new(PR_SUBJECT, "../../subject"), Property::new(PR_BODY, "text")];
    write_message(
        &MessageObject { properties, attachments, ..MessageObject::default() },
        &WriteOptions::default(),
    )
    .unwrap()
}

/// Every file and folder below.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
        found.push(entry.path());
        if entry.file_type().unwrap().is_dir() {
            found.extend(below(&entry.path()));
        }
    }
    found
}

#[test]
fn no_name_of_an_attachment_leaves_the_folder() {
    let home = Home::new();
    let all = NAMES.iter().map(|name| {
        attachment(vec![
            Property::new(PR_ATTACH_LONG_FILENAME, *name),
            Property::new(PR_ATTACH_DATA_BIN, vec![1]),
        ])
    });
    let mut all: Vec<AttachmentObject> = all.collect();
    let long = Property::new(PR_ATTACH_LONG_FILENAME, "n".repeat(10_000));
    all.push(attachment(vec![long, Property::new(PR_ATTACH_DATA_BIN, vec![1])]));
    let embedded = MessageObject {
        properties: vec![Property::new(PR_SUBJECT, "../../inner")],
        ..MessageObject::default()
    };
    all.push(AttachmentObject { message: Some(Box::new(embedded)), ..attachment(Vec::new()) });
    let count = all.len();
    let file = home.write("deep/er/names.msg", message(all));
    let out = home.path("deep/er/out");
    let answer = home.ok(&["attachments", &file, "-o", out.to_str().unwrap()]);
    assert_eq!(answer.as_array().unwrap().len(), count);
    let eml = home.path("deep/er/mail");
    home.ok(&["convert", &file, "-o", &format!("{}/", eml.display())]);
    let written = below(&home.path("."));
    let inside = |path: &&PathBuf| path.starts_with(home.path("./deep/er"));
    let outside: Vec<&PathBuf> =
        written.iter().filter(|path| !inside(path) && !path.ends_with("deep")).collect();
    assert_eq!(outside, Vec::<&PathBuf>::new());
    let saved = below(&out);
    assert_eq!(saved.len(), count, "every attachment is there, under a name of its own");
    for path in saved {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(path.is_file() && name.len() <= 255 && !name.starts_with('.'), "{name:?}");
        assert!(!name.chars().any(|c| c.is_control() || "/\\:\u{202e}\u{2066}".contains(c)), "{name:?}");
    }
}

#[test]
fn what_a_message_points_to_is_never_touched() {
    let home = Home::new();
    let secret = home.write("secret-of-somebody", "do not read me");
    let by_reference = |method: i32| {
        attachment(vec![
            Property::new(PR_ATTACH_METHOD, method),
            Property::new(PR_ATTACH_PATHNAME, secret.as_str()),
            Property::new(PR_ATTACH_LONG_PATHNAME, secret.as_str()),
            Property::new(PR_ATTACH_LONG_FILENAME, "secret.txt"),
        ])
    };
    let mut bytes_of = vec![by_reference(2), by_reference(3), by_reference(4), by_reference(7)];
    bytes_of.push(attachment(vec![Property::new(PR_ATTACH_LONG_PATHNAME, format!("file://{secret}"))]));
    let html = format!(
        "<img src=\"file://{secret}\"><img src=\"http://127.0.0.1:9/beacon\"><a href=\"{secret}\">x</a>"
    );
    let properties = vec![
        Property::new(PR_HTML, html.into_bytes()),
        Property::new(PR_MESSAGE_CLASS, "IPM.Appointment"),
        Property::named(
            mapi_defs::prop::NamedProp::id(mapi_defs::guids::PSETID_COMMON, 0x851F),
            secret.as_str(),
        ),
    ];
    let object = MessageObject { properties, attachments: bytes_of, ..MessageObject::default() };
    let file = home.write("points.msg", write_message(&object, &WriteOptions::default()).unwrap());
    let out = home.path("out").display().to_string();
    let runs: [&[&str]; 8] = [
        &["show", &file],
        &["props", &file],
        &["check", &file],
        &["diff", &file, &file],
        &["attachments", &file, "-o", &out],
        &["--force", "convert", &file, "--to", "eml", "-o", &out],
        &["--force", "convert", &file, "--to", "msg", "-o", &out],
        &["--force", "convert", &file, "--to", "html", "-o", &out],
    ];
    for run in runs {
        let trace = home.path("trace");
        let inner = mapi(&home.folder());
        let mut traced = Command::new("strace");
        traced.args(["-f", "-e", "trace=%file,%network", "-s", "4096", "-o"]).arg(&trace);
        traced.arg(inner.get_program()).args(inner.get_args()).args(run);
        let output = traced.output().unwrap();
        assert!(output.status.success(), "{run:?}: {}", home::text(&output.stderr));
        let calls = fs::read_to_string(&trace).unwrap();
        assert!(calls.contains("points.msg"), "the trace shows what is opened");
        // The call that starts the command names its arguments.
        for call in calls.lines().filter(|call| !call.contains("execve(")) {
            assert!(!call.contains("secret-of-somebody") && !call.contains("connect("), "{run:?}: {call}");
        }
    }
    for path in below(&home.path("out")) {
        assert!(
            !fs::read(&path).unwrap().windows(14).any(|part| part == b"do not read me"),
            "{}",
            path.display()
        );
    }
}
