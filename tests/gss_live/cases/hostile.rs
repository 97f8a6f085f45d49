//! Servers, and men in the middle, that do not keep to the protocol.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::World;
use crate::driver::{connected, refused};
use ferropq::connection::blocking;
use ferropq::result::ExecStatus;
use support::scripted::{Peer, Scripted, authentication_ok, message};

super::cases! {
    Alice:
        bytes_behind_the_answer_are_refused
        other_answers_are_refused
        tokens_that_are_none_are_refused
        a_failed_exchange_falls_back_where_it_may
        authentication_cannot_be_cut_short
        a_changed_packet_ends_the_connection
        a_repeated_packet_ends_the_connection;
}

fn conninfo(port: u16, options: &str) -> String {
    format!(
        "host=localhost hostaddr=127.0.0.1 port={port} user=alice dbname=postgres \
         sslmode=disable {options}"
    )
}

/// The error of a client that wants encryption, without its prefix.
fn error_of(script: impl FnOnce(&mut Peer) + Send + 'static, options: &str) -> String {
    let server = Scripted::run(script);
    let error = refused(&conninfo(server.port(), options));
    server.finish();
    let (_, reason) = error.split_once(" failed: ").expect("a prefix");
    reason.trim_end().to_owned()
}

fn bytes_behind_the_answer_are_refused(_: &World) {
    for mode in ["prefer", "require"] {
        let script = |peer: &mut Peer| {
            peer.packet();
            peer.send(b"GG");
            peer.wait_for_close();
        };
        assert_eq!(
            error_of(script, &format!("gssencmode={mode}")),
            "received unencrypted data after GSSAPI encryption response"
        );
    }
}

fn other_answers_are_refused(_: &World) {
    for (answer, reason) in [
        (
            &b"X"[..],
            "received invalid response to GSSAPI negotiation: X",
        ),
        (
            b"N",
            "server doesn't support GSSAPI encryption, but it was required",
        ),
        (
            b"E\0\0\0\x10Mtrust me\0\0",
            "server sent an error response during GSS encryption exchange",
        ),
    ] {
        let script = move |peer: &mut Peer| {
            peer.packet();
            peer.send(answer);
            peer.wait_for_close();
        };
        assert_eq!(error_of(script, "gssencmode=require"), reason);
    }
}

/// Agrees to encrypt, takes the client's token and answers with these bytes.
fn answer_token(peer: &mut Peer, answer: &[u8]) {
    peer.packet();
    peer.send(b"G");
    let mut length = [0; 4];
    peer.stream().read_exact(&mut length).expect("a length");
    let mut token = vec![0; u32::from_be_bytes(length) as usize];
    peer.stream().read_exact(&mut token).expect("a token");
    assert_eq!(token[0], 0x60, "an initial token of RFC 2743");
    peer.send(answer);
}

const INVALID: &str =
    "could not initiate GSSAPI security context: Invalid token was supplied: Success";

fn tokens_that_are_none_are_refused(_: &World) {
    for (answer, reason) in [
        (&b"\0\0\0\x04what"[..], INVALID),
        (b"\0\0\0\0", INVALID),
        (
            b"E\0\0\0\x10Mtrust me\0\0",
            "server sent an error response during GSS encryption exchange",
        ),
        (
            b"\0\x01\0\0",
            "oversize GSSAPI packet sent by the server (65536 > 65532)",
        ),
        (
            b"\xff\xff\xff\xff",
            "oversize GSSAPI packet sent by the server (4294967295 > 65532)",
        ),
    ] {
        let script = move |peer: &mut Peer| {
            answer_token(peer, answer);
            peer.wait_for_close();
        };
        assert_eq!(error_of(script, "gssencmode=require"), reason);
    }
    let cut_off = error_of(
        |peer| answer_token(peer, b"\0\0\0\x04w"),
        "gssencmode=require",
    );
    assert!(
        cut_off.starts_with("server closed the connection unexpectedly"),
        "{cut_off}"
    );
}

fn a_failed_exchange_falls_back_where_it_may(_: &World) {
    let server = Scripted::run_all(vec![
        Box::new(|peer| {
            answer_token(peer, b"\0\0\0\x04what");
            peer.wait_for_close();
        }),
        Box::new(|peer| {
            peer.startup();
            peer.send(&message(b'E', b"SFATAL\0C28000\0Mno\0\0"));
            peer.wait_for_close();
        }),
    ]);
    let error = refused(&conninfo(server.port(), "gssencmode=prefer"));
    server.finish();
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 2, "{error}");
    assert!(lines[0].ends_with(INVALID), "{error}");
    assert!(lines[1].ends_with("failed: FATAL:  no"), "{error}");
}

const GSS: [u8; 4] = 7_u32.to_be_bytes();
const GSS_CONTINUE: [u8; 4] = 8_u32.to_be_bytes();

fn authentication_cannot_be_cut_short(_: &World) {
    let early = error_of(
        |peer| {
            peer.startup();
            peer.send(&message(b'R', &GSS));
            peer.expect(b'p');
            peer.send(&authentication_ok());
            peer.wait_for_close();
        },
        "gssencmode=disable",
    );
    assert_eq!(
        early,
        "server reported success before it completed GSSAPI authentication"
    );
    let twice = error_of(
        |peer| {
            peer.startup();
            peer.send(&message(b'R', &GSS));
            peer.expect(b'p');
            peer.send(&message(b'R', &GSS));
            peer.wait_for_close();
        },
        "gssencmode=disable",
    );
    assert_eq!(twice, "duplicate GSS authentication request");
    let unasked = error_of(
        |peer| {
            peer.startup();
            peer.send(&message(b'R', &GSS_CONTINUE));
            peer.wait_for_close();
        },
        "gssencmode=disable",
    );
    assert_eq!(
        unasked,
        "received GSSAPI data from server, but no GSSAPI authentication was begun"
    );
}

/// A man in the middle who hands on what both say, and may change each packet of the server's on
/// the way. Gives his port.
fn meddler(world: &World, change: impl Fn(&mut Vec<u8>) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("the address").port();
    let server = world.port;
    thread::spawn(move || {
        let (mut client, _) = listener.accept().expect("a client");
        let mut server = TcpStream::connect(("127.0.0.1", server)).expect("the server");
        let mut from_client = client.try_clone().expect("a second handle");
        let mut to_server = server.try_clone().expect("a second handle");
        thread::spawn(move || std::io::copy(&mut from_client, &mut to_server));
        let mut answer = [0];
        server.read_exact(&mut answer).expect("an answer");
        client.write_all(&answer).expect("the client");
        while let Some(mut packet) = read_packet(&mut server) {
            change(&mut packet);
            if client.write_all(&packet).is_err() {
                break;
            }
        }
    });
    port
}

/// A packet, its length word included.
fn read_packet(server: &mut TcpStream) -> Option<Vec<u8>> {
    let mut packet = vec![0; 4];
    server.read_exact(&mut packet).ok()?;
    let length = u32::from_be_bytes([packet[0], packet[1], packet[2], packet[3]]) as usize;
    packet.resize(4 + length, 0);
    server.read_exact(&mut packet[4..]).ok()?;
    Some(packet)
}

/// Connects through a meddler who changes only large packets, of which there is none up to the
/// second query.
#[track_caller]
fn assert_noticed(world: &World, change: impl Fn(&mut Vec<u8>) + Send + 'static) {
    let port = meddler(world, move |packet| {
        if packet.len() > 4_000 {
            change(packet);
        }
    });
    let mut driver = connected(&conninfo(port, "gssencmode=require"));
    assert_eq!(driver.ask("select 'untouched'"), "untouched");
    let result = blocking::exec(&mut driver, b"select repeat('x', 100000)").expect("a result");
    assert_eq!(result.status, ExecStatus::FatalError);
    let error = driver.error();
    assert!(error.starts_with("GSSAPI unwrap error: "), "{error}");
    assert!(blocking::exec(&mut driver, b"select 1").is_none());
}

fn a_changed_packet_ends_the_connection(world: &World) {
    assert_noticed(world, |packet| {
        let middle = packet.len() / 2;
        packet[middle] ^= 1;
    });
}

fn a_repeated_packet_ends_the_connection(world: &World) {
    assert_noticed(world, |packet| {
        let again = packet.clone();
        packet.extend(again);
    });
}
