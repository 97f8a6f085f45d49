//! Every decoder of what travels inside CopyData on a replication connection.
//!
//! The first byte of the input chooses: 1 to 4 is a version of pgoutput's protocol, and the rest
//! of the input is its messages, each behind its length of one byte; otherwise the rest is one
//! message of the streaming replication protocol.

#![no_main]

use ferropq::wire::pgoutput::{Decoder, Message, TupleData};
use ferropq::wire::replication::{FromServer, FromStandby};
use ferropq::wire::{Element, List};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((choice, input)) = input.split_first() else {
        return;
    };
    match Decoder::new((*choice).into()) {
        Some(decoder) => pgoutput(decoder, input),
        None => streaming(input),
    }
});

fn streaming(payload: &[u8]) {
    let mut again = Vec::new();
    if let Ok(message) = FromServer::decode(payload) {
        match message {
            FromServer::XLogData(data) => data.encode(&mut again),
            FromServer::PrimaryKeepalive(keepalive) => keepalive.encode(&mut again),
        }
        assert_eq!(FromServer::decode(&again), Ok(message));
    }
    again.clear();
    if let Ok(message) = FromStandby::decode(payload) {
        match message {
            FromStandby::StandbyStatusUpdate(update) => update.encode(&mut again),
            FromStandby::HotStandbyFeedback(feedback) => feedback.encode(&mut again),
        }
        assert_eq!(FromStandby::decode(&again), Ok(message));
    }
}

fn pgoutput(mut decoder: Decoder, mut input: &[u8]) {
    while let Some((len, rest)) = input.split_first() {
        let (data, rest) = rest.split_at(rest.len().min((*len).into()));
        input = rest;
        if let Ok(message) = decoder.decode(data) {
            check(&message);
        }
    }
}

fn check(message: &Message<'_>) {
    match message {
        Message::Relation(relation) => walk(relation.columns),
        Message::Truncate(truncate) => walk(truncate.relations),
        Message::Insert(insert) => tuple(&insert.new),
        Message::Update(update) => {
            if let Some(old) = &update.old {
                tuple(old.tuple());
            }
            tuple(&update.new);
        }
        Message::Delete(delete) => tuple(delete.old.tuple()),
        _ => {}
    }
    let _ = format!("{message:?}");
}

fn tuple(tuple: &TupleData<'_>) {
    walk(tuple.values);
}

/// A list that was taken must hold as many elements as it says.
fn walk<'a, T: Element<'a>>(list: List<'a, T>) {
    assert_eq!(list.iter().count(), list.len());
}
