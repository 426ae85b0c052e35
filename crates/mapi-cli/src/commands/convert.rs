//! `mapi convert FILE… --to FORMAT`: files as other files.

use crate::cli::{Convert, Loss};
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::file_name::harmless;
use crate::input::Inputs;
use crate::output::Output;
use crate::rendering::{Rendering, render};
use crate::target::{Folder, write_file};
use mapi_defs::{ErrorCode, FileTime};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Converts files; one that cannot be read does not keep the others from being done.
pub(crate) fn convert(options: &Convert, now: FileTime, force: bool, output: Output) -> Outcome {
    let mut target = Target::of(options, force)?;
    let inputs = Inputs::open();
    let (mut outputs, mut failed) = (Vec::new(), Vec::new());
    for file in &options.files {
        match one(file, &inputs, options, now, &mut target, output) {
            Ok(done) => outputs.push(done),
            Err(failure) if options.files.len() == 1 => return Err(failure),
            Err(failure) => {
                if !output.is_machine() {
                    output.failure(&failure);
                }
                failed.push((file, failure));
            }
        }
    }
    report(&outputs, &failed, &target, &inputs.end(), output)?;
    conclude(&outputs, failed.into_iter().map(|(_, failure)| failure), options)
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
            Self::Stdout => output.bytes(bytes).map(|()| None),
        }
    }
}

fn ends_in_slash(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b"/")
}

fn one(
    file: &Path,
    inputs: &Inputs,
    options: &Convert,
    now: FileTime,
    target: &mut Target,
    output: Output,
) -> Outcome<Value> {
    let input = inputs.read(file)?;
    let rendering = render(&input.message, options.to, now)
        .map_err(|failure| failure.about(&file.display().to_string()))?;
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

fn report(
    outputs: &[Value],
    failed: &[(&PathBuf, Failure)],
    target: &Target,
    end: &Value,
    output: Output,
) -> Outcome {
    if output.is_machine() {
        let failed = failed.iter().map(|(input, failure)| {
            json!({ "input": input.display().to_string(), "error": failure.to_json()["error"] })
        });
        let mut document = json!({ "outputs": outputs });
        let failed: Vec<Value> = failed.collect();
        if let (false, Some(map)) = (failed.is_empty(), document.as_object_mut()) {
            map.insert("failed".into(), Value::Array(failed));
        }
        if let Some(map) = document.as_object_mut() {
            map.insert("session_end".into(), end.clone());
        }
        return output.document(&document);
    }
    output.session_end(end);
    if matches!(target, Target::Stdout) {
        return Ok(());
    }
    let paths = outputs.iter().filter_map(|done| done["path"].as_str());
    output.text(&paths.map(|path| format!("{path}\n")).collect::<String>())
}

/// Bad inputs, then losses where they are to fail the command. What was printed stays the one document.
fn conclude(outputs: &[Value], failed: impl Iterator<Item = Failure>, options: &Convert) -> Outcome {
    let exits: Vec<Exit> = failed.map(|failure| failure.exit).collect();
    let lost = outputs.iter().any(|done| done["losses"].as_array().is_some_and(|losses| !losses.is_empty()));
    let message = match exits.first() {
        Some(_) => format!("{} of {} files could not be converted", exits.len(), options.files.len()),
        None if lost && options.loss == Loss::Fail => {
            "something could not be carried over (--loss fail)".to_owned()
        }
        None => return Ok(()),
    };
    let exit = if exits.contains(&Exit::BadData) || exits.is_empty() { Exit::BadData } else { exits[0] };
    Err(Failure::new(ErrorCode::CORRUPT_DATA, message).with_exit(exit).already_reported())
}
