use super::EncodeError;
use super::target::{Target, describe};
use super::writer::message;
use crate::wire::tag::frontend::EXECUTE;

/// Describe and Execute of the unnamed portal, all rows.
const RUN_UNNAMED: [u8; 17] = *b"D\0\0\0\x06P\0E\0\0\0\x09\0\0\0\0\0";

/// Appends Describe and Execute of the unnamed portal: what follows a Bind as a rule, ready made
/// where all rows are wanted (`max_rows` 0).
pub fn run_unnamed(out: &mut Vec<u8>, max_rows: i32) -> Result<(), EncodeError> {
    if max_rows == 0 {
        out.extend_from_slice(&RUN_UNNAMED);
        return Ok(());
    }
    describe(out, Target::Portal, b"")?;
    execute(out, b"", max_rows)
}

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
    fn what_is_ready_made_is_what_would_be_encoded() {
        let encoded = |max_rows| {
            let mut out = Vec::new();
            describe(&mut out, Target::Portal, b"").unwrap();
            execute(&mut out, b"", max_rows).unwrap();
            out
        };
        for max_rows in [0, 1, 500] {
            let mut out = Vec::new();
            run_unnamed(&mut out, max_rows).unwrap();
            assert_eq!(out, encoded(max_rows));
        }
    }

    #[test]
    fn names_hold_no_zero_byte() {
        let mut out = Vec::new();
        assert_eq!(execute(&mut out, b"\0", 0), Err(EncodeError::ContainsNul));
        assert_eq!(out, b"");
    }
}
