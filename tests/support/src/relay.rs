//! A man in the middle: passes bytes between a client and a real server, and while doing so
//! records them, cuts them into small pieces, or breaks the connection.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// What a relay does beside passing bytes on.
#[derive(Debug, Clone, Default)]
pub struct RelayOptions {
    /// Pass at most this many bytes at a time.
    pub piece: Option<usize>,
    /// Break the connection once the server has sent this many bytes.
    pub cut_after: Option<usize>,
}

/// A listener that connects everybody who connects to it with one server.
#[derive(Debug)]
pub struct Relay {
    port: u16,
    transcript: Arc<Mutex<Transcript>>,
}

/// What has passed, over all connections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transcript {
    /// What each read from a client brought: as long as the relay keeps up, one entry per send.
    pub from_client: Vec<Vec<u8>>,
    /// What each read from the server brought.
    pub from_server: Vec<Vec<u8>>,
}

#[derive(Clone, Copy)]
enum Side {
    Client,
    Server,
}

impl Relay {
    /// Starts to listen on a port of 127.0.0.1, for a server at 127.0.0.1 too.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub fn start(server_port: u16, options: RelayOptions) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let transcript = Arc::<Mutex<Transcript>>::default();
        let shared = Arc::clone(&transcript);
        thread::spawn(move || {
            // The thread ends with the process; a test process starts a handful of relays.
            for client in listener.incoming().flatten() {
                let server = SocketAddr::from(([127, 0, 0, 1], server_port));
                if let Ok(server) = TcpStream::connect(server) {
                    pass_both_ways(client, server, &options, &shared);
                }
            }
        });
        Ok(Self { port, transcript })
    }

    /// The port listened on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What has passed so far; starts a new transcript.
    pub fn take_transcript(&self) -> Transcript {
        std::mem::take(
            &mut *self
                .transcript
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

fn pass_both_ways(
    client: TcpStream,
    server: TcpStream,
    options: &RelayOptions,
    transcript: &Arc<Mutex<Transcript>>,
) {
    let (Ok(client_too), Ok(server_too)) = (client.try_clone(), server.try_clone()) else {
        return;
    };
    for (side, from, to) in [
        (Side::Client, client, server),
        (Side::Server, server_too, client_too),
    ] {
        let options = options.clone();
        let transcript = Arc::clone(transcript);
        thread::spawn(move || {
            // An error on either side ends the connection, as it would without a relay.
            let _ = pass(side, &from, &to, &options, &transcript);
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Both);
        });
    }
}

fn pass(
    side: Side,
    mut from: &TcpStream,
    mut to: &TcpStream,
    options: &RelayOptions,
    transcript: &Mutex<Transcript>,
) -> io::Result<()> {
    to.set_nodelay(true)?;
    let mut buffer = vec![0; 65536];
    let mut left = match side {
        Side::Server => options.cut_after.unwrap_or(usize::MAX),
        Side::Client => usize::MAX,
    };
    while left > 0 {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        let bytes = &buffer[..count.min(left)];
        left -= bytes.len();
        {
            let mut transcript = transcript.lock().unwrap_or_else(PoisonError::into_inner);
            match side {
                Side::Client => transcript.from_client.push(bytes.to_vec()),
                Side::Server => transcript.from_server.push(bytes.to_vec()),
            }
        }
        for piece in bytes.chunks(options.piece.unwrap_or(usize::MAX).max(1)) {
            to.write_all(piece)?;
        }
    }
    Ok(())
}
