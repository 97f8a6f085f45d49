//! TLS (the manual says SSL): settings, and a handshake that never waits.
//!
//! Two implementations stand behind one interface. The feature `openssl` knows everything that the
//! manual's chapter "SSL Support" has; `native-tls` is the platform's library and refuses what it
//! cannot express. Where both features are on, OpenSSL is used.

#[cfg(not(any(feature = "openssl", feature = "native-tls")))]
mod absent;
#[cfg(any(feature = "openssl", feature = "native-tls"))]
pub mod channel;
#[cfg(any(feature = "openssl", feature = "native-tls"))]
pub mod files;
#[cfg(any(feature = "openssl", feature = "native-tls"))]
mod handshake;
pub mod host_name;
// Where OpenSSL is used instead, only the tests compare the two.
#[cfg(all(feature = "native-tls", any(test, not(feature = "openssl"))))]
mod native;
#[cfg(feature = "openssl")]
mod openssl;
mod settings;

#[cfg(not(any(feature = "openssl", feature = "native-tls")))]
pub use absent::Handshake;
#[cfg(any(feature = "openssl", feature = "native-tls"))]
pub use handshake::Handshake;
pub use settings::{
    CertificateMode, KeyPasswordHook, RootCertificates, TlsSettings, TlsVersion, Verify,
    copy_key_password,
};

use crate::error::{Error, ErrorKind};
use crate::transport::{NotEncrypted, SecureStream};

/// What a step of a [`Handshake`] has come to.
pub enum Step {
    /// The stream is encrypted.
    Done(Box<dyn SecureStream>),
    /// Take the next step when the socket is readable.
    WantRead(Handshake),
    /// Take the next step when the socket is writable.
    WantWrite(Handshake),
    /// There will be no encryption on this socket.
    Failed(NotEncrypted),
}

/// The application protocol that is offered to the server (ALPN).
pub const ALPN: &str = "postgresql";

/// Whether this build can do TLS at all.
pub const AVAILABLE: bool = cfg!(any(feature = "openssl", feature = "native-tls"));

/// The name of the implementation in use (attribute `library`), where there is one.
pub const LIBRARY: Option<&str> = if cfg!(feature = "openssl") {
    Some("OpenSSL")
} else if cfg!(feature = "native-tls") {
    Some("native-tls")
} else {
    None
};

/// The attributes that a TLS stream may have, in libpq's order (`PQsslAttributeNames`).
pub const ATTRIBUTES: &[&str] = if cfg!(feature = "openssl") {
    &[
        "library",
        "key_bits",
        "cipher",
        "compression",
        "protocol",
        "alpn",
    ]
} else if cfg!(feature = "native-tls") {
    &["library", "alpn"]
} else {
    &[]
};

/// Sees to it that the library is loaded. Handshakes do so themselves; others that use it, such as
/// an HTTPS client, must call this first. The error is a sentence.
pub fn load_library() -> Result<(), String> {
    #[cfg(feature = "openssl")]
    openssl::load()?;
    Ok(())
}

fn tls_error(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Tls, message)
}

/// Checks what the two sides have agreed to speak inside the encryption.
#[cfg(any(feature = "openssl", feature = "native-tls"))]
fn check_alpn(agreed: Option<&[u8]>, required: bool) -> Result<(), Error> {
    match agreed {
        Some(protocol) if protocol == ALPN.as_bytes() => Ok(()),
        Some(_) => Err(tls_error(
            "SSL connection was established with unexpected ALPN protocol",
        )),
        None if required => Err(tls_error(
            "direct SSL connection was established without ALPN protocol negotiation extension",
        )),
        None => Ok(()),
    }
}

#[cfg(all(test, any(feature = "openssl", feature = "native-tls")))]
mod tests;
