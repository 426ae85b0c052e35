//! Gives the library its name for the loader. Which symbols it shows is `exports.map`'s, which the
//! compiler follows by itself (only `no_mangle` functions are visible) and `tests/exports.rs` checks.

fn main() {
    // MAPI's functions never change their meaning, so the name carries no version.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libmapi32.so");
    println!("cargo::rerun-if-changed=build.rs");
}
