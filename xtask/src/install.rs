//! `cargo xtask install --prefix DIR`: the library for C programs, its headers and its pkg-config file.
//!
//! What goes where: `lib/libmapi32.so`, `include/openmapi/*.h` (and `shim/` for
//! Microsoft's headers), `lib/pkgconfig/openmapi.pc`. The command
//! `mapi` is installed by `cargo install`.

use std::path::{Path, PathBuf};
use std::process::Command;

const USAGE: &str = "usage: cargo xtask install --prefix DIR";

/// Runs the command.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    let prefix = match arguments {
        [flag, prefix] if flag == "--prefix" => {
            std::path::absolute(prefix).map_err(|fault| fault.to_string())?
        }
        _ => return Err(USAGE.into()),
    };
    let build = ["build", "--release", "--quiet", "--package", "mapi32"];
    let built =
        Command::new("cargo").args(build).current_dir(root).status().map_err(|fault| fault.to_string())?;
    if !built.success() {
        return Err("the library does not build".into());
    }
    for path in installed(root, &prefix, &release_folder(root).join("libmapi32.so"))? {
        println!("installed {}", path.display());
    }
    Ok(())
}

/// Where cargo puts what it builds in release.
pub(crate) fn release_folder(root: &Path) -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |path| root.join(path));
    target.join("release")
}

/// Puts everything into its place below the prefix, and says where.
fn installed(root: &Path, prefix: &Path, library: &Path) -> Result<Vec<PathBuf>, String> {
    let (lib, include) = (prefix.join("lib"), prefix.join("include/openmapi"));
    let pkgconfig = lib.join("pkgconfig");
    for folder in [&include.join("shim"), &pkgconfig] {
        std::fs::create_dir_all(folder).map_err(|fault| format!("{}: {fault}", folder.display()))?;
    }
    let mut done = vec![copied(library, &lib.join("libmapi32.so"))?];
    let headers = root.join("crates/mapi32/include");
    for (from, to) in [(headers.clone(), include.clone()), (headers.join("shim"), include.join("shim"))] {
        done.extend(copied_headers(&from, &to)?);
    }
    let package = pkgconfig.join("openmapi.pc");
    std::fs::write(&package, pc(prefix)).map_err(|fault| format!("{}: {fault}", package.display()))?;
    done.push(package);
    done.sort();
    Ok(done)
}

fn copied_headers(from: &Path, to: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(from).map_err(|fault| format!("{}: {fault}", from.display()))?;
    let mut done = Vec::new();
    for entry in entries {
        let header = entry.map_err(|fault| fault.to_string())?.path();
        if header.is_file() {
            let name = header.file_name().ok_or("a header without a name")?;
            done.push(copied(&header, &to.join(name))?);
        }
    }
    Ok(done)
}

fn copied(from: &Path, to: &Path) -> Result<PathBuf, String> {
    std::fs::copy(from, to).map_err(|fault| format!("{}: {fault}", to.display()))?;
    Ok(to.to_owned())
}

fn pc(prefix: &Path) -> String {
    format!(
        "prefix={}\nlibdir=${{prefix}}/lib\nincludedir=${{prefix}}/include/openmapi\n\n\
         Name: openmapi\nDescription: MAPI for C and C++ programs\nVersion: {}\n\
         Libs: -L${{libdir}} -lmapi32\nCflags: -I${{includedir}}\n",
        prefix.display(),
        env!("CARGO_PKG_VERSION")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed_is_enough_to_compile_the_example() {
        let root = crate::root();
        let prefix = root.join(format!("target/install-test-{}", std::process::id()));
        std::fs::create_dir_all(&prefix).unwrap();
        let library = prefix.join("built.so");
        std::fs::write(&library, "a library").unwrap();
        let done = installed(&root, &prefix, &library).unwrap();
        let count = |folder: &str| {
            let entries = std::fs::read_dir(root.join(folder)).unwrap();
            entries.filter(|entry| entry.as_ref().unwrap().path().is_file()).count()
        };
        let headers = count("crates/mapi32/include") + count("crates/mapi32/include/shim");
        assert_eq!(done.len(), headers + 2);
        assert!(done.iter().all(|path| path.is_file()));
        let package = std::fs::read_to_string(prefix.join("lib/pkgconfig/openmapi.pc")).unwrap();
        let flag = |name: &str| package.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
        assert_eq!(flag("prefix="), prefix.to_str().unwrap());
        let include = flag("includedir=").replace("${prefix}", &flag("prefix="));
        let example = root.join("crates/mapi32/examples/cmake/hello.cpp");
        let compiled = Command::new("g++")
            .args(["-std=c++17", "-fsyntax-only", "-Wall", "-Werror", "-I", &include])
            .arg(example)
            .output();
        match compiled {
            Ok(said) => assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr)),
            Err(_) => assert!(std::env::var_os("MAPI_FORBID_SKIP").is_none(), "g++ is missing"),
        }
        std::fs::remove_dir_all(&prefix).unwrap();
    }

    #[test]
    fn the_prefix_has_to_be_said() {
        assert!(run(&crate::root(), &[]).unwrap_err().contains("--prefix"));
    }
}
