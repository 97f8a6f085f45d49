//! Servers that stall, trickle or do not read: every wait that has a limit keeps to it.

use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use ferropq::result::ExecStatus;
use support::scripted::{
    Peer, Scripted, authentication_ok, command_complete, data_row, error_fields, ready,
    row_description,
};

use crate::case::answer_all;
use crate::client::Client;

/// How far a wait may be off its limit on a busy machine.
const SLACK: Duration = Duration::from_secs(5);

#[track_caller]
fn assert_took(begin: Instant, limit: Duration) {
    let took = begin.elapsed();
    assert!(took >= limit && took < limit + SLACK, "{took:?}");
}

#[test]
fn a_server_that_accepts_and_says_nothing_is_left_for_the_next_host() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("bound").port();
    let good = Scripted::run(|peer| {
        peer.accept();
        answer_all(peer);
    });
    let conninfo = format!(
        "host=127.0.0.1,127.0.0.1 port={port},{} user=u dbname=d sslmode=disable connect_timeout=2",
        good.port()
    );
    let begin = Instant::now();
    let mut client = Client::connect(&conninfo);
    assert_took(begin, Duration::from_secs(2));
    assert_eq!(client.lines, ["connected"]);
    client.try_again();
    assert_eq!(client.lines.last().map(String::as_str), Some("COMMAND_OK"));
    drop(client);
    good.finish();
}

/// Says these words over and over, as fast as the client takes them or one at a time.
fn repeat(peer: &mut Peer, words: &[u8], pause: Option<Duration>) {
    while peer.try_send(words) {
        if let Some(pause) = pause {
            thread::sleep(pause);
        }
    }
}

#[test]
fn a_start_without_end_is_cut_off_by_the_time_limit() {
    let notice = error_fields(b'N', &[(b'S', "NOTICE"), (b'M', "patience")]);
    let pause = Some(Duration::from_millis(20));
    let limit = Duration::from_secs(2);
    thread::scope(|scope| {
        for (words, pause) in [(notice.clone(), None), (notice, pause)] {
            scope.spawn(move || {
                let server = Scripted::run(move |peer| {
                    peer.startup();
                    peer.send(&authentication_ok());
                    repeat(peer, &words, pause);
                });
                let conninfo = format!("{} connect_timeout=2", server.conninfo());
                let mut client = Client::start(&conninfo);
                client.quiet = true;
                let begin = Instant::now();
                assert!(!client.finish_connecting());
                assert_took(begin, limit);
                assert_eq!(client.lines, ["refused: timeout expired"]);
                assert!(client.notices > 10);
                drop(client);
                server.finish();
            });
        }
    });
}

#[test]
fn a_start_without_end_does_not_keep_a_step_from_returning() {
    let server = Scripted::run(|peer| {
        peer.startup();
        peer.send(&authentication_ok());
        let notice = error_fields(b'N', &[(b'S', "NOTICE"), (b'M', "patience")]);
        repeat(peer, &notice.repeat(100), None);
    });
    let mut client = Client::start(&server.conninfo());
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(1) {
        client.engine.connect_poll();
        while client.engine.pop_notice().is_some() {}
    }
    drop(client);
    server.finish();
}

#[test]
fn an_answer_that_never_ends_is_cut_off_by_the_time_limit() {
    let limit = Duration::from_millis(500);
    let pause = Some(Duration::from_millis(10));
    let row = || [row_description(&["a"]), data_row(&[Some(b"1")])].concat();
    for (words, pause) in [
        (row(), pause),
        (command_complete("SELECT 1"), pause),
        (command_complete("SELECT 1"), None),
        (error_fields(b'N', &[(b'M', "x")]), pause),
        (error_fields(b'N', &[(b'M', "x")]), None),
        (b"D".to_vec(), pause),
    ] {
        let server = Scripted::run(move |peer| {
            peer.accept();
            peer.expect(b'Q');
            repeat(peer, &words, pause);
        });
        let mut client = Client::connect(&server.conninfo()).with_limit(limit);
        client.quiet = true;
        let begin = Instant::now();
        let result = client.exec("first").expect("a result");
        assert_took(begin, limit);
        let text = result.report.expect("a report");
        let text = text.text().to_string_lossy().into_owned();
        assert!(text.ends_with("timeout expired\n"), "{text}");
        assert!(!client.is_alive());
        drop(client);
        server.finish();
    }
}

#[test]
fn a_server_that_does_not_read_is_cut_off_by_the_time_limit() {
    let server = Scripted::run(|peer| {
        peer.accept();
        thread::sleep(Duration::from_secs(1));
        peer.close();
    });
    let limit = Duration::from_millis(300);
    let mut client = Client::connect(&server.conninfo()).with_limit(limit);
    let begin = Instant::now();
    let failed = client.exec(&"x".repeat(64 << 20)).is_none();
    assert_took(begin, limit);
    assert!(failed || !client.is_alive());
    assert!(
        client.error().contains("timeout expired"),
        "{}",
        client.error()
    );
    drop(client);
    server.finish();
}

#[test]
fn two_that_both_only_send_do_not_block_each_other() {
    const NOTICES: usize = 4000;
    let server = Scripted::run(|peer| {
        peer.accept();
        // More than all buffers on the way hold, before the query is looked at.
        let text = "x".repeat(4000);
        let notice = error_fields(b'N', &[(b'S', "NOTICE"), (b'M', &text)]);
        for _ in 0..NOTICES {
            peer.send(&notice);
        }
        assert_eq!(peer.expect(b'Q').len(), (32 << 20) + 1);
        peer.send(&[command_complete("DONE"), ready(b'I')].concat());
        answer_all(peer);
    });
    let mut client = Client::start(&server.conninfo());
    client.quiet = true;
    assert!(client.finish_connecting());
    client.query(&"x".repeat(32 << 20));
    assert_eq!(client.lines, ["connected", "COMMAND_OK"]);
    assert_eq!(client.notices, NOTICES);
    client.try_again();
    assert!(client.is_alive());
    drop(client);
    server.finish();
}

#[test]
fn input_that_nobody_takes_is_kept_whole() {
    // Complete messages of more than a receive buffer, while only input is consumed.
    const ROWS: usize = 300_000;
    let server = Scripted::run(|peer| {
        peer.accept();
        peer.expect(b'Q');
        let first = [command_complete("FIRST"), row_description(&["a"])].concat();
        peer.send(&first);
        peer.send(&data_row(&[Some(b"12345678")]).repeat(ROWS));
        peer.send(&[command_complete("SECOND"), ready(b'I')].concat());
        answer_all(peer);
    });
    let mut client = Client::connect(&server.conninfo());
    client.engine.send_query(b"both").expect("sent");
    let expected = ROWS * 19;
    let mut quiet = 0;
    // The first result waits to be fetched; meanwhile everything else arrives.
    while quiet < 20 {
        assert!(client.engine.consume_input().is_ok(), "{}", client.error());
        client.engine.is_busy();
        thread::sleep(Duration::from_millis(5));
        quiet += 1;
    }
    client.fetch_all();
    let rows = format!("TUPLES_OK {ROWS}x1");
    assert_eq!(
        client.lines,
        ["connected", "COMMAND_OK", &rows],
        "{expected}"
    );
    client.try_again();
    assert!(client.is_alive());
    drop(client);
    server.finish();
}

#[test]
fn a_descriptor_that_the_program_has_made_non_blocking_works_as_before() {
    let server = Scripted::run(|peer| {
        peer.accept();
        for _ in 0..20 {
            assert!(peer.expect(b'Q').len() > 1000);
            thread::sleep(Duration::from_millis(10));
            peer.send(&command_complete("ONE"));
            thread::sleep(Duration::from_millis(10));
            peer.send(&ready(b'I'));
        }
        peer.wait_for_close();
    });
    let mut client = Client::connect(&server.conninfo());
    let fd = client.engine.fd().expect("a socket");
    // SAFETY: plain calls on a descriptor that is open.
    unsafe {
        let flags = libc::fcntl(fd, libc::F_GETFL);
        assert_eq!(libc::fcntl(fd, libc::F_SETFL, flags | libc::O_NONBLOCK), 0);
    }
    for round in 0..20 {
        let result = client
            .exec(&"x".repeat(1000 + round * 100_000))
            .expect("a result");
        assert_eq!(result.status, ExecStatus::CommandOk);
    }
    drop(client);
    server.finish();
}
