//! What a broken server says to a client that wants in.

use support::scripted::{
    authentication_ok, backend_key_data, error_fields, message, message_with_length,
    parameter_status, ready,
};

use super::{Words, authentication, error, join, one_row};

/// Said in answer to the StartupMessage: one case each.
pub(crate) const AT_STARTUP: &[(&str, Words)] = &[
    ("nothing", Vec::new),
    ("web server", || {
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec()
    }),
    ("mail server", || b"220 mail.example ESMTP\r\n".to_vec()),
    ("half a message", || b"R\0\0".to_vec()),
    ("unknown authentication", || authentication(99, b"")),
    ("authentication kerberos 4", || authentication(1, b"")),
    ("authentication kerberos 5", || authentication(2, b"")),
    ("authentication crypt", || authentication(4, b"xx")),
    ("authentication scm credential", || authentication(6, b"")),
    ("authentication sspi", || authentication(9, b"")),
    ("authentication too short", || message(b'R', b"\0\0")),
    ("authentication empty", || message(b'R', b"")),
    ("authentication length zero", || {
        message_with_length(b'R', 0, b"\0\0\0\0")
    }),
    ("authentication length three", || {
        message_with_length(b'R', 3, b"\0\0\0\0")
    }),
    ("authentication length negative", || {
        message_with_length(b'R', -1, b"\0\0\0\0")
    }),
    ("authentication length large", || {
        message_with_length(b'R', 100_000, b"\0\0\0\0")
    }),
    ("md5 without password", || authentication(5, b"salt")),
    ("md5 with short salt", || authentication(5, b"sa")),
    ("clear text without password", || authentication(3, b"")),
    ("sasl without mechanisms", || authentication(10, b"\0")),
    ("sasl unknown mechanism", || {
        authentication(10, b"MAGIC\0\0")
    }),
    ("sasl plus without tls", || {
        authentication(10, b"SCRAM-SHA-256-PLUS\0\0")
    }),
    ("sasl not terminated", || {
        authentication(10, b"SCRAM-SHA-256")
    }),
    ("sasl continue first", || authentication(11, b"r=x")),
    ("sasl final first", || authentication(12, b"v=x")),
    ("old error", || b"EFATAL:  too old a server\n\0".to_vec()),
    ("error", || {
        error(&[
            (b'S', "FATAL"),
            (b'V', "FATAL"),
            (b'C', "57P03"),
            (b'M', "starting up"),
        ])
    }),
    ("error without fields", || message(b'E', b"\0")),
    ("error not terminated", || message(b'E', b"SFATAL\0Mcut")),
    ("error too long", || {
        message_with_length(b'E', 1_000_000, b"SFATAL\0")
    }),
    ("notice then close", || {
        error_fields(b'N', &[(b'S', "NOTICE"), (b'M', "wait a moment")])
    }),
    ("parameter before authentication", || {
        parameter_status("a", "b")
    }),
    ("ok then close", authentication_ok),
    ("ok then error", || {
        join(&[
            authentication_ok(),
            error(&[(b'S', "FATAL"), (b'C', "53300"), (b'M', "too many")]),
        ])
    }),
    ("ok then unknown message", || {
        join(&[authentication_ok(), message(b'?', b"huh")])
    }),
    ("ok then rows", || join(&[authentication_ok(), one_row()])),
    ("ready without key", || {
        join(&[authentication_ok(), ready(b'I')])
    }),
    ("ready with odd status", || {
        join(&[
            authentication_ok(),
            backend_key_data(7, &[0; 4]),
            ready(b'?'),
        ])
    }),
    ("key too short", || {
        join(&[
            authentication_ok(),
            message(b'K', b"\0\0\0\x01"),
            ready(b'I'),
        ])
    }),
    ("older protocol", || {
        join(&[
            message(b'v', b"\0\x03\0\0\0\0\0\0"),
            authentication_ok(),
            ready(b'I'),
        ])
    }),
    ("unknown protocol option", || {
        join(&[
            message(b'v', b"\0\x03\0\0\0\0\0\x01_pq_.x\0"),
            authentication_ok(),
            ready(b'I'),
        ])
    }),
    ("protocol negotiation cut short", || {
        message(b'v', b"\0\x03")
    }),
];
