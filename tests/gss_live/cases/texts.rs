//! Outcomes and error texts, compared with the system's libpq.

use crate::World;
use crate::driver::{Protection, connect};
use crate::reference::{Libpq, Outcome};

super::cases! {
    Alice: texts_are_libpq_s_with_tickets;
    Bob: texts_are_libpq_s_with_another_s_tickets;
    Expired: texts_are_libpq_s_with_expired_tickets;
    Missing: texts_are_libpq_s_without_tickets;
}

/// What libpq says in two words since version 16 it said in one before.
const ONE_WORD: &str = "GSSAPI encryption required but was impossible (possibly no credential \
    cache, no server support, or using a local socket)";
const TWO_WORDS: [&str; 2] = [
    "GSSAPI encryption required but no credential cache",
    "GSSAPI encryption required but it is not supported over a local socket",
];

/// The ways to connect that are compared.
const OPTIONS: [&str; 12] = [
    "",
    "gssencmode=prefer",
    "gssencmode=require",
    "gssencmode=disable",
    "gssencmode=require krbsrvname=nobody",
    "gssencmode=prefer krbsrvname=nobody",
    "gssencmode=disable krbsrvname=nobody",
    "gssencmode=require krbsrvname=other",
    "gssencmode=disable krbsrvname=other",
    "gssencmode=prefer sslmode=prefer",
    "gssencmode=disable host=",
    "gssencmode=prefer host=",
];

fn ours(conninfo: &str) -> Outcome {
    match connect(conninfo) {
        Ok(driver) => Outcome {
            encrypted: Some(driver.protection() == Protection::Encryption),
            error: driver.error(),
        },
        Err(error) => Outcome {
            encrypted: None,
            error: TWO_WORDS
                .iter()
                .fold(error, |text, word| text.replace(word, ONE_WORD)),
        },
    }
}

fn older_words(outcome: Outcome) -> Outcome {
    let error = TWO_WORDS
        .iter()
        .fold(outcome.error, |text, word| text.replace(word, ONE_WORD));
    Outcome { error, ..outcome }
}

fn compare(world: &World) {
    let Some(libpq) = Libpq::load() else {
        let is_required = std::env::var_os("FERROPQ_REQUIRE_KDC").is_some_and(|value| value == "1");
        assert!(!is_required, "no libpq with GSSAPI to compare with");
        println!("no libpq with GSSAPI: not compared");
        return;
    };
    let mut conninfos = vec![
        world.superuser(),
        format!("{} gssencmode=require", world.superuser()),
    ];
    for user in ["alice", "bob", "enc_only", "never_enc"] {
        conninfos.extend(OPTIONS.map(|options| world.conninfo(user, options)));
    }
    for conninfo in conninfos {
        let theirs = older_words(libpq.connect(&conninfo));
        assert_eq!(ours(&conninfo), theirs, "{conninfo}");
    }
}

fn texts_are_libpq_s_with_tickets(world: &World) {
    compare(world);
}

fn texts_are_libpq_s_with_another_s_tickets(world: &World) {
    compare(world);
}

fn texts_are_libpq_s_with_expired_tickets(world: &World) {
    compare(world);
}

fn texts_are_libpq_s_without_tickets(world: &World) {
    compare(world);
}
