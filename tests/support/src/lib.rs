//! What ferropq's live tests stand on.
//!
//! - [`require_server`], [`require_major`], [`each_server`]: a running PostgreSQL, started on first
//!   use and shared by the tests of one process, or `None` where no server is installed.
//! - [`Server::start`]: a server of one's own, with settings of one's own.
//! - [`Server::start_standby`]: a second server that follows a first.
//! - [`Authority`]: certificates of all kinds, for a server to show.
//! - [`require_kdc`]: a Kerberos realm, with a KDC, for servers that are told of it.
//! - [`DaemonFolder`]: other servers, such as poolers and directories.
//! - [`scripted`]: a listener that says exactly what a test wants a hostile server to say.
//! - [`relay`]: a man in the middle that counts, records or cuts what passes between a client and
//!   a real server.
//!
//! Servers are gone, with their folders, when they are dropped and when the test process ends,
//! however it ends.

mod authority;
mod certificates;
mod daemon;
mod identity;
mod installation;
mod kerberos;
pub mod relay;
pub mod scripted;
mod server;
mod shared;
mod standby;
mod users;

pub use authority::Authority;
pub use daemon::{Daemon, DaemonFolder, free_port, program};
pub use installation::{Installation, servers};
pub use kerberos::{Kdc, require_kdc};
pub use server::{Certificate, Server, ServerOptions, Via};
pub use shared::{each_server, require_major, require_server};
pub use users::{
    CERT_USER, MD5_USER, PASSWORD_USER, PEER_USER, PLAIN_USER, SASLPREP_USER, SCRAM_USER,
    SUPERUSER, TLS_USER, TRUST_USER, User,
};
