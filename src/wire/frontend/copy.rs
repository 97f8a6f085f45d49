use super::EncodeError;
use super::writer::{bare, message};
use crate::wire::tag::frontend::{COPY_DATA, COPY_DONE, COPY_FAIL};

/// Appends CopyData: a piece of the data of a COPY, cut anywhere.
pub fn copy_data(out: &mut Vec<u8>, data: &[u8]) -> Result<(), EncodeError> {
    message(out, COPY_DATA, data.len(), |writer| writer.bytes(data))
}

/// Appends CopyDone: all the data has been sent.
pub fn copy_done(out: &mut Vec<u8>) {
    bare(out, COPY_DONE);
}

/// Appends CopyFail: the COPY is to fail, and the server to report this as the cause.
pub fn copy_fail(out: &mut Vec<u8>, cause: &[u8]) -> Result<(), EncodeError> {
    let body_len = cause.len().saturating_add(1);
    message(out, COPY_FAIL, body_len, |writer| writer.cstr(cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_goes_as_it_is() {
        let mut out = Vec::new();
        copy_data(&mut out, b"1\tone\n\0").unwrap();
        copy_data(&mut out, b"").unwrap();
        copy_done(&mut out);
        assert_eq!(out, b"d\0\0\0\x0b1\tone\n\0d\0\0\0\x04c\0\0\0\x04");
    }

    #[test]
    fn a_failure_says_its_cause() {
        let mut out = Vec::new();
        copy_fail(&mut out, b"no").unwrap();
        assert_eq!(out, b"f\0\0\0\x07no\0");
        assert_eq!(copy_fail(&mut out, b"\0"), Err(EncodeError::ContainsNul));
        assert_eq!(out, b"f\0\0\0\x07no\0");
    }
}
