//! Bad input from the program's side, over a real server; and a real session in small pieces.

use ferropq::connection::blocking;
use ferropq::connection::{Params, Statement};
use ferropq::conninfo::ConnInfo;
use ferropq::result::{ExecStatus, QueryResult};
use support::relay::{Relay, RelayOptions};
use support::{SCRAM_USER, TLS_USER, TRUST_USER, Via, require_server};

use crate::client::{Client, shown};

fn connect() -> Option<Client> {
    let server = require_server()?;
    let client = Client::connect(&server.conninfo(TRUST_USER, Via::Unix));
    assert_eq!(client.lines, ["connected"]);
    Some(client)
}

/// The SQLSTATE and the text of an error.
fn error(result: &QueryResult) -> (String, String) {
    assert_eq!(result.status, ExecStatus::FatalError);
    let report = result.report.as_ref().expect("a report");
    let code = report.field(b'C').unwrap_or_default();
    (
        code.to_string_lossy().into_owned(),
        shown(&report.text().to_string_lossy()),
    )
}

fn execute(client: &mut Client, sql: &[u8], params: &Params<'_>) -> Option<QueryResult> {
    blocking::execute(client, Statement::Text(sql, &[]), params)
}

#[track_caller]
fn assert_usable(client: &mut Client) {
    let result = client.exec("select 1").expect("a result");
    assert_eq!(result.status, ExecStatus::TuplesOk);
    assert_eq!(result.rows.get(0, 0), Some(Some(&b"1"[..])));
}

#[test]
fn invalid_encodings_are_the_servers_error() {
    let Some(mut client) = connect() else { return };
    for sql in [
        &b"select '\xff'"[..],
        b"select '\xc3'",
        b"select '\xed\xa0\x80'",
    ] {
        let result = blocking::exec(&mut client, sql).expect("a result");
        assert_eq!(error(&result).0, "22021");
        assert_usable(&mut client);
    }
    let params = Params {
        values: &[Some(b"\xf0\x9f")],
        ..Params::default()
    };
    let result = execute(&mut client, b"select $1::text", &params).expect("a result");
    assert_eq!(error(&result).0, "22021");
    assert_usable(&mut client);
}

#[test]
fn more_parameters_than_the_protocol_counts_are_refused_before_sending() {
    let Some(mut client) = connect() else { return };
    let values = vec![Some(&b"1"[..]); 65_536];
    let params = Params {
        values: &values,
        ..Params::default()
    };
    assert!(execute(&mut client, b"select 1", &params).is_none());
    assert_eq!(
        client.error(),
        "number of parameters must be between 0 and 65535\n"
    );
    assert_usable(&mut client);
    // One less is the server's to judge.
    let params = Params {
        values: &values[1..],
        ..Params::default()
    };
    let result = execute(&mut client, b"select 1", &params).expect("a result");
    assert_eq!(error(&result).0, "08P01");
    assert_usable(&mut client);
}

#[test]
fn parameters_of_the_wrong_length_or_format_are_the_servers_error() {
    let Some(mut client) = connect() else { return };
    let int8 = &b"select $1::int8"[..];
    for (sql, value, format, code) in [
        (int8, &b"\0\0\0"[..], 1, "08P01"),
        (int8, b"\0\0\0\0\0\0\0\0\x01", 1, "22P03"),
        (int8, b"", 1, "08P01"),
        (int8, b"12x", 0, "22P02"),
        (int8, b"1", 7, "22023"),
        (int8, b"1", -1, "22023"),
        (b"select $1::text", b"a\0b", 0, "22021"),
        (b"select $1::text", b"a\0b", 1, "22021"),
        (b"select $1::bool", b"\x02\x02", 1, "22P03"),
        (b"select $1::int4[]", b"\0\0\0\x01", 1, "08P01"),
    ] {
        let params = Params {
            values: &[Some(value)],
            formats: &[format],
            ..Params::default()
        };
        let result = execute(&mut client, sql, &params);
        let text = String::from_utf8_lossy(sql).into_owned();
        let result = result.unwrap_or_else(|| panic!("{text} {value:?}: {}", client.error()));
        assert_eq!(error(&result).0, code, "{text} {value:?}");
        assert_usable(&mut client);
    }
}

#[test]
fn formats_that_do_not_fit_the_parameters_are_the_servers_error() {
    let Some(mut client) = connect() else { return };
    let values = [Some(&b"1"[..]), Some(b"2"), Some(b"3")];
    let sql = b"select $1::int4, $2::int4, $3::int4";
    for (formats, result_formats) in [(&[0i16, 0][..], &[][..]), (&[], &[0i16, 1]), (&[], &[9])] {
        let params = Params {
            values: &values,
            formats,
            result_formats,
            ..Params::default()
        };
        let result = execute(&mut client, sql, &params).expect("a result");
        let (code, _) = error(&result);
        assert!(code == "08P01" || code == "22023", "{code}");
        assert_usable(&mut client);
    }
}

#[test]
fn zero_bytes_in_sql_and_names_are_refused_before_sending() {
    let Some(mut client) = connect() else { return };
    assert!(blocking::exec(&mut client, b"select 1\0; drop table x").is_none());
    assert!(!client.error().is_empty());
    assert!(execute(&mut client, b"select 1\0", &Params::default()).is_none());
    let prepared = blocking::run(&mut client, |engine| {
        engine.send_prepare(b"a\0b", b"select 1", &[])
    });
    assert!(prepared.is_none());
    let statement = Statement::Prepared(b"a\0b");
    assert!(blocking::execute(&mut client, statement, &Params::default()).is_none());
    assert_usable(&mut client);
}

#[test]
fn nonsense_as_sql_is_an_error_with_its_place() {
    let Some(mut client) = connect() else { return };
    let cases = [
        ("select 'open", "42601"),
        ("select \"open", "42601"),
        ("select $$open", "42601"),
        ("/* open", "42601"),
        ("select \u{1F600}", "42703"),
        ("\u{1F600}", "42601"),
        (")", "42601"),
    ];
    for (sql, code) in cases {
        let result = client.exec(sql).expect("a result");
        let (found, text) = error(&result);
        assert_eq!(found, code, "{sql}");
        assert!(text.contains("LINE 1: "), "{text}");
        assert_usable(&mut client);
    }
    for empty in ["", ";", " ; ; ", "-- nothing"] {
        let result = client.exec(empty).expect("a result");
        assert_eq!(result.status, ExecStatus::EmptyQuery, "{empty}");
    }
    assert_usable(&mut client);
}

#[test]
fn nonsense_as_connection_string_says_what_is_wrong() {
    let refused = |text: &[u8]| {
        let parsed = ConnInfo::parse(text).and_then(|info| {
            ferropq::conninfo::Settings::resolve(&info.with_defaults()?).map(drop)
        });
        parsed.expect_err("must be refused").message().to_owned()
    };
    for (text, words) in [
        (
            &b"host='open"[..],
            "unterminated quoted string in connection info string",
        ),
        (
            b"host",
            "missing \"=\" after \"host\" in connection info string",
        ),
        (b"nonsense=1", "invalid connection option \"nonsense\""),
        (
            b"postgresql://host?nonsense=1",
            "invalid URI query parameter: \"nonsense\"",
        ),
        (
            b"postgresql://[::1",
            "end of string reached when looking for matching \"]\"",
        ),
        (
            b"postgresql://%zz",
            "invalid percent-encoded token: \"%zz\"",
        ),
        (
            b"postgresql://%00",
            "forbidden value %00 in percent-encoded value: \"%00\"",
        ),
        (b"sslmode=perhaps", "invalid sslmode value: \"perhaps\""),
        (
            b"host=a,b,c hostaddr=1.2.3.4",
            "could not match 3 host names to 1 hostaddr values",
        ),
    ] {
        let message = refused(text);
        assert!(message.contains(words), "{message}");
    }
    assert!(ConnInfo::parse(b"host=a\0b").is_err());
    for port in ["0", "65536", "-1", "x", "5432x", "99999999999"] {
        let client = Client::connect(&format!("host=127.0.0.1 port={port} connect_timeout=2"));
        let line = client.lines.last().expect("refused");
        assert!(
            line.contains("invalid port number") || line.contains("invalid integer value"),
            "{port}: {line}"
        );
    }
}

#[test]
fn a_session_passed_on_byte_by_byte_works() {
    let Some(server) = require_server() else {
        return;
    };
    let options = RelayOptions {
        piece: Some(1),
        ..RelayOptions::default()
    };
    let relay = Relay::start(server.port(), options).expect("a relay");
    for user in [TRUST_USER, SCRAM_USER, TLS_USER] {
        let direct = server.conninfo(user, Via::Tcp);
        let port = format!("port={}", server.port());
        let conninfo = direct.replace(&port, &format!("port={}", relay.port()));
        assert_ne!(direct, conninfo);
        let mut client = Client::connect(&conninfo);
        assert_eq!(client.lines, ["connected"], "{}", user.name);
        let rows = client
            .exec("select i, repeat('x', i % 50), nullif(i % 3, 0) from generate_series(1, 500) i")
            .expect("a result");
        assert_eq!(rows.rows.len(), 500);
        for row in 0..500 {
            let number = (row + 1).to_string();
            assert_eq!(rows.rows.get(row, 0), Some(Some(number.as_bytes())));
        }
        assert_eq!(
            error(&client.exec("select 1/0").expect("a result")).0,
            "22012"
        );
        client.query("copy (select generate_series(1, 100)) to stdout");
        assert_eq!(
            client.lines[1..],
            ["COPY_OUT 0x1", "copied 292 bytes", "COMMAND_OK"]
        );
        assert_usable(&mut client);
    }
}

#[test]
fn a_tls_record_that_stops_half_way_costs_no_more_than_the_time_limit() {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::time::{Duration, Instant};

    let Some(server) = require_server() else {
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let relay = listener.local_addr().expect("bound").port();
    let port = server.port();
    std::thread::spawn(move || {
        let (client, _) = listener.accept().expect("the client");
        let upstream = TcpStream::connect(("127.0.0.1", port)).expect("the server");
        let (mut from, mut to) = (
            client.try_clone().expect("a copy"),
            upstream.try_clone().expect("a copy"),
        );
        std::thread::spawn(move || std::io::copy(&mut from, &mut to));
        let (mut from, mut to) = (&upstream, &client);
        let mut buffer = vec![0; 65_536];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            // The long answer is the one that is cut; nothing follows, and nobody closes.
            let pass = if count > 6000 { 5000 } else { count };
            if to.write_all(&buffer[..pass]).is_err() {
                return;
            }
            if pass < count {
                std::thread::sleep(Duration::from_secs(20));
            }
        }
    });
    let direct = server.conninfo(TLS_USER, Via::Tcp);
    let conninfo = direct.replace(&format!("port={port}"), &format!("port={relay}"));
    let limit = Duration::from_millis(700);
    let mut client = Client::connect(&conninfo).with_limit(limit);
    assert_eq!(client.lines, ["connected"]);
    let begin = Instant::now();
    assert_eq!(
        client.failure("select repeat('x', 15000)"),
        "timeout expired"
    );
    assert!(begin.elapsed() < limit + Duration::from_secs(5));
    assert!(!client.is_alive());
}
