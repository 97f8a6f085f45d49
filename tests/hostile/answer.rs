//! What a broken or hostile server says in answer to a query, or unasked.

use support::scripted::{
    backend_key_data, command_complete, data_row, error_fields, message, message_with_length,
    parameter_status, ready, row_description,
};

use crate::case::{Case, When, run};

const fn query(name: &'static str, words: fn() -> Vec<u8>, story: &'static [&'static str]) -> Case {
    Case::new(name, When::Query, words, story).goes_on()
}

const fn idle(name: &'static str, words: fn() -> Vec<u8>, story: &'static [&'static str]) -> Case {
    Case::new(name, When::Idle, words, story).goes_on()
}

/// A whole answer of one row, with this in place of the row.
fn around(words: &[u8]) -> Vec<u8> {
    [&row_description(&["a"]), words, &done()].concat()
}

fn done() -> Vec<u8> {
    [command_complete("SELECT 1"), ready(b'I')].concat()
}

/// Within an answer, in front of its end.
fn before_end(words: &[u8]) -> Vec<u8> {
    [words, &done()].concat()
}

fn failed(fields: &[(u8, &str)]) -> Vec<u8> {
    [error_fields(b'E', fields), ready(b'I')].concat()
}

const QUERY: &[Case] = &[
    query("nothing, then closed", Vec::new, &["connected", "FATAL_ERROR: server closed the connection unexpectedly / This probably means the server terminated abnormally / before or while processing the request.", "alive: false"]).closes(),
    query("length 0", || message_with_length(b'D', 0, b""), &["connected", "FATAL_ERROR: lost synchronization with server: got message type \"D\", length 0", "alive: false"])
        .differs("libpq reports the dead socket as well"),
    query("length 3", || message_with_length(b'D', 3, b""), &["connected", "FATAL_ERROR: lost synchronization with server: got message type \"D\", length 3", "alive: false"])
        .differs("libpq reports the dead socket as well"),
    query("length -1", || message_with_length(b'T', -1, b""), &["connected", "FATAL_ERROR: lost synchronization with server: got message type \"T\", length -1", "alive: false"])
        .differs("libpq reports the dead socket as well"),
    query(
        "length least",
        || message_with_length(b'T', i32::MIN, b""),
        &["connected", "FATAL_ERROR: lost synchronization with server: got message type \"T\", length -2147483648", "alive: false"],
    )
    .differs("libpq reports the dead socket as well"),
    query(
        "row, length -1",
        || around(&message_with_length(b'D', -1, b"")),
        &["connected", "FATAL_ERROR: lost synchronization with server: got message type \"D\", length -1", "alive: false"],
    )
    .differs("libpq reports the dead socket as well"),
    query(
        "second row, length -1",
        || around(&[data_row(&[None]), message_with_length(b'D', -1, b"")].concat()),
        &["connected", "FATAL_ERROR: lost synchronization with server: got message type \"D\", length -1", "alive: false"],
    )
    .differs("libpq reports the dead socket as well"),
    query(
        "second row, length 2",
        || around(&[data_row(&[None]), message_with_length(b'D', 2, b"")].concat()),
        &["connected", "FATAL_ERROR: lost synchronization with server: got message type \"D\", length 2", "alive: false"],
    )
    .differs("libpq reports the dead socket as well"),
    query(
        "short message, length 2 GiB",
        || around(&message_with_length(b'C', i32::MAX, b"")),
        &["connected", "FATAL_ERROR: lost synchronization with server: got message type \"C\", length 2147483647", "alive: false"],
    )
    .differs("libpq reports the dead socket as well"),
    query(
        "row of 2 GiB, then closed",
        || around(&message_with_length(b'D', i32::MAX, b"abc")),
        &["connected", "FATAL_ERROR: message of 2147483648 bytes from the server is larger than the limit of 2147483647 bytes / server closed the connection unexpectedly / This probably means the server terminated abnormally / before or while processing the request.", "alive: false"],
    )
    .closes()
    .differs("libpq cannot allocate so much"),
    query(
        "row before its description",
        || before_end(&data_row(&[Some(b"1")])),
        &["connected", "FATAL_ERROR: server sent data (\"D\" message) without prior row description (\"T\" message)", "alive: true", "COMMAND_OK"],
    ),
    query(
        "rows before their description",
        || before_end(&data_row(&[Some(b"1")]).repeat(50)),
        &["connected", "FATAL_ERROR: server sent data (\"D\" message) without prior row description (\"T\" message)", "alive: true", "COMMAND_OK"],
    ),
    query(
        "negative field count in row",
        || around(&message(b'D', b"\xff\xff")),
        &["connected", "FATAL_ERROR: unexpected field count in \"D\" message", "alive: true", "COMMAND_OK"],
    ),
    query(
        "row without field count",
        || around(&message(b'D', b"")),
        &["connected", "FATAL_ERROR: unexpected field count in \"D\" message", "alive: true", "COMMAND_OK"],
    ),
    query(
        "row with half a field count",
        || around(&message(b'D', b"\0")),
        &["connected", "FATAL_ERROR: unexpected field count in \"D\" message", "alive: true", "COMMAND_OK"],
    ),
    query(
        "row with too few fields",
        || around(&message(b'D', b"\0\0")),
        &["connected", "FATAL_ERROR: unexpected field count in \"D\" message", "alive: true", "COMMAND_OK"],
    ),
    query(
        "row with too many fields",
        || around(&data_row(&[None, None])),
        &["connected", "FATAL_ERROR: unexpected field count in \"D\" message", "alive: true", "COMMAND_OK"],
    ),
    query(
        "row with fewer fields than counted",
        || around(&message(b'D', b"\0\x01")),
        &["connected", "FATAL_ERROR: message contents do not agree with length in message type \"D\"", "alive: true", "COMMAND_OK"],
    )
    .differs("libpq reads on behind the end of the message"),
    query(
        "field longer than its row",
        || around(&message(b'D', b"\0\x01\0\0\0\x05abc")),
        &["connected", "FATAL_ERROR: message contents do not agree with length in message type \"D\"", "alive: true", "COMMAND_OK"],
    )
    .differs("libpq reads on behind the end of the message"),
    query(
        "field of 2 GiB",
        || around(&message(b'D', b"\0\x01\x7f\xff\xff\xffabc")),
        &["connected", "FATAL_ERROR: message contents do not agree with length in message type \"D\"", "alive: true", "COMMAND_OK"],
    )
    .differs("libpq reads on behind the end of the message"),
    query(
        "field of length -2",
        || around(&message(b'D', b"\0\x01\xff\xff\xff\xfe")),
        &["connected", "FATAL_ERROR: message contents do not agree with length in message type \"D\"", "alive: true", "COMMAND_OK"],
    )
    .differs("libpq takes every negative length for a NULL"),
    query(
        "row with more behind",
        || around(&message(b'D', b"\0\x01\0\0\0\x01abc")),
        &["connected", "FATAL_ERROR: message contents do not agree with length in message type \"D\"", "alive: true", "COMMAND_OK"],
    )
    .differs("libpq reports success after the error"),
    query(
        "bad row among good",
        || {
            around(
                &[
                    data_row(&[Some(b"1")]),
                    message(b'D', b"\0\x02"),
                    data_row(&[Some(b"2")]),
                ]
                .concat(),
            )
        },
        &["connected", "FATAL_ERROR: unexpected field count in \"D\" message", "alive: true", "COMMAND_OK"],
    ),
    query(
        "negative field count in description",
        || before_end(&message(b'T', b"\xff\xff")),
        &["connected", "FATAL_ERROR: insufficient data in \"T\" message", "alive: true", "COMMAND_OK"],
    ),
    query(
        "description without count",
        || before_end(&message(b'T', b"")),
        &["connected", "FATAL_ERROR: insufficient data in \"T\" message", "alive: true", "COMMAND_OK"],
    ),
    query(
        "description cut short",
        || before_end(&message(b'T', b"\0\x02a\0\0\0")),
        &["connected", "FATAL_ERROR: insufficient data in \"T\" message", "alive: true", "COMMAND_OK"],
    ),
    query(
        "description with more behind",
        || {
            before_end(&message(
                b'T',
                &[&row_description(&["a"])[5..], b"x"].concat(),
            ))
        },
        &["connected", "FATAL_ERROR: message contents do not agree with length in message type \"T\"", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    ),
    query(
        "description with a name without end",
        || before_end(&message(b'T', b"\0\x01aaaaaaaaaaaaaaaaaaaaaaaaa")),
        &["connected", "FATAL_ERROR: insufficient data in \"T\" message", "alive: true", "COMMAND_OK"],
    )
    .differs("libpq reads on behind the end of the message"),
    query(
        "two descriptions",
        || [row_description(&["a"]), around(&data_row(&[None]))].concat(),
        &["connected", "TUPLES_OK 0x1", "TUPLES_OK 1x1", "alive: true", "COMMAND_OK"],
    ),
    query(
        "row of no columns",
        || [message(b'T', b"\0\0"), before_end(&message(b'D', b"\0\0"))].concat(),
        &["connected", "TUPLES_OK", "alive: true", "COMMAND_OK"],
    ),
    query("unknown type", || before_end(&message(b'?', b"what")), &["connected", "FATAL_ERROR: unexpected response from server; first received character was \"?\"", "COMMAND_OK", "alive: true", "COMMAND_OK"]),
    query("type zero", || before_end(&message(0, b"")), &["connected", "FATAL_ERROR: unexpected response from server; first received character was \"", "COMMAND_OK", "alive: true", "COMMAND_OK"]),
    query("type 255", || before_end(&message(255, b"")), &["connected", "FATAL_ERROR: unexpected response from server; first received character was \"ÿ\"", "COMMAND_OK", "alive: true", "COMMAND_OK"])
        .differs("libpq shows the byte as it is, in no encoding"),
    query(
        "unknown type among rows",
        || around(&[data_row(&[None]), message(b'?', b""), data_row(&[None])].concat()),
        &["connected", "FATAL_ERROR: unexpected response from server; first received character was \"?\"", "FATAL_ERROR: server sent data (\"D\" message) without prior row description (\"T\" message)", "alive: true", "COMMAND_OK"],
    ),
    query(
        "authentication request",
        || before_end(&message(b'R', b"\0\0\0\x03")),
        &["connected", "FATAL_ERROR: unexpected response from server; first received character was \"R\"", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    ),
    query(
        "error without terminator",
        || [message(b'E', b"SERROR\0Mno"), ready(b'I')].concat(),
        &["connected", "FATAL_ERROR: message contents do not agree with length in message type \"E\"", "alive: true", "COMMAND_OK"],
    )
    .differs("libpq reads on behind the end of the message"),
    query(
        "error without fields",
        || [message(b'E', b"\0"), ready(b'I')].concat(),
        &["connected", "FATAL_ERROR: no error message available", "alive: true", "COMMAND_OK"],
    ),
    query(
        "error without anything",
        || [message(b'E', b""), ready(b'I')].concat(),
        &["connected", "FATAL_ERROR: message contents do not agree with length in message type \"E\"", "alive: true", "COMMAND_OK"],
    )
    .differs("libpq reads on behind the end of the message"),
    query("error with only a message", || failed(&[(b'M', "no")]), &["connected", "FATAL_ERROR: no", "alive: true", "COMMAND_OK"]),
    query(
        "error with unknown fields",
        || failed(&[(b'S', "ERROR"), (b'?', "what"), (b'M', "no")]),
        &["connected", "FATAL_ERROR: ERROR:  no", "alive: true", "COMMAND_OK"],
    ),
    query(
        "error with a wild position",
        || {
            failed(&[
                (b'S', "ERROR"),
                (b'M', "no"),
                (b'P', "99999999999999999999"),
            ])
        },
        &["connected", "FATAL_ERROR: ERROR:  no", "alive: true", "COMMAND_OK"],
    ),
    query(
        "error with a negative position",
        || failed(&[(b'S', "ERROR"), (b'M', "no"), (b'P', "-3")]),
        &["connected", "FATAL_ERROR: ERROR:  no", "alive: true", "COMMAND_OK"],
    ),
    query(
        "error after rows",
        || {
            [
                row_description(&["a"]),
                data_row(&[None]),
                failed(&[(b'S', "ERROR"), (b'M', "no")]),
            ]
            .concat()
        },
        &["connected", "FATAL_ERROR: ERROR:  no", "alive: true", "COMMAND_OK"],
    ),
    query(
        "two errors",
        || {
            [
                error_fields(b'E', &[(b'S', "ERROR"), (b'M', "one")]),
                failed(&[(b'S', "ERROR"), (b'M', "two")]),
            ]
            .concat()
        },
        &["connected", "FATAL_ERROR: ERROR:  one", "FATAL_ERROR: ERROR:  two", "alive: true", "COMMAND_OK"],
    ),
    query(
        "error, then closed",
        || error_fields(b'E', &[(b'S', "FATAL"), (b'M', "bye")]),
        &["connected", "FATAL_ERROR: FATAL:  bye", "FATAL_ERROR: server closed the connection unexpectedly / This probably means the server terminated abnormally / before or while processing the request.", "alive: false"],
    )
    .closes(),
    query(
        "rows, then closed",
        || [row_description(&["a"]), data_row(&[None])].concat(),
        &["connected", "FATAL_ERROR: server closed the connection unexpectedly / This probably means the server terminated abnormally / before or while processing the request.", "alive: false"],
    )
    .closes(),
    query("end, then closed", || command_complete("SELECT 0"), &["connected", "COMMAND_OK", "FATAL_ERROR: server closed the connection unexpectedly / This probably means the server terminated abnormally / before or while processing the request.", "alive: false"]).closes(),
    query(
        "end without ready, twice",
        || before_end(&command_complete("SELECT 0")),
        &["connected", "COMMAND_OK", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    ),
    query(
        "end without terminator",
        || [message(b'C', b"SELECT 0"), ready(b'I')].concat(),
        &["connected", "FATAL_ERROR: message contents do not agree with length in message type \"C\"", "alive: true", "COMMAND_OK"],
    ),
    query(
        "end with more behind",
        || [message(b'C', b"SELECT 0\0x"), ready(b'I')].concat(),
        &["connected", "FATAL_ERROR: message contents do not agree with length in message type \"C\"", "alive: true", "COMMAND_OK"],
    ),
    query(
        "end without a tag",
        || [message(b'C', b""), ready(b'I')].concat(),
        &["connected", "FATAL_ERROR: message contents do not agree with length in message type \"C\"", "alive: true", "COMMAND_OK"],
    ),
    query("ready alone", || ready(b'I'), &["connected", "alive: true", "COMMAND_OK"]),
    query("ready twice", || [done(), ready(b'I')].concat(), &["connected", "COMMAND_OK", "notice: message type 0x5a arrived from server while idle", "alive: true", "COMMAND_OK"]),
    query(
        "ready before the end",
        || [row_description(&["a"]), data_row(&[None]), ready(b'I')].concat(),
        &["connected", "FATAL_ERROR: unexpected response from server; first received character was \"Z\"", "alive: true", "COMMAND_OK"],
    )
    .differs("libpq loses the rows without an error"),
    query(
        "ready with garbage",
        || [command_complete("X"), ready(b'?')].concat(),
        &["connected", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    ),
    query(
        "ready without status",
        || [command_complete("X"), message(b'Z', b"")].concat(),
        &["connected", "COMMAND_OK", "FATAL_ERROR: message contents do not agree with length in message type \"Z\" / connection cannot go on without a valid ReadyForQuery message", "alive: false"],
    )
    .differs("libpq waits for the rest"),
    query(
        "ready with more behind",
        || [command_complete("X"), message(b'Z', b"III")].concat(),
        &["connected", "COMMAND_OK", "FATAL_ERROR: message contents do not agree with length in message type \"Z\" / connection cannot go on without a valid ReadyForQuery message", "alive: false"],
    )
    .differs("libpq waits for another one"),
    query(
        "notice without terminator",
        || before_end(&message(b'N', b"SNOTICE\0Mno")),
        &["connected", "FATAL_ERROR: message contents do not agree with length in message type \"N\"", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    )
    .differs("libpq reads on behind the end of the message"),
    query(
        "notification cut short",
        || before_end(&message(b'A', b"\0\0\0\x01chan")),
        &["connected", "FATAL_ERROR: message contents do not agree with length in message type \"A\"", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    ),
    query(
        "parameter without end",
        || before_end(&message(b'S', b"name")),
        &["connected", "FATAL_ERROR: message contents do not agree with length in message type \"S\"", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    ),
    query("key cut short", || before_end(&message(b'K', b"\0")), &["connected", "FATAL_ERROR: received invalid BackendKeyData message: cancel key with length -3 not allowed in protocol version 3.0 (must be 4 bytes)", "alive: false"])
        .differs("libpq reports the dead socket as well"),
    query(
        "key in the middle",
        || before_end(&backend_key_data(1, b"1234")),
        &["connected", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    ),
    query("parse complete", || before_end(&message(b'1', b"")), &["connected", "COMMAND_OK", "alive: true", "COMMAND_OK"]),
    query(
        "parse complete with more behind",
        || before_end(&message(b'1', b"x")),
        &["connected", "FATAL_ERROR: message contents do not agree with length in message type \"1\"", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    ),
    query(
        "bind complete with more behind",
        || before_end(&message(b'2', b"x")),
        &["connected", "FATAL_ERROR: message contents do not agree with length in message type \"2\"", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    ),
    query("no data", || before_end(&message(b'n', b"")), &["connected", "COMMAND_OK", "alive: true", "COMMAND_OK"]),
    query(
        "parameter description",
        || before_end(&message(b't', b"\0\x01\0\0\0\x17")),
        &["connected", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    ),
    query(
        "parameter description cut short",
        || before_end(&message(b't', b"\0\x02\0\0")),
        &["connected", "FATAL_ERROR: message contents do not agree with length in message type \"t\"", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    ),
    query(
        "function result",
        || before_end(&message(b'V', b"\0\0\0\x01x")),
        &["connected", "FATAL_ERROR: unexpected response from server; first received character was \"V\"", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    ),
    query("portal suspended", || before_end(&message(b's', b"")), &["connected", "FATAL_ERROR: unexpected response from server; first received character was \"s\"", "COMMAND_OK", "alive: true", "COMMAND_OK"]),
    query(
        "empty query with more behind",
        || [message(b'I', b"x"), ready(b'I')].concat(),
        &["connected", "FATAL_ERROR: message contents do not agree with length in message type \"I\"", "alive: true", "COMMAND_OK"],
    ),
    query(
        "copy in",
        || {
            [
                message(b'G', b"\0\0\x01\0\0"),
                failed(&[(b'S', "ERROR"), (b'M', "copy failed")]),
            ]
            .concat()
        },
        &["connected", "COPY_IN 0x1", "FATAL_ERROR: ERROR:  copy failed", "alive: true", "COMMAND_OK"],
    ),
    query(
        "copy in cut short",
        || [message(b'G', b"\0\0\x05\0\0"), ready(b'I')].concat(),
        &["connected", "FATAL_ERROR: message contents do not agree with length in message type \"G\"", "alive: true", "COMMAND_OK"],
    )
    .differs("libpq waits for the rest"),
    query(
        "copy in, negative count",
        || [message(b'G', b"\0\xff\xff"), ready(b'I')].concat(),
        &["connected", "FATAL_ERROR: message contents do not agree with length in message type \"G\"", "alive: true", "COMMAND_OK"],
    )
    .differs("libpq waits for the rest"),
    query(
        "copy out",
        || {
            [
                message(b'H', b"\0\0\x01\0\0"),
                message(b'd', b"1\n"),
                message(b'c', b""),
                done(),
            ]
            .concat()
        },
        &["connected", "COPY_OUT 0x1", "copied 2 bytes", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    ),
    query(
        "copy out without end",
        || [message(b'H', b"\0\0\x01\0\0"), message(b'd', b"1\n")].concat(),
        &["connected", "COPY_OUT 0x1", "no copy: server closed the connection unexpectedly / This probably means the server terminated abnormally / before or while processing the request.", "FATAL_ERROR: server closed the connection unexpectedly / This probably means the server terminated abnormally / before or while processing the request.", "alive: false"],
    )
    .closes(),
    query(
        "copy out ended by completion",
        || {
            [
                message(b'H', b"\0\0\x01\0\0"),
                message(b'd', b"1\n"),
                done(),
            ]
            .concat()
        },
        &["connected", "COPY_OUT 0x1", "copied 2 bytes", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    ),
    query(
        "copy out ended by ready",
        || {
            [
                message(b'H', b"\0\0\x01\0\0"),
                message(b'd', b"1\n"),
                ready(b'I'),
            ]
            .concat()
        },
        &["connected", "COPY_OUT 0x1", "copied 2 bytes", "alive: true", "COMMAND_OK"],
    ),
    query(
        "copy out with an unknown type",
        || {
            [
                message(b'H', b"\0\0\x01\0\0"),
                message(b'?', b""),
                message(b'd', b"1\n"),
                message(b'c', b""),
                done(),
            ]
            .concat()
        },
        &["connected", "COPY_OUT 0x1", "copied 0 bytes", "FATAL_ERROR: unexpected response from server; first received character was \"?\"", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    )
    .differs("libpq notes that the copy is over as well"),
    query(
        "copy out with a row",
        || {
            [
                message(b'H', b"\0\0\x01\0\0"),
                data_row(&[None]),
                message(b'c', b""),
                done(),
            ]
            .concat()
        },
        &["connected", "COPY_OUT 0x1", "copied 0 bytes", "FATAL_ERROR: server sent data (\"D\" message) without prior row description (\"T\" message)", "alive: true", "COMMAND_OK"],
    )
    .differs("libpq notes that the copy is over as well"),
    query(
        "copy out, length 2",
        || {
            [
                message(b'H', b"\0\0\x01\0\0"),
                message_with_length(b'd', 2, b""),
                message(b'c', b""),
                done(),
            ]
            .concat()
        },
        &["connected", "FATAL_ERROR: lost synchronization with server: got message type \"d\", length 2", "alive: false"],
    )
    .differs("libpq reports the dead socket as well"),
    query(
        "copy both, closed by the server",
        || {
            [
                message(b'W', b"\0\0\0"),
                message(b'd', b"w"),
                message(b'c', b""),
                done(),
            ]
            .concat()
        },
        &["connected", "COPY_BOTH", "copied 1 bytes", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    ),
    query(
        "copy data without copy",
        || before_end(&[message(b'd', b"1\n"), message(b'c', b"")].concat()),
        &["connected", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    ),
];

const IDLE: &[Case] = &[
    idle("unknown type", || message(b'?', b"what"), &["notice: message type 0x3f arrived from server while idle", "connected", "COMMAND_OK", "alive: true", "COMMAND_OK"]),
    idle("row", || data_row(&[None]), &["notice: message type 0x44 arrived from server while idle", "connected", "COMMAND_OK", "alive: true", "COMMAND_OK"]),
    idle("copy data", || message(b'd', b"1\n"), &["notice: message type 0x64 arrived from server while idle", "connected", "COMMAND_OK", "alive: true", "COMMAND_OK"]),
    idle("ready", || ready(b'I'), &["notice: message type 0x5a arrived from server while idle", "connected", "COMMAND_OK", "alive: true", "COMMAND_OK"]),
    idle("completion", || command_complete("X"), &["notice: message type 0x43 arrived from server while idle", "connected", "COMMAND_OK", "alive: true", "COMMAND_OK"]),
    idle(
        "error",
        || {
            error_fields(
                b'E',
                &[(b'S', "FATAL"), (b'C', "57P01"), (b'M', "terminating")],
            )
        },
        &["notice: FATAL:  terminating", "connected", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    ),
    idle(
        "error, then closed",
        || {
            error_fields(
                b'E',
                &[(b'S', "FATAL"), (b'C', "57P01"), (b'M', "terminating")],
            )
        },
        &["notice: FATAL:  terminating", "connected", "FATAL_ERROR: server closed the connection unexpectedly / This probably means the server terminated abnormally / before or while processing the request.", "alive: false"],
    )
    .closes(),
    idle(
        "error without terminator",
        || message(b'E', b"SFATAL\0Mno"),
        &["notice: message contents do not agree with length in message type \"E\"", "connected", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    )
    .differs("libpq lets the next query fail"),
    idle(
        "notice without terminator",
        || message(b'N', b"SFATAL\0Mno"),
        &["notice: message contents do not agree with length in message type \"N\"", "connected", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    )
    .differs("libpq lets the next query fail"),
    idle(
        "notification",
        || message(b'A', b"\0\0\0\x01chan\0pay\0"),
        &["connected", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    ),
    idle(
        "notification without end",
        || message(b'A', b"\0\0\0\x01chan"),
        &["notice: message contents do not agree with length in message type \"A\"", "connected", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    )
    .differs("libpq lets the next query fail"),
    idle("parameter", || parameter_status("TimeZone", "UTC"), &["connected", "COMMAND_OK", "alive: true", "COMMAND_OK"]),
    idle("parameter without end", || message(b'S', b"name"), &["notice: message contents do not agree with length in message type \"S\"", "connected", "COMMAND_OK", "alive: true", "COMMAND_OK"])
        .differs("libpq lets the next query fail"),
    idle("key", || backend_key_data(9, b"1234"), &["notice: message type 0x4b arrived from server while idle", "connected", "COMMAND_OK", "alive: true", "COMMAND_OK"]),
    idle(
        "authentication request",
        || message(b'R', b"\0\0\0\x03"),
        &["notice: message type 0x52 arrived from server while idle", "connected", "COMMAND_OK", "alive: true", "COMMAND_OK"],
    ),
    idle("length 0", || message_with_length(b'S', 0, b""), &["refused: lost synchronization with server: got message type \"S\", length 0"]),
    idle("length -1", || message_with_length(b'D', -1, b""), &["refused: lost synchronization with server: got message type \"D\", length -1"]),
    idle(
        "long short message",
        || message_with_length(b'Z', 40_000, b""),
        &["refused: lost synchronization with server: got message type \"Z\", length 40000"],
    ),
];

#[test]
fn broken_answers_fail_the_query_or_end_the_connection() {
    run(QUERY);
}

#[test]
fn what_comes_unasked_does_no_harm() {
    run(IDLE);
}
