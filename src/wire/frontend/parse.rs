use super::EncodeError;
use super::writer::message;
use crate::wire::tag::frontend::PARSE;

/// Appends Parse: makes the prepared statement of this name, an empty name being the unnamed one.
///
/// `types` are the object ids of the first parameters' types; 0, or one that is missing, leaves
/// the type to the server.
pub fn parse(
    out: &mut Vec<u8>,
    statement: &[u8],
    sql: &[u8],
    types: &[u32],
) -> Result<(), EncodeError> {
    let body_len = statement
        .len()
        .saturating_add(sql.len())
        .saturating_add(types.len().saturating_mul(4))
        .saturating_add(4);
    message(out, PARSE, body_len, |writer| {
        writer.cstr(statement)?;
        writer.cstr(sql)?;
        writer.count(types.len())?;
        for oid in types {
            writer.u32(*oid);
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_follow_the_query() {
        let mut out = Vec::new();
        parse(&mut out, b"s", b"SELECT $1", &[23, 0]).unwrap();
        assert_eq!(out, b"P\0\0\0\x1as\0SELECT $1\0\0\x02\0\0\0\x17\0\0\0\0");
        assert_eq!(out.capacity(), out.len());
    }

    #[test]
    fn what_cannot_be_sent_leaves_no_trace() {
        let mut out = Vec::new();
        let too_many = parse(&mut out, b"", b"", &[0; 0x1_0000]);
        assert_eq!(too_many, Err(EncodeError::TooMany));
        let in_name = parse(&mut out, b"\0", b"", &[]);
        assert_eq!(in_name, Err(EncodeError::ContainsNul));
        let in_query = parse(&mut out, b"", b"SELECT\0", &[]);
        assert_eq!(in_query, Err(EncodeError::ContainsNul));
        assert_eq!(out, b"");
    }
}
