use super::EncodeError;
use super::writer::message;
use crate::wire::tag::frontend::PASSWORD;

/// Appends PasswordMessage: the password in the clear or hashed, without a zero byte at its end.
pub fn password_message(out: &mut Vec<u8>, password: &[u8]) -> Result<(), EncodeError> {
    let body_len = password.len().saturating_add(1);
    message(out, PASSWORD, body_len, |writer| writer.cstr(password))
}

/// Appends SASLInitialResponse: the mechanism that the client has chosen and its first data, if
/// the mechanism begins with data of the client.
pub fn sasl_initial_response(
    out: &mut Vec<u8>,
    mechanism: &[u8],
    response: Option<&[u8]>,
) -> Result<(), EncodeError> {
    let response_len = response.map_or(0, <[u8]>::len);
    let body_len = mechanism.len().saturating_add(response_len);
    message(out, PASSWORD, body_len.saturating_add(5), |writer| {
        writer.cstr(mechanism)?;
        writer.value(response)
    })
}

/// Appends SASLResponse: the mechanism's next data.
pub fn sasl_response(out: &mut Vec<u8>, data: &[u8]) -> Result<(), EncodeError> {
    message(out, PASSWORD, data.len(), |writer| writer.bytes(data))
}

/// Appends GSSResponse: data of the GSSAPI or SSPI exchange.
pub fn gss_response(out: &mut Vec<u8>, data: &[u8]) -> Result<(), EncodeError> {
    sasl_response(out, data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_ends_with_a_zero_byte() {
        let mut out = Vec::new();
        password_message(&mut out, b"hush").unwrap();
        assert_eq!(out, b"p\0\0\0\x09hush\0");
        let result = password_message(&mut out, b"hu\0sh");
        assert_eq!(result, Err(EncodeError::ContainsNul));
        assert_eq!(out, b"p\0\0\0\x09hush\0");
    }

    #[test]
    fn the_initial_response_may_be_absent_or_empty() {
        let encode = |response| {
            let mut out = Vec::new();
            sasl_initial_response(&mut out, b"M", response).unwrap();
            out
        };
        assert_eq!(encode(None), b"p\0\0\0\x0aM\0\xff\xff\xff\xff");
        assert_eq!(encode(Some(b"")), b"p\0\0\0\x0aM\0\0\0\0\0");
        assert_eq!(encode(Some(b"n,,")), b"p\0\0\0\x0dM\0\0\0\0\x03n,,");
    }

    #[test]
    fn the_mechanism_holds_no_zero_byte() {
        let mut out = Vec::new();
        let result = sasl_initial_response(&mut out, b"M\0", None);
        assert_eq!(result, Err(EncodeError::ContainsNul));
        assert_eq!(out, b"");
    }

    #[test]
    fn later_responses_are_bytes_as_they_are() {
        let mut out = Vec::new();
        sasl_response(&mut out, b"c=\0").unwrap();
        gss_response(&mut out, b"").unwrap();
        assert_eq!(out, b"p\0\0\0\x07c=\0p\0\0\0\x04");
    }
}
