//! Connection strings, valid, odd and broken: what ferropq makes of them, what libpq makes of them,
//! and that both agree.
//!
//! The expectations in the text files are libpq 18's. They are checked against ferropq always, and
//! against every libpq found here; see `reference.rs` for where those are looked for. An older
//! libpq is not asked about what it does not know yet.

mod cases;
mod generated;
mod reference;
mod secrets;

use std::collections::BTreeMap;

use ferropq::conninfo::{ConnInfo, FixedEnvironment, OPTIONS, OptionId, OptionSpec, Settings};

use cases::{Case, Outcome};

/// The values that a connection string sets, or the message of its error.
type Parsed = Result<BTreeMap<String, Vec<u8>>, String>;

/// What ferropq makes of a connection string.
fn parse(conninfo: &[u8]) -> Parsed {
    let info = ConnInfo::parse(conninfo).map_err(|error| error.message().to_owned())?;
    Ok(info
        .iter()
        .filter_map(|(id, value)| Some((id.keyword().to_owned(), value?.to_bytes().to_vec())))
        .collect())
}

/// The first fault that ferropq finds in a connection string before it would connect.
fn fault(conninfo: &[u8]) -> Option<String> {
    let environment = FixedEnvironment::new();
    let settings = ConnInfo::parse(conninfo)
        .and_then(|info| info.with_defaults_from(&environment))
        .and_then(|info| Settings::resolve_with(&info, &environment));
    Some(settings.err()?.message().to_owned())
}

fn parser_cases() -> Vec<Case> {
    let mut cases = cases::read(include_str!("keyword_value.txt"));
    cases.extend(cases::read(include_str!("uris.txt")));
    cases
}

#[test]
fn corpus_is_large() {
    assert!(parser_cases().len() >= 300);
    assert!(cases::read(include_str!("settings.txt")).len() >= 100);
}

#[test]
fn parser_gives_what_the_corpus_says() {
    for case in parser_cases() {
        let expected = match &case.outcome {
            Outcome::Values(values) => Ok(values.clone()),
            Outcome::Error { message, .. } => Err(message.clone()),
        };
        assert_eq!(parse(&case.text), expected, "{case}");
    }
}

#[test]
fn settings_are_judged_as_the_corpus_says() {
    for case in cases::read(include_str!("settings.txt")) {
        let found = fault(&[b"user=u ", &case.text[..]].concat());
        assert_eq!(found.as_deref(), case.outcome.message(), "{case}");
    }
}

#[test]
fn libpq_gives_what_the_corpus_says() {
    for reference in reference::all() {
        for case in parser_cases() {
            if reference.is_too_old_for(&case.text) {
                continue;
            }
            let expected = match &case.outcome {
                Outcome::Values(values) => Ok(values.clone()),
                Outcome::Error { unmasked, .. } => Err(unmasked.clone()),
            };
            assert_eq!(reference.parse(&case.text), expected, "{reference}: {case}");
        }
    }
}

#[test]
fn libpq_judges_settings_as_the_corpus_says() {
    for reference in reference::all() {
        for case in cases::read(include_str!("settings.txt")) {
            if reference.is_too_old_for(&case.text) {
                continue;
            }
            let message = reference.connect_start(&[b"user=u ", &case.text[..]].concat());
            match case.outcome.message() {
                Some(expected) => assert_eq!(message, expected, "{reference}: {case}"),
                None => assert!(is_past_the_options(&message), "{case}: {message}"),
            }
        }
    }
}

/// Whether a message of a failed connection is about an attempt and not about the options.
fn is_past_the_options(message: &str) -> bool {
    ["connection to server ", "could not parse network address "]
        .iter()
        .any(|start| message.starts_with(start))
        || message.ends_with("for connection option \"port\"")
}

#[test]
fn generated_strings_are_parsed_alike() {
    for reference in reference::all() {
        for conninfo in generated::strings(20_000) {
            if reference.is_too_old_for(&conninfo) {
                continue;
            }
            let (ours, theirs) = (parse(&conninfo), reference.parse(&conninfo));
            let shown = String::from_utf8_lossy(&conninfo);
            match (&ours, &theirs) {
                (Err(ours), Err(theirs)) if ours.contains("***") => {
                    let start = |text: &str| text.split('"').next().map(ToOwned::to_owned);
                    assert_eq!(start(ours), start(theirs), "{reference}: {shown}");
                }
                _ => assert_eq!(ours, theirs, "{reference}: {shown}"),
            }
        }
    }
}

#[test]
#[cfg(feature = "capi")]
fn the_c_interface_gives_the_same() {
    let ours = reference::ours();
    for case in parser_cases() {
        assert_eq!(ours.parse(&case.text), parse(&case.text), "{case}");
    }
    for conninfo in generated::strings(5_000) {
        let shown = String::from_utf8_lossy(&conninfo);
        assert_eq!(ours.parse(&conninfo), parse(&conninfo), "{shown}");
    }
    for case in cases::read(include_str!("settings.txt")) {
        let message = ours.connect_start(&[b"user=u ", &case.text[..]].concat());
        match case.outcome.message() {
            Some(expected) => assert_eq!(message, expected, "{case}"),
            None => assert!(is_past_the_options(&message), "{case}: {message}"),
        }
    }
}

#[test]
fn option_table_is_libpq_18_s() {
    for reference in reference::all() {
        let table = reference.options();
        if !reference.is_18() {
            // An older libpq lacks options, but has the others in the same order.
            let ours: Vec<_> = OptionId::ALL.iter().map(|id| id.keyword()).collect();
            let mut rest = ours.iter();
            assert!(table.iter().all(|row| rest.any(|k| *k == row.keyword)));
            continue;
        }
        // What libpq 19 adds is the one row more.
        let added = |spec: &&OptionSpec| spec.keyword == c"servicefile";
        assert_eq!(table.len() + 1, OPTIONS.len());
        let known = OPTIONS.iter().filter(|spec| !added(spec));
        for (row, spec) in table.iter().zip(known) {
            let text = |text: &std::ffi::CStr| text.to_str().expect("ASCII").to_owned();
            assert_eq!(row.keyword, text(spec.keyword));
            assert_eq!(row.envvar, spec.envvar.map(text));
            assert_eq!(row.label, text(spec.label));
            assert_eq!(row.dispchar, text(spec.dispchar));
            assert_eq!(row.dispsize, spec.dispsize);
            // What depends on how either library was built is not compared.
            let depends = ["gssencmode", "sslmode", "channel_binding"];
            if !depends.contains(&row.keyword.as_str()) {
                assert_eq!(row.compiled, spec.compiled.map(text), "{}", row.keyword);
            }
        }
    }
}
