//! The scoreboard: what this reader and others make of the same files, against what is known of each file.
//!
//! A twentieth of the files; all of them with `MAPI_OTHER_READERS=all`, and then `MAPI_SCORE_PAGE` names the
//! page that is written.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
mod others;

use mapi_defs::object::MessageObject;
use mapi_defs::prop::tags::{PR_ATTACH_DATA_BIN, PR_BODY, PR_HTML, PR_RTF_COMPRESSED, PR_SUBJECT};
use mapi_defs::prop::{PropType, PropValue};
use mapi_msg::{MsgFile, ObjectLimits, WriteOptions, write_message};
use others::{Answers, are_here, ask_all};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Of so many files one is looked at.
const SHARE: usize = 20;

/// The readers of the page, ours first.
const READERS: [&str; 5] = ["OpenMAPI", "extract-msg", "poi", "msgconvert", "msg_parser"];

#[test]
fn the_scoreboard() {
    let Some(folder) = files::corpus("msg") else { return };
    if !are_here() {
        return;
    }
    let all = std::env::var("MAPI_OTHER_READERS").is_ok_and(|value| value == "all");
    let known: Vec<Value> = std::fs::read_to_string(folder.join("EXPECTED.jsonl"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .enumerate()
        .filter(|(number, known): &(usize, Value)| all || number % SHARE == 0 || known["malformed"] == true)
        .map(|(_, known)| known)
        .collect();
    let originals: Vec<PathBuf> = known.iter().map(|known| folder.join(name_of(known))).collect();
    let read = everybody(&originals);
    let written = tempfile::tempdir().unwrap();
    let copies = copies(&originals, written.path());
    let read_back = everybody(&copies);
    let (sound, unsound): (Vec<&Value>, Vec<&Value>) =
        known.iter().partition(|known| known["not_cfb"] != true && known["malformed"] != true);
    let originals = Table { files: &sound, answers: &read };
    let of_ours: Vec<&Value> =
        sound.iter().copied().filter(|known| read_back["OpenMAPI"].contains_key(name_of(known))).collect();
    let copies = Table { files: &of_ours, answers: &read_back };
    for (what, table) in [("sound files", &originals), ("as written here", &copies)] {
        for reader in READERS {
            let score = table.score(reader);
            println!("figure: {reader}, {what} = {} of {} correct", score.correct, table.files.len());
        }
        let ours = table.score("OpenMAPI");
        assert_eq!(
            (ours.correct, ours.read),
            (table.files.len(), table.files.len()),
            "{what}: {:?}",
            ours.wrong
        );
    }
    if let Some(page) = std::env::var_os("MAPI_SCORE_PAGE").filter(|_| all) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        std::fs::write(root.join(page), page_of(&originals, &copies, &unsound, &read)).unwrap();
    }
}

fn name_of(known: &Value) -> &str {
    known["file"].as_str().unwrap()
}

/// What every reader says of these files.
fn everybody(files: &[PathBuf]) -> BTreeMap<&'static str, Answers> {
    let mut answers = ask_all(files);
    let each = |answer: fn(&Path) -> Result<Value, String>| -> Answers {
        let one = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let answer = answer(path).unwrap_or_else(|error| json!({ "error": error }));
            (name, answer)
        };
        files.iter().map(one).collect()
    };
    answers.insert("OpenMAPI", each(ours));
    answers.insert("msg_parser", each(msg_parsers));
    answers
}

fn ours(path: &Path) -> Result<Value, String> {
    let message = MsgFile::open(path).and_then(|file| file.message());
    let message = message.and_then(|message| message.to_object(&ObjectLimits::default()));
    message.map(|message| described(&message)).map_err(|error| error.detail().to_owned())
}

fn described(message: &MessageObject) -> Value {
    let data = message.attachments.iter().filter_map(|one| match one.property(PR_ATTACH_DATA_BIN) {
        Some(PropValue::Binary(bytes)) => Some(digest(bytes)),
        _ => None,
    });
    let is_there = |tag| message.property(tag).is_some_and(|value| value.size_bytes() > 0);
    let html = PR_HTML.with_type(PropType::UNSPECIFIED);
    let has_body = is_there(PR_BODY) || is_there(PR_RTF_COMPRESSED) || is_there(html);
    json!({
        "subject": message.text(PR_SUBJECT).unwrap_or_default(),
        "recipients": message.recipients.len(),
        "attachments": data.collect::<Vec<_>>(),
        "body": has_body,
    })
}

fn msg_parsers(path: &Path) -> Result<Value, String> {
    let read = msg_parser::Outlook::from_path(path).map_err(|error| format!("{error:?}"))?;
    let has_body = !(read.body.is_empty() && read.html.is_empty() && read.rtf_compressed.is_empty());
    let by_value = read.attachments.iter().filter(|one| !one.payload_bytes.is_empty());
    Ok(json!({
        "subject": read.subject,
        "recipients": read.to.len() + read.cc.len() + read.bcc.len(),
        "attachments": by_value.map(|one| digest(&one.payload_bytes)).collect::<Vec<_>>(),
        "body": has_body,
    }))
}

fn digest(bytes: &[u8]) -> String {
    Sha1::digest(bytes)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The files as they are written here, those that can be read.
fn copies(originals: &[PathBuf], folder: &Path) -> Vec<PathBuf> {
    let mut copies = Vec::new();
    for path in originals {
        let message = MsgFile::open(path).and_then(|file| file.message());
        let Ok(message) = message.and_then(|message| message.to_object(&ObjectLimits::default())) else {
            continue;
        };
        let copy = folder.join(path.file_name().unwrap());
        let options = WriteOptions { outlook_limits: false, ..WriteOptions::default() };
        std::fs::write(&copy, write_message(&message, &options).unwrap()).unwrap();
        copies.push(copy);
    }
    copies
}

/// Files and what everybody says of them.
struct Table<'a> {
    files: &'a [&'a Value],
    answers: &'a BTreeMap<&'static str, Answers>,
}

/// How many of the files.
#[derive(Default)]
struct Score {
    read: usize,
    subject: usize,
    recipients: usize,
    attachments: usize,
    body: usize,
    correct: usize,
    wrong: Vec<String>,
}

impl Table<'_> {
    fn score(&self, reader: &str) -> Score {
        let mut score = Score::default();
        for known in self.files {
            let answer = &self.answers[reader][name_of(known)];
            if !answer["error"].is_null() {
                continue;
            }
            let text = |value: &Value| value.as_str().unwrap_or_default().trim().to_owned();
            let right = [
                text(&answer["subject"]) == text(&known["subject"]),
                answer["recipients"] == known["nrec"],
                has_all(&answer["attachments"], &known["att"]),
                !has_body(known) || answer["body"] == true,
            ];
            score.read += 1;
            score.subject += usize::from(right[0]);
            score.recipients += usize::from(right[1]);
            score.attachments += usize::from(right[2]);
            score.body += usize::from(right[3]);
            if right.contains(&false) {
                score.wrong.push(format!("{} {right:?}", name_of(known)));
            } else {
                score.correct += 1;
            }
        }
        score
    }

    fn rows(&self) -> String {
        let mut rows = String::from(
            "| reader | read | subject | recipients | attachment bytes | body | correct |\n|---|---|---|---|---|---|---|\n",
        );
        for reader in READERS {
            let Score { read, subject, recipients, attachments, body, correct, .. } = self.score(reader);
            let percent = 100.0 * correct as f64 / self.files.len() as f64;
            writeln!(
                rows,
                "| {} | {read} | {subject} | {recipients} | {attachments} | {body} | **{correct}** ({percent:.1} %) |",
                shown(reader)
            )
            .unwrap();
        }
        rows
    }
}

fn has_body(known: &Value) -> bool {
    [&known["body"], &known["rtf"], &known["html"]].iter().any(|there| **there == true)
}

/// True where every digest that is known was found; a reader may show more as attachments.
fn has_all(found: &Value, known: &Value) -> bool {
    let list = |value: &Value| -> Vec<String> {
        let all = value.as_array().map_or(&[][..], Vec::as_slice);
        all.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut found = list(found);
    list(known).iter().all(|digest| match found.iter().position(|one| one == digest) {
        Some(at) => {
            found.swap_remove(at);
            true
        }
        None => false,
    })
}

fn shown(reader: &str) -> &str {
    match reader {
        "extract-msg" => "extract-msg 0.57.0",
        "poi" => "Apache POI (Debian 4.0.1)",
        "msgconvert" => "msgconvert (Email::Outlook::Message)",
        "msg_parser" => "msg_parser 0.3.6",
        other => other,
    }
}

fn page_of(
    originals: &Table<'_>,
    copies: &Table<'_>,
    unsound: &[&Value],
    read: &BTreeMap<&'static str, Answers>,
) -> String {
    let mut page = format!(
        "# Readers of .msg files: the score\n\n\
Written by `cargo xtask proof msg-scoreboard`; not edited by hand. Every reader gets the same files; what each\n\
holds is known beforehand. Correct is a file whose subject, number of recipients and attachment bytes are as\n\
known, and of which some body is found where there is one. msgconvert makes mail, so recipients are counted in\n\
its header fields.\n\n## {} sound files of many writers\n\n{}\n## The same {} as they are written here\n\n{}",
        originals.files.len(),
        originals.rows(),
        copies.files.len(),
        copies.rows(),
    );
    page.push_str("\n## Refused, and why\n\n| reader | file | reason |\n|---|---|---|\n");
    for reader in READERS {
        for known in originals.files {
            if let Some(error) = read[reader][name_of(known)]["error"].as_str() {
                writeln!(page, "| {} | `{}` | {} |", shown(reader), name_of(known), cell(error)).unwrap();
            }
        }
    }
    page.push_str("\n## Files that are damaged or no compound files\n\n| file |");
    READERS.iter().for_each(|reader| write!(page, " {} |", shown(reader)).unwrap());
    page.push_str(&format!("\n|---|{}\n", "---|".repeat(READERS.len())));
    for known in unsound {
        write!(page, "| `{}` |", name_of(known)).unwrap();
        for reader in READERS {
            let error = read[reader][name_of(known)]["error"].as_str().map_or("read".to_owned(), cell);
            write!(page, " {error} |").unwrap();
        }
        page.push('\n');
    }
    page
}

/// What fits into a table: one line without bars, of a reader's words and no path.
fn cell(text: &str) -> String {
    let words = text.split_whitespace().map(|word| if word.starts_with('/') { "…" } else { word });
    let line: String = words.collect::<Vec<_>>().join(" ");
    let printable = line.chars().map(|c| if c.is_control() || c == '|' { ' ' } else { c });
    printable.take(110).collect()
}

#[test]
fn what_is_missing_is_not_counted_as_found() {
    assert!(has_all(&json!(["a", "b"]), &json!(["b"])));
    assert!(!has_all(&json!(["a"]), &json!(["a", "a"])));
    assert!(!has_all(&Value::Null, &json!(["a"])) && has_all(&Value::Null, &json!([])));
}
