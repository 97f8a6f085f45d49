//! Servers that say something without end.

use ferropq::connection::{Limits, blocking};
use support::scripted::{
    Scripted, authentication_ok, command_complete, error_fields, message, parameter_status, ready,
};

use crate::case::answer_all;
use crate::client::{Client, shown};

#[test]
fn new_parameters_without_end_end_the_connection() {
    for at_start in [true, false] {
        let server = Scripted::run(move |peer| {
            if at_start {
                peer.startup();
                peer.send(&authentication_ok());
            } else {
                peer.accept();
                peer.expect(b'Q');
            }
            let mut number = 0;
            while peer.try_send(&parameter_status(&format!("p{number}"), &"x".repeat(1000))) {
                number += 1;
            }
            assert!(number < 100_000, "the client has given up");
        });
        let mut client = Client::connect(&server.conninfo());
        if !at_start {
            assert_eq!(client.failure("x"), "server reports too many parameters");
        } else {
            assert_eq!(
                client.lines,
                ["refused: server reports too many parameters"]
            );
        }
        assert!(!client.is_alive());
        drop(client);
        server.finish();
    }
}

#[test]
fn parameters_reported_over_and_over_are_no_harm() {
    let server = Scripted::run(|peer| {
        peer.accept();
        peer.expect(b'Q');
        peer.send(&parameter_status("TimeZone", "UTC").repeat(100_000));
        peer.send(&[command_complete("X"), ready(b'I')].concat());
        answer_all(peer);
    });
    let mut client = Client::connect(&server.conninfo());
    client.query("x");
    client.try_again();
    assert_eq!(client.lines.last().map(String::as_str), Some("COMMAND_OK"));
    drop(client);
    server.finish();
}

#[test]
fn notifications_without_end_end_the_connection() {
    let server = Scripted::run(|peer| {
        peer.accept();
        peer.expect(b'Q');
        let notification = message(b'A', b"\0\0\0\x01channel\0payload\0");
        while peer.try_send(&notification.repeat(1000)) {}
    });
    let mut client = Client::connect(&server.conninfo());
    client.engine.set_limits(Limits {
        notifications: 1 << 20,
        ..Limits::default()
    });
    let failure = client.failure("x");
    assert_eq!(failure, "too many notifications wait to be fetched");
    assert!(!client.is_alive());
    // Those that were in time can be fetched still.
    let mut fetched = 0;
    while client.engine.pop_notification().is_some() {
        fetched += 1;
    }
    assert!((1000..20_000).contains(&fetched), "{fetched}");
    drop(client);
    server.finish();
}

#[test]
fn notices_between_two_deliveries_are_bounded() {
    let server = Scripted::run(|peer| {
        peer.accept();
        peer.expect(b'Q');
        peer.send(&message(b'N', b"\0").repeat(200_000));
        peer.send(&[command_complete("X"), ready(b'I')].concat());
        answer_all(peer);
    });
    let mut client = Client::connect(&server.conninfo());
    client.engine.send_query(b"x").expect("sent");
    let mut most = 0;
    while !matches!(
        client.engine.transaction(),
        ferropq::connection::Transaction::Idle
    ) {
        if client.engine.consume_input().is_err() {
            break;
        }
        client.engine.is_busy();
        let mut waiting = 0;
        while client.engine.pop_notice().is_some() {
            waiting += 1;
        }
        most = most.max(waiting);
        if !client.engine.is_busy() {
            while blocking::get_result(&mut client).is_some() {}
        }
    }
    assert!(most <= 50_001, "{most}");
    drop(client);
    server.finish();
}

#[test]
fn notices_of_our_own_are_bounded_as_well() {
    let server = Scripted::run(|peer| {
        peer.accept();
        peer.try_send(&ready(b'I').repeat(200_000));
        peer.close();
    });
    let mut client = Client::connect(&server.conninfo());
    while client.engine.consume_input().is_ok() {
        client.engine.is_busy();
    }
    let waiting = client.engine.take_notices().len();
    assert!((40_000..50_002).contains(&waiting), "{waiting}");
    drop(client);
    server.finish();
}

#[test]
fn a_long_error_text_is_read_whole() {
    let text = "x".repeat(1 << 20);
    let long = text.clone();
    let server = Scripted::run(move |peer| {
        peer.accept();
        peer.expect(b'Q');
        peer.send(&error_fields(b'E', &[(b'S', "ERROR"), (b'M', &long)]));
        peer.send(&ready(b'I'));
        answer_all(peer);
    });
    let mut client = Client::connect(&server.conninfo());
    assert_eq!(client.failure("x"), shown(&format!("ERROR:  {text}")));
    client.try_again();
    assert!(client.is_alive());
    drop(client);
    server.finish();
}
