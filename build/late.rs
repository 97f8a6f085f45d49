//! Libraries that the shared library loads when it needs them, and not when the program starts.
//!
//! Loading OpenSSL takes longer than all the rest of a program's start, and most connections do not
//! use it; the unwinder's library is used by panics alone. So the shared library is linked with a
//! trampoline for each function that it calls of the two. A trampoline jumps to the address that is
//! kept for its function, and has `late.c` find all of the group's addresses where there is none
//! yet. The linker's option `--wrap` leads the calls there; nothing refers to the libraries any
//! longer, and the linker, which is told `--as-needed`, does not record that they are needed.
//!
//! The functions are listed in `late_openssl.txt` and `late_unwind.txt`. One that is missing there
//! is linked in the ordinary way and brings its library back, which `tests/exports.rs` and
//! `scripts/test-install` notice. The static library and Rust programs are linked in the ordinary way altogether, and
//! `late_if_there.c` lets the same code serve them.

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

/// Functions that are loaded together.
struct Group {
    name: &'static str,
    soname: &'static str,
    functions: &'static str,
    /// What the note for packagers says of it: name, description and importance; the unwinder's
    /// library needs no mention, as every system has it.
    note: Option<[&'static str; 3]>,
}

const UNWIND: Group = Group {
    name: "unwind",
    soname: "libgcc_s.so.1",
    functions: include_str!("late_unwind.txt"),
    note: None,
};

const OPENSSL: Group = Group {
    name: "openssl",
    soname: "libssl.so.3",
    functions: include_str!("late_openssl.txt"),
    note: Some(["tls", "Encryption of connections", "recommended"]),
};

/// What tells `openssl-sys` of another OpenSSL than the system's shared one.
const OTHER_OPENSSL: [&str; 6] = [
    "OPENSSL_DIR",
    "OPENSSL_LIB_DIR",
    "OPENSSL_LIBS",
    "OPENSSL_STATIC",
    "PKG_CONFIG_ALL_STATIC",
    "DEP_OPENSSL_VENDORED",
];

/// Whether this target has trampolines.
fn is_known_target() -> bool {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && is("CARGO_CFG_TARGET_ARCH", "x86_64")
        && is("CARGO_CFG_TARGET_POINTER_WIDTH", "64")
}

/// Whether OpenSSL is the system's, of the release series that the list of functions is about.
fn is_known_openssl() -> bool {
    let target = env::var("TARGET").unwrap_or_default().to_uppercase();
    let prefix = target.replace('-', "_");
    let names = OTHER_OPENSSL
        .iter()
        .flat_map(|name| [(*name).to_owned(), format!("{prefix}_{name}")]);
    let mut is_other = false;
    for name in names {
        println!("cargo::rerun-if-env-changed={name}");
        is_other |= env::var_os(name).is_some();
    }
    // Only direct dependents are told; LibreSSL tells another number besides.
    let version = env::var("DEP_OPENSSL_VERSION_NUMBER").unwrap_or_default();
    let version = u64::from_str_radix(&version, 16).unwrap_or(0);
    let is_libressl = env::var_os("DEP_OPENSSL_LIBRESSL_VERSION_NUMBER").is_some();
    version >> 28 == 3 && !is_libressl && !is_other
}

/// Links the shared library with trampolines, where there are some for the target.
pub(super) fn link() {
    if !is_known_target() {
        return;
    }
    let has_openssl = is_known_openssl();
    let mut groups = vec![UNWIND];
    if has_openssl {
        groups.push(OPENSSL);
        println!("cargo::rustc-cfg=late_openssl");
        compile_question();
    }
    compile_trampolines(&groups, has_openssl);
}

/// The C function that Rust calls, in whatever it is linked to.
fn compile_question() {
    println!("cargo::rerun-if-changed=build/late_if_there.c");
    cc::Build::new()
        .file("build/late_if_there.c")
        .warnings(true)
        .extra_warnings(true)
        .compile("ferropq_late_if_there");
}

fn compile_trampolines(groups: &[Group], has_openssl: bool) {
    println!("cargo::rerun-if-changed=build/late.c");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo"));
    let assembly = out.join("late_trampolines.s");
    let wrapped = out.join("late_wrapped");
    fs::write(&assembly, trampolines(groups)).expect("a folder to write into");
    fs::write(&wrapped, options(groups)).expect("a folder to write into");
    let mut build = cc::Build::new();
    build
        .file("build/late.c")
        .file(&assembly)
        .warnings(true)
        .extra_warnings(true);
    if has_openssl {
        build.define("LATE_OPENSSL", None);
    }
    for object in build.compile_intermediates() {
        println!("cargo::rustc-cdylib-link-arg={}", object.display());
    }
    println!("cargo::rustc-cdylib-link-arg=@{}", wrapped.display());
}

/// The options that lead the calls to the trampolines, as a file that compilers read.
fn options(groups: &[Group]) -> String {
    groups
        .iter()
        .flat_map(|group| group.functions.lines())
        .map(|function| format!("-Wl,--wrap={function}\n"))
        .collect()
}

/// The trampolines of all groups, and what `late.c` knows each group by.
fn trampolines(groups: &[Group]) -> String {
    let mut text = String::from("\t.section .note.GNU-stack,\"\",@progbits\n");
    for group in groups {
        let name = group.name;
        let count = group.functions.lines().count();
        write!(text, "\t.text\n\t.p2align 4\n").expect("memory");
        text += &FIRST.replace("GROUP", name);
        for (index, function) in group.functions.lines().enumerate() {
            text += &TRAMPOLINE
                .replace("GROUP", name)
                .replace("FUNCTION", function)
                .replace("OFFSET", &(8 * index).to_string());
        }
        text += &TABLES
            .replace("GROUP", name)
            .replace("LIBRARY", group.soname)
            .replace("SIZE", &(8 * count).to_string());
        for function in group.functions.lines() {
            writeln!(text, "\t.asciz \"{function}\"").expect("memory");
        }
        text += "\t.byte 0\n";
        text += &note(group);
    }
    text
}

/// For packaging tools: the libraries that a program loads, in the ELF note that systemd's
/// specification "dlopen() Metadata for ELF Files" describes.
fn note(group: &Group) -> String {
    let Some([feature, description, priority]) = group.note else {
        return String::new();
    };
    let soname = group.soname;
    let json = format!(
        r#"[{{"feature":"{feature}","description":"{description}","priority":"{priority}","soname":["{soname}"]}}]"#
    );
    NOTE.replace("TEXT", &json.replace('"', "\\\""))
}

/// Jumps to its function. %r11 is free between functions.
///
/// The symbol is not said to be a function: its debugging information would name it, which makes
/// GNU ld 2.40 crash when it wraps symbols.
const TRAMPOLINE: &str = "\
\t.p2align 4
\t.globl __wrap_FUNCTION
\t.hidden __wrap_FUNCTION
__wrap_FUNCTION:
\tendbr64
\tleaq ferropq_late_GROUP_functions+OFFSET(%rip), %r11
\tcmpq $0, (%r11)
\tje .Lfirst_GROUP
\tjmp *(%r11)
";

/// Where a trampoline goes whose function has no address yet. The registers for arguments are kept,
/// but for those of floating point: no function of the lists takes such.
const FIRST: &str = "\
\t.type .Lfirst_GROUP, @function
.Lfirst_GROUP:
\t.cfi_startproc
\tpushq %rdi
\tpushq %rsi
\tpushq %rdx
\tpushq %rcx
\tpushq %r8
\tpushq %r9
\tpushq %rax
\tpushq %r10
\tpushq %r11
\t.cfi_adjust_cfa_offset 72
\tcall ferropq_late_GROUP_first
\tpopq %r11
\tpopq %r10
\tpopq %rax
\tpopq %r9
\tpopq %r8
\tpopq %rcx
\tpopq %rdx
\tpopq %rsi
\tpopq %rdi
\t.cfi_adjust_cfa_offset -72
\tjmp *(%r11)
\t.cfi_endproc
\t.size .Lfirst_GROUP, . - .Lfirst_GROUP
";

/// The addresses, the library's name, and the beginning of the functions' names.
const TABLES: &str = "\
\t.bss
\t.p2align 3
\t.globl ferropq_late_GROUP_functions
\t.hidden ferropq_late_GROUP_functions
\t.type ferropq_late_GROUP_functions, @object
\t.size ferropq_late_GROUP_functions, SIZE
ferropq_late_GROUP_functions:
\t.zero SIZE
\t.section .rodata
\t.globl ferropq_late_GROUP_library
\t.hidden ferropq_late_GROUP_library
ferropq_late_GROUP_library:
\t.asciz \"LIBRARY\"
\t.globl ferropq_late_GROUP_names
\t.hidden ferropq_late_GROUP_names
ferropq_late_GROUP_names:
";

const NOTE: &str = "\
\t.section .note.dlopen, \"a\", @note
\t.p2align 2
\t.long 2f - 1f
\t.long 4f - 3f
\t.long 0x407c0c0a
1:
\t.asciz \"FDO\"
2:
\t.p2align 2
3:
\t.asciz \"TEXT\"
4:
\t.p2align 2
";
