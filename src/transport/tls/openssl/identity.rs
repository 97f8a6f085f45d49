//! The client's certificate and key: loading them, and watching whether the server asks.

use std::ffi::{c_int, c_void};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ::openssl::error::ErrorStack;
use ::openssl::pkey::{PKey, Private};
use ::openssl::ssl::{SslContextBuilder, SslRef};
use foreign_types::ForeignTypeRef;
use openssl_sys as ffi;
use zeroize::Zeroizing;

use super::{engine, failure, with_reason};
use crate::error::Error;
use crate::transport::os_error;
use crate::transport::stream::ClientCertificate;
use crate::transport::tls::files::{self, Key};
use crate::transport::tls::settings::{TlsSettings, copy_key_password};
use crate::transport::tls::tls_error;

/// Loads the client's certificate and key, if there is one to send.
pub(super) fn load(context: &mut SslContextBuilder, settings: &TlsSettings) -> Result<(), Error> {
    let Some(identity) = files::identity(settings)? else {
        return Ok(());
    };
    load_certificate(context, &identity.certificate)?;
    let (key, shown) = match &identity.key {
        Key::File(path) => (load_key(path, settings)?, path.display().to_string()),
        Key::Engine { name, id } => (engine::load_key(name, id)?, format!("{name}:{id}")),
    };
    context
        .set_private_key(&key)
        .map_err(|e| key_error(&shown, &failure::reason(&e)))?;
    context.check_private_key().map_err(|e| {
        let what = format!("certificate does not match private key file \"{shown}\"");
        with_reason(&what, &e)
    })
}

/// The file, in PEM, may hold the chain as well.
fn load_certificate(context: &mut SslContextBuilder, path: &Path) -> Result<(), Error> {
    context.set_certificate_chain_file(path).map_err(|errors| {
        let what = format!("could not read certificate file \"{}\"", path.display());
        with_reason(&what, &errors)
    })
}

fn key_error(shown: &str, reason: &str) -> Error {
    tls_error(format!(
        "could not load private key file \"{shown}\": {reason}"
    ))
}

fn load_key(path: &Path, settings: &TlsSettings) -> Result<PKey<Private>, Error> {
    let shown = path.display().to_string();
    let bytes = fs::read(path).map_err(|e| key_error(&shown, &os_error::text(&e)))?;
    let bytes = Zeroizing::new(bytes);
    let errors = match parse_pem_key(&bytes, settings) {
        Ok(key) => return Ok(key),
        Err(errors) => errors,
    };
    PKey::private_key_from_der(&bytes).map_err(|_| key_error(&shown, &failure::reason(&errors)))
}

fn parse_pem_key(pem: &[u8], settings: &TlsSettings) -> Result<PKey<Private>, ErrorStack> {
    if let Some(hook) = &settings.key_password_hook {
        return PKey::private_key_from_pem_callback(pem, |buf| Ok(hook(buf).min(buf.len())));
    }
    match settings.key_password.as_deref() {
        Some(password) if !password.is_empty() => PKey::private_key_from_pem_callback(pem, |buf| {
            Ok(copy_key_password(Some(password), buf))
        }),
        // OpenSSL then asks whoever sits at the terminal.
        _ => PKey::private_key_from_pem(pem),
    }
}

/// Notes whether the server asks for a certificate.
#[derive(Default)]
struct Noted {
    requested: AtomicBool,
    sent: AtomicBool,
}

/// What is noted during a handshake. It must live as long as the handshake and the stream do.
pub(super) struct Watch(Arc<Noted>);

type CertificateCallback = unsafe extern "C" fn(*mut ffi::SSL, *mut c_void) -> c_int;

unsafe extern "C" {
    fn SSL_set_cert_cb(
        ssl: *mut ffi::SSL,
        callback: Option<CertificateCallback>,
        argument: *mut c_void,
    );
}

/// Called by OpenSSL when the server asks for a certificate, before one is chosen.
///
/// # Safety
///
/// `argument` is what [`Watch::over`] registered.
unsafe extern "C" fn certificate_requested(ssl: *mut ffi::SSL, argument: *mut c_void) -> c_int {
    // SAFETY: the argument is the address of the Noted that the watch holds, and the watch lives as
    // long as the connection that calls this.
    let noted = unsafe { &*argument.cast::<Noted>() };
    noted.requested.store(true, Ordering::Relaxed);
    // SAFETY: OpenSSL passes its own connection, valid through the call; the certificate is only
    // compared with NULL.
    let certificate = unsafe { ffi::SSL_get_certificate(ssl) };
    noted.sent.store(!certificate.is_null(), Ordering::Relaxed);
    1
}

impl Watch {
    /// Watches this connection. The watch must be dropped after the connection.
    pub(super) fn over(ssl: &mut SslRef) -> Self {
        let noted = Arc::new(Noted::default());
        let argument = Arc::as_ptr(&noted).cast_mut().cast();
        // SAFETY: the connection is valid, the callback has the type that OpenSSL wants, and what
        // the argument points to is kept by the watch, which outlives the connection.
        unsafe { SSL_set_cert_cb(ssl.as_ptr(), Some(certificate_requested), argument) };
        Self(noted)
    }

    pub(super) fn outcome(&self) -> ClientCertificate {
        ClientCertificate {
            requested: self.0.requested.load(Ordering::Relaxed),
            sent: self.0.sent.load(Ordering::Relaxed),
        }
    }
}
