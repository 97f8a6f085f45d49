//! A stream encrypted by OpenSSL.

use std::ffi::c_void;
use std::io;
use std::mem::MaybeUninit;

use ::openssl::ssl::{SslRef, SslStream};
use foreign_types::ForeignTypeRef;
use openssl_sys as ffi;

use super::identity::Watch;
use super::{certificate, failure};
use crate::transport::tls::channel::Channel;
use crate::transport::{ClientCertificate, SecureKind, SecureStream, Socket, Wait};

pub(super) struct OpensslStream {
    stream: SslStream<Channel>,
    // After the stream, which refers to it.
    watch: Watch,
    /// A failure met behind bytes that had to be handed over first.
    deferred: Option<io::Error>,
}

impl OpensslStream {
    pub(super) fn new(stream: SslStream<Channel>, watch: Watch) -> Self {
        Self {
            stream,
            watch,
            deferred: None,
        }
    }

    /// What one record holds.
    fn read_record(&mut self, buf: &mut [MaybeUninit<u8>], wait: Wait) -> io::Result<usize> {
        self.stream.get_mut().set_wait(wait);
        loop {
            match self.stream.ssl_read_uninit(buf) {
                Ok(count) => return Ok(count),
                Err(error) => {
                    if let Some(error) = failure::of_stream(error) {
                        return Err(error);
                    }
                }
            }
        }
    }
}

impl SecureStream for OpensslStream {
    fn recv(&mut self, buf: &mut [MaybeUninit<u8>], wait: Wait) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        if let Some(error) = self.deferred.take() {
            return Err(error);
        }
        let mut filled = self.read_record(buf, wait)?;
        // What has arrived with it is taken along.
        while filled < buf.len() && self.deferred.is_none() && self.pending() {
            match self.read_record(&mut buf[filled..], Wait::Never) {
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => self.deferred = Some(error),
            }
        }
        Ok(filled)
    }

    fn send(&mut self, bytes: &[u8], wait: Wait) -> io::Result<usize> {
        self.stream.get_mut().set_wait(wait);
        loop {
            match self.stream.ssl_write(bytes) {
                Ok(count) => return Ok(count),
                Err(error) => {
                    if let Some(error) = failure::of_stream(error) {
                        return Err(error);
                    }
                }
            }
        }
    }

    fn pending(&self) -> bool {
        self.deferred.is_some()
            || self.stream.ssl().pending() > 0
            || self.stream.get_ref().holds_record()
    }

    fn holds_failure(&self) -> bool {
        self.deferred.is_some()
    }

    fn socket(&self) -> &Socket {
        self.stream.get_ref().socket()
    }

    fn kind(&self) -> SecureKind {
        SecureKind::Tls
    }

    fn server_end_point(&self) -> Option<Vec<u8>> {
        let certificate = self.stream.ssl().peer_certificate()?;
        certificate::end_point(&certificate)
    }

    fn attribute(&self, name: &str) -> Option<String> {
        let ssl = self.stream.ssl();
        let text = match name {
            "library" => "OpenSSL".to_owned(),
            "key_bits" => ssl.current_cipher()?.bits().algorithm.to_string(),
            "cipher" => ssl.current_cipher()?.name().to_owned(),
            "compression" => if compressed(ssl) { "on" } else { "off" }.to_owned(),
            "protocol" => ssl.version_str().to_owned(),
            "alpn" => {
                let agreed = ssl.selected_alpn_protocol().unwrap_or_default();
                String::from_utf8_lossy(agreed).into_owned()
            }
            _ => return None,
        };
        Some(text)
    }

    fn client_certificate(&self) -> Option<ClientCertificate> {
        Some(self.watch.outcome())
    }

    fn raw(&self, name: &str) -> *mut c_void {
        if name == "OpenSSL" {
            self.stream.ssl().as_ptr().cast()
        } else {
            std::ptr::null_mut()
        }
    }

    fn shutdown(&mut self) {
        self.stream.get_mut().set_wait(Wait::Never);
        // The connection is about to be closed: a goodbye that cannot be sent is not missed.
        let _ = self.stream.shutdown();
    }
}

fn compressed(ssl: &SslRef) -> bool {
    // SAFETY: the connection is valid, and the answer is only compared with NULL.
    unsafe { !ffi::SSL_get_current_compression(ssl.as_ptr()).is_null() }
}
