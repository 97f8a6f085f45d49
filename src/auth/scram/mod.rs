//! SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677).
//!
//! Manual: "SCRAM-SHA-256 Authentication".
//!
//! What differs from libpq, on purpose:
//! - The iteration count has an upper limit ([`DEFAULT_MAX_ITERATIONS`]), and so have the lengths
//!   of salt and nonce: libpq lets any server keep the client busy for hours.
//! - Numbers, base64 and the nonce must have the form that the RFC gives them: libpq takes
//!   ` +4096` and stray bits.
//! - Extensions after the known attributes are ignored when well-formed, as the RFC demands; libpq
//!   puts a complaint into its message and goes on.

mod client;
mod keys;
mod message;
mod salted_password;
#[cfg(test)]
mod tests;

pub use client::{ChannelBinding, ScramClient};
pub use keys::ScramKeys;

/// The length of every key, hash and signature here, in bytes.
pub const KEY_LEN: usize = 32;

/// The most iterations a server may ask for where nobody says otherwise.
///
/// PostgreSQL's default is 4096, and common advice for PBKDF2 with SHA-256 is 600,000. A million
/// takes about a tenth of a second with SHA instructions and less than a second without: the most
/// that a server we do not yet trust may cost.
pub const DEFAULT_MAX_ITERATIONS: u32 = 1_000_000;
