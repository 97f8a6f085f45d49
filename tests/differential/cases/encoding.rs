//! Encodings: names and numbers, character length and width, the client encoding of a connection.

use crate::case::{Area, Table};
use crate::conn::Conn;
use crate::environment::with_environment;
use crate::text::{NULL, copy, cstring};

const NAMES: &[&str] = &[
    "UTF8",
    "utf8",
    "UTF-8",
    "utf 8",
    "Unicode",
    "SQL_ASCII",
    "sqlascii",
    "LATIN1",
    "iso88591",
    "ISO-8859-1",
    "iso 8859 2",
    "latin-10",
    "EUC_JP",
    "eucjp",
    "EUC-JIS-2004",
    "SJIS",
    "shiftjis",
    "Shift_JIS",
    "mskanji",
    "windows932",
    "win932",
    "BIG5",
    "windows950",
    "GBK",
    "windows936",
    "UHC",
    "windows949",
    "KOI8",
    "KOI8R",
    "koi8-u",
    "WIN",
    "WIN1251",
    "windows-1252",
    "TCVN",
    "TCVN5712",
    "ABC",
    "VSCII",
    "ALT",
    "WIN866",
    "JOHAB",
    "MULE_INTERNAL",
    "GB18030",
    "SHIFT_JIS_2004",
    "ISO_8859_5",
    "",
    " ",
    "nonsense",
    "utf8x",
    "a name that is longer than any encoding's name and longer than sixty-four bytes",
];

/// First bytes of characters in one encoding or another, with what may follow them.
const CHARACTERS: &[&[u8]] = &[
    b"a\0\0\0\0",
    b"\0\0\0\0\0",
    b"\x7f\0\0\0\0",
    b"\x80\0\0\0\0",
    b"\xc5\xbc\0\0\0",
    b"\xe6\x97\xa5\0\0",
    b"\xf0\x9f\x90\x98\0",
    b"\xf8\x88\x80\x80\x80",
    b"\xff\xff\xff\xff\xff",
    b"\x8e\xb1\0\0\0",
    b"\x8f\xb0\xa1\0\0",
    b"\xa4\xa2\0\0\0",
    b"\x95\x5c\0\0\0",
    b"\xb1\0\0\0\0",
    b"\xe3\x81\x82\0\0",
    b"\xcc\x81\0\0\0",
    b"\xe2\x80\x8d\0\0",
    b"\x81\x30\x81\x30\0",
    b"\x8e\xa2\xa1\xa1\0",
    b"\xfe\x40\0\0\0",
    b"\x01\0\0\0\0",
    b"\xc2\xad\0\0\0",
    b"\xef\xbd\xb1\0\0",
    b"\xef\xbc\xa1\0\0",
    b"\xea\xb0\x80\0\0",
    b"\xc5'\0\0\0",
    b"\xe6\0\0\0\0",
];

pub(crate) fn add(table: &mut Table) {
    table.add(Area::Encoding, "numbers of names", |ctx, t| {
        for name in NAMES {
            let text = cstring(*name);
            // SAFETY: live strings.
            unsafe {
                t.value(name, ctx.api.pg_char_to_encoding(text.as_ptr()));
                t.value(
                    "  for a server",
                    ctx.api.pg_valid_server_encoding(text.as_ptr()),
                );
            }
        }
    });
    table.add(Area::Encoding, "names of numbers", |ctx, t| {
        for number in -2..45 {
            // SAFETY: takes a number, returns a string of the library's.
            unsafe {
                t.text(number, &copy(ctx.api.pg_encoding_to_char(number)));
                t.value(
                    "  for a server",
                    ctx.api.pg_valid_server_encoding_id(number),
                );
            }
        }
    });
    table.add(Area::Encoding, "length of characters", |ctx, t| {
        for encoding in 0..42 {
            // SAFETY: every input has room for the longest character.
            let lengths: Vec<_> = CHARACTERS
                .iter()
                .map(|text| unsafe { ctx.api.PQmblen(text.as_ptr().cast(), encoding) })
                .collect();
            t.line(format_args!("{encoding}: {lengths:?}"));
        }
    });
    table.add(Area::Encoding, "bounded length of characters", |ctx, t| {
        for encoding in 0..42 {
            let length = |text: &[u8]| {
                let text = [text, b"\0"].concat();
                // SAFETY: the text ends in a NUL, beyond which nothing is read.
                unsafe { ctx.api.PQmblenBounded(text.as_ptr().cast(), encoding) }
            };
            let lengths: Vec<_> = CHARACTERS.iter().map(|text| length(text)).collect();
            t.line(format_args!("{encoding}: {lengths:?}"));
        }
    });
    table
        .add(Area::Encoding, "width of characters", |ctx, t| {
            for encoding in 0..42 {
                // SAFETY: every input has room for the longest character.
                let widths: Vec<_> = CHARACTERS
                    .iter()
                    .map(|text| unsafe { ctx.api.PQdsplen(text.as_ptr().cast(), encoding) })
                    .collect();
                t.line(format_args!("{encoding}: {widths:?}"));
            }
        })
        .differs_before(18, "libpq follows newer Unicode tables");
    table.add(Area::Encoding, "encoding numbers out of range", |ctx, t| {
        for encoding in [-1, 42, 1000, i32::MAX, i32::MIN] {
            // SAFETY: a live string.
            unsafe {
                t.value(
                    "length",
                    ctx.api.PQmblen(c"\xe6\x97\xa5".as_ptr(), encoding),
                );
                t.value(
                    "width",
                    ctx.api.PQdsplen(c"\xe6\x97\xa5".as_ptr(), encoding),
                );
            }
        }
    });
    table
        .add(Area::Encoding, "width across the code space", |ctx, t| {
            let mut widths = Vec::new();
            for point in (0x20..0x11_0000).step_by(0x25).filter_map(char::from_u32) {
                let mut bytes = [0_u8; 5];
                point.encode_utf8(&mut bytes);
                // SAFETY: one whole character and a NUL.
                widths.push(unsafe { ctx.api.PQdsplen(bytes.as_ptr().cast(), 6) });
            }
            for (index, chunk) in widths.chunks(128).enumerate() {
                t.line(format_args!("{:#x}: {chunk:?}", 0x20 + index * 128 * 0x25));
            }
        })
        .differs_before(18, "libpq follows newer Unicode tables");
    table.add(Area::Encoding, "utf8 length", |ctx, t| {
        for first in 0..=255_u8 {
            let text = [first, 0x80, 0x80, 0x80, 0];
            // SAFETY: looks at the first byte.
            t.value(first, unsafe { ctx.api.pg_utf_mblen(text.as_ptr()) });
        }
    });
    table.add(Area::Encoding, "set on a connection", |ctx, t| {
        let conn = ctx.connect(t);
        for name in [
            "LATIN1",
            "EUC_JP",
            "sql_ascii",
            "utf-8",
            "Unicode",
            "nonsense",
            "",
            "MULE_INTERNAL",
            "auto",
        ] {
            t.section(name, |t| {
                t.value("returned", conn.set_client_encoding(&cstring(name)));
                t.value("encoding", conn.client_encoding());
                t.text("parameter", &conn.parameter_status(c"client_encoding"));
                t.text("message", &conn.error_message());
            });
        }
        t.value("NULL", conn.set_client_encoding(NULL));
        t.value("long", conn.set_client_encoding(&cstring("x".repeat(200))));
        t.value("of NULL", Conn::null(ctx.api).set_client_encoding(c"UTF8"));
    });
    table
        .add(Area::Encoding, "set with a quote in the name", |ctx, t| {
            let conn = ctx.connect(t);
            t.value("returned", conn.set_client_encoding(c"it's"));
            t.text("message", &conn.error_message());
        })
        .ours_differs(
            "the name is escaped, and so cannot become other SQL",
            "invalid value for parameter",
        );
    table.add(Area::Encoding, "set while connecting", |ctx, t| {
        for name in ["LATIN1", "nonsense", "''", "auto", "SQL_ASCII", "gb18030"] {
            let conn = Conn::open(ctx.api, &ctx.conninfo(&format!("client_encoding={name}")));
            t.section(name, |t| {
                t.value("status", conn.status());
                t.value("encoding", conn.client_encoding());
                t.text("message", &conn.error_message());
                t.text("parameter", &conn.parameter_status(c"client_encoding"));
            });
        }
    });
    table.add(Area::Encoding, "of the locale", |ctx, t| {
        for locale in [c"C", c"POSIX", c"C.UTF-8", c"C"] {
            // SAFETY: a live string; this process has one thread.
            let set = unsafe { libc::setlocale(libc::LC_CTYPE, locale.as_ptr()) };
            t.section(locale.to_string_lossy(), |t| {
                t.value("set", !set.is_null());
                let conn = Conn::open(ctx.api, &ctx.conninfo("client_encoding=auto"));
                t.value("encoding", conn.client_encoding());
                t.text("parameter", &conn.parameter_status(c"client_encoding"));
                t.value("set", conn.set_client_encoding(c"auto"));
                t.value("encoding", conn.client_encoding());
            });
        }
    });
    table.add(Area::Encoding, "from the environment", |ctx, t| {
        for name in ["LATIN1", "nonsense", "", "utf8"] {
            with_environment(&[("PGCLIENTENCODING", name)], || {
                let conn = Conn::open(ctx.api, &ctx.conninfo(""));
                t.section(name, |t| {
                    // SAFETY: reads the environment.
                    t.value("default", unsafe { ctx.api.PQenv2encoding() });
                    t.value("status", conn.status());
                    t.value("encoding", conn.client_encoding());
                    t.text("message", &conn.error_message());
                });
            });
        }
        // SAFETY: reads the environment.
        t.value("unset", unsafe { ctx.api.PQenv2encoding() });
    });
    table.add(Area::Encoding, "text comes in the client's", |ctx, t| {
        for encoding in ["LATIN1", "WIN1252", "EUC_JP", "SJIS", "UTF8", "SQL_ASCII"] {
            let conn = ctx.connect_with(t, &format!("client_encoding={encoding}"));
            t.result(
                encoding,
                &conn.exec(c"SELECT chr(233) AS e, chr(26085) AS sun"),
            );
        }
    });
}
