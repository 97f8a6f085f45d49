//! Literals, identifiers and bytea, in several encodings and with broken characters.

use crate::case::{Area, Ctx, Table};
use crate::conn::Conn;
use crate::text::cstring;
use crate::transcript::{Transcript, escape};

/// Inputs for every encoding: plain, special, and sequences that some encoding takes for characters.
const INPUTS: &[&[u8]] = &[
    b"",
    b"plain",
    b"it's",
    b"''",
    b"back\\slash",
    b"\\'",
    b"\"quoted\"",
    b"line\nbreak\ttab",
    b"a\0b",
    b"\x01\x7f",
    "żółw".as_bytes(),
    "日本語".as_bytes(),
    "🐘".as_bytes(),
    // Cut short at the end.
    b"abc\xc5",
    b"abc\xe6\x97",
    b"abc\xf0\x9f\x90",
    b"\xe6",
    // Cut short before a quote.
    b"\xc5'",
    b"\xe6\x97'; DROP TABLE item; --",
    b"\xf0'x",
    // Bytes that begin nothing, or that continue nothing.
    b"\x80",
    b"\xff\xfe'",
    b"a\xc0\xafb",
    b"\xed\xa0\x80",
    b"\xf8\x88\x80\x80\x80",
    b"\xf4\x90\x80\x80",
    // Shift-JIS, Big5, EUC: a trailing byte that is a backslash or a quote in ASCII.
    b"\x95\x5c",
    b"\x95\x5c'",
    b"\x83'",
    b"\xa4\x5c",
    b"\xa4\xa2\xa4",
    b"\x8e\xb1",
    b"\x8f\xb0\xa1",
    b"\x8f\xb0",
    b"\xa1'",
];

/// One case for each of these and each of the two settings of standard_conforming_strings.
const ENCODINGS: [&str; 11] = [
    "UTF8",
    "SJIS",
    "EUC_JP",
    "BIG5",
    "LATIN1",
    "SQL_ASCII",
    "GBK",
    "GB18030",
    "UHC",
    "WIN1252",
    "EUC_TW",
];

fn all_inputs(t: &mut Transcript, conn: &Conn<'_>) {
    for input in INPUTS {
        t.section(format_args!("\"{}\"", escape(input)), |t| {
            let (text, length, error) = conn.escape_string(input);
            t.bytes("string", &text);
            t.line(format_args!("length {length} error {error}"));
            if error != 0 {
                t.text("message", &conn.error_message());
            }
            let literal = conn.escape_literal(input);
            t.text("literal", &literal);
            if literal.is_none() {
                t.text("message", &conn.error_message());
            }
            let identifier = conn.escape_identifier(input);
            t.text("identifier", &identifier);
            if identifier.is_none() {
                t.text("message", &conn.error_message());
            }
        });
    }
}

const BINARY: &[&[u8]] = &[
    b"",
    b"plain",
    b"it's",
    b"back\\slash",
    b"\0\x01\x1f\x20\x7e\x7f\x80\xff",
    b"\\x41",
    b"\"'\n",
];

const BYTEA_TEXTS: &[&[u8]] = &[
    b"",
    b"plain",
    b"\\x",
    b"\\x00ff10",
    b"\\x0",
    b"\\x0g",
    b"\\x 41 42",
    b"\\xAbCdEf",
    b"\\X41",
    b"\\000",
    b"\\377",
    b"\\400",
    b"\\12",
    b"\\1",
    b"\\",
    b"\\\\",
    b"\\\\\\",
    b"\\a",
    b"a\\055b",
    b"\\0551",
    b"''",
    b"\\x4142zz43",
    b"\\8",
    b"\\38x",
];

fn bytea(ctx: &Ctx<'_>, t: &mut Transcript, conn: &Conn<'_>) {
    for input in BINARY {
        let (text, length) = conn.escape_bytea(input);
        t.text(escape(input), &text);
        t.value("length", length);
        let (back, length) = ctx.api.unescape_bytea(text.as_deref());
        t.text("back", &back);
        t.value("length", length);
    }
}

pub(crate) fn add(table: &mut Table) {
    for encoding in ENCODINGS {
        for setting in ["on", "off"] {
            table.add(
                Area::Escape,
                format!("{encoding} conforming {setting}"),
                move |ctx, t| {
                    let conn = ctx.connect_with(t, &format!("client_encoding={encoding}"));
                    conn.exec(&cstring(format!(
                        "SET standard_conforming_strings = {setting}"
                    )));
                    all_inputs(t, &conn);
                },
            );
        }
    }
    table.add(Area::Escape, "literals round trip", |ctx, t| {
        let conn = ctx.connect(t);
        for text in ["it's", "back\\slash", "\\'", "żółw\n", "\"", "E'\\x'"] {
            let literal = conn.escape_literal(text.as_bytes()).unwrap_or_default();
            let sql = [b"SELECT ", literal.as_slice()].concat();
            t.result(text, &conn.exec(&cstring(sql)));
        }
    });
    for setting in ["on", "off"] {
        table.add(
            Area::Escape,
            format!("bytea conforming {setting}"),
            move |ctx, t| {
                let conn = ctx.connect(t);
                conn.exec(&cstring(format!(
                    "SET standard_conforming_strings = {setting}"
                )));
                bytea(ctx, t, &conn);
            },
        );
    }
    table.add(Area::Escape, "unescape bytea", |ctx, t| {
        for text in BYTEA_TEXTS {
            let (bytes, length) = ctx.api.unescape_bytea(Some(text));
            t.text(escape(text), &bytes);
            t.value("length", length);
        }
        t.text("NULL", &ctx.api.unescape_bytea(None).0);
    });
    table.add(Area::Escape, "without connection before any", |ctx, t| {
        deprecated(ctx, t)
    });
    table.add(Area::Escape, "without connection after one", |ctx, t| {
        let conn = ctx.connect_with(t, "client_encoding=SJIS");
        conn.exec(c"SET standard_conforming_strings = off");
        deprecated(ctx, t);
        let other = ctx.connect(t);
        deprecated(ctx, t);
        drop(other);
    });
    table.add(Area::Escape, "on NULL connection", |ctx, t| {
        let conn = Conn::null(ctx.api);
        let (text, length, error) = conn.escape_string(b"it's");
        t.bytes("string", &text);
        t.line(format_args!("length {length} error {error}"));
        t.text("literal", &conn.escape_literal(b"x"));
        t.text("identifier", &conn.escape_identifier(b"x"));
        t.text("bytea", &conn.escape_bytea(b"x").0);
    });
    table.add(Area::Escape, "on a failed connection", |ctx, t| {
        let conn = Conn::open(ctx.api, c"host=/nonexistent port=1 user=u dbname=d");
        all_inputs(t, &conn);
        bytea(ctx, t, &conn);
    });
    table.add(Area::Escape, "no error flag wanted", |ctx, t| {
        let conn = ctx.connect(t);
        let mut out = [0_u8; 9];
        // SAFETY: the output is large enough; a NULL flag is allowed.
        let length = unsafe {
            let input = c"\xe6\x97'x";
            ctx.api.PQescapeStringConn(
                conn.raw,
                out.as_mut_ptr().cast(),
                input.as_ptr(),
                4,
                std::ptr::null_mut(),
            )
        };
        t.value("length", length);
        t.text("message", &conn.error_message());
    });
}

/// The functions that know no connection follow the one that was used last.
fn deprecated(ctx: &Ctx<'_>, t: &mut Transcript) {
    for input in [
        b"it's".as_slice(),
        b"back\\slash",
        b"\x95\x5c'",
        b"abc\xe6\x97",
        "żółw".as_bytes(),
    ] {
        let (text, length) = ctx.api.escape_string(input);
        t.bytes("string", &text);
        t.value("length", length);
    }
    for input in BINARY {
        let (text, length) = ctx.api.escape_bytea(input);
        t.text("bytea", &text);
        t.value("length", length);
    }
}
