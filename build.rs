//! What the C library needs beyond compiling: its name in the dynamic linker's eyes.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_CAPI").is_some() {
        name_the_library();
        #[cfg(feature = "capi")]
        compile_variadic_functions();
    }
}

/// The functions that take arguments as `printf` does: stable Rust cannot define them.
#[cfg(feature = "capi")]
fn compile_variadic_functions() {
    for file in ["src/capi/expbuffer.c", "include/pqexpbuffer.h"] {
        println!("cargo::rerun-if-changed={file}");
    }
    cc::Build::new()
        .file("src/capi/expbuffer.c")
        .include("include")
        .std("c99")
        .warnings(true)
        .extra_warnings(true)
        .compile("ferropq_variadic");
}

/// Programs linked to libpq look for `libpq.so.5`, whatever the file is called at build time.
///
/// Functions of ours that call exported functions of ours must reach them even in a process that
/// has mapped another libpq first, hence `-Bsymbolic-functions`.
fn name_the_library() {
    let system = env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if matches!(
        system.as_str(),
        "linux" | "android" | "freebsd" | "netbsd" | "openbsd" | "dragonfly"
    ) {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libpq.so.5");
        println!("cargo::rustc-cdylib-link-arg=-Wl,-Bsymbolic-functions");
    }
}
