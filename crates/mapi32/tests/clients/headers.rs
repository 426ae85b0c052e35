//! Our headers, as gcc and g++ read them: layout against `data/layout.tsv`, slots against
//! `data/slots.tsv`, and each header by itself.

use crate::compile::{With, build, compiler, here, run};
use std::fmt::Write;
use std::path::PathBuf;

const HEADERS: [&str; 19] = [
    "actmgmt.h",
    "edkmdb.h",
    "imessage.h",
    "mapi.h",
    "mapi_platform.h",
    "mapiaux.h",
    "mapicode.h",
    "mapidefs.h",
    "mapiform.h",
    "mapiguid.h",
    "mapihook.h",
    "mapinls.h",
    "mapispi.h",
    "mapitags.h",
    "mapiutil.h",
    "mapival.h",
    "mapix.h",
    "objbase.h",
    "tnef.h",
];

#[test]
fn every_header_stands_by_itself_in_c_and_cpp() {
    if !compiler("g++") || !compiler("gcc") {
        return;
    }
    let mut there: Vec<String> =
        files().iter().filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect();
    there.sort();
    assert!(HEADERS.iter().all(|header| there.contains(&(*header).to_owned())), "{there:?}");
    for header in there {
        for extension in ["c", "cpp"] {
            let text = format!("#include <{header}>\nint main(void) {{ return 0; }}\n");
            compile_text(&text, extension);
        }
    }
}

#[test]
fn structures_are_laid_out_as_recorded() {
    if !compiler("g++") || !compiler("gcc") {
        return;
    }
    let recorded = rows("layout.tsv");
    let mut text = includes();
    text.push_str("#include <stdio.h>\n#ifdef __cplusplus\n#define ALIGN alignof\n#else\n#define ALIGN _Alignof\n#endif\nint main(void) {\n");
    for row in &recorded {
        let cells: Vec<&str> = row.split('\t').collect();
        let (structure, member) = (cells[0], cells[1]);
        if structure == "ACTION" && member == "value" {
            continue;
        }
        let (offset, size) = match member {
            "-" => (format!("ALIGN({structure})"), format!("sizeof({structure})")),
            _ => {
                (format!("offsetof({structure}, {member})"), format!("sizeof((({structure} *)0)->{member})"))
            }
        };
        writeln!(text, "printf(\"{structure}\\t{member}\\t%d\\t%d\\n\", (int){offset}, (int){size});")
            .expect("text grows");
    }
    text.push_str("return 0; }\n");
    for extension in ["c", "cpp"] {
        let said = compile_text(&text, extension);
        assert_eq!(said.lines().collect::<Vec<_>>(), recorded, "as .{extension}");
    }
}

#[test]
fn slots_are_where_recorded() {
    if !compiler("g++") {
        return;
    }
    let declared: String = files().iter().map(|path| std::fs::read_to_string(path).expect("text")).collect();
    let of_headers: Vec<String> = rows("slots.tsv")
        .into_iter()
        .filter(|row| {
            let interface = row.split('\t').next().expect("a cell");
            declared.contains(&format!("DECLARE_MAPI_INTERFACE_({interface},"))
        })
        .collect();
    let mut text = includes();
    // In the ABI of Itanium a pointer to a virtual member is its place in the vtable, in bytes and one.
    text.push_str(
        "#include <stdio.h>\n#include <string.h>\ntemplate <class T> int slot(T method) {\n\
         ptrdiff_t words[2]; static_assert(sizeof(method) == sizeof(words), \"\");\n\
         memcpy(words, &method, sizeof(words)); return (int)((words[0] - 1) / 8); }\nint main() {\n",
    );
    for row in &of_headers {
        let cells: Vec<&str> = row.split('\t').collect();
        writeln!(text, "printf(\"{0}\\t%d\\t{1}\\t{2}\\n\", slot(&{0}::{1}));", cells[0], cells[2], cells[3])
            .expect("text grows");
    }
    text.push_str("return 0; }\n");
    let said = compile_text(&text, "cpp");
    assert_eq!(said.lines().collect::<Vec<_>>(), of_headers);
    let interfaces = of_headers.iter().filter(|row| row.split('\t').nth(1) == Some("0")).count();
    assert!(interfaces >= 76, "{interfaces} interfaces");
}

/// Our headers, without the shim for those of others.
fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(here("include")).expect("the headers are in the repository");
    entries.map(|entry| entry.expect("readable").path()).filter(|path| path.is_file()).collect()
}

fn includes() -> String {
    HEADERS.iter().fold(String::new(), |text, header| text + "#include <" + header + ">\n")
}

fn compile_text(text: &str, extension: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder for the program");
    let source: PathBuf = folder.path().join("generated").with_extension(extension);
    std::fs::write(&source, text).expect("the folder is ours");
    run(&build(&source, folder.path(), With::Warnings))
}

fn rows(table: &str) -> Vec<String> {
    let text =
        std::fs::read_to_string(here("../../data").join(table)).expect("the table is in the repository");
    text.lines().filter(|line| !line.starts_with('#')).skip(1).map(str::to_owned).collect()
}
