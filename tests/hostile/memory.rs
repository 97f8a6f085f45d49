//! What is only claimed costs no memory. Each test runs alone, in a process of its own.

use std::env;
use std::fs;
use std::process::Command;
use std::time::Duration;

use support::scripted::{Scripted, message_with_length, row_description};

use crate::client::Client;

/// Runs the test of this name in a process of its own; `true` in that process.
fn alone(name: &str) -> bool {
    const MARK: &str = "FERROPQ_HOSTILE_ALONE";
    if env::var_os(MARK).is_some() {
        return true;
    }
    let program = env::current_exe().expect("this program");
    let status = Command::new(program)
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(MARK, "1")
        .status()
        .expect("this program again");
    assert!(status.success());
    false
}

/// The memory that this process has in use, in bytes.
fn resident() -> usize {
    let text = fs::read_to_string("/proc/self/statm").expect("statm");
    let pages = text.split(' ').nth(1).expect("a field");
    pages.parse::<usize>().expect("a number") * 4096
}

/// How much memory a query takes whose answer begins with these words and then stops.
fn growth(words: Vec<u8>) -> usize {
    let server = Scripted::run(move |peer| {
        peer.accept();
        peer.expect(b'Q');
        peer.send(&words);
        peer.wait_for_close();
    });
    let limit = Duration::from_millis(500);
    let mut client = Client::connect(&server.conninfo()).with_limit(limit);
    client.engine.send_query(b"x").expect("sent");
    let before = resident();
    // Until the time is over; the connection holds what it has received up to then.
    while client.engine.is_busy() && client.engine.wait_for_input().is_ok() {
        assert!(resident() < before + (64 << 20));
    }
    let most = resident();
    drop(client);
    server.finish();
    most.saturating_sub(before)
}

#[test]
#[cfg(target_os = "linux")]
fn a_length_alone_takes_no_memory() {
    if !alone("memory::a_length_alone_takes_no_memory") {
        return;
    }
    const GIB: i32 = 1 << 30;
    for (name, words) in [
        (
            "row",
            [
                row_description(&["a"]),
                message_with_length(b'D', GIB, b"\0\x01"),
            ]
            .concat(),
        ),
        ("description", message_with_length(b'T', GIB, b"\x7f\xff")),
        ("error", message_with_length(b'E', GIB, b"SERROR\0")),
        (
            "notice",
            message_with_length(b'N', i32::MAX - 1, b"SNOTICE\0"),
        ),
        ("function result", message_with_length(b'V', GIB, b"")),
        ("parameters", message_with_length(b't', GIB, b"")),
        ("copied data", message_with_length(b'd', GIB, b"")),
    ] {
        let growth = growth(words);
        assert!(growth < 8 << 20, "{name}: {growth} bytes");
    }
}
