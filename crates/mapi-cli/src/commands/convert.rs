//! `mapi convert FILE… --to FORMAT`: files as other files.

use crate::batch::Batch;
use crate::cli::{Convert, Loss};
use crate::failure::{Failure, Outcome};
use crate::input::Inputs;
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::rendering::{Rendering, render};
use crate::target::{Folder, write_file};
use mapi_defs::object::MessageObject;
use mapi_defs::{ErrorCode, FileTime};
use mapi_files::file_name::harmless;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Converts files; one that cannot be read does not keep the others from being done.
pub(crate) fn convert(options: &Convert, now: FileTime, force: bool, output: Output) -> Outcome {
    let interrupt = Interrupt::listen_unless(options.files.iter().any(|file| file.as_os_str() == "-"))?;
    let mut target = Target::of(options, force)?;
    let inputs = Inputs::open();
    let mut batch = Batch::default();
    for file in &options.files {
        if interrupt.is_asked() || batch.is_hopeless() {
            break;
        }
        match each(file, &inputs, options, now, &mut target, output) {
            Err(failure) if options.files.len() == 1 => return Err(failure),
            Err(failure) => batch.take(&file.display().to_string(), Err(failure), output),
            Ok(done) => {
                done.into_iter().for_each(|done| batch.take(&file.display().to_string(), Ok(done), output))
            }
        }
    }
    report(&batch, &target, &inputs.end(), output)?;
    batch.conclude(options.files.len(), "files were not converted", &interrupt)?;
    conclude(&batch.outputs, options.loss)
}

/// Where the outputs go.
enum Target {
    Folder(Folder),
    File(PathBuf, bool),
    Stdout,
}

impl Target {
    fn of(options: &Convert, force: bool) -> Outcome<Self> {
        let several = options.files.len() > 1;
        match &options.output {
            Some(path) if path.as_os_str() == "-" && several => {
                Err(Failure::usage("standard output takes one file; name a folder with -o for several"))
            }
            Some(path) if path.as_os_str() == "-" => Ok(Self::Stdout),
            Some(path) if several || path.is_dir() || ends_in_slash(path) => {
                Folder::create(path, force).map(Self::Folder)
            }
            Some(path) => Ok(Self::File(path.clone(), force)),
            None => Folder::create(Path::new("."), force).map(Self::Folder),
        }
    }

    fn write(&mut self, name: &str, bytes: &[u8], output: Output) -> Outcome<Option<PathBuf>> {
        match self {
            Self::Folder(folder) => folder.write(name, "message", &mut &*bytes).map(Some),
            Self::File(path, force) => write_file(path, *force, &mut &*bytes).map(|()| Some(path.clone())),
            // With --json standard output is the report's.
            Self::Stdout if output.is_machine() => Ok(None),
            Self::Stdout => output.content(bytes).map(|()| None),
        }
    }
}

fn ends_in_slash(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b"/")
}

/// What a file holds: one message, or the cards of a file of vCards, each with what reading it lost.
fn each(
    file: &Path,
    inputs: &Inputs,
    options: &Convert,
    now: FileTime,
    target: &mut Target,
    output: Output,
) -> Outcome<Vec<Value>> {
    let (held, lost) = inputs.read_all(file)?.into_iter().unzip::<_, _, Vec<_>, Vec<_>>();
    if held.len() > 1 && !matches!(target, Target::Folder(_)) {
        let failure = Failure::usage(format!("{}: there are {} cards in it", file.display(), held.len()));
        return Err(failure.with_hint("name a folder with -o: one that is there, or with a / at the end"));
    }
    held.iter()
        .zip(lost)
        .map(|(message, lost)| one(file, message, lost, options, now, target, output))
        .collect()
}

fn one(
    file: &Path,
    message: &MessageObject,
    lost: Vec<Value>,
    options: &Convert,
    now: FileTime,
    target: &mut Target,
    output: Output,
) -> Outcome<Value> {
    let mut rendering =
        render(message, options.to, now).map_err(|failure| failure.about(&file.display().to_string()))?;
    rendering.losses.splice(0..0, lost);
    let stem = file
        .file_stem()
        .filter(|stem| *stem != "-")
        .map_or_else(|| "message".into(), |stem| stem.to_string_lossy());
    let name = harmless(&format!("{stem}.{}", options.to.extension()), "message");
    let path = target.write(&name, &rendering.bytes, output)?;
    say_losses(file, &rendering, output);
    Ok(json!({
        "input": file.display().to_string(),
        "path": path.map(|path| path.display().to_string()),
        "kind": options.to.extension(),
        "losses": rendering.losses,
    }))
}

fn say_losses(file: &Path, rendering: &Rendering, output: Output) {
    if rendering.losses.is_empty() || output.is_machine() {
        return;
    }
    output.say(&format!("{}: {} properties are not carried:", file.display(), rendering.losses.len()));
    for loss in &rendering.losses {
        let word = |key: &str| loss[key].as_str().unwrap_or_default().to_owned();
        output.say(&format!("  {} {}: {}", word("property"), word("name"), word("reason")));
    }
}

fn report(batch: &Batch, target: &Target, end: &Value, output: Output) -> Outcome {
    if output.is_machine() {
        return output.document(&batch.document(end));
    }
    output.session_end(end);
    if matches!(target, Target::Stdout) {
        return Ok(());
    }
    let paths = batch.outputs.iter().filter_map(|done| done["path"].as_str());
    output.text(&paths.map(|path| format!("{path}\n")).collect::<String>())
}

/// Losses, where they are to fail the command. What was printed stays the one document.
fn conclude(outputs: &[Value], loss: Loss) -> Outcome {
    let lost = outputs.iter().any(|done| done["losses"].as_array().is_some_and(|losses| !losses.is_empty()));
    if !lost || loss == Loss::Warn {
        return Ok(());
    }
    let message = "something could not be carried over (--loss fail)";
    Err(Failure::new(ErrorCode::CORRUPT_DATA, message).already_reported())
}
