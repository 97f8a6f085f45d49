//! What goes through an encrypted connection.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::World;
use crate::driver::{Driver, Protection, connected, value};
use ferropq::connection::blocking;
use ferropq::connection::{Fetch, Flush, Params, Polling, Statement};
use ferropq::conninfo::ConnInfo;
use ferropq::result::{ExecStatus, QueryResult};
use ferropq::transport::{Deadline, poll};
use support::relay::{Relay, RelayOptions};

super::cases! {
    Alice:
        values_larger_than_a_packet_go_both_ways
        many_rows_arrive
        copies_go_both_ways
        nothing_waits_on_a_nonblocking_connection
        rows_arrive_one_at_a_time
        a_pipeline_keeps_its_order
        a_command_can_be_cancelled
        a_cancel_request_is_never_sent_in_clear
        a_connection_may_move_to_another_thread
        a_server_that_ends_the_session_is_heard;
}

/// Lengths around a packet's and far beyond.
const LENGTHS: [usize; 9] = [
    1, 16_000, 16_300, 16_379, 16_380, 16_384, 70_000, 1_000_000, 8_000_000,
];

fn encrypted(world: &World) -> Driver {
    let driver = connected(&world.conninfo("alice", "gssencmode=require"));
    assert_eq!(driver.protection(), Protection::Encryption);
    driver
}

fn letters(length: usize) -> Vec<u8> {
    (0..length).map(|i| b'a' + (i % 23) as u8).collect()
}

fn values_larger_than_a_packet_go_both_ways(world: &World) {
    let mut driver = encrypted(world);
    for length in LENGTHS {
        let letters = letters(length);
        let back = driver.ask_with("select $1::text", &letters);
        assert!(back.as_bytes() == letters, "{length}");
    }
}

fn many_rows_arrive(world: &World) {
    let mut driver = encrypted(world);
    let result = driver.run("select i, repeat('x', i % 100) from generate_series(1, 100000) i");
    assert_eq!(result.rows.len(), 100_000);
    for row in [0, 1, 4_999, 99_999] {
        let number = result.rows.get(row, 0).flatten().expect("a number");
        assert_eq!(number, (row + 1).to_string().as_bytes());
        let text = result.rows.get(row, 1).flatten().expect("a text");
        assert_eq!(text.len(), (row + 1) % 100);
    }
}

fn copies_go_both_ways(world: &World) {
    let mut driver = encrypted(world);
    driver.run("create temp table t (i int, text text)");
    let started = driver.run("copy t from stdin");
    assert_eq!(started.status, ExecStatus::CopyIn);
    let text = String::from_utf8(letters(300)).expect("ASCII");
    for i in 0..20_000 {
        let row = format!("{i}\t{text}\n");
        let sent = driver.0.put_copy_data(row.as_bytes());
        assert_eq!(sent, Ok(Flush::Done));
    }
    driver.0.put_copy_end(None).expect("sent");
    let ended = blocking::get_result(&mut driver).expect("a result");
    assert_eq!(ended.status, ExecStatus::CommandOk);
    assert_eq!(driver.ask("select sum(i) from t"), "199990000");

    let started = driver.run("copy (select * from t order by i) to stdout");
    assert_eq!(started.status, ExecStatus::CopyOut);
    let mut rows = 0;
    while let Some(row) = blocking::get_copy_data(&mut driver, <[u8]>::to_vec).expect("a row") {
        assert!(row.starts_with(format!("{rows}\t").as_bytes()));
        rows += 1;
    }
    assert_eq!(rows, 20_000);
    assert_eq!(driver.ask("select 'still here'"), "still here");
}

/// Waits as a program with an event loop does.
fn wait(driver: &Driver, read: bool, write: bool) {
    let fd = driver.0.fd().expect("a socket");
    poll(fd, read, write, Deadline::NEVER).expect("the socket");
}

fn nothing_waits_on_a_nonblocking_connection(world: &World) {
    let conninfo = world.conninfo("alice", "gssencmode=require");
    let info = ConnInfo::from_string(conninfo.as_bytes());
    let mut driver = Driver(ferropq::connection::Connection::start(info));
    loop {
        match driver.0.connect_poll() {
            Polling::Ok => break,
            Polling::Failed => panic!("{}", driver.error()),
            Polling::Reading => wait(&driver, true, false),
            Polling::Writing => wait(&driver, false, true),
        }
    }
    driver.0.set_nonblocking(true);
    driver.0.enter_pipeline().expect("nothing is going on");
    // A server that sleeps does not read.
    let sleep = Statement::Text(b"select pg_sleep(0.5)", &[]);
    let sent = driver.0.send_execute(sleep, &Params::default());
    sent.expect("encoded");
    let letters = letters(6_000_000);
    let params = Params {
        values: &[Some(&letters)],
        ..Params::default()
    };
    let statement = Statement::Text(b"select $1::text || $1::text", &[]);
    driver.0.send_execute(statement, &params).expect("encoded");
    driver.0.pipeline_sync(false).expect("encoded");
    let mut pending = 0;
    while driver.0.flush() == Ok(Flush::Pending) {
        pending += 1;
        wait(&driver, true, true);
    }
    assert!(pending > 0, "all of it went at once");
    let slept = next_result(&mut driver).expect("a result");
    assert_eq!(slept.rows.len(), 1);
    assert!(next_result(&mut driver).is_none());
    let result = next_result(&mut driver).expect("a result");
    assert!(value(&result).as_bytes() == [&letters[..], &letters[..]].concat());
    assert!(next_result(&mut driver).is_none());
}

/// The next result, as a program with an event loop fetches it.
fn next_result(driver: &mut Driver) -> Option<QueryResult> {
    loop {
        match driver.0.fetch() {
            Fetch::Result(result) => return Some(*result),
            Fetch::Done => return None,
            Fetch::Wait => {
                wait(driver, true, false);
                let received = driver.0.consume_input();
                received.unwrap_or_else(|_| panic!("{}", driver.error()));
            }
        }
    }
}

fn rows_arrive_one_at_a_time(world: &World) {
    let mut driver = encrypted(world);
    let sql = b"select repeat(chr(97 + i % 26), 5000) from generate_series(0, 999) i";
    driver.0.send_query(sql).expect("sent");
    assert!(driver.0.set_single_row_mode());
    let mut rows = 0;
    while let Some(result) = blocking::get_result(&mut driver) {
        if result.status == ExecStatus::SingleTuple {
            let letter = b'a' + (rows % 26) as u8;
            assert!(value(&result).as_bytes() == [letter; 5000]);
            rows += 1;
        }
    }
    assert_eq!(rows, 1000);
}

fn a_pipeline_keeps_its_order(world: &World) {
    let mut driver = encrypted(world);
    driver.0.enter_pipeline().expect("nothing is going on");
    let letters = letters(20_000);
    for _ in 0..200 {
        let params = Params {
            values: &[Some(&letters)],
            ..Params::default()
        };
        let statement = Statement::Text(b"select $1::text", &[]);
        driver.0.send_execute(statement, &params).expect("sent");
    }
    driver.0.pipeline_sync(true).expect("sent");
    for _ in 0..200 {
        let result = blocking::get_result(&mut driver).expect("a result");
        assert!(value(&result).as_bytes() == letters);
        assert!(blocking::get_result(&mut driver).is_none());
    }
    let sync = blocking::get_result(&mut driver).expect("the end");
    assert_eq!(sync.status, ExecStatus::PipelineSync);
}

/// Sends the cancel request for a connection, as a program with an event loop does.
fn cancel(driver: &Driver) -> Result<(), String> {
    let mut request = driver.0.cancel_request();
    assert!(request.start());
    loop {
        let connection = request.connection();
        let (read, write) = match connection.connect_poll() {
            Polling::Ok => return Ok(()),
            Polling::Reading => (true, false),
            Polling::Writing => (false, true),
            Polling::Failed => {
                return Err(String::from_utf8_lossy(connection.error().as_bytes()).into_owned());
            }
        };
        let fd = connection.fd().expect("a socket");
        poll(fd, read, write, Deadline::NEVER).expect("the socket");
    }
}

fn a_command_can_be_cancelled(world: &World) {
    let relay = Relay::start(world.port, RelayOptions::default()).expect("a relay");
    let port = relay.port();
    let options = format!("gssencmode=require port={port}");
    let mut driver = connected(&world.conninfo("alice", &options));
    driver.0.send_query(b"select pg_sleep(60)").expect("sent");
    let mut superuser = connected(&world.superuser());
    let asleep = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'";
    while superuser.ask(asleep) != "1" {
        thread::sleep(Duration::from_millis(10));
    }
    relay.take_transcript();
    cancel(&driver).expect("sent");
    let sent = relay.take_transcript().from_client;
    let asked = sent.first().map(|packet| &packet[4..8]);
    assert_eq!(asked, Some(&[4, 210, 22, 48][..]), "GSSENCRequest");
    let in_clear = |packet: &Vec<u8>| packet.get(4..8) == Some(&[4, 210, 22, 46]);
    assert!(!sent.iter().any(in_clear));
    let result = blocking::get_result(&mut driver).expect("a result");
    assert_eq!(result.status, ExecStatus::FatalError);
    let error = driver.error();
    assert!(error.contains("canceling statement"), "{error}");
}

/// Whoever answers the second time, without the server's key, does not get to see the request.
fn a_cancel_request_is_never_sent_in_clear(world: &World) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let server = world.port;
    let man = thread::spawn(move || {
        let (client, _) = listener.accept().expect("the session");
        let server = TcpStream::connect(("127.0.0.1", server)).expect("the server");
        let (mut up, mut down) = (client.try_clone().expect("a handle"), server);
        let mut back = down.try_clone().expect("a handle");
        let mut client = client;
        thread::spawn(move || io::copy(&mut up, &mut down));
        thread::spawn(move || io::copy(&mut back, &mut client));
        let (mut second, _) = listener.accept().expect("the request");
        let mut packet = [0; 8];
        second.read_exact(&mut packet).expect("GSSENCRequest");
        second.write_all(b"N").expect("the client");
        let mut rest = Vec::new();
        second.read_to_end(&mut rest).expect("the end");
        rest
    });
    let driver = connected(&world.conninfo("alice", &format!("sslmode=prefer port={port}")));
    assert_eq!(driver.protection(), Protection::Encryption);
    let refused = cancel(&driver).expect_err("nobody encrypts");
    let reason = "server doesn't support GSSAPI encryption, but it was required";
    assert!(refused.contains(reason), "{refused}");
    assert_eq!(man.join().expect("no panic"), b"");
}

fn a_connection_may_move_to_another_thread(world: &World) {
    let mut driver = encrypted(world);
    let mover = thread::spawn(move || {
        let answer = driver.ask("select 'there'");
        (driver, answer)
    });
    let (mut driver, answer) = mover.join().expect("no panic");
    assert_eq!(answer, "there");
    assert_eq!(driver.ask("select 'and back'"), "and back");
}

fn a_server_that_ends_the_session_is_heard(world: &World) {
    let mut driver = encrypted(world);
    let pid = driver.ask("select pg_backend_pid()");
    let mut superuser = connected(&world.superuser());
    let ended = format!("select pg_terminate_backend({pid}, 10000)");
    assert_eq!(superuser.ask(&ended), "t");
    let result = blocking::exec(&mut driver, b"select 1").expect("a result");
    assert_eq!(result.status, ExecStatus::FatalError);
    let error = driver.error();
    assert!(
        error.contains("terminating connection due to administrator command\n"),
        "{error}"
    );
    assert!(
        error.contains("server closed the connection unexpectedly"),
        "{error}"
    );
}
