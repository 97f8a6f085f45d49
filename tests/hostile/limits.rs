//! Messages over the limit are skipped by their length, reported, and leave the connection usable.

use ferropq::connection::Limits;
use support::scripted::{
    Peer, Scripted, command_complete, data_row, error_fields, message, ready, row_description,
};

use crate::case::answer_all;
use crate::client::Client;

const LIMIT: usize = 1000;

fn long() -> String {
    "x".repeat(5000)
}

fn done() -> Vec<u8> {
    [command_complete("DONE"), ready(b'I')].concat()
}

/// What the client notes of these words in answer to its query, in one piece and in many.
fn story(words: &[u8]) -> Vec<String> {
    let whole = told(words, usize::MAX);
    for piece in [1, 4, 1001, 4096] {
        assert_eq!(told(words, piece), whole, "in pieces of {piece}");
    }
    whole
}

fn told(words: &[u8], piece: usize) -> Vec<String> {
    let words = words.to_vec();
    let server = Scripted::run(move |peer: &mut Peer| {
        peer.accept();
        peer.expect(b'Q');
        for bytes in words.chunks(piece) {
            peer.send(bytes);
        }
        answer_all(peer);
    });
    let mut client = Client::connect(&server.conninfo());
    client.engine.set_limits(Limits {
        message: LIMIT,
        ..Limits::default()
    });
    client.lines.clear();
    client.query("first");
    client.try_again();
    let lines = std::mem::take(&mut client.lines);
    drop(client);
    server.finish();
    lines
}

fn over(size: usize) -> String {
    format!("message of {size} bytes from the server is larger than the limit of {LIMIT} bytes")
}

#[test]
fn a_long_row_fails_its_answer_alone() {
    let row = data_row(&[Some(long().as_bytes())]);
    let small = data_row(&[Some(b"1")]);
    let after = ["alive: true".to_owned(), "COMMAND_OK".to_owned()];
    for rows in [
        row.clone(),
        [&small[..], &row].concat(),
        [&row[..], &small].concat(),
        [&small[..], &row, &small, &row, &small].concat(),
    ] {
        let words = [&row_description(&["a"])[..], &rows, &done()].concat();
        let lines = story(&words);
        let failure = format!("FATAL_ERROR: {}", over(row.len()));
        assert!(lines[0].starts_with(&failure), "{lines:?}");
        assert_eq!(lines[1..], after, "{lines:?}");
    }
}

#[test]
fn a_row_at_the_limit_is_taken() {
    let fits = data_row(&[Some(&vec![b'x'; LIMIT - 11])]);
    assert_eq!(fits.len(), LIMIT);
    let words = [row_description(&["a"]), fits, done()].concat();
    assert_eq!(story(&words)[0], "TUPLES_OK 1x1");
}

#[test]
fn a_long_description_fails_its_answer_alone() {
    let description = row_description(&[&long()]);
    let size = description.len();
    let words = [description, data_row(&[None]), done()].concat();
    let failure = format!("FATAL_ERROR: {}", over(size));
    assert_eq!(story(&words), [&failure, "alive: true", "COMMAND_OK"]);
}

#[test]
fn a_long_error_is_an_error_still() {
    let error = error_fields(b'E', &[(b'S', "ERROR"), (b'M', &long())]);
    let failure = format!("FATAL_ERROR: {}", over(error.len()));
    let words = [error, ready(b'I')].concat();
    assert_eq!(story(&words), [&failure, "alive: true", "COMMAND_OK"]);
}

#[test]
fn a_long_notice_or_notification_disturbs_nothing() {
    let notice = error_fields(b'N', &[(b'S', "NOTICE"), (b'M', &long())]);
    let notification = message(b'A', format!("\0\0\0\x01c\0{}\0", long()).as_bytes());
    for words in [notice, notification] {
        let noted = format!("notice: {}", over(words.len()));
        let row = data_row(&[Some(b"1")]);
        let whole = [row_description(&["a"]), row.clone(), words, row, done()].concat();
        let expected = [&noted, "TUPLES_OK 2x1", "alive: true", "COMMAND_OK"];
        assert_eq!(story(&whole), expected);
    }
}

#[test]
fn long_copied_data_fails_the_copy() {
    let data = message(b'd', long().as_bytes());
    let failure = format!("FATAL_ERROR: {}", over(data.len()));
    let words = [
        message(b'H', b"\0\0\x01\0\0"),
        message(b'd', b"1\n"),
        data,
        message(b'd', b"2\n"),
        message(b'c', b""),
        done(),
    ]
    .concat();
    let copied = "copied 2 bytes";
    assert_eq!(
        story(&words),
        [
            "COPY_OUT 0x1",
            copied,
            &failure,
            "alive: true",
            "COMMAND_OK"
        ]
    );
}

#[test]
fn nothing_of_a_skipped_message_reaches_the_next_connection() {
    // The rest of the message never comes: the connection is made anew.
    let server = Scripted::run_all(vec![
        Box::new(|peer| {
            peer.accept();
            peer.expect(b'Q');
            let row = data_row(&[Some(long().as_bytes())]);
            peer.send(&[row_description(&["a"]), row[..100].to_vec()].concat());
            peer.close();
        }),
        Box::new(|peer| {
            peer.accept();
            answer_all(peer);
        }),
    ]);
    let mut client = Client::connect(&server.conninfo());
    client.engine.set_limits(Limits {
        message: LIMIT,
        ..Limits::default()
    });
    assert!(client.failure("first").contains("larger than the limit"));
    client.engine.restart();
    assert!(client.finish_connecting(), "{:?}", client.lines);
    client.try_again();
    assert_eq!(client.lines.last().map(String::as_str), Some("COMMAND_OK"));
    drop(client);
    server.finish();
}
