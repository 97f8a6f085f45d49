//! Both implementations against servers of our own, with certificates made on the spot.

mod certificates;
mod handshakes;
#[cfg(feature = "native-tls")]
mod native_only;
#[cfg(feature = "openssl")]
mod openssl_only;
#[cfg(feature = "openssl")]
mod revocation;
mod server;
mod streams;

use std::sync::Arc;
use std::time::Duration;

use super::handshake::Machine;
use super::{Handshake, Step, TlsSettings};
use crate::Error;
use crate::transport::{Deadline, SecureStream, Socket, poll};

type Start = fn(Arc<Socket>, &TlsSettings) -> Result<Box<dyn Machine>, Error>;

/// One implementation.
#[derive(Clone, Copy)]
struct Backend {
    name: &'static str,
    start: Start,
}

fn backends() -> Vec<Backend> {
    vec![
        #[cfg(feature = "openssl")]
        Backend {
            name: "openssl",
            start: super::openssl::start,
        },
        #[cfg(feature = "native-tls")]
        Backend {
            name: "native-tls",
            start: super::native::start,
        },
    ]
}

impl Backend {
    fn is_openssl(self) -> bool {
        self.name == "openssl"
    }

    fn start(self, socket: Socket, settings: &TlsSettings) -> Result<Handshake, Error> {
        let socket = Arc::new(socket);
        let machine = (self.start)(Arc::clone(&socket), settings)?;
        Ok(Handshake::from_machine(socket, machine))
    }

    /// The whole handshake, waiting between the steps as the engine does.
    fn connect(
        self,
        socket: Socket,
        settings: &TlsSettings,
    ) -> Result<Box<dyn SecureStream>, Error> {
        let mut handshake = self.start(socket, settings)?;
        loop {
            let (next, read) = match handshake.step() {
                Step::Done(stream) => return Ok(stream),
                Step::Failed(failed) => return Err(failed.error),
                Step::WantRead(next) => (next, true),
                Step::WantWrite(next) => (next, false),
            };
            let deadline = Deadline::after(Duration::from_secs(20));
            assert!(poll(next.fd(), read, !read, deadline)?.any(), "stuck");
            handshake = next;
        }
    }
}
