//! Headers that others wrote, read by g++ here: what they have of `data/layout.tsv` and `data/slots.tsv` is where
//! we have it. Wine's and mingw-w64's come from Debian's packages; Microsoft's own come from a folder that
//! `MAPI_MICROSOFT_HEADERS` names (a checkout of microsoft/MAPIStubLibrary) and are never kept here.

use crate::compile::{compiler, here, library_folder, output};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A set of headers, and what has to be found in it at least.
struct Set {
    name: &'static str,
    /// Says where they are, in place of `folder`.
    variable: &'static str,
    folder: Option<&'static str>,
    headers: &'static [&'static str],
    /// Over the shim of this project, or over a `windows.h` of their own.
    shim: bool,
    flags: &'static [&'static str],
    /// Members of unions that they do not have; the others stand where they stand with them.
    absent: &'static [&'static str],
    structures: usize,
    interfaces: usize,
}

const MINGW: Set = Set {
    name: "mingw-w64",
    variable: "MAPI_MINGW_HEADERS",
    folder: Some("/opt/mapi-headers/usr/share/mingw-w64/include"),
    headers: &[
        "mapix.h",
        "mapi.h",
        "mapidefs.h",
        "mapispi.h",
        "mapiutil.h",
        "mapiform.h",
        "mapihook.h",
        "mapival.h",
        "mapiguid.h",
        "mapitags.h",
        "mapicode.h",
        "imessage.h",
        "tnef.h",
    ],
    shim: true,
    flags: &["-D_WIN64", "-D_AMD64_"],
    absent: &[
        "MAPINAMEID\tKind.lID_Reserved",
        "SRestriction\tres.resCount",
        "SRestriction\tres.resAnnotation",
        "__UPV\tlpv",
    ],
    structures: 80,
    interfaces: 41,
};

const WINE: Set = Set {
    name: "Wine",
    variable: "MAPI_WINE_HEADERS",
    folder: Some("/opt/mapi-headers/usr/include/wine/wine/windows"),
    headers: &[
        "mapix.h",
        "mapi.h",
        "mapidefs.h",
        "mapiutil.h",
        "mapiform.h",
        "mapival.h",
        "mapiguid.h",
        "mapitags.h",
        "mapicode.h",
    ],
    shim: false,
    flags: &["-Dms_abi=sysv_abi", "-DWINE_UNICODE_NATIVE"],
    absent: &[
        "MAPINAMEID\tKind.lID_Reserved",
        "SRestriction\tres.resCount",
        "SRestriction\tres.resAnnotation",
        "__UPV\tlpv",
    ],
    structures: 55,
    interfaces: 11,
};

const MICROSOFT: Set = Set {
    name: "Microsoft",
    variable: "MAPI_MICROSOFT_HEADERS",
    folder: None,
    headers: &[
        "mapix.h",
        "mapi.h",
        "mapidefs.h",
        "mapispi.h",
        "mapiutil.h",
        "mapiform.h",
        "mapihook.h",
        "mapival.h",
        "mapiguid.h",
        "mapitags.h",
        "mapicode.h",
        "mapiaux.h",
        "imessage.h",
        "edkmdb.h",
        "actmgmt.h",
        "imscapabilities.h",
    ],
    shim: true,
    flags: &["-D_WIN64", "-D_AMD64_"],
    absent: &[],
    structures: 95,
    interfaces: 70,
};

#[test]
fn mingw_headers_lay_out_alike() {
    compare(&MINGW);
}

#[test]
fn wine_headers_lay_out_alike() {
    compare(&WINE);
}

#[test]
fn microsoft_headers_lay_out_alike() {
    compare(&MICROSOFT);
}

/// Programs of our own tests, compiled with Microsoft's headers in place of ours, do the same.
#[test]
fn programs_with_microsoft_headers_run() {
    let Some(folder) = there(&MICROSOFT) else { return };
    let work = tempfile::tempdir().expect("a folder for the programs");
    let links = lower_case(&folder, work.path());
    for source in
        ["ending.cpp", "working.cpp", "cases.cpp", "table.cpp", "object.cpp", "imessage.cpp", "rtf.cpp"]
    {
        let program = work.path().join(source.trim_end_matches(".cpp"));
        let mut command = compile(&MICROSOFT, &links);
        command.args(["-DINITGUID=", "-include", "windows.h", "-g", "-pthread", "-I"]).arg(here("tests/c"));
        command.args(identifiers(&links)).arg(here("tests/c").join(source)).arg("-o").arg(&program);
        command.arg("-L").arg(library_folder()).arg("-lmapi32");
        succeeds(&mut command, source);
        let output = output(&program, &[], &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{source}: {}\n{said}", output.status);
        println!("\nfigure: {source} with Microsoft's headers = runs");
    }
}

fn compare(set: &Set) {
    let Some(folder) = there(set) else { return };
    let work = tempfile::tempdir().expect("a folder for the program");
    let links = lower_case(&folder, work.path());
    let theirs = preprocessed(set, &links, work.path());
    let known = words(&theirs);
    let layout: Vec<String> =
        rows("layout.tsv").into_iter().filter(|row| is_known(set, row, &known)).collect();
    let slots: Vec<String> =
        rows("slots.tsv").into_iter().filter(|row| has_interface(row, &theirs)).collect();
    let source = work.path().join("layout.cpp");
    std::fs::write(&source, program(set, &layout, &slots)).expect("the folder is ours");
    let built = work.path().join("layout");
    succeeds(compile(set, &links).arg(&source).arg("-o").arg(&built), set.name);
    let output = output(&built, &[], &[]);
    assert!(output.status.success(), "{}", output.status);
    let said = String::from_utf8(output.stdout).expect("ASCII");
    // Which interface adds a slot is told by our table alone.
    let expected: Vec<String> =
        layout.iter().cloned().chain(slots.iter().map(|row| without_base(row))).collect();
    let differing: Vec<(&str, &String)> =
        said.lines().zip(&expected).filter(|(said, expected)| said != expected).collect();
    assert!(differing.is_empty() && said.lines().count() == expected.len(), "{}: {differing:?}", set.name);
    let structures = layout.iter().filter(|row| row.split('\t').nth(1) == Some("-")).count();
    let interfaces = slots.iter().filter(|row| row.split('\t').nth(1) == Some("0")).count();
    println!("\nfigure: structures as {} has them = {structures}, {} rows", set.name, layout.len());
    println!("\nfigure: interfaces as {} has them = {interfaces}, {} slots", set.name, slots.len());
    assert!(structures >= set.structures && interfaces >= set.interfaces, "{structures}, {interfaces}");
}

/// The folder of the headers; `None`, and said so, where they are not there.
fn there(set: &Set) -> Option<PathBuf> {
    if !compiler("g++") {
        return None;
    }
    let folder = std::env::var_os(set.variable).map(PathBuf::from).or_else(|| set.folder.map(PathBuf::from));
    let folder =
        folder.map(|folder| if folder.join("include").is_dir() { folder.join("include") } else { folder });
    if let Some(folder) = folder.filter(|folder| folder.is_dir()) {
        return Some(folder);
    }
    // Microsoft's are for the proof alone: nobody has to have them.
    let wanted = set.folder.is_some() && std::env::var_os("MAPI_FORBID_SKIP").is_some();
    assert!(!wanted, "{}'s headers are missing ({}), and skipping is forbidden", set.name, set.variable);
    drop(std::io::Write::write_all(
        &mut std::io::stderr(),
        format!("SKIPPED (no headers of {}: set {}): their layout is not compared\n", set.name, set.variable)
            .as_bytes(),
    ));
    None
}

/// A folder of links to the headers of MAPI by their names in lower case.
fn lower_case(folder: &Path, work: &Path) -> PathBuf {
    let links = work.join("headers");
    std::fs::create_dir(&links).expect("the folder is ours");
    let wine = folder.join("windows.h").exists()
        && folder.join("winerror.h").exists()
        && folder.ends_with("windows");
    if wine {
        return folder.to_owned();
    }
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("readable").path();
        let name = path.file_name().expect("a name").to_string_lossy().to_lowercase();
        let of_mapi = ["map", "im", "edk", "act", "tnef", "mspst", "abhelp", "exchform", "emsabtag"]
            .iter()
            .any(|start| name.starts_with(start));
        // Microsoft's MAPINls.h takes a DWORD for a long, which has 64 bits here.
        if of_mapi && name.ends_with(".h") && name != "mapinls.h" {
            std::os::unix::fs::symlink(&path, links.join(name)).expect("the folder is ours");
        }
    }
    links
}

fn compile(set: &Set, headers: &Path) -> Command {
    let mut command = Command::new("g++");
    command.args(["-std=c++17", "-fshort-wchar", "-w"]).args(set.flags);
    if set.shim {
        command.arg("-I").arg(here("include/shim"));
    }
    command.arg("-I").arg(headers);
    if set.shim {
        command.arg("-I").arg(here("include"));
    }
    command
}

fn succeeds(command: &mut Command, what: &str) -> String {
    let output = command.output().expect("the compiler was there a moment ago");
    let said = String::from_utf8_lossy(&output.stderr);
    let first: Vec<&str> =
        said.lines().filter(|line| line.contains("error") || line.contains("undefined")).take(10).collect();
    assert!(output.status.success(), "{what}: {first:#?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn includes(set: &Set) -> String {
    let head = "#include <stddef.h>\n#include <windows.h>\n".to_owned();
    set.headers.iter().fold(head, |text, header| text + "#include <" + header + ">\n")
}

fn preprocessed(set: &Set, headers: &Path, work: &Path) -> String {
    let source = work.join("all.cpp");
    std::fs::write(&source, includes(set)).expect("the folder is ours");
    let all = succeeds(compile(set, headers).arg("-E").arg(&source), set.name);
    // What comes from our own headers proves nothing about theirs.
    let mut theirs = String::new();
    let (mut foreign, from) = (false, headers.to_string_lossy().into_owned());
    for line in all.lines() {
        if line.starts_with("# ") {
            foreign = line.contains(&*from);
        } else if foreign {
            line.split_whitespace().for_each(|word| theirs.extend([word, " "]));
        }
    }
    theirs
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split(|at: char| !(at.is_ascii_alphanumeric() || at == '_'))
        .filter(|word| !word.is_empty())
        .collect()
}

/// True where the headers name the structure and each part of the member.
fn is_known(set: &Set, row: &str, known: &BTreeSet<&str>) -> bool {
    if set.absent.iter().any(|absent| row.starts_with(&format!("{absent}\t"))) {
        return false;
    }
    let mut cells = row.split('\t');
    let (structure, member) = (cells.next().expect("a structure"), cells.next().expect("a member"));
    // Its union has no name in some headers.
    if structure == "ACTION" && member == "value" {
        return false;
    }
    known.contains(structure) && (member == "-" || member.split('.').all(|part| known.contains(part)))
}

fn has_interface(row: &str, theirs: &str) -> bool {
    let interface = row.split('\t').next().expect("an interface");
    let method = row.split('\t').nth(2).expect("a method");
    // IOlkAccountNotify::Notify is not virtual in Microsoft's header, by a mistake of that header.
    theirs.contains(&format!(" {interface} : ")) && !(interface == "IOlkAccountNotify" && method == "Notify")
}

fn without_base(row: &str) -> String {
    row.rsplit_once('\t').expect("four cells").0.to_owned()
}

fn program(set: &Set, layout: &[String], slots: &[String]) -> String {
    let mut text = includes(set);
    // In the ABI of Itanium a pointer to a virtual member is its place in the vtable, in bytes and one.
    text.push_str(
        "#include <stdio.h>\n#include <string.h>\ntemplate <class T> int slot(T method) {\n\
         ptrdiff_t words[2]; static_assert(sizeof(method) == sizeof(words), \"\");\n\
         memcpy(words, &method, sizeof(words)); return (int)((words[0] - 1) / 8); }\nint main() {\n",
    );
    for row in layout {
        let cells: Vec<&str> = row.split('\t').collect();
        let (structure, member) = (cells[0], cells[1]);
        let (offset, size) = match member {
            "-" => (format!("alignof({structure})"), format!("sizeof({structure})")),
            _ => {
                (format!("offsetof({structure}, {member})"), format!("sizeof((({structure} *)0)->{member})"))
            }
        };
        writeln!(text, "printf(\"{structure}\\t{member}\\t%d\\t%d\\n\", (int){offset}, (int){size});")
            .expect("text grows");
    }
    for row in slots {
        let cells: Vec<&str> = row.split('\t').collect();
        writeln!(text, "printf(\"{0}\\t%d\\t{1}\\n\", slot(&{0}::{1}));", cells[0], cells[2])
            .expect("text grows");
    }
    text.push_str("return 0; }\n");
    text
}

/// Programs of Microsoft's headers say which identifiers they want defined.
fn identifiers(headers: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(headers.join("mapiguid.h")).expect("a header of MAPI");
    let known =
        words(&text).into_iter().filter(|word| word.starts_with("USES_")).map(|word| format!("-D{word}"));
    known.collect()
}

fn rows(table: &str) -> Vec<String> {
    let text =
        std::fs::read_to_string(here("../../data").join(table)).expect("the table is in the repository");
    text.lines().filter(|line| !line.starts_with('#')).skip(1).map(str::to_owned).collect()
}
