//! A listener that speaks to one client as its script says, for what no real server does.
//!
//! ```no_run
//! use support::scripted::{Scripted, message, ready};
//!
//! let server = Scripted::run(|peer| {
//!     peer.startup();
//!     peer.send(&message(b'R', &0i32.to_be_bytes()));
//!     peer.send(&ready(b'I'));
//!     peer.expect(b'Q');
//!     peer.send(b"D\0\0\0\x02"); // a length that cannot be
//!     peer.wait_for_close();
//! });
//! // ... connect to server.conninfo(), see what happens ...
//! server.finish();
//! ```

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::panic::resume_unwind;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long a script waits for the client before it gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// A scripted server on a port of its own.
#[derive(Debug)]
pub struct Scripted {
    address: SocketAddr,
    thread: JoinHandle<()>,
}

/// What one connection goes through.
pub type Script = Box<dyn FnOnce(&mut Peer) + Send>;

impl Scripted {
    /// Accepts one connection and runs the script on it.
    pub fn run(script: impl FnOnce(&mut Peer) + Send + 'static) -> Self {
        Self::run_all(vec![Box::new(script)])
    }

    /// Accepts as many connections as there are scripts, one after the other.
    pub fn run_all(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("the address just bound");
        let thread = thread::spawn(move || {
            for script in scripts {
                let (stream, _) = listener.accept().expect("a connection");
                stream
                    .set_read_timeout(Some(PATIENCE))
                    .expect("a time limit");
                stream
                    .set_write_timeout(Some(PATIENCE))
                    .expect("a time limit");
                stream.set_nodelay(true).expect("TCP_NODELAY");
                script(&mut Peer { stream });
            }
        });
        Self { address, thread }
    }

    /// The port listened on, at 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// A connection string for this server, without TLS.
    pub fn conninfo(&self) -> String {
        let port = self.port();
        format!("host=127.0.0.1 port={port} user=u dbname=d sslmode=disable gssencmode=disable")
    }

    /// Waits for the script's end.
    ///
    /// # Panics
    ///
    /// When the script has panicked: the client did not do what the script expects.
    pub fn finish(self) {
        if let Err(panic) = self.thread.join() {
            resume_unwind(panic);
        }
    }
}

/// The client, as the script sees it. Every method panics when the client does something else.
#[derive(Debug)]
pub struct Peer {
    stream: TcpStream,
}

impl Peer {
    /// Receives a packet without a type byte (StartupMessage, SSLRequest, CancelRequest): its body.
    pub fn packet(&mut self) -> Vec<u8> {
        let length = i32::from_be_bytes(self.take());
        self.body(length)
    }

    /// Receives a packet without a type byte, or `None` when the client closes instead.
    pub fn try_packet(&mut self) -> Option<Vec<u8>> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).ok()?;
        let length = usize::try_from(i32::from_be_bytes(length)).ok()?;
        let mut body = vec![0; length.checked_sub(4)?];
        self.stream.read_exact(&mut body).ok()?;
        Some(body)
    }

    /// Receives a StartupMessage: the protocol version, and what follows it.
    pub fn startup(&mut self) -> (u32, Vec<u8>) {
        let packet = self.packet();
        let (version, parameters) = packet.split_at(4);
        let version = u32::from_be_bytes(version.try_into().expect("four bytes"));
        assert_eq!(version >> 16, 3, "not a StartupMessage: {packet:?}");
        (version, parameters.to_vec())
    }

    /// Receives one message of the given type: its body.
    pub fn expect(&mut self, tag: u8) -> Vec<u8> {
        let (received, body) = self.message();
        let (received, tag) = (char::from(received), char::from(tag));
        assert_eq!(received, tag, "the message's type; its body: {body:?}");
        body
    }

    /// Receives messages until one of the given type has come: that one's body.
    pub fn expect_eventually(&mut self, tag: u8) -> Vec<u8> {
        loop {
            let (received, body) = self.message();
            if received == tag {
                return body;
            }
        }
    }

    /// Receives one message: its type and body.
    pub fn message(&mut self) -> (u8, Vec<u8>) {
        let [tag] = self.take();
        let length = i32::from_be_bytes(self.take());
        (tag, self.body(length))
    }

    /// Receives one message, or `None` when the client closes instead.
    pub fn try_message(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut tag = [0];
        self.stream.read_exact(&mut tag).ok()?;
        Some((tag[0], self.try_packet()?))
    }

    /// Leaves the connection open until this value's own end and that of a thread that waits for
    /// the client's: the next script can run meanwhile.
    pub fn keep(&mut self) {
        let stream = self.stream.try_clone().expect("a descriptor");
        thread::spawn(move || {
            let mut peer = Peer { stream };
            peer.wait_for_close();
        });
    }

    /// Sends these bytes, whatever they are.
    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the client to receive");
    }

    /// Sends these bytes for as long as the client lets it; false when the client has closed.
    pub fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// The whole start-up of a server that trusts everybody, up to ReadyForQuery.
    pub fn accept(&mut self) {
        self.startup();
        self.send(&authentication_ok());
        for (name, value) in [
            ("server_version", "15.0"),
            ("client_encoding", "UTF8"),
            ("standard_conforming_strings", "on"),
        ] {
            self.send(&parameter_status(name, value));
        }
        self.send(&backend_key_data(1234, &[0, 0, 0, 7]));
        self.send(&ready(b'I'));
    }

    /// Says nothing until the client closes; what the client sends meanwhile is thrown away.
    pub fn wait_for_close(&mut self) {
        let mut waste = [0; 4096];
        // An error is a close as well: the client may have reset the connection.
        while self.stream.read(&mut waste).is_ok_and(|count| count > 0) {}
    }

    /// Closes our side of the connection, and with it the connection once the script ends.
    pub fn close(&mut self) {
        // The client may have been faster.
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// The connection itself, for what the other methods do not offer.
    pub fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.stream
            .read_exact(&mut bytes)
            .expect("the client to send");
        bytes
    }

    fn body(&mut self, length: i32) -> Vec<u8> {
        let length = usize::try_from(length)
            .ok()
            .and_then(|length| length.checked_sub(4));
        let mut body = vec![0; length.expect("a length that counts itself")];
        self.stream
            .read_exact(&mut body)
            .expect("the client to send");
        body
    }
}

/// A message: its type, its length, its body.
pub fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    message_with_length(
        tag,
        i32::try_from(body.len() + 4).expect("a small body"),
        body,
    )
}

/// A message whose length is what the script says it is.
pub fn message_with_length(tag: u8, length: i32, body: &[u8]) -> Vec<u8> {
    [&[tag][..], &length.to_be_bytes(), body].concat()
}

/// AuthenticationOk.
pub fn authentication_ok() -> Vec<u8> {
    message(b'R', &0i32.to_be_bytes())
}

/// ReadyForQuery with the given transaction status.
pub fn ready(status: u8) -> Vec<u8> {
    message(b'Z', &[status])
}

/// ParameterStatus.
pub fn parameter_status(name: &str, value: &str) -> Vec<u8> {
    message(
        b'S',
        &[name.as_bytes(), b"\0", value.as_bytes(), b"\0"].concat(),
    )
}

/// BackendKeyData.
pub fn backend_key_data(pid: i32, key: &[u8]) -> Vec<u8> {
    message(b'K', &[&pid.to_be_bytes(), key].concat())
}

/// CommandComplete.
pub fn command_complete(tag: &str) -> Vec<u8> {
    message(b'C', &[tag.as_bytes(), b"\0"].concat())
}

/// RowDescription of text columns with these names.
pub fn row_description(names: &[&str]) -> Vec<u8> {
    let mut body = count(names.len()).to_vec();
    for name in names {
        body.extend(name.as_bytes());
        body.push(0);
        body.extend([0; 6]); // no table, no column of one
        body.extend(25u32.to_be_bytes()); // text
        body.extend((-1i16).to_be_bytes());
        body.extend((-1i32).to_be_bytes());
        body.extend([0; 2]); // text format
    }
    message(b'T', &body)
}

/// DataRow.
pub fn data_row(values: &[Option<&[u8]>]) -> Vec<u8> {
    let mut body = count(values.len()).to_vec();
    for value in values {
        match value {
            Some(value) => {
                let length = i32::try_from(value.len()).expect("a small value");
                body.extend(length.to_be_bytes());
                body.extend(*value);
            }
            None => body.extend((-1i32).to_be_bytes()),
        }
    }
    message(b'D', &body)
}

/// ErrorResponse (`b'E'`) or NoticeResponse (`b'N'`) with these fields.
pub fn error_fields(tag: u8, fields: &[(u8, &str)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (code, value) in fields {
        body.push(*code);
        body.extend(value.as_bytes());
        body.push(0);
    }
    body.push(0);
    message(tag, &body)
}

fn count(number: usize) -> [u8; 2] {
    u16::try_from(number).expect("a small number").to_be_bytes()
}
