//! Building and running C and C++ programs against the built library.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// How a program is compiled.
#[derive(Clone, Copy)]
pub(crate) enum With {
    /// As it is, with every warning an error.
    Warnings,
    /// With the address and undefined-behaviour sanitizers as well.
    Sanitizers,
}

/// True where the compiler is there. Otherwise says so, loudly, and fails where skipping is forbidden.
pub(crate) fn compiler(name: &str) -> bool {
    if Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()) {
        return true;
    }
    assert!(std::env::var_os("MAPI_FORBID_SKIP").is_none(), "{name} is missing, and skipping is forbidden");
    // Past the test runner, which would keep it back.
    drop(writeln!(std::io::stderr(), "SKIPPED ({name} is not installed): programs in C are not tried"));
    false
}

/// Compiles a source file against our headers and the built library, and returns the program's path.
pub(crate) fn build(source: &Path, folder: &Path, with: With) -> PathBuf {
    let plain_c = source.extension().is_some_and(|extension| extension == "c");
    let name = source.file_stem().expect("a source file has a name");
    let program = folder.join(name);
    let mut command = Command::new(if plain_c { "gcc" } else { "g++" });
    command.arg(if plain_c { "-std=c11" } else { "-std=c++17" });
    command.args(["-g", "-Wall", "-Wextra", "-Werror", "-pthread"]);
    if let With::Sanitizers = with {
        // Our vtables carry no type information of C++, which the check of vptrs asks for.
        command.args(["-fsanitize=address,undefined", "-fno-sanitize=vptr", "-fno-sanitize-recover=all"]);
    }
    command.arg("-I").arg(here("include")).arg("-I").arg(here("tests/c"));
    command.arg(source).arg("-o").arg(&program);
    command.arg("-L").arg(library_folder()).arg("-lmapi32");
    let output = command.output().expect("the compiler was there a moment ago");
    assert!(output.status.success(), "{}: {}", source.display(), String::from_utf8_lossy(&output.stderr));
    program
}

/// Runs a program with the built library, in a home of its own; its standard output.
pub(crate) fn run(program: &Path) -> String {
    let output = output(program, &[], &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {}\n{said}", program.display(), output.status);
    String::from_utf8(output.stdout).expect("programs print ASCII")
}

/// Runs a program with the built library, in a home of its own, with arguments and more of an environment.
pub(crate) fn output(program: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let home = tempfile::tempdir().expect("a home for the program");
    Command::new(program)
        .args(arguments)
        .env("LD_LIBRARY_PATH", library_folder())
        .env("MAPI_HOME", home.path())
        .env("LC_ALL", "C.UTF-8")
        .envs(environment.iter().copied())
        .output()
        .expect("the program was just built")
}

/// Runs a program under valgrind, which must find nothing; what is still held at the end does not count.
pub(crate) fn run_under_valgrind(program: &Path) {
    let home = tempfile::tempdir().expect("a home for the program");
    let output = Command::new("valgrind")
        .args(["--quiet", "--error-exitcode=99", "--leak-check=no"])
        .arg(program)
        .env("LD_LIBRARY_PATH", library_folder())
        .env("MAPI_HOME", home.path())
        .output()
        .expect("valgrind was there a moment ago");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {}\n{said}", program.display(), output.status);
}

/// A path of this crate.
pub(crate) fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Where cargo put `libmapi32.so`: beside the tests themselves.
pub(crate) fn library_folder() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    let folder = test.parent().expect("a file is in a folder").to_owned();
    assert!(folder.join("libmapi32.so").exists(), "no libmapi32.so in {}", folder.display());
    folder
}
