use super::writer::bare;
use crate::wire::tag::frontend::{FLUSH, SYNC, TERMINATE};

/// Appends Sync: ends the implicit transaction and asks for ReadyForQuery.
pub fn sync(out: &mut Vec<u8>) {
    bare(out, SYNC);
}

/// Appends Flush: asks the server to send what it holds back.
pub fn flush(out: &mut Vec<u8>) {
    bare(out, FLUSH);
}

/// Appends Terminate: the connection is about to be closed.
pub fn terminate(out: &mut Vec<u8>) {
    bare(out, TERMINATE);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_without_fields_are_a_type_and_a_length() {
        let mut out = Vec::new();
        sync(&mut out);
        flush(&mut out);
        terminate(&mut out);
        assert_eq!(out, b"S\0\0\0\x04H\0\0\0\x04X\0\0\0\x04");
    }
}
