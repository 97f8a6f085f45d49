//! Options that a directory keeps: `ldap://` lines of a service file, against OpenLDAP.

use std::path::PathBuf;
use std::process::Command;

use support::{Daemon, DaemonFolder, free_port, program};

use super::{Told, said};
use crate::compare::{But, Compare, Talk};

/// What the entries hold, each value of the attribute a line.
const ENTRIES: [(&str, &[&str]); 47] = [
    (
        "usual",
        &["host=127.0.0.1", "port=1", "dbname=kept", "user=me"],
    ),
    (
        "one value",
        &["host=127.0.0.1 port=1  dbname = kept user='me too'"],
    ),
    ("space", &["host = a"]),
    ("space behind", &["host= a"]),
    ("space before", &["host =a"]),
    ("spaces around", &["  host=a  "]),
    ("tab", &["host\t=\ta\tport=1"]),
    ("tab in the name", &["host\tb=a"]),
    ("quoted", &["host='a b'"]),
    ("quoted nothing", &["host=''"]),
    ("quote doubled", &["host='it''s'"]),
    ("quote escaped", &["host='a\\'b'"]),
    ("backslash escaped", &["host='a\\\\b'"]),
    ("letter escaped", &["host='a\\nb'"]),
    ("quote in the middle", &["host=a'b"]),
    ("quote not closed", &["host='a"]),
    ("quote not closed, backslash", &["host='a\\"]),
    ("quote over two values", &["host='a", "port=1'"]),
    ("behind the quote", &["host='a'port=1"]),
    ("backslash outside", &["host=a\\ b"]),
    ("backslash at the end", &["host=a\\"]),
    ("two words", &["host=a b"]),
    ("two words and more", &["host=a b", "port=1"]),
    ("a word", &["host"]),
    ("a word and more", &["host", "port=1"]),
    ("two words alone", &["host x"]),
    ("no keyword", &["=a"]),
    ("equals alone", &["="]),
    ("equals twice", &["==a"]),
    ("no keyword but equals", &["=a=b"]),
    ("keyword with space, line", &["host ", "port=1"]),
    ("unknown", &["nope=a"]),
    ("unknown and more", &["nope=a", "host=b"]),
    ("known and unknown", &["host=b", "nope=a"]),
    ("upper case", &["HOST=a"]),
    ("service", &["service=x"]),
    ("service and more", &["service=x", "host=a"]),
    ("empty", &["host="]),
    ("empty and more", &["host=", "port=1"]),
    ("empty with space", &["host= ", "port=1"]),
    ("next in one line", &["host= port=1"]),
    ("equals in the value", &["host=a=b"]),
    ("semicolon", &["host=a;port=1"]),
    ("twice", &["port=1", "port=2"]),
    ("given", &["dbname=late", "host=a"]),
    ("bad value", &["port=x"]),
    ("not ASCII", &["dbname=d\u{e9}"]),
];

/// Stanzas: what stands in the service file, with PORT for the directory's and BASE for its suffix.
const STANZAS: [(&str, &str); 40] = [
    (
        "usual",
        "ldap://127.0.0.1:PORT/BASE?description?one?(cn=e0)",
    ),
    ("sub", "ldap://127.0.0.1:PORT/BASE?description?sub?(cn=e0)"),
    (
        "base",
        "ldap://127.0.0.1:PORT/cn=e0,BASE?description?base?(objectClass=*)",
    ),
    (
        "base of nothing",
        "ldap://127.0.0.1:PORT/BASE?description?base?(cn=e0)",
    ),
    (
        "upper-case scope",
        "ldap://127.0.0.1:PORT/BASE?description?ONE?(cn=e0)",
    ),
    (
        "host name",
        "ldap://localhost:PORT/BASE?description?one?(cn=e0)",
    ),
    (
        "lines before",
        "dbname=before\nldap://127.0.0.1:PORT/BASE?description?one?(cn=e0)",
    ),
    (
        "lines behind",
        "ldap://127.0.0.1:PORT/BASE?description?one?(cn=e1)\noptions=behind",
    ),
    (
        "wrong line behind",
        "ldap://127.0.0.1:PORT/BASE?description?one?(cn=e0)\nnonsense",
    ),
    (
        "nobody there",
        "ldap://127.0.0.1:1/BASE?description?one?(cn=e0)",
    ),
    (
        "nobody there, lines behind",
        "ldap://127.0.0.1:1/BASE?description?one?(cn=e0)\nhost=behind",
    ),
    (
        "nobody there, wrong line",
        "ldap://127.0.0.1:1/BASE?description?one?(cn=e0)\nnonsense",
    ),
    (
        "nobody there, then somebody",
        "ldap://127.0.0.1:1/BASE?description?one?(cn=e0)\n\
         ldap://127.0.0.1:PORT/BASE?description?one?(cn=e0)",
    ),
    (
        "two of them",
        "ldap://127.0.0.1:PORT/BASE?description?one?(cn=e2)\n\
         ldap://127.0.0.1:PORT/BASE?description?one?(cn=e0)",
    ),
    (
        "no entry",
        "ldap://127.0.0.1:PORT/BASE?description?one?(cn=none)\nhost=behind",
    ),
    (
        "several",
        "ldap://127.0.0.1:PORT/BASE?description?one?(objectClass=device)",
    ),
    (
        "no such attribute",
        "ldap://127.0.0.1:PORT/BASE?seeAlso?one?(cn=e0)",
    ),
    (
        "unknown attribute",
        "ldap://127.0.0.1:PORT/BASE?nonsense?one?(cn=e0)",
    ),
    (
        "another attribute",
        "ldap://127.0.0.1:PORT/BASE?cn?one?(cn=e0)",
    ),
    (
        "no such base",
        "ldap://127.0.0.1:PORT/dc=nowhere?description?one?(cn=e0)",
    ),
    (
        "bad base",
        "ldap://127.0.0.1:PORT/nonsense?description?one?(cn=e0)",
    ),
    (
        "bad filter",
        "ldap://127.0.0.1:PORT/BASE?description?one?(cn=e0",
    ),
    (
        "filter without brackets",
        "ldap://127.0.0.1:PORT/BASE?description?one?cn=e0",
    ),
    ("no base", "ldap://127.0.0.1:PORT"),
    ("empty base", "ldap://127.0.0.1:PORT/"),
    (
        "empty base and more",
        "ldap://127.0.0.1:PORT/?description?one?(cn=e0)",
    ),
    ("no attribute", "ldap://127.0.0.1:PORT/BASE"),
    ("empty attribute", "ldap://127.0.0.1:PORT/BASE??one?(cn=e0)"),
    (
        "two attributes",
        "ldap://127.0.0.1:PORT/BASE?cn,description?one?(cn=e0)",
    ),
    ("no scope", "ldap://127.0.0.1:PORT/BASE?description"),
    (
        "empty scope",
        "ldap://127.0.0.1:PORT/BASE?description??(cn=e0)",
    ),
    (
        "wrong scope",
        "ldap://127.0.0.1:PORT/BASE?description?two?(cn=e0)",
    ),
    ("no filter", "ldap://127.0.0.1:PORT/BASE?description?one"),
    (
        "empty filter",
        "ldap://127.0.0.1:PORT/BASE?description?one?",
    ),
    (
        "extension",
        "ldap://127.0.0.1:PORT/BASE?description?one?(cn=e0)?x",
    ),
    (
        "wrong port",
        "ldap://127.0.0.1:x/BASE?description?one?(cn=e0)",
    ),
    (
        "large port",
        "ldap://127.0.0.1:70000/BASE?description?one?(cn=e0)",
    ),
    (
        "port and more",
        "ldap://127.0.0.1:PORTx/BASE?description?one?(cn=e0)",
    ),
    (
        "empty port",
        "ldap://127.0.0.1:/BASE?description?one?(cn=e0)\nhost=behind",
    ),
    (
        "upper-case scheme",
        "LDAP://127.0.0.1:PORT/BASE?description?one?(cn=e0)",
    ),
];

const QUIET: &str = "the message ends with the word: what follows may be a password";

const BASE: &str = "dc=ferropq,dc=test";

pub(crate) fn run() -> Result<Told, String> {
    let (Some(slapd), Some(slapadd)) = (program("slapd"), program("slapadd")) else {
        return Ok(Told::Skipped("no slapd is installed".into()));
    };
    let mut compare = Compare::with_system()?;
    let directory = start(slapd, slapadd)?;
    for (what, stanza) in STANZAS {
        let stanza = stanza
            .replace("PORT", &directory.port().to_string())
            .replace("BASE", BASE);
        compare.story_but(&format!("stanza: {what}"), &known_of_stanza(what), |talk| {
            tell(talk, &directory, &stanza);
        });
    }
    for (index, (what, _)) in ENTRIES.iter().enumerate() {
        let port = directory.port();
        let stanza =
            format!("dbname=given\nldap://127.0.0.1:{port}/{BASE}?description?one?(cn=e{index})");
        compare.story_but(&format!("entry: {what}"), &known_of_entry(what), |talk| {
            tell(talk, &directory, &stanza);
        });
    }
    Ok(Told::All(compare))
}

fn known_of_stanza(what: &str) -> Vec<But> {
    match what {
        "another attribute" => vec![But::Ours(QUIET, "missing \"=\" after")],
        _ => Vec::new(),
    }
}

fn known_of_entry(what: &str) -> Vec<But> {
    match what {
        "quote doubled" | "backslash outside" | "two words" | "two words and more" | "a word"
        | "a word and more" | "no keyword" | "equals alone" => {
            vec![But::Ours(QUIET, "missing \"=\" after")]
        }
        _ => Vec::new(),
    }
}

/// Starts a directory that keeps the entries.
fn start(slapd: PathBuf, slapadd: PathBuf) -> Result<Daemon, String> {
    let folder = DaemonFolder::new().map_err(said)?;
    let database = folder.file("database");
    let configuration = format!(
        "include /etc/ldap/schema/core.schema\ndatabase ldif\nsuffix \"{BASE}\"\n\
         directory {database}\naccess to * by * read\n"
    );
    folder.write("slapd.conf", configuration).map_err(said)?;
    folder.write("entries.ldif", ldif()).map_err(said)?;
    folder
        .run(Command::new("mkdir").arg(&database))
        .and_then(|()| {
            folder.run(
                Command::new(slapadd)
                    .arg("-f")
                    .arg(folder.file("slapd.conf"))
                    .arg("-l")
                    .arg(folder.file("entries.ldif")),
            )
        })
        .map_err(said)?;
    let port = free_port().map_err(said)?;
    let arguments = [
        "-h".to_owned(),
        format!("ldap://127.0.0.1:{port}"),
        "-f".to_owned(),
        folder.file("slapd.conf"),
        "-d".to_owned(),
        "0".to_owned(),
    ];
    folder.start(port, "TERM", &slapd, &arguments).map_err(said)
}

fn ldif() -> String {
    let mut text = format!(
        "dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: test\ndc: ferropq\n"
    );
    for (index, (_, values)) in ENTRIES.iter().enumerate() {
        text += &format!("\ndn: cn=e{index},{BASE}\nobjectClass: device\ncn: e{index}\n");
        for value in *values {
            let value = openssl::base64::encode_block(value.as_bytes());
            text += &format!("description:: {value}\n");
        }
    }
    text
}

fn tell(talk: &mut Talk<'_>, directory: &Daemon, stanza: &str) {
    let file = talk.home().join("services");
    std::fs::write(&file, format!("[kept]\n{stanza}\n")).expect("our own");
    talk.hide(directory.port().to_string(), "PORT");
    talk.ask_quietly(&["setenv", "PGSERVICEFILE", &file.display().to_string()]);
    // Nobody is connected to: what the options have become is what counts.
    talk.ask(&["start", "", "service=kept hostaddr=127.0.0.1"]);
    for option in ["host", "port", "dbname", "user", "options"] {
        talk.ask(&["option", "", option]);
    }
    talk.close();
}
