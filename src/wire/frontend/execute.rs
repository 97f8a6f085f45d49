use super::EncodeError;
use super::writer::message;
use crate::wire::tag::frontend::EXECUTE;

/// Appends Execute: runs the portal of this name, an empty name being the unnamed one, until it
/// has returned `max_rows` rows; 0 means all.
pub fn execute(out: &mut Vec<u8>, portal: &[u8], max_rows: i32) -> Result<(), EncodeError> {
    let body_len = portal.len().saturating_add(5);
    message(out, EXECUTE, body_len, |writer| {
        writer.cstr(portal)?;
        writer.i32(max_rows);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_follows_the_name() {
        let mut out = Vec::new();
        execute(&mut out, b"", 0).unwrap();
        execute(&mut out, b"c1", 258).unwrap();
        assert_eq!(out, b"E\0\0\0\x09\0\0\0\0\0E\0\0\0\x0bc1\0\0\0\x01\x02");
    }

    #[test]
    fn names_hold_no_zero_byte() {
        let mut out = Vec::new();
        assert_eq!(execute(&mut out, b"\0", 0), Err(EncodeError::ContainsNul));
        assert_eq!(out, b"");
    }
}
