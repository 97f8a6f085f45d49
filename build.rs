//! What the C library needs beyond compiling: its name in the dynamic linker's eyes, its headers,
//! and trampolines to the libraries that it loads when it needs them.

use std::env;

#[cfg(feature = "capi")]
#[path = "build/late.rs"]
mod late;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(late_openssl)");
    if env::var_os("CARGO_FEATURE_CAPI").is_some() {
        name_the_library();
        #[cfg(feature = "capi")]
        {
            compile_variadic_functions();
            late::link();
            headers::write();
        }
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

/// The headers are made from `src/capi` and its comments, into `OUT_DIR/include`.
///
/// Those in `include/` are copies, which a test compares: `make headers` renews them.
#[cfg(feature = "capi")]
mod headers {
    use std::env;
    use std::fs;
    use std::path::{Path, PathBuf};

    use cbindgen::{Builder, Config};

    /// A header: its name, what it is for, what it includes, the files of `src/capi` that it is
    /// made from, the types that no function mentions, and what stands at its end.
    struct Header {
        name: &'static str,
        about: &'static str,
        includes: &'static str,
        sources: Sources,
        types: &'static [&'static str],
        trailer: &'static str,
    }

    enum Sources {
        /// These files alone.
        Of(&'static [&'static str]),
        /// All files but these.
        AllBut(&'static [&'static str]),
    }

    /// What `libpq-fe.h` does not declare: it has headers of its own.
    ///
    /// `mod.rs` only lists the files, which cbindgen would follow.
    const APART: &[&str] = &["mod.rs", "events.rs", "expbuffer.rs", "ferropq.rs"];

    const HEADERS: [Header; 3] = [
        Header {
            name: "libpq-fe.h",
            about: "The interface of libpq: connections, commands, results.",
            includes: "#include <stddef.h>\n#include <stdint.h>\n#include <stdio.h>\n\n\
                       #include \"postgres_ext.h\"\n\n\
                       /* The tag of this structure, which is declared below, is its name. */\n\
                       typedef struct PGoauthBearerRequest PGoauthBearerRequest;",
            sources: Sources::AllBut(APART),
            types: &[
                "PGpromptOAuthDevice",
                "PGoauthBearerRequest",
                "LIBPQ_HAS_PROMPT_OAUTH_DEVICE",
            ],
            trailer: LIBPQ_FE_TRAILER,
        },
        Header {
            name: "libpq-events.h",
            about: "Procedures that are told of the life of connections and results.",
            includes: "#include \"libpq-fe.h\"",
            sources: Sources::Of(&["events.rs"]),
            types: &[
                "PGEventRegister",
                "PGEventConnReset",
                "PGEventConnDestroy",
                "PGEventResultCreate",
                "PGEventResultCopy",
                "PGEventResultDestroy",
            ],
            trailer: "",
        },
        Header {
            name: "ferropq.h",
            about: "What this library has beyond the interface of libpq.",
            includes: "#include \"libpq-fe.h\"",
            sources: Sources::Of(&["ferropq.rs"]),
            types: &[],
            trailer: "",
        },
    ];

    /// What is not declared but defined, for the preprocessor.
    const LIBPQ_FE_TRAILER: &str = "\
/* PQsetdbLogin without user and password. */
#define PQsetdb(host, port, options, tty, dbname) \\
    PQsetdbLogin(host, port, options, tty, dbname, NULL, NULL)

/* How a failure for want of a password begins; PQconnectionNeedsPassword is to be preferred. */
#define PQnoPasswordSupplied \"fe_sendauth: no password supplied\\n\"";

    /// Writes all headers.
    pub(super) fn write() {
        let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"));
        let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo")).join("include");
        fs::create_dir_all(&out).expect("a folder for the headers");
        println!("cargo::rerun-if-changed=cbindgen.toml");
        println!("cargo::rerun-if-changed=src/capi");
        let config = Config::from_file(root.join("cbindgen.toml")).expect("a valid cbindgen.toml");
        for header in &HEADERS {
            header.write(config.clone(), &root.join("src/capi"), &out);
        }
    }

    impl Header {
        fn write(&self, mut config: Config, capi: &Path, out: &Path) {
            let guard = self.name.to_uppercase().replace(['-', '.'], "_");
            config.header = Some(format!(
                "/*\n * {}\n *\n * Made from the sources by cbindgen: change those instead, then run `make headers`.\n */",
                self.about
            ));
            config.export.include = self.types.iter().map(|name| (*name).to_owned()).collect();
            config.include_guard = Some(guard);
            config.after_includes = Some(self.includes.to_owned()).filter(|text| !text.is_empty());
            config.trailer = Some(self.trailer.to_owned()).filter(|text| !text.is_empty());
            let mut builder = Builder::new().with_config(config);
            for source in self.sources(capi) {
                builder = builder.with_src(source);
            }
            let bindings = builder
                .generate()
                .expect("sources that cbindgen understands");
            bindings.write_to_file(out.join(self.name));
        }

        fn sources(&self, capi: &Path) -> Vec<PathBuf> {
            let is_wanted = |name: &str| match self.sources {
                Sources::Of(files) => files.contains(&name),
                Sources::AllBut(files) => !files.contains(&name) && !name.contains("tests"),
            };
            let entries = fs::read_dir(capi).expect("the folder src/capi");
            let mut sources: Vec<PathBuf> = entries
                .map(|entry| entry.expect("a readable folder").path())
                .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
                .filter(|path| {
                    path.file_name()
                        .is_some_and(|n| is_wanted(&n.to_string_lossy()))
                })
                .collect();
            sources.sort();
            sources
        }
    }
}
