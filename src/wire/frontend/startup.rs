use super::EncodeError;
use super::writer::untagged;
use crate::wire::backend::MAX_KEY_LEN;
use crate::wire::version::{CANCEL_REQUEST, GSSENC_REQUEST, SSL_REQUEST};

/// Appends StartupMessage: asks for a session with this protocol version (see
/// [`version`](crate::wire::version)) and these parameters, of which `user` is required.
pub fn startup_message<'a>(
    out: &mut Vec<u8>,
    version: u32,
    parameters: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
) -> Result<(), EncodeError> {
    untagged(out, 0, |writer| {
        writer.u32(version);
        for (name, value) in parameters {
            if name.is_empty() {
                return Err(EncodeError::EmptyName);
            }
            writer.cstr(name)?;
            writer.cstr(value)?;
        }
        writer.u8(0);
        Ok(())
    })
}

/// Appends SSLRequest: asks whether the server is willing to encrypt with TLS. The answer is a
/// single byte; see [`tag::encryption`](crate::wire::tag::encryption).
pub fn ssl_request(out: &mut Vec<u8>) {
    request(out, SSL_REQUEST);
}

/// Appends GSSENCRequest: asks whether the server is willing to encrypt with GSSAPI. The answer is
/// a single byte; see [`tag::encryption`](crate::wire::tag::encryption).
pub fn gssenc_request(out: &mut Vec<u8>) {
    request(out, GSSENC_REQUEST);
}

fn request(out: &mut Vec<u8>, code: u32) {
    out.extend_from_slice(&[0, 0, 0, 8]);
    out.extend_from_slice(&code.to_be_bytes());
}

/// Appends CancelRequest: asks to cancel what the session with this process id and this secret key
/// is doing. Both come from its BackendKeyData.
pub fn cancel_request(out: &mut Vec<u8>, pid: i32, key: &[u8]) -> Result<(), EncodeError> {
    if key.len() > MAX_KEY_LEN {
        return Err(EncodeError::KeyTooLong);
    }
    untagged(out, 8 + key.len(), |writer| {
        writer.u32(CANCEL_REQUEST);
        writer.i32(pid);
        writer.bytes(key)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::version::{PROTOCOL_3_0, PROTOCOL_3_2};

    #[test]
    fn parameters_end_with_a_zero_byte() {
        let mut out = Vec::new();
        let parameters = [
            (&b"user"[..], &b"me"[..]),
            (b"database", b"db"),
            (b"options", b""),
        ];
        startup_message(&mut out, PROTOCOL_3_0, parameters).unwrap();
        assert_eq!(
            out,
            b"\0\0\0\x26\0\x03\0\0user\0me\0database\0db\0options\0\0\0"
        );
    }

    #[test]
    fn the_version_is_the_callers() {
        let mut out = Vec::new();
        startup_message(&mut out, PROTOCOL_3_2, []).unwrap();
        assert_eq!(out, b"\0\0\0\x09\0\x03\0\x02\0");
    }

    #[test]
    fn parameters_that_would_cut_the_list_short_are_refused() {
        let mut out = Vec::new();
        let mut refused = |name, value| {
            let result = startup_message(&mut out, PROTOCOL_3_0, [(name, value)]);
            assert_eq!(out, b"");
            result.unwrap_err()
        };
        assert_eq!(refused(b"", b"x"), EncodeError::EmptyName);
        assert_eq!(refused(b"us\0er", b"x"), EncodeError::ContainsNul);
        assert_eq!(refused(b"user", b"x\0"), EncodeError::ContainsNul);
    }

    #[test]
    fn requests_for_encryption_are_eight_bytes() {
        let mut out = Vec::new();
        ssl_request(&mut out);
        gssenc_request(&mut out);
        assert_eq!(out, b"\0\0\0\x08\x04\xd2\x16\x2f\0\0\0\x08\x04\xd2\x16\x30");
    }

    #[test]
    fn a_cancel_request_takes_keys_of_any_length_up_to_256() {
        let mut out = Vec::new();
        cancel_request(&mut out, 258, b"\x0a\x0b\x0c\x0d").unwrap();
        assert_eq!(
            out,
            b"\0\0\0\x10\x04\xd2\x16\x2e\0\0\x01\x02\x0a\x0b\x0c\x0d"
        );
        out.clear();
        cancel_request(&mut out, 1, &[7; 256]).unwrap();
        assert_eq!(out[..4], [0, 0, 1, 12]);
        assert_eq!(out.len(), 268);
        let result = cancel_request(&mut out, 1, &[7; 257]);
        assert_eq!(result, Err(EncodeError::KeyTooLong));
        assert_eq!(out.len(), 268);
    }
}
