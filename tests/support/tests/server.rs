//! The support crate against itself: every server starts, answers and leaves nothing behind.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use support::relay::{Relay, RelayOptions};
use support::scripted::{Scripted, data_row, ready, row_description};
use support::{Server, ServerOptions, each_server, servers};

/// SSLRequest, the smallest question a server answers.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

fn answer(mut stream: impl Read + Write) -> u8 {
    stream.write_all(&SSL_REQUEST).unwrap();
    let mut answer = [0];
    stream.read_exact(&mut answer).unwrap();
    answer[0]
}

#[test]
fn every_server_answers_over_tcp_and_its_socket() {
    for server in each_server() {
        let socket = server
            .socket_folder()
            .join(format!(".s.PGSQL.{}", server.port()));
        assert_eq!(
            answer(TcpStream::connect(("127.0.0.1", server.port())).unwrap()),
            b'S'
        );
        assert_eq!(answer(UnixStream::connect(socket).unwrap()), b'N');
        assert!(
            server.log().contains("ready to accept connections"),
            "{}",
            server.log()
        );
    }
}

#[test]
fn a_dropped_server_is_gone_with_its_folder() {
    let Some(installation) = servers().into_iter().next() else {
        return;
    };
    let options = ServerOptions {
        tls: None,
        ..ServerOptions::default()
    };
    let server = Server::start(&installation, &options).unwrap();
    let folder = server.socket_folder().to_owned();
    let port = server.port();
    assert_eq!(
        answer(TcpStream::connect(("127.0.0.1", port)).unwrap()),
        b'N'
    );
    drop(server);
    assert!(!folder.exists());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn a_relay_records_what_passes() {
    let Some(server) = support::require_server() else {
        return;
    };
    let relay = Relay::start(server.port(), RelayOptions::default()).unwrap();
    assert_eq!(
        answer(TcpStream::connect(("127.0.0.1", relay.port())).unwrap()),
        b'S'
    );
    let transcript = relay.take_transcript();
    assert_eq!(transcript.from_client, [SSL_REQUEST]);
    assert_eq!(transcript.from_server, [b"S"]);
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let Some(installation) = servers().into_iter().next() else {
        return;
    };
    let settings = vec![("shared_buffers", "much".to_owned())];
    let options = ServerOptions {
        settings,
        ..ServerOptions::default()
    };
    let error = Server::start(&installation, &options)
        .unwrap_err()
        .to_string();
    assert!(error.contains("shared_buffers"), "{error}");
}

#[test]
fn a_script_plays_its_part() {
    let server = Scripted::run(|peer| {
        peer.accept();
        assert_eq!(peer.expect(b'Q'), b"SELECT 1\0");
        peer.send(&row_description(&["one"]));
        peer.send(&data_row(&[Some(b"1"), None]));
        peer.send(&ready(b'I'));
        peer.wait_for_close();
    });
    let mut client = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    client.write_all(b"\0\0\0\x09\0\x03\0\0\0").unwrap();
    client.write_all(b"Q\0\0\0\x0dSELECT 1\0").unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\0\x01\x31\xff\xff\xff\xffZ\0\0\0\x05I") {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    assert!(answer.starts_with(b"R\0\0\0\x08\0\0\0\0S"));
    drop(client);
    server.finish();
}

#[test]
#[should_panic(expected = "the message's type")]
fn a_client_that_strays_from_the_script_fails_the_test() {
    let server = Scripted::run(|peer| {
        peer.expect(b'Q');
    });
    let mut client = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    client.write_all(b"X\0\0\0\x04").unwrap();
    server.finish();
}
