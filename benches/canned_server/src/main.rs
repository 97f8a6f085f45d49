//! A server that answers PostgreSQL clients with bytes prepared in memory, so that a benchmark
//! measures the client alone.
//!
//! `canned-server DIRECTORY` listens on the Unix socket `DIRECTORY/.s.PGSQL.PORT` and on
//! 127.0.0.1 at the same free port, prints `PORT` on its first line, and ends when its standard
//! input does: whoever started it holds that pipe, so it cannot outlive them.
//!
//! Users whose name begins with `scram` must prove the password `pencil` by SCRAM-SHA-256
//! (4096 iterations, a salt made from the name); everyone else is trusted. Who asks for TLS gets it.
//! The text of a query says what is answered, see [`answer::Answer`].

mod answer;
mod frame;
mod scram;
mod session;
mod tls;

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use crate::session::Shared;

fn main() -> io::Result<()> {
    let Some(directory) = std::env::args_os().nth(1) else {
        eprintln!("usage: canned-server DIRECTORY");
        std::process::exit(2);
    };
    let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = tcp.local_addr()?.port();
    let path = Path::new(&directory).join(format!(".s.PGSQL.{port}"));
    let unix = UnixListener::bind(&path)?;
    let shared = Arc::new(Shared::default());

    let for_tcp = Arc::clone(&shared);
    thread::spawn(move || {
        for stream in tcp.incoming().flatten() {
            // A reply is written whole, so there is nothing for Nagle's algorithm to gather.
            let _ = stream.set_nodelay(true);
            let shared = Arc::clone(&for_tcp);
            thread::spawn(move || session::serve(stream, &shared));
        }
    });
    thread::spawn(move || {
        for stream in unix.incoming().flatten() {
            let shared = Arc::clone(&shared);
            thread::spawn(move || session::serve(stream, &shared));
        }
    });

    println!("{port}");
    io::stdout().flush()?;
    io::stdin().read_to_end(&mut Vec::new())?;
    let _ = std::fs::remove_file(&path);
    Ok(())
}
