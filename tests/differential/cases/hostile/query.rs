//! What a broken server says to a query.

use support::scripted::{
    command_complete, data_row, message, message_with_length, parameter_status, ready,
    row_description,
};

use super::{Words, done, error, join, one_row};

/// Said in answer to a simple query: one case each.
pub(crate) const AFTER_QUERY: &[(&str, Words)] = &[
    ("nothing", Vec::new),
    ("rows then close", one_row),
    ("complete then close", || command_complete("SELECT 0")),
    ("fine", || join(&[one_row(), done("SELECT 1")])),
    ("row before description", || {
        join(&[data_row(&[Some(b"1")]), done("SELECT 1")])
    }),
    ("row with too many values", || {
        join(&[
            row_description(&["a"]),
            data_row(&[Some(b"1"), None]),
            done("SELECT 1"),
        ])
    }),
    ("row with too few values", || {
        join(&[
            row_description(&["a", "b"]),
            data_row(&[None]),
            done("SELECT 1"),
        ])
    }),
    ("row cut short", || {
        join(&[
            row_description(&["a"]),
            message(b'D', b"\0\x01\0\0\0\x09abc"),
            done("SELECT 1"),
        ])
    }),
    ("row with more behind", || {
        join(&[
            row_description(&["a"]),
            message(b'D', b"\0\x01\0\0\0\x01abc"),
            done("SELECT 1"),
        ])
    }),
    ("row with length of minus two", || {
        join(&[
            row_description(&["a"]),
            message(b'D', b"\0\x01\xff\xff\xff\xfe"),
            done("SELECT 1"),
        ])
    }),
    ("row without count", || {
        join(&[
            row_description(&["a"]),
            message(b'D', b""),
            done("SELECT 1"),
        ])
    }),
    ("description with negative count", || {
        join(&[message(b'T', b"\xff\xff"), done("SELECT 0")])
    }),
    ("description cut short", || {
        join(&[message(b'T', b"\0\x02a\0\0\0"), done("SELECT 0")])
    }),
    ("description with more behind", || {
        join(&[message(b'T', b"\0\0extra"), done("SELECT 0")])
    }),
    ("description twice", || {
        join(&[
            one_row(),
            row_description(&["b"]),
            data_row(&[Some(b"2")]),
            done("SELECT 2"),
        ])
    }),
    ("description without columns", || {
        join(&[row_description(&[]), data_row(&[]), done("SELECT 1")])
    }),
    ("unknown message", || {
        join(&[message(b'?', b"huh"), one_row(), done("SELECT 1")])
    }),
    ("length zero", || {
        join(&[message_with_length(b'T', 0, b""), done("SELECT 0")])
    }),
    ("length three", || {
        join(&[message_with_length(b'T', 3, b""), done("SELECT 0")])
    }),
    ("length negative", || {
        join(&[message_with_length(b'T', -1, b""), done("SELECT 0")])
    }),
    ("length of two gigabytes", || {
        join(&[
            message_with_length(b'D', i32::MAX, b"abc"),
            done("SELECT 0"),
        ])
    }),
    ("length of a long error", || {
        join(&[
            message_with_length(b'E', 100_000, b"SERROR\0"),
            done("SELECT 0"),
        ])
    }),
    ("complete twice", || {
        join(&[
            one_row(),
            command_complete("SELECT 1"),
            command_complete("SELECT 5"),
            ready(b'I'),
        ])
    }),
    ("complete not terminated", || {
        join(&[one_row(), message(b'C', b"SELECT 1"), ready(b'I')])
    }),
    ("ready with odd status", || {
        join(&[one_row(), command_complete("SELECT 1"), ready(b'?')])
    }),
    ("ready in a transaction", || {
        join(&[one_row(), command_complete("SELECT 1"), ready(b'T')])
    }),
    ("ready in a failed transaction", || {
        join(&[one_row(), command_complete("SELECT 1"), ready(b'E')])
    }),
    ("ready at once", || ready(b'I')),
    ("empty query", || join(&[message(b'I', b""), ready(b'I')])),
    ("error without message", || {
        join(&[error(&[(b'S', "ERROR"), (b'C', "XX000")]), ready(b'I')])
    }),
    ("error without fields", || {
        join(&[message(b'E', b"\0"), ready(b'I')])
    }),
    ("error without end", || {
        join(&[message(b'E', b"SERROR\0Mcut"), ready(b'I')])
    }),
    ("error with unknown fields", || {
        join(&[
            error(&[(b'S', "ERROR"), (b'M', "m"), (b'z', "zzz"), (b'M', "again")]),
            ready(b'I'),
        ])
    }),
    ("error with odd position", || {
        join(&[
            error(&[(b'S', "ERROR"), (b'M', "m"), (b'P', "9999")]),
            ready(b'I'),
        ])
    }),
    ("error with negative position", || {
        join(&[
            error(&[(b'S', "ERROR"), (b'M', "m"), (b'P', "-5")]),
            ready(b'I'),
        ])
    }),
    ("error with position of letters", || {
        join(&[
            error(&[(b'S', "ERROR"), (b'M', "m"), (b'P', "abc")]),
            ready(b'I'),
        ])
    }),
    ("error with internal position", || {
        join(&[
            error(&[
                (b'S', "ERROR"),
                (b'M', "m"),
                (b'p', "8"),
                (b'q', "SELECT wrong"),
            ]),
            ready(b'I'),
        ])
    }),
    ("rows then error", || {
        join(&[
            one_row(),
            error(&[(b'S', "ERROR"), (b'M', "late")]),
            ready(b'I'),
        ])
    }),
    ("fatal error then close", || {
        error(&[(b'S', "FATAL"), (b'C', "57P01"), (b'M', "terminating")])
    }),
    ("notice that is malformed", || {
        join(&[message(b'N', b"SNOTICE"), one_row(), done("SELECT 1")])
    }),
    ("notification that is malformed", || {
        join(&[message(b'A', b"\0\0"), one_row(), done("SELECT 1")])
    }),
    ("notification in between", || {
        join(&[
            message(b'A', b"\0\0\0\x05chan\0load\0"),
            one_row(),
            done("SELECT 1"),
        ])
    }),
    ("parameter that is malformed", || {
        join(&[message(b'S', b"name"), one_row(), done("SELECT 1")])
    }),
    ("parameter in between", || {
        join(&[
            parameter_status("x_param", "x"),
            one_row(),
            done("SELECT 1"),
        ])
    }),
    ("copy in out of nowhere", || message(b'G', b"\0\0\x01\0\0")),
    ("copy response cut short", || {
        join(&[message(b'H', b"\0\0\x05"), ready(b'I')])
    }),
    ("copy data without copy", || {
        join(&[message(b'd', b"data"), one_row(), done("SELECT 1")])
    }),
    ("messages of the extended protocol", || {
        join(&[
            message(b'1', b""),
            message(b'2', b""),
            message(b'n', b""),
            message(b's', b""),
            done("SELECT 1"),
        ])
    }),
    ("parameter description", || {
        join(&[
            message(b't', b"\0\x01\0\0\0\x17"),
            one_row(),
            done("SELECT 1"),
        ])
    }),
    ("tag empty", || join(&[one_row(), done("")])),
    ("tag of one word", || join(&[one_row(), done("SELECT")])),
    ("tag insert", || done("INSERT 123 5")),
    ("tag insert without oid", || done("INSERT 5")),
    ("tag insert of letters", || done("INSERT x y")),
    ("tag number first", || done("12 SELECT")),
    ("tag with spaces at the end", || done("SELECT 5  ")),
    ("tag negative", || done("DELETE -3")),
    ("tag unknown", || done("FROBNICATE 4")),
    ("tag very long", || {
        done(&format!("SELECT {}", "9".repeat(200)))
    }),
];
