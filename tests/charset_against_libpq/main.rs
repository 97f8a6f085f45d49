//! The charset layer beside the system's libpq: the same questions to both, exhaustively where
//! that is possible. No server is needed: a scripted one tells libpq its encoding.
//!
//! `FERROPQ_LIBPQ` names another libpq than the system's. With `FERROPQ_REQUIRE_SERVER=1` a missing
//! one is a failure. What was compared is printed (`cargo test -- --nocapture`).

mod libpq;

use std::ffi::c_int;

use ferropq::charset::{
    Encoding, escape_bytea, escape_identifier, escape_literal, escape_string, unescape_bytea,
};
use libpq::{Connection, Libpq, libpq};
use support::scripted::{
    Script, Scripted, authentication_ok, backend_key_data, parameter_status, ready,
};

fn compared(libpq: &Libpq, what: &str, count: usize) {
    println!("compared with libpq {}: {count} {what}", libpq.version);
}

/// Numbers in no order, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn text(&mut self, alphabet: &[u8], longest: usize) -> Vec<u8> {
        let len = self.below(longest + 1);
        (0..len)
            .map(|_| alphabet[self.below(alphabet.len())])
            .collect()
    }
}

#[test]
fn numbers_and_names_are_libpqs() {
    let Some(libpq) = libpq() else { return };
    for id in -5..300 {
        let ours = Encoding::from_id(id);
        assert_eq!(ours.map_or("", Encoding::name), libpq.name_of(id), "{id}");
        // SAFETY: any number may be asked about.
        let is_server = unsafe { (libpq.is_server)(id) } != 0;
        let ours = ours.is_some_and(Encoding::is_valid_server_encoding);
        assert_eq!(ours, is_server, "{id}");
    }
    compared(libpq, "encoding numbers", 305);
}

#[test]
fn the_same_names_are_known() {
    let Some(libpq) = libpq() else { return };
    let mut names: Vec<String> = [
        "",
        "auto",
        "alt",
        "unicode",
        "UTF-8",
        "u t f 8",
        "johab",
        "uhc",
        "gbk",
        "gb18030",
        "big5",
        "mskanji",
        "MS_Kanji",
        "sjis",
        "shift-jis",
        "shiftjis2004",
        "muleinternal",
        "sql_ascii",
        "euc-jp",
        "eucjis2004",
        "euccn",
        "euckr",
        "euctw",
        "tcvn",
        "vscii",
        "koi8r",
        "koi8-u",
        "us-ascii",
        "utf16",
        "utf88",
        "eucjp2",
        "latin",
        "iso8859",
        "windows",
    ]
    .map(str::to_owned)
    .to_vec();
    for stem in [
        "latin",
        "iso8859",
        "ISO_8859-",
        "win",
        "windows-",
        "cp",
        "koi",
        "tcvn",
        "big",
    ] {
        names.extend((0..6000).map(|number| format!("{stem}{number}")));
    }
    let letters = b"abcdefghijklmnopqrstuvwxyz0123456789";
    for word in 0..letters.len().pow(3) {
        let letter = |place| char::from(letters[word / letters.len().pow(place) % letters.len()]);
        names.push((0..3).map(letter).collect());
    }
    names.extend((55..70).map(|len: usize| format!("utf8{}", "_".repeat(len - 4))));
    for name in &names {
        let ours = Encoding::from_name(name.as_bytes()).map_or(-1, Encoding::id);
        assert_eq!(ours, libpq.id_of(name), "{name}");
    }
    compared(libpq, "names", names.len());
}

#[test]
fn characters_have_the_same_length() {
    let Some(libpq) = libpq() else { return };
    for encoding in Encoding::all() {
        for pair in 0..=u16::MAX {
            let [first, second] = pair.to_be_bytes();
            for third in [0, b'0', 0xa1] {
                let text = [first, second, third, 0xa1, 0];
                // SAFETY: a NUL-terminated string with every byte that a character may have.
                let theirs = unsafe {
                    let text = text.as_ptr().cast();
                    let len = (libpq.mblen)(text, encoding.id());
                    [len, (libpq.mblen_bounded)(text, encoding.id())]
                };
                let ours = [encoding.mblen(&text), encoding.mblen_bounded(&text)];
                assert_eq!(ours.map(|len| len as c_int), theirs, "{encoding} {text:x?}");
            }
        }
    }
    compared(
        libpq,
        "lengths of characters",
        (Encoding::COUNT * 3 * 2) << 16,
    );
}

#[test]
fn characters_have_the_same_width() {
    let Some(libpq) = libpq() else { return };
    for encoding in Encoding::all().filter(|encoding| *encoding != Encoding::UTF8) {
        for pair in 0..=u16::MAX {
            let [first, second] = pair.to_be_bytes();
            let text = [first, second, 0xa1, 0xa1, 0];
            // SAFETY: a NUL-terminated string with every byte that a character may have.
            let theirs = unsafe { (libpq.dsplen)(text.as_ptr().cast(), encoding.id()) };
            assert_eq!(encoding.dsplen(&text), theirs, "{encoding} {text:x?}");
        }
    }
    compared(libpq, "widths outside UTF-8", (Encoding::COUNT - 1) << 16);
}

#[test]
fn code_points_have_the_same_width() {
    let Some(libpq) = libpq() else { return };
    let last = 0x1f_ffff;
    let mut differing: Vec<(u32, u32)> = Vec::new();
    for code in 0..=last {
        let text = any_utf8(code);
        // SAFETY: a NUL-terminated string with every byte that the character has.
        let theirs = unsafe { (libpq.dsplen)(text.as_ptr().cast(), Encoding::UTF8.id()) };
        if Encoding::UTF8.dsplen(&text) == theirs {
            continue;
        }
        match differing.last_mut() {
            Some((_, end)) if *end + 1 == code => *end = code,
            _ => differing.push((code, code)),
        }
    }
    let major = libpq.version / 10_000;
    match major {
        15 => assert_eq!(differing, WIDTHS_NEWER_THAN_15),
        16 | 17 => {
            let known = |range: &(u32, u32)| {
                WIDTHS_NEWER_THAN_15
                    .iter()
                    .any(|(first, end)| *first <= range.0 && range.1 <= *end)
            };
            assert!(differing.iter().all(known), "{differing:x?}");
        }
        _ => assert_eq!(differing, []),
    }
    compared(libpq, "widths of code points", last as usize + 1);
}

/// The code point in UTF-8, even where it is a surrogate or past the last.
fn any_utf8(code: u32) -> [u8; 5] {
    let tail = |shift: u32| 0x80 | ((code >> shift) & 0x3f) as u8;
    match code {
        0..0x80 => [code as u8, 0, 0, 0, 0],
        0x80..0x800 => [0xc0 | (code >> 6) as u8, tail(0), 0, 0, 0],
        0x800..0x1_0000 => [0xe0 | (code >> 12) as u8, tail(6), tail(0), 0, 0],
        _ => [0xf0 | (code >> 18) as u8, tail(12), tail(6), tail(0), 0],
    }
}

/// What each connection of libpq is to be told: the encoding, and `standard_conforming_strings`.
type Setting = (Encoding, bool);

/// Calls `compare` with a connection of libpq for every setting.
fn for_each_connection(
    libpq: &Libpq,
    server_version: &'static str,
    settings: &[Setting],
    mut compare: impl FnMut(&Connection, Encoding, bool),
) {
    let script = |&(encoding, conforming): &Setting| -> Script {
        let conforming = if conforming { "on" } else { "off" };
        Box::new(move |peer| {
            peer.startup();
            peer.send(&authentication_ok());
            peer.send(&parameter_status("server_version", server_version));
            peer.send(&parameter_status("client_encoding", encoding.name()));
            peer.send(&parameter_status("standard_conforming_strings", conforming));
            peer.send(&backend_key_data(1, &[0, 0, 0, 2]));
            peer.send(&ready(b'I'));
            peer.wait_for_close();
        })
    };
    let server = Scripted::run_all(settings.iter().map(script).collect());
    for &(encoding, conforming) in settings {
        let connection = Connection::open(libpq, &server.conninfo());
        // SAFETY: the connection is open.
        let said = unsafe { (libpq.client_encoding)(connection.conn) };
        assert_eq!(said, encoding.id());
        compare(&connection, encoding, conforming);
    }
    server.finish();
}

/// Compares all three kinds of escaping of one text.
fn compare_escapes(connection: &Connection, encoding: Encoding, conforming: bool, src: &[u8]) {
    let what = || format!("{encoding} {conforming} {}", src.escape_ascii());
    let mut escaped = Vec::new();
    let outcome = escape_string(encoding, conforming, src, &mut escaped);
    let ours = (escaped, outcome.err().map(str::to_owned));
    assert_eq!(ours, connection.escape_string(src), "{}", what());

    let theirs = connection.quote(connection.libpq.escape_literal, src);
    let ours = escape_literal(encoding, src).map_err(str::to_owned);
    assert_eq!(ours, theirs, "{}", what());

    let theirs = connection.quote(connection.libpq.escape_identifier, src);
    let ours = escape_identifier(encoding, src).map_err(str::to_owned);
    assert_eq!(ours, theirs, "{}", what());
}

#[test]
fn text_is_escaped_alike_in_every_encoding() {
    let Some(libpq) = libpq() else { return };
    let alphabet = b"aZ 0159'\"\\\\''\0\x1f@~\x7f\x80\x81\x8d\x8e\x8f\x90\x9c\x9f\xa0\xa1\xa7\xa8\
        \xbf\xc0\xc2\xdf\xe0\xe4\xed\xef\xf0\xf4\xf5\xf8\xfc\xfe\xff";
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut count = 0;
    let settings: Vec<Setting> = Encoding::all()
        .flat_map(|encoding| [(encoding, true), (encoding, false)])
        .collect();
    for_each_connection(
        libpq,
        "15.0",
        &settings,
        |connection, encoding, conforming| {
            for _ in 0..4000 {
                let src = numbers.text(alphabet, 12);
                compare_escapes(connection, encoding, conforming, &src);
            }
            for len in 0..300 {
                let src = numbers.text(b"abcdefghijklmnopqrstuvwxyz'\\\"", len);
                compare_escapes(connection, encoding, conforming, &src);
            }
            count += 3 * 4300;
        },
    );
    compared(libpq, "escaped texts", count);
}

#[test]
fn the_same_characters_are_valid() {
    let Some(libpq) = libpq() else { return };
    let multibyte = Encoding::all().filter(|encoding| encoding.max_char_len() > 1);
    let settings: Vec<Setting> = multibyte.map(|encoding| (encoding, true)).collect();
    let mut count = 0;
    for_each_connection(libpq, "15.0", &settings, |connection, encoding, _| {
        let mut check = |src: &[u8]| {
            let mut escaped = Vec::new();
            let outcome = escape_string(encoding, true, src, &mut escaped);
            let ours = (escaped, outcome.err().map(str::to_owned));
            assert_eq!(ours, connection.escape_string(src), "{encoding} {src:x?}");
            // What is valid and what is escaped without complaint are the same.
            let valid = encoding.verify_str(src) == src.len();
            assert_eq!(
                valid,
                outcome.is_ok() && !src.contains(&0),
                "{encoding} {src:x?}"
            );
            count += 1;
        };
        for pair in 0x8000..=u16::MAX {
            let [first, second] = pair.to_be_bytes();
            check(&[first, second]);
            for (third, fourth) in [(0x80, 0x80), (0xa1, 0xfe), (0x81, b'0'), (0xbf, 0xbf)] {
                check(&[first, second, third]);
                check(&[first, second, third, fourth]);
            }
        }
    });
    compared(libpq, "characters, valid or not", count);
}

#[test]
fn bytea_is_escaped_alike() {
    let Some(libpq) = libpq() else { return };
    let settings = [(Encoding::UTF8, true), (Encoding::UTF8, false)];
    let all: Vec<u8> = (0..=255).collect();
    let mut numbers = Numbers(1);
    for (server_version, use_hex) in [("15.0", true), ("8.4.22", false)] {
        for_each_connection(
            libpq,
            server_version,
            &settings,
            |connection, _, conforming| {
                for len in 0..600 {
                    let src = numbers.text(&all, len);
                    let ours = escape_bytea(use_hex, conforming, &src);
                    assert_eq!(ours, connection.escape_bytea(&src), "{src:x?}");
                }
            },
        );
    }
    compared(libpq, "bytea values escaped", 4 * 600);
}

#[test]
fn bytea_is_unescaped_alike() {
    let Some(libpq) = libpq() else { return };
    let mut numbers = Numbers(2);
    let mut texts: Vec<Vec<u8>> = Vec::new();
    for _ in 0..50_000 {
        texts.push(numbers.text(b"\\\\\\\\01234567789xX'a\xff", 14));
        let hex = numbers.text(b"0123456789abcdefABCDEFgG\\ \n\x80", 10);
        texts.push([b"\\x", &hex[..]].concat());
        let hex = numbers.text(b"0123456789abcdefABCDEF", 300);
        texts.push([b"\\x", &hex[..], b" ", &hex[..]].concat());
    }
    for text in &texts {
        let ours = unescape_bytea(text);
        assert_eq!(ours, libpq.unescape_bytea(text), "{}", text.escape_ascii());
    }
    compared(libpq, "bytea values unescaped", texts.len());
}

/// Where the widths of libpq 18 (Unicode 16.0, with format controls of no width) are not those of
/// libpq 15 (Unicode 14.0, without).
static WIDTHS_NEWER_THAN_15: [(u32, u32); 63] = [
    (0x00ad, 0x00ad),
    (0x0600, 0x0605),
    (0x061c, 0x061c),
    (0x06dd, 0x06dd),
    (0x070f, 0x070f),
    (0x0890, 0x0897),
    (0x08e2, 0x08e2),
    (0x0ece, 0x0ece),
    (0x180e, 0x180e),
    (0x200b, 0x200f),
    (0x202a, 0x202e),
    (0x2060, 0x206f),
    (0x2630, 0x2637),
    (0x268a, 0x268f),
    (0x2ffc, 0x2fff),
    (0x31e4, 0x31e5),
    (0x31ef, 0x31ef),
    (0x4dc0, 0x4dff),
    (0xfeff, 0xfeff),
    (0xfff9, 0xfffb),
    (0x10d69, 0x10d6d),
    (0x10efc, 0x10eff),
    (0x110bd, 0x110bd),
    (0x110c3, 0x110cd),
    (0x11241, 0x11241),
    (0x113bb, 0x113c0),
    (0x113ce, 0x113ce),
    (0x113d0, 0x113d0),
    (0x113d2, 0x113d2),
    (0x113e1, 0x113e2),
    (0x1171e, 0x1171e),
    (0x11f00, 0x11f01),
    (0x11f36, 0x11f3a),
    (0x11f40, 0x11f40),
    (0x11f42, 0x11f42),
    (0x11f5a, 0x11f5a),
    (0x13430, 0x13440),
    (0x13447, 0x13455),
    (0x1611e, 0x16129),
    (0x1612d, 0x1612f),
    (0x18cff, 0x18cff),
    (0x1b132, 0x1b132),
    (0x1b155, 0x1b155),
    (0x1bca0, 0x1bca3),
    (0x1d173, 0x1d17a),
    (0x1d300, 0x1d356),
    (0x1d360, 0x1d376),
    (0x1e08f, 0x1e08f),
    (0x1e4ec, 0x1e4ef),
    (0x1e5ee, 0x1e5ef),
    (0x1f6dc, 0x1f6dc),
    (0x1fa75, 0x1fa77),
    (0x1fa87, 0x1fa89),
    (0x1fa8f, 0x1fa8f),
    (0x1faad, 0x1faaf),
    (0x1fabb, 0x1fabf),
    (0x1fac6, 0x1fac6),
    (0x1face, 0x1facf),
    (0x1fada, 0x1fadc),
    (0x1fadf, 0x1fadf),
    (0x1fae8, 0x1fae9),
    (0x1faf7, 0x1faf8),
    (0xe0001, 0xe00ff),
];
