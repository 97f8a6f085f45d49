use super::EncodeError;
use super::writer::message;
use crate::wire::tag::frontend::FUNCTION_CALL;

/// Appends FunctionCall: calls the function with this object id.
///
/// `formats` are the arguments' format codes (0 text, 1 binary): none for all text, one for all
/// arguments, or one for each. A NULL argument is `None`.
pub fn function_call<'a>(
    out: &mut Vec<u8>,
    function: u32,
    formats: &[i16],
    arguments: impl IntoIterator<Item = Option<&'a [u8]>>,
    result_format: i16,
) -> Result<(), EncodeError> {
    message(out, FUNCTION_CALL, 0, |writer| {
        writer.u32(function);
        writer.formats(formats)?;
        let later = writer.count_later();
        let mut count: u16 = 0;
        for argument in arguments {
            count = count.checked_add(1).ok_or(EncodeError::TooMany)?;
            writer.value(argument)?;
        }
        writer.set_count(later, count);
        writer.i16(result_format);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_counted_as_they_are_written() {
        let mut out = Vec::new();
        let arguments = [Some(&b"ab"[..]), None];
        function_call(&mut out, 952, &[1], arguments, 1).unwrap();
        assert_eq!(
            out,
            b"F\0\0\0\x1a\0\0\x03\xb8\0\x01\0\x01\0\x02\0\0\0\x02ab\xff\xff\xff\xff\0\x01"
        );
    }

    #[test]
    fn a_function_may_have_no_arguments() {
        let mut out = Vec::new();
        function_call(&mut out, 1, &[], [], 0).unwrap();
        assert_eq!(out, b"F\0\0\0\x0e\0\0\0\x01\0\0\0\0\0\0");
    }

    #[test]
    #[cfg_attr(miri, ignore = "slow")]
    fn counts_go_up_to_65535() {
        let mut out = Vec::new();
        let arguments = |count| std::iter::repeat_n(None, count);
        function_call(&mut out, 1, &[], arguments(0xffff), 0).unwrap();
        let before = out.len();
        let result = function_call(&mut out, 1, &[], arguments(0x1_0000), 0);
        assert_eq!(result, Err(EncodeError::TooMany));
        let result = function_call(&mut out, 1, &[0; 0x1_0000], [], 0);
        assert_eq!(result, Err(EncodeError::TooMany));
        assert_eq!(out.len(), before);
    }
}
