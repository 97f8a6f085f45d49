//! A server that closes, or stops, after every single byte of an ordinary conversation.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use ferropq::connection::blocking;
use ferropq::connection::{Params, Statement};
use ferropq::result::ExecStatus;
use support::scripted::{
    Scripted, command_complete, data_row, error_fields, message, ready, row_description,
};

use crate::case::beginning;
use crate::client::Client;
use crate::reference;

const CLOSED: &str = "server closed the connection unexpectedly / \
    This probably means the server terminated abnormally / before or while processing the request.";

/// What the server says to the query, all kinds of messages.
fn answer() -> Vec<u8> {
    [
        row_description(&["a", "b"]),
        data_row(&[Some(b"one"), None]),
        error_fields(b'N', &[(b'S', "NOTICE"), (b'M', "half way")]),
        data_row(&[Some(b""), Some(b"two")]),
        command_complete("SELECT 2"),
        row_description(&["c"]),
        error_fields(
            b'E',
            &[(b'S', "ERROR"), (b'C', "22012"), (b'M', "division")],
        ),
        ready(b'I'),
    ]
    .concat()
}

/// A server that says the first `count` bytes of a conversation, and then closes or stops.
fn server(count: usize, query: u8, answer: Arc<[u8]>, closes: bool) -> Scripted {
    Scripted::run(move |peer| {
        peer.startup();
        let beginning = beginning();
        let first = count.min(beginning.len());
        peer.try_send(&beginning[..first]);
        if count > first {
            peer.expect_eventually(query);
            peer.try_send(&answer[..count - first]);
        }
        if !closes {
            peer.wait_for_close();
        }
        peer.close();
    })
}

#[test]
fn a_connection_cut_at_any_byte_is_reported_as_libpq_does() {
    let answer: Arc<[u8]> = answer().into();
    let begun = beginning().len();
    let whole = begun + answer.len();
    for count in 0..=whole {
        let ours = {
            let server = server(count, b'Q', Arc::clone(&answer), true);
            let mut client = Client::start(&server.conninfo());
            if client.finish_connecting() {
                client.query("first");
                client.try_again();
            }
            let lines = std::mem::take(&mut client.lines);
            drop(client);
            // A server that closes before the query has come panics at its reader's end.
            drop(server);
            lines
        };
        let last = ours.last().map_or("", String::as_str);
        if count < begun {
            assert_eq!(last, format!("refused: {CLOSED}"), "{count}");
        } else {
            assert!(
                last == "alive: false" || last.contains(CLOSED),
                "{count}: {ours:?}"
            );
        }
        let server = server(count, b'Q', Arc::clone(&answer), true);
        if let Some(theirs) = reference::transcript(&server.conninfo(), Some("first")) {
            assert_eq!(ours, theirs, "cut after {count} bytes");
        }
    }
}

#[test]
fn a_server_that_stops_at_any_byte_costs_no_more_than_the_time_limit() {
    let answer: Arc<[u8]> = answer().into();
    let begun = beginning().len();
    let limit = Duration::from_millis(60);
    let stop = |count: usize| {
        let server = server(count, b'Q', Arc::clone(&answer), false);
        let mut client = Client::connect(&server.conninfo()).with_limit(limit);
        let begin = Instant::now();
        client.query("first");
        assert!(begin.elapsed() < Duration::from_secs(5));
        assert!(!client.is_alive(), "{count}: {:?}", client.lines);
        let last = client.lines.last().expect("a result");
        assert!(last.ends_with("timeout expired"), "{count}: {last}");
    };
    let positions: Vec<usize> = (begun..begun + answer.len()).collect();
    thread::scope(|scope| {
        for share in positions.chunks(positions.len().div_ceil(8)) {
            scope.spawn(|| share.iter().copied().for_each(stop));
        }
    });
}

#[test]
fn an_extended_query_cut_at_any_byte_fails_cleanly() {
    let answer: Arc<[u8]> = [
        message(b'1', b""),
        message(b'2', b""),
        row_description(&["a"]),
        data_row(&[Some(b"one")]),
        command_complete("SELECT 1"),
        ready(b'I'),
    ]
    .concat()
    .into();
    let begun = beginning().len();
    for count in begun..begun + answer.len() {
        let server = server(count, b'S', Arc::clone(&answer), true);
        let mut client = Client::connect(&server.conninfo());
        let params = Params {
            values: &[Some(b"1"), None],
            ..Params::default()
        };
        let statement = Statement::Text(b"select $1, $2", &[]);
        let result = blocking::execute(&mut client, statement, &params).expect("a result");
        assert_eq!(result.status, ExecStatus::FatalError, "{count}");
        assert!(!client.is_alive(), "{count}");
    }
}

#[test]
fn a_copy_cut_at_any_byte_fails_cleanly() {
    let answer: Arc<[u8]> = [
        message(b'H', b"\0\0\x01\0\0"),
        message(b'd', b"one\n"),
        message(b'd', b""),
        message(b'd', b"two\n"),
        message(b'c', b""),
        command_complete("COPY 2"),
        ready(b'I'),
    ]
    .concat()
    .into();
    let begun = beginning().len();
    for count in begun..begun + answer.len() {
        let server = server(count, b'Q', Arc::clone(&answer), true);
        let mut client = Client::connect(&server.conninfo());
        client.query("copy");
        let last = client.lines.last().expect("a result");
        assert!(last.ends_with(CLOSED), "{count}: {:?}", client.lines);
        assert!(!client.is_alive(), "{count}");
    }
}

#[test]
fn an_answer_that_comes_byte_by_byte_is_the_same_answer() {
    let told = |piece: usize| {
        let server = Scripted::run(move |peer| {
            peer.startup();
            for bytes in beginning().chunks(piece) {
                peer.send(bytes);
            }
            peer.expect(b'Q');
            for bytes in answer().chunks(piece) {
                peer.send(bytes);
            }
            peer.wait_for_close();
        });
        let mut client = Client::connect(&server.conninfo());
        client.query("first");
        assert!(client.is_alive());
        let lines = std::mem::take(&mut client.lines);
        drop(client);
        server.finish();
        lines
    };
    let whole = told(usize::MAX);
    assert_eq!(whole.len(), 4, "{whole:?}");
    for piece in [1, 2, 3, 7] {
        assert_eq!(told(piece), whole);
    }
}
