use super::EncodeError;
use super::writer::{contains_nul, exact, message};
use crate::wire::tag::frontend::BIND;

/// The parameters of a [`bind`].
#[derive(Clone, Copy)]
pub struct BindParams<'a> {
    /// The values' format codes (0 text, 1 binary): none for all text, one for all values, or one
    /// for each value.
    pub formats: &'a [i16],
    /// The values, NULL being `None`.
    pub values: &'a [Option<&'a [u8]>],
}

/// Appends Bind: makes the portal of this name from the prepared statement of that name. An empty
/// name stands for the unnamed one.
pub fn bind(
    out: &mut Vec<u8>,
    portal: &[u8],
    statement: &[u8],
    params: &BindParams<'_>,
    result_formats: &[i16],
) -> Result<(), EncodeError> {
    let &BindParams { formats, values } = params;
    let most = usize::from(u16::MAX);
    if values.len() > most || formats.len() > most || result_formats.len() > most {
        return Err(EncodeError::TooMany);
    }
    if contains_nul(portal) || contains_nul(statement) {
        return Err(EncodeError::ContainsNul);
    }
    // Two zero bytes and three counts; a length for each value.
    let fixed = 8 + 4 * values.len() + 2 * (formats.len() + result_formats.len());
    let body_len = values
        .iter()
        .map(|value| value.map_or(0, <[u8]>::len))
        .fold(fixed, usize::saturating_add)
        .saturating_add(portal.len().saturating_add(statement.len()));
    let mut body = exact(out, BIND, body_len)?;
    body.cstr(portal);
    body.cstr(statement);
    body.formats(formats);
    body.count(values.len());
    for value in values {
        body.value(*value);
    }
    body.formats(result_formats);
    body.finish();
    Ok(())
}

/// Parameters whose values are in the form that [`bind_encoded`] sends already.
#[derive(Clone, Copy, Default)]
pub struct EncodedParams<'a> {
    /// The values' format codes, as in [`BindParams`].
    pub formats: &'a [i16],
    /// How many values there are.
    pub count: usize,
    /// The values, each behind its length of four bytes, -1 being NULL.
    pub values: &'a [u8],
}

/// As [`bind`], with values that are encoded already. Their form is the caller's to answer for: a
/// server refuses a message whose lengths do not add up.
pub fn bind_encoded(
    out: &mut Vec<u8>,
    portal: &[u8],
    statement: &[u8],
    params: &EncodedParams<'_>,
    result_formats: &[i16],
) -> Result<(), EncodeError> {
    let names = portal.len().saturating_add(statement.len());
    let codes = params.formats.len().saturating_add(result_formats.len());
    // Two zero bytes and three counts.
    let body_len = 8usize
        .saturating_add(params.values.len())
        .saturating_add(names)
        .saturating_add(codes.saturating_mul(2));
    message(out, BIND, body_len, |writer| {
        writer.cstr(portal)?;
        writer.cstr(statement)?;
        writer.formats(params.formats)?;
        writer.count(params.count)?;
        writer.bytes(params.values)?;
        writer.formats(result_formats)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: BindParams<'_> = BindParams {
        formats: &[],
        values: &[],
    };

    #[test]
    fn values_stand_between_the_formats() {
        let mut out = Vec::new();
        let params = BindParams {
            formats: &[1, 0],
            values: &[Some(b"\0\0\0\x07"), None],
        };
        bind(&mut out, b"p", b"st", &params, &[1]).unwrap();
        assert_eq!(
            out,
            b"B\0\0\0\x21p\0st\0\0\x02\0\x01\0\0\0\x02\
              \0\0\0\x04\0\0\0\x07\xff\xff\xff\xff\0\x01\0\x01"
        );
    }

    #[test]
    fn values_encoded_beforehand_make_the_same_message() {
        let (mut whole, mut encoded) = (Vec::new(), Vec::new());
        let params = BindParams {
            formats: &[1],
            values: &[Some(b"\0\0\0\x07"), None],
        };
        bind(&mut whole, b"p", b"st", &params, &[1]).unwrap();
        let params = EncodedParams {
            formats: &[1],
            count: 2,
            values: b"\0\0\0\x04\0\0\0\x07\xff\xff\xff\xff",
        };
        bind_encoded(&mut encoded, b"p", b"st", &params, &[1]).unwrap();
        assert_eq!(whole, encoded);
        assert_eq!(encoded.capacity(), encoded.len());
    }

    #[test]
    fn the_unnamed_portal_without_parameters() {
        let mut out = Vec::new();
        bind(&mut out, b"", b"", &NONE, &[]).unwrap();
        assert_eq!(out, b"B\0\0\0\x0c\0\0\0\0\0\0\0\0");
    }

    #[test]
    fn memory_is_taken_once_and_exactly() {
        let mut out = Vec::new();
        let values = vec![Some(&b"0123456789"[..]); 1000];
        let params = BindParams {
            formats: &[1],
            values: &values,
        };
        bind(&mut out, b"p", b"s", &params, &[0]).unwrap();
        assert_eq!(out.capacity(), out.len());
    }

    #[test]
    #[cfg_attr(miri, ignore = "slow")]
    fn counts_go_up_to_65535() {
        let mut out = Vec::new();
        let (values, formats) = (vec![None; 0x1_0000], vec![0; 0x1_0000]);
        let most = BindParams {
            formats: &formats[1..],
            values: &values[1..],
        };
        bind(&mut out, b"", b"", &most, &formats[1..]).unwrap();
        assert_eq!(out.len(), 1 + 4 + 8 + 8 * 0xffff);

        let mut refused = |params: &BindParams<'_>, results: &[i16]| {
            let before = out.len();
            let result = bind(&mut out, b"", b"", params, results);
            assert_eq!(result, Err(EncodeError::TooMany));
            assert_eq!(out.len(), before);
        };
        refused(
            &BindParams {
                values: &values,
                ..NONE
            },
            &[],
        );
        refused(
            &BindParams {
                formats: &formats,
                ..NONE
            },
            &[],
        );
        refused(&NONE, &formats);
    }

    #[test]
    #[cfg_attr(miri, ignore = "slow")]
    fn a_message_over_2_gib_is_refused_before_memory_is_taken() {
        let value = vec![0; 0x1_0000];
        let values = vec![Some(&value[..]); 0x8000];
        let params = BindParams {
            formats: &[],
            values: &values,
        };
        let mut out = Vec::new();
        let result = bind(&mut out, b"", b"", &params, &[]);
        assert_eq!(result, Err(EncodeError::TooLong));
        assert_eq!(out.capacity(), 0);
    }

    #[test]
    fn names_hold_no_zero_byte() {
        let mut out = b"before".to_vec();
        for (portal, statement) in [(&b"a\0"[..], &b"b"[..]), (b"a", b"\0b")] {
            let result = bind(&mut out, portal, statement, &NONE, &[]);
            assert_eq!(result, Err(EncodeError::ContainsNul));
        }
        assert_eq!(out, b"before");
    }
}
