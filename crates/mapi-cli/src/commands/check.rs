//! `mapi check FILE [--repair -o FILE]`: what is wrong with a file, and whether that can be repaired.
//!
//! The problems of .msg files are `mapi_msg`'s, those of TNEF streams `mapi_tnef`'s, those of Internet messages
//! `mime_check.rs`'s, those of vCards what reading them passes over. The file itself is never touched.

use crate::cli::Check;
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::input::{Held, open_file, unreadable};
use crate::mime_check;
use crate::output::Output;
use crate::target::write_file;
use crate::tnef_file;
use mapi_defs::ErrorCode;
use mapi_msg::{Checked, MsgFile, Note, write_message};
use serde_json::{Value, json};
use std::path::Path;

/// One problem.
struct Problem {
    place: String,
    problem: String,
    repairable: bool,
}

impl From<&Note> for Problem {
    fn from(note: &Note) -> Self {
        let (place, problem) = (note.place.clone(), note.reason.to_string());
        Self { place, problem, repairable: note.reason.is_repairable() }
    }
}

impl From<&mapi_tnef::Problem> for Problem {
    fn from(told: &mapi_tnef::Problem) -> Self {
        let (place, problem) = (told.place.clone(), told.reason.to_string());
        Self { place, problem, repairable: told.reason.is_repairable() }
    }
}

/// Says what is wrong; with `--repair` writes the file anew and says what is still wrong then.
pub(crate) fn check(options: &Check, force: bool, output: Output) -> Outcome {
    let file = &options.file;
    let (kind, problems, repaired) = match open_file(file) {
        Ok(Held::Container(msg)) => match msg.check() {
            Ok(checked) => {
                let repaired = match &options.output {
                    Some(path) if options.repair => Some((path, repair(&msg, &checked, path, force)?)),
                    _ => None,
                };
                ("msg", checked.problems.iter().map(Problem::from).collect(), repaired)
            }
            Err(error) => ("msg", vec![whole(unreadable(file, error.into()))?], None),
        },
        Ok(Held::Tnef(bytes)) => match tnef_file::read(&bytes, file) {
            Ok(read) => {
                let repaired = match &options.output {
                    Some(path) if options.repair => Some((path, mend(&bytes, file, path, force)?)),
                    _ => None,
                };
                ("tnef", read.problems.iter().map(Problem::from).collect(), repaired)
            }
            Err(failure) => ("tnef", vec![whole(failure)?], None),
        },
        Ok(Held::Mime(_) | Held::Cards(_)) if options.repair => {
            let message = format!("{}: only .msg and winmail.dat files are repaired", file.display());
            return Err(Failure::new(ErrorCode::NO_SUPPORT, message));
        }
        Ok(Held::Mime(octets)) => ("eml", of_mime(&octets, file), None),
        Ok(Held::Cards(octets)) => ("vcf", of_cards(&octets), None),
        Err(failure) => ("unknown", vec![whole(failure)?], None),
    };
    print(file, kind, &problems, repaired.as_ref().map(|(path, left)| (path.as_path(), &**left)), output)?;
    let left = repaired.map_or(problems.len(), |(_, left)| left.len());
    let message = match left {
        0 => return Ok(()),
        1 => "one problem".to_owned(),
        many => format!("{many} problems"),
    };
    let failure = Failure::new(ErrorCode::CORRUPT_DATA, format!("{}: {message}", file.display()));
    Err(failure.with_exit(Exit::BadData).without_hint().already_reported())
}

/// A file that cannot be read has one problem; one that is not there is none to check.
fn whole(failure: Failure) -> Outcome<Problem> {
    if failure.exit != Exit::BadData {
        return Err(failure);
    }
    Ok(Problem { place: String::new(), problem: failure.message, repairable: false })
}

fn of_mime(octets: &[u8], file: &Path) -> Vec<Problem> {
    let told = mime_check::problems(octets).into_iter().map(|(line, problem)| {
        let place = if line == 0 { "header".to_owned() } else { format!("line {line}") };
        Problem { place, problem, repairable: false }
    });
    let unreadable = crate::mime_file::message(octets, file).err();
    let unreadable = unreadable.map(|failure| Problem {
        place: String::new(),
        problem: failure.message,
        repairable: false,
    });
    told.chain(unreadable).collect()
}

fn of_cards(octets: &[u8]) -> Vec<Problem> {
    let problem = |place: String, problem: String| Problem { place, problem, repairable: false };
    let mut problems = Vec::new();
    for (card, number) in mapi_vcard::Cards::new(octets).zip(1_usize..) {
        let place = format!("card {number}");
        match card {
            Err(error) => problems.push(problem(place, error.detail().to_owned())),
            Ok(card) => {
                if card.unread > 0 {
                    let text = format!("{} lines or inner cards are not read", card.unread);
                    problems.push(problem(place.clone(), text));
                }
                if card.text("FN").or_else(|| card.text("N")).is_none() {
                    problems.push(problem(place, "it has no name".to_owned()));
                }
            }
        }
    }
    problems
}

/// Writes what could be read as a new file; returns what is wrong with that one.
fn repair(msg: &MsgFile, checked: &Checked, path: &Path, force: bool) -> Outcome<Vec<Problem>> {
    let bytes = write_message(&checked.message, &msg.repair_options(checked))?;
    write_file(path, force, &mut bytes.as_slice())?;
    let again = MsgFile::from_source(bytes)?.check()?;
    Ok(again.problems.iter().map(Problem::from).collect())
}

/// Writes what is whole of a TNEF stream as a new file; returns what is wrong with that one.
fn mend(bytes: &[u8], file: &Path, path: &Path, force: bool) -> Outcome<Vec<Problem>> {
    let mended = tnef_file::mended(bytes, file)?;
    write_file(path, force, &mut mended.as_slice())?;
    Ok(tnef_file::read(&mended, path)?.problems.iter().map(Problem::from).collect())
}

fn print(
    file: &Path,
    kind: &str,
    problems: &[Problem],
    repaired: Option<(&Path, &[Problem])>,
    output: Output,
) -> Outcome {
    if output.is_machine() {
        let mut document = json!({
            "file": file.display().to_string(),
            "kind": kind,
            "sound": problems.is_empty(),
            "problems": to_json(problems),
        });
        if let (Some((path, left)), Some(object)) = (repaired, document.as_object_mut()) {
            let repaired = json!({ "path": path.display().to_string(), "problems": to_json(left) });
            object.insert("repaired".into(), repaired);
        }
        return output.document(&document);
    }
    let mut text = to_text(problems, "sound\n");
    if let Some((path, left)) = repaired {
        text.push_str(&format!("written to {}\n", path.display()));
        text.push_str(&to_text(left, "which is sound\n"));
    }
    output.text(&text)
}

fn to_json(problems: &[Problem]) -> Value {
    let one =
        |one: &Problem| json!({ "place": one.place, "problem": one.problem, "repairable": one.repairable });
    problems.iter().map(one).collect()
}

fn to_text(problems: &[Problem], none: &str) -> String {
    if problems.is_empty() {
        return none.to_owned();
    }
    let line = |one: &Problem| {
        let mark = if one.repairable { "repairable" } else { "lost      " };
        let between = if one.place.is_empty() { "" } else { ": " };
        format!("{mark}  {}{between}{}\n", one.place, one.problem)
    };
    problems.iter().map(line).collect()
}
