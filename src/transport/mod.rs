//! Sockets and what may lie over them: dialling, name lookup, waiting with a deadline, and TLS.
//!
//! Nothing here knows of messages. The layer offers two ways to move bytes, [`Wait::Block`] and
//! [`Wait::Never`], over one type, [`Stream`]; who uses it decides which waits are bounded by
//! polling with a [`Deadline`] first.

pub mod address;
pub mod background;
pub mod dial;
pub mod failure;
pub mod gss;
#[cfg(feature = "oauth")]
pub mod http;
pub mod lookup;
pub mod os_error;
pub mod peer;
pub mod socket;
pub mod stream;
pub mod tls;
pub mod wait;

pub use address::Address;
pub use dial::{Dial, DialFailure, DialOptions, apply_tcp_options, connect_finish, connect_start};
pub use lookup::{Host, lookup};
pub use socket::{Socket, Wait};
pub use stream::{ClientCertificate, NotEncrypted, SecureKind, SecureStream, Stream};
pub use wait::{Deadline, Readiness, current_time_usec, poll, socket_poll};

#[cfg(test)]
mod tests;
