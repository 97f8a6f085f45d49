use crate::wire::{Cursor, List, Malformed};

/// The types of a prepared statement's parameters.
#[derive(Debug, Clone, Copy)]
pub struct ParameterDescription<'a> {
    /// The object id of each parameter's type.
    pub types: List<'a, u32>,
}

impl<'a> ParameterDescription<'a> {
    /// Decodes the message's body.
    pub fn decode(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(body);
        // Not signed, as a statement may have up to 65535 parameters.
        let count = cursor.u16()?;
        let types = List::read(&mut cursor, count.into())?;
        cursor.finish()?;
        Ok(Self { types })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::exact;

    #[test]
    fn each_parameter_has_a_type() {
        let body = b"\0\x02\0\0\0\x17\0\0\0\x19";
        let message = exact!(body, ParameterDescription::decode);
        assert!(message.types.iter().eq([23, 25]));
        assert!(
            exact!(b"\0\0", ParameterDescription::decode)
                .types
                .is_empty()
        );
    }

    #[test]
    #[cfg_attr(miri, ignore = "slow")]
    fn all_65535_parameters_can_be_described() {
        let body = [&[0xff, 0xff][..], &[0; 4 * 0xffff]].concat();
        let message = ParameterDescription::decode(&body).unwrap();
        assert_eq!(message.types.len(), 0xffff);
    }
}
