//! The bytes of the frontend/backend protocol, versions 3.0 and 3.2: no sockets, no state.
//!
//! What the server sends is decoded by [`backend`], what the client sends is encoded by
//! [`frontend`]. [`replication`] and [`pgoutput`] hold what travels inside CopyData messages on a
//! replication connection. Decoders borrow from the bytes they are given, check all of them before
//! they return, and allocate nothing.
//!
//! Manual: "Message Formats".

pub mod backend;
mod cursor;
pub mod error_field;
mod find_nul;
pub mod frontend;
mod header;
mod list;
mod lsn;
mod malformed;
pub mod pgoutput;
pub mod replication;
pub mod tag;
#[cfg(test)]
mod testing;
pub mod version;

pub use cursor::Cursor;
pub use find_nul::find_nul;
pub use header::{HEADER_LEN, Header};
pub use list::{Element, List, ListIter};
pub use lsn::Lsn;
pub use malformed::Malformed;
