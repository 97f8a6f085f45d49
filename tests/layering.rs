//! The house rules that a compiler does not check: which layer may use which, where symbols are
//! exported, and how long a file may grow.

use std::fs;
use std::path::{Path, PathBuf};

/// The layers, lowest first: each may use those before it.
const LAYERS: [&str; 11] = [
    "error",
    "library",
    "wire",
    "charset",
    "conninfo",
    "transport",
    "auth",
    "result",
    "connection",
    "client",
    "capi",
];

const LINE_LIMIT: usize = 700;

/// One Rust file of the project.
struct Source {
    /// The path, for messages.
    path: PathBuf,
    /// The first folder or file name below `src`, without `.rs`.
    layer: String,
    text: String,
}

fn sources(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join(folder);
    let mut found = Vec::new();
    collect(&folder, &mut found);
    found
        .into_iter()
        .map(|path| {
            let inside = path
                .strip_prefix(&folder)
                .expect("collected below the folder");
            let first = inside.components().next().expect("a file name");
            let layer = Path::new(&first)
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into();
            let text = fs::read_to_string(&path).expect("a readable source file");
            Source {
                path: path.strip_prefix(root).expect("below the root").to_owned(),
                layer,
                text,
            }
        })
        .collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.expect("a readable folder").path();
        if path.ends_with("target") {
            continue;
        }
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The text without comments; what a string literal holds is kept, as it never looks like a path.
fn code(text: &str) -> String {
    let without_comment = |line: &str| line.split("//").next().unwrap_or_default().to_owned();
    text.lines()
        .map(without_comment)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The first names of all paths that begin at the crate's root: `crate::a::x`, `crate::{a, b::c}`.
fn roots(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, start) in code.match_indices("crate::") {
        let whole_word = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let rest = code[at + start.len()..].trim_start();
        if !whole_word {
            continue;
        }
        match rest.strip_prefix('{') {
            Some(group) => names.extend(group_heads(group)),
            None => names.push(identifier(rest)),
        }
    }
    names
}

/// The first name of each member of a braced group, whose opening brace is already gone.
fn group_heads(group: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0;
    let mut expecting = true;
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expecting = true,
            _ if expecting && depth == 0 && !character.is_whitespace() => {
                names.push(identifier(&group[at..]));
                expecting = false;
            }
            _ => {}
        }
    }
    names
}

fn identifier(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

fn may_use(user: &str, used: &str) -> bool {
    let rank = |layer: &str| LAYERS.iter().position(|known| *known == layer);
    match (rank(user), rank(used)) {
        // The two faces know nothing of each other.
        (Some(_), Some(_)) if user == "capi" && used == "client" => false,
        (Some(user), Some(used)) => used <= user,
        // Names that the root re-exports or defines itself, such as the error type and macros.
        (_, None) => true,
        // The root ties the layers together.
        (None, Some(_)) => user == "lib",
    }
}

#[test]
fn no_layer_uses_a_later_one() {
    let mut wrong = Vec::new();
    for source in sources("src") {
        for used in roots(&code(&source.text)) {
            if !may_use(&source.layer, &used) {
                wrong.push(format!("{}: crate::{used}", source.path.display()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "arrows that point the wrong way:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn everything_in_src_is_part_of_a_layer() {
    for source in sources("src") {
        let known = source.layer == "lib" || LAYERS.contains(&source.layer.as_str());
        assert!(known, "{} belongs to no layer", source.path.display());
    }
}

#[test]
fn symbols_are_exported_by_the_c_face_alone() {
    for source in sources("src") {
        let code = code(&source.text);
        let exports = code.contains("no_mangle") || code.contains("export_name");
        let allowed = source.layer == "capi";
        assert!(
            !exports || allowed,
            "{} exports a symbol",
            source.path.display()
        );
    }
}

#[test]
fn no_file_grows_too_long() {
    for folder in ["src", "tests", "benches", "examples", "fuzz/fuzz_targets"] {
        for source in sources(folder) {
            let lines = source.text.lines().count();
            let path = source.path.display();
            assert!(
                lines <= LINE_LIMIT,
                "{path} has {lines} lines, more than {LINE_LIMIT}"
            );
        }
    }
}

#[test]
fn paths_are_found_however_they_are_written() {
    let text = "
        use crate::wire::Cursor; // not crate::capi
        use crate::{
            charset::{self, Encoding},
            auth,
            result::*,
        };
        fn f() { $crate::client::g(); mycrate::connection::h(); pub(in crate::transport) }
    ";
    let found = roots(&code(text));
    assert_eq!(
        found,
        ["wire", "charset", "auth", "result", "client", "transport"]
    );
}

#[test]
fn the_order_of_the_layers_is_what_is_checked() {
    assert!(may_use("connection", "result"));
    assert!(may_use("result", "result"));
    assert!(!may_use("wire", "transport"));
    assert!(!may_use("client", "capi"));
    assert!(!may_use("capi", "client"));
    assert!(may_use("wire", "Error"));
    assert!(may_use("lib", "capi"));
}
