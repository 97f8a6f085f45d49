//! The two messages that a server sends in SCRAM, taken apart.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::KEY_LEN;
use crate::auth::auth_error;
use crate::error::Error;

/// PostgreSQL's salts have 16 bytes.
const MAX_SALT_LEN: usize = 1024;

/// PostgreSQL's nonces have 24 characters beside the client's own 24.
const MAX_NONCE_LEN: usize = 1024;

/// `r=nonce,s=salt,i=count` and extensions.
#[derive(Debug)]
pub(super) struct ServerFirst<'a> {
    /// The client's nonce with the server's behind it.
    pub(super) nonce: &'a [u8],
    pub(super) salt: Vec<u8>,
    /// At least 1; a number that does not fit stands for itself as the largest one.
    pub(super) iterations: u32,
}

impl<'a> ServerFirst<'a> {
    /// Takes the message apart; its nonce must begin with the client's.
    pub(super) fn parse(message: &'a [u8], client_nonce: &str) -> Result<Self, Error> {
        let mut attributes = Attributes::new(message)?;
        let nonce = attributes.expect(b'r')?;
        if !nonce.starts_with(client_nonce.as_bytes()) {
            return Err(auth_error("invalid SCRAM response (nonce mismatch)"));
        }
        if nonce.len() > MAX_NONCE_LEN || !nonce.iter().all(u8::is_ascii_graphic) {
            return Err(malformed("invalid nonce"));
        }
        let salt = salt(attributes.expect(b's')?)?;
        let iterations = iterations(attributes.expect(b'i')?)?;
        attributes.extensions("garbage at end of server-first-message")?;
        Ok(Self {
            nonce,
            salt,
            iterations,
        })
    }
}

/// The signature in `v=signature`; what the server reports in `e=error` becomes the error.
pub(super) fn server_signature(message: &[u8]) -> Result<[u8; KEY_LEN], Error> {
    let mut attributes = Attributes::new(message)?;
    if attributes.rest.first() == Some(&b'e') {
        let reason = attributes.expect(b'e')?;
        return Err(auth_error(format!(
            "error received from server in SCRAM exchange: {}",
            String::from_utf8_lossy(reason)
        )));
    }
    let text = attributes.expect(b'v')?;
    let signature = STANDARD.decode(text).ok();
    let signature = signature.and_then(|bytes| bytes.try_into().ok());
    let signature = signature.ok_or_else(|| malformed("invalid server signature"))?;
    attributes.extensions("garbage at end of server-final-message")?;
    Ok(signature)
}

fn salt(text: &[u8]) -> Result<Vec<u8>, Error> {
    let salt = STANDARD.decode(text).ok();
    salt.filter(|salt| (1..=MAX_SALT_LEN).contains(&salt.len()))
        .ok_or_else(|| malformed("invalid salt"))
}

fn iterations(text: &[u8]) -> Result<u32, Error> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let count = text.iter().fold(0u32, |count, digit| {
        let digit = u32::from(digit.wrapping_sub(b'0'));
        count.saturating_mul(10).saturating_add(digit)
    });
    if digits && count > 0 {
        Ok(count)
    } else {
        Err(malformed("invalid iteration count"))
    }
}

/// A reader of `name=value` attributes separated by commas.
struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Attributes<'a> {
    fn new(message: &'a [u8]) -> Result<Self, Error> {
        if message.is_empty() {
            return Err(malformed("empty message"));
        }
        if message.contains(&0) {
            return Err(malformed("length mismatch"));
        }
        Ok(Self { rest: message })
    }

    /// The value of the next attribute, which must have this name.
    fn expect(&mut self, name: u8) -> Result<&'a [u8], Error> {
        let shown = char::from(name);
        let Some(value) = self.rest.strip_prefix(&[name]) else {
            return Err(malformed(&format!("attribute \"{shown}\" expected")));
        };
        let Some(value) = value.strip_prefix(b"=") else {
            let what = format!("expected character \"=\" for attribute \"{shown}\"");
            return Err(malformed(&what));
        };
        let (value, rest) = split_at_comma(value);
        self.rest = rest;
        Ok(value)
    }

    /// Passes over attributes that this client does not know.
    fn extensions(&mut self, complaint: &str) -> Result<(), Error> {
        while !self.rest.is_empty() {
            let (extension, rest) = split_at_comma(self.rest);
            match extension {
                [name, b'=', _, ..] if name.is_ascii_alphabetic() => self.rest = rest,
                _ => return Err(malformed(complaint)),
            }
        }
        Ok(())
    }
}

fn split_at_comma(text: &[u8]) -> (&[u8], &[u8]) {
    match text.iter().position(|&byte| byte == b',') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[]),
    }
}

fn malformed(what: &str) -> Error {
    auth_error(format!("malformed SCRAM message ({what})"))
}
