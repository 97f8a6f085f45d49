//! How a cancel request travels: encrypted as the session is that it is for, whatever the server, or
//! somebody in its place, says the second time.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use support::{Authority, SUPERUSER, Server, ServerOptions, Via};

use super::{Told, said, system};
use crate::compare::{But, Compare};

const CLEAR_BEFORE: &str = "libpq before 17 sends cancel requests in clear";
const NEVER_CLEAR: &str = "the request for an encrypted session is never sent in clear";

/// The code of a request for TLS, and of a cancel request.
const SSL: [u8; 4] = [4, 210, 22, 47];
const CANCEL: [u8; 4] = [4, 210, 22, 46];

pub(crate) fn run() -> Result<Told, String> {
    let Some(newest) = system() else {
        return Ok(Told::Skipped("no PostgreSQL server is installed".into()));
    };
    let authority = Authority::new().map_err(said)?;
    let server = Server::start(&newest, &ServerOptions::default()).map_err(said)?;
    server.show(&authority, "names").map_err(said)?;
    let mut compare = Compare::new()?;
    let root = authority.path("root.crt");
    let verifying = format!("trust_user sslmode=verify-full sslrootcert={root}");
    for session in [
        "trust_user sslmode=disable",
        "trust_user sslmode=allow",
        "trust_user sslmode=prefer",
        "trust_user sslmode=require",
        verifying.as_str(),
        "tls_user password='tls secret' sslmode=allow",
        "tls_user password='tls secret' sslmode=prefer",
    ] {
        for second in [Second::PassOn, Second::Refuse, Second::HangUp] {
            for how in ["old", "new"] {
                story(&mut compare, &server, session, second, how);
            }
        }
    }
    Ok(Told::All(compare))
}

/// What becomes of the second request for TLS, the one of the cancel request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Second {
    PassOn,
    Refuse,
    HangUp,
}

fn story(compare: &mut Compare, server: &Server, session: &str, second: Second, how: &str) {
    let name = format!("{session}, {second:?}, {how}");
    let but = known(session, second, how);
    compare.story_but(&name, &but, |talk| {
        let (port, seen) = listen(server.port(), second);
        talk.hide(port.to_string(), "PORT");
        talk.open(&format!(
            "host=localhost hostaddr=127.0.0.1 port={port} dbname=postgres gssencmode=disable \
             user={session}"
        ));
        let superuser = server.conninfo(SUPERUSER, Via::Unix);
        talk.end_sleep(&superuser);
        talk.ask(&["send", "", "select pg_sleep(30)"]);
        talk.await_sleep(&superuser);
        seen.lock().expect("no panic").clear();
        let sent = talk.ask(&["cancel", "", how]).starts_with('1');
        let seen = seen.lock().expect("no panic").join(", ");
        talk.note("request", &seen);
        // What a refusal does not reach would sleep on.
        if sent {
            talk.ask(&["results", ""]);
        }
        talk.close();
    });
}

fn known(session: &str, second: Second, how: &str) -> Vec<But> {
    let encrypted = !session.ends_with("disable") && session != "trust_user sslmode=allow";
    if how == "old" || !encrypted {
        return Vec::new();
    }
    let clear = [But::Before(17, CLEAR_BEFORE)];
    let weaker = match second {
        _ if session.ends_with("allow") => true,
        Second::Refuse => session.ends_with("prefer"),
        _ => false,
    };
    match weaker {
        true => vec![But::Ours(NEVER_CLEAR, "!cancel in clear")],
        false => clear.to_vec(),
    }
}

type Seen = Arc<Mutex<Vec<String>>>;

/// Passes sessions on to the server, and what comes behind the first one's request for TLS as
/// `second` says. Notes how each connection begins.
fn listen(server: u16, second: Second) -> (u16, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let seen = Seen::default();
    let notes = Arc::clone(&seen);
    // The thread ends with the process.
    thread::spawn(move || {
        let mut sessions = 0;
        for client in listener.incoming().flatten() {
            // Where clear text is tried first, the session is the second connection.
            let spoiled = sessions > 0 && second != Second::PassOn;
            sessions += usize::from(serve(client, server, spoiled.then_some(second), &notes));
        }
    });
    (port, seen)
}

/// Serves one connection; whether it asked for TLS.
fn serve(mut client: TcpStream, server: u16, spoiled: Option<Second>, notes: &Seen) -> bool {
    let mut begin = [0; 8];
    if client.read_exact(&mut begin).is_err() {
        return false;
    }
    let asks = begin[4..] == SSL;
    note(notes, &begin[4..]);
    match spoiled {
        Some(Second::Refuse) if asks => {
            let _ = client.write_all(b"N");
            if client.read_exact(&mut begin).is_ok() {
                note(notes, &begin[4..]);
            }
        }
        Some(_) if asks => {}
        _ => {
            let mut server = TcpStream::connect(("127.0.0.1", server)).expect("the server");
            server.write_all(&begin).expect("the server");
            pass_on(client, server);
        }
    }
    asks
}

fn note(notes: &Seen, code: &[u8]) {
    let what = match code {
        code if code == SSL => "TLS",
        code if code == CANCEL => "cancel in clear",
        _ => "start",
    };
    notes.lock().expect("no panic").push(what.to_owned());
}

fn pass_on(client: TcpStream, server: TcpStream) {
    let copies = [
        (client.try_clone(), server.try_clone()),
        (Ok(server), Ok(client)),
    ];
    for (from, to) in copies {
        let (mut from, mut to) = (from.expect("a handle"), to.expect("a handle"));
        thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
    }
}
