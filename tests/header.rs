//! The headers in `include/`: what the sources say, and what C and C++ compilers take.
#![cfg(feature = "capi")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The headers that are made from the sources.
const MADE: [&str; 3] = ["libpq-fe.h", "libpq-events.h", "ferropq.h"];

fn include() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include")
}

fn all_headers() -> Vec<String> {
    let mut found = Vec::new();
    for folder in ["", "libpq"] {
        for entry in fs::read_dir(include().join(folder)).expect("the headers") {
            let path = entry.expect("a readable folder").path();
            if path.extension().is_some_and(|extension| extension == "h") {
                let name = path.strip_prefix(include()).expect("below include");
                found.push(name.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn committed_headers_are_what_the_sources_make() {
    let made = Path::new(env!("OUT_DIR")).join("include");
    for name in MADE {
        let made = fs::read_to_string(made.join(name)).expect("made by the build");
        if std::env::var_os("FERROPQ_WRITE_HEADERS").is_some() {
            fs::write(include().join(name), &made).expect("a header that can be written");
        }
        let committed = fs::read_to_string(include().join(name)).expect("a committed header");
        assert!(
            made == committed,
            "include/{name} is out of date: run `make headers`"
        );
    }
}

/// Compiles one text, without making anything of it.
fn compile(language: &str, standard: &str, text: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let source = folder.path().join("source");
    fs::write(&source, text).expect("a file in it");
    let output = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()))
        .args([
            "-fsyntax-only",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-pedantic-errors",
        ])
        .args(["-x", language, standard, "-I"])
        .arg(include())
        .arg(&source)
        .output()
        .expect("a C compiler");
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "as {language} {standard}:\n{text}\n{messages}"
    );
}

/// What the compilers of the interface's users are set to.
const DIALECTS: [(&str, &str); 4] = [
    ("c", "-std=c99"),
    ("c", "-std=c11"),
    ("c++", "-std=c++11"),
    ("c++", "-std=c++17"),
];

#[test]
fn each_header_compiles_alone_and_twice() {
    for header in all_headers() {
        let text =
            format!("#include <{header}>\n#include <{header}>\nint main(void) {{ return 0; }}\n");
        for (language, standard) in DIALECTS {
            compile(language, standard, &text);
        }
    }
}

#[test]
fn names_that_programs_rely_on_are_there() {
    let text = r#"
        #include <libpq-fe.h>
        #include <libpq-events.h>
        #include <libpq/libpq-fs.h>
        #include <stdlib.h>

        struct pg_conn *tags(struct pg_conn *, struct pg_result *);
        PGconn *tags(PGconn *conn, PGresult *result) { (void) result; return conn; }

        /* Names that C programs use for things of their own. */
        static PGconn *pg_conn;
        static PGresult *pg_result;

        static int procedure(PGEventId id, void *info, void *arg)
        {
            (void) arg;
            return id == PGEVT_REGISTER && ((PGEventRegister *) info)->conn != NULL;
        }

        static void receive(void *arg, const PGresult *result) { (void) arg; (void) result; }

        int main(void)
        {
            Oid oid = atooid("23");
            pg_conn = PQsetdb("host", "port", NULL, NULL, "name");
            pg_result = PQexec(pg_conn, "");
            PQsetNoticeReceiver(pg_conn, receive, NULL);
            PQregisterEventProc(pg_conn, procedure, "name", NULL);
            PQsetErrorVerbosity(pg_conn, PQERRORS_VERBOSE);
            switch (PQstatus(pg_conn))
            {
                case CONNECTION_OK:
                case CONNECTION_BAD:
                case CONNECTION_SETENV:
                    break;
                default:
                    return PQresultErrorField(pg_result, PG_DIAG_SQLSTATE) != NULL;
            }
            return oid == InvalidOid || INV_READ == INV_WRITE || PQnoPasswordSupplied[0] == 0;
        }
    "#;
    for (language, standard) in DIALECTS {
        compile(language, standard, text);
    }
}
