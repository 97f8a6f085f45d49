use super::EncodeError;
use super::writer::message;
use crate::wire::tag::frontend::QUERY;

/// Appends Query: a simple query of one or more commands.
pub fn query(out: &mut Vec<u8>, sql: &[u8]) -> Result<(), EncodeError> {
    let body_len = sql.len().saturating_add(1);
    message(out, QUERY, body_len, |writer| writer.cstr(sql))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_ends_with_a_zero_byte() {
        let mut out = Vec::new();
        query(&mut out, b"SELECT 1").unwrap();
        query(&mut out, b"").unwrap();
        assert_eq!(out, b"Q\0\0\0\x0dSELECT 1\0Q\0\0\0\x05\0");
    }

    #[test]
    fn a_zero_byte_inside_is_refused() {
        let mut out = b"before".to_vec();
        let result = query(&mut out, b"SELECT 1\0; DROP TABLE t");
        assert_eq!(result, Err(EncodeError::ContainsNul));
        assert_eq!(out, b"before");
    }

    #[test]
    #[cfg(target_pointer_width = "64")]
    #[cfg_attr(miri, ignore = "takes 2 GiB")]
    fn a_query_over_2_gib_is_refused_unread() {
        let mut out = Vec::new();
        // Never touched, so the operating system never backs it with memory.
        let sql = vec![0; 0x7fff_fffb];
        assert_eq!(query(&mut out, &sql), Err(EncodeError::TooLong));
        assert_eq!(out.capacity(), 0);
    }
}
