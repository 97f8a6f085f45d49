//! A stream encrypted by the platform's library.

use std::io::{self, Read, Write};
use std::mem::MaybeUninit;

use ::native_tls::TlsStream;

use super::end_point::end_point;
use crate::transport::tls::channel::{Channel, broken, closed, cut_off, system_failure};
use crate::transport::{SecureKind, SecureStream, Socket, Wait};

/// One record's worth. The library wants initialised memory, the caller's may not be: bytes go
/// through this buffer, which is initialised once.
const BUFFER: usize = 1 << 14;

pub(super) struct NativeStream {
    stream: TlsStream<Channel>,
    buffer: Box<[u8]>,
    /// A failure met behind bytes that had to be handed over first.
    deferred: Option<io::Error>,
}

impl NativeStream {
    pub(super) fn new(stream: TlsStream<Channel>) -> Self {
        Self {
            stream,
            buffer: vec![0; BUFFER].into_boxed_slice(),
            deferred: None,
        }
    }

    /// What one record holds.
    fn read_record(&mut self, buf: &mut [MaybeUninit<u8>], wait: Wait) -> io::Result<usize> {
        self.stream.get_mut().set_wait(wait);
        let room = buf.len().min(self.buffer.len());
        let count = match self.stream.read(&mut self.buffer[..room]) {
            Ok(0) if self.stream.get_ref().at_eof() => return Err(cut_off()),
            Ok(0) => return Err(closed()),
            Ok(count) => count,
            Err(error) => return Err(failure(error)),
        };
        for (to, from) in buf.iter_mut().zip(&self.buffer[..count]) {
            to.write(*from);
        }
        Ok(count)
    }
}

fn failure(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::WouldBlock {
        error
    } else if error.raw_os_error().is_some() {
        system_failure(error)
    } else {
        broken(format!("SSL error: {error}"))
    }
}

impl SecureStream for NativeStream {
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
        self.stream.write(bytes).map_err(failure)
    }

    fn pending(&self) -> bool {
        self.deferred.is_some()
            || self.stream.buffered_read_size().unwrap_or(0) > 0
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
        let certificate = self.stream.peer_certificate().ok().flatten()?;
        end_point(&certificate.to_der().ok()?)
    }

    fn attribute(&self, name: &str) -> Option<String> {
        match name {
            "library" => Some("native-tls".to_owned()),
            "alpn" => {
                let agreed = self.stream.negotiated_alpn().ok()?;
                Some(String::from_utf8_lossy(&agreed.unwrap_or_default()).into_owned())
            }
            _ => None,
        }
    }

    fn shutdown(&mut self) {
        self.stream.get_mut().set_wait(Wait::Never);
        // The connection is about to be closed: a goodbye that cannot be sent is not missed.
        let _ = self.stream.shutdown();
    }
}
