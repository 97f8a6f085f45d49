//! Encoding the values of parameters.

use bytes::{BufMut, BytesMut};
use postgres_types::{Format, IsNull, ToSql, Type};

use crate::error::{Error, ErrorKind};
use crate::wire::frontend::EncodedParams;

use super::failure::usage;
use super::row::shown;

/// The format of all values where none is text.
const BINARY: [i16; 1] = [1];
/// What stands in front of a value's number in an error.
const PARAMETER: &str = "parameter $";
const COLUMN: &str = "column ";
/// Capacity that is kept from one command to the next.
const KEPT: usize = 16 << 10;

/// A value of a parameter, as the client's methods take it.
pub(super) type Param<'a> = &'a (dyn ToSql + Sync);

/// The values of one execution in the form in which they are sent; the memory is used again.
pub(super) struct ParamBuffer {
    values: BytesMut,
    /// Format codes, where some value is text.
    formats: Vec<i16>,
    count: usize,
    /// What a value belongs to, in front of its number in an error.
    noun: &'static str,
}

impl Default for ParamBuffer {
    fn default() -> Self {
        Self {
            values: BytesMut::new(),
            formats: Vec::new(),
            count: 0,
            noun: PARAMETER,
        }
    }
}

impl ParamBuffer {
    /// Encodes one value for each type.
    pub(super) fn encode(&mut self, types: &[Type], params: &[Param<'_>]) -> Result<(), Error> {
        if types.len() != params.len() {
            return Err(wrong_count(types.len(), params.len()));
        }
        self.encode_all(types.iter().zip(params.iter().copied()))
    }

    /// Encodes the values of a row to be copied, which are called by the number of their column.
    pub(super) fn encode_row(&mut self, types: &[Type], row: &[Param<'_>]) -> Result<(), Error> {
        if types.len() != row.len() {
            return Err(usage(format!(
                "the copy is of {} columns, and {} values were given",
                types.len(),
                row.len()
            )));
        }
        self.noun = COLUMN;
        self.encode(types, row)?;
        match self.formats.iter().position(|format| *format == 0) {
            None => Ok(()),
            Some(index) => Err(Fault::Text.of(self.noun, index, &types[index])),
        }
    }

    /// Encodes values that bring their types along.
    pub(super) fn encode_typed(&mut self, params: &[(Param<'_>, Type)]) -> Result<(), Error> {
        self.encode_all(params.iter().map(|(param, type_)| (type_, *param)))
    }

    fn encode_all<'p>(
        &mut self,
        params: impl ExactSizeIterator<Item = (&'p Type, Param<'p>)>,
    ) -> Result<(), Error> {
        self.clear();
        self.count = params.len();
        for (index, (type_, param)) in params.enumerate() {
            let format = param.encode_format(type_);
            self.note_format(index, format);
            self.encode_one(type_, param)
                .map_err(|fault| fault.of(self.noun, index, type_))?;
        }
        Ok(())
    }

    /// Appends a value behind its length.
    fn encode_one(&mut self, type_: &Type, param: Param<'_>) -> Result<(), Fault> {
        let begin = self.values.len();
        self.values.put_i32(-1);
        let is_null = param
            .to_sql_checked(type_, &mut self.values)
            .map_err(Fault::Conversion)?;
        let behind_length = begin + size_of::<i32>();
        let Some(length) = self.values.len().checked_sub(behind_length) else {
            let cause = "the conversion has taken away bytes that are not its own";
            return Err(Fault::Conversion(cause.into()));
        };
        match is_null {
            IsNull::Yes => self.values.truncate(behind_length),
            IsNull::No => {
                let length = i32::try_from(length).map_err(|_| Fault::TooLong)?;
                self.values[begin..behind_length].copy_from_slice(&length.to_be_bytes());
            }
        }
        Ok(())
    }

    fn note_format(&mut self, index: usize, format: Format) {
        let code = match format {
            Format::Binary if self.formats.is_empty() => return,
            Format::Binary => 1,
            Format::Text => 0,
        };
        // All values before the first text are binary.
        self.formats.resize(index, 1);
        self.formats.push(code);
    }

    fn clear(&mut self) {
        self.count = 0;
        self.formats.clear();
        if self.values.capacity() > KEPT {
            self.values = BytesMut::new();
        } else {
            self.values.clear();
        }
    }

    /// What has been encoded last.
    pub(super) fn encoded(&self) -> EncodedParams<'_> {
        EncodedParams {
            formats: if self.formats.is_empty() {
                &BINARY
            } else {
                &self.formats
            },
            count: self.count,
            values: &self.values,
        }
    }
}

/// Why a value could not be encoded.
enum Fault {
    TooLong,
    /// In text format, where only binary will do.
    Text,
    Conversion(Box<dyn std::error::Error + Sync + Send>),
}

impl Fault {
    #[cold]
    fn of(self, noun: &str, index: usize, type_: &Type) -> Error {
        let (place, type_) = (format!("{noun}{}", index + 1), shown(type_));
        match self {
            Self::TooLong => Error::new(
                ErrorKind::TooLarge,
                format!("the value of {place} is longer than 2147483647 bytes"),
            ),
            Self::Text => Error::new(
                ErrorKind::Value,
                format!("the value of {place} comes as text, and {type_} is copied in binary"),
            ),
            Self::Conversion(cause) => {
                let cast = match noun {
                    PARAMETER => ", or cast the parameter in the query",
                    _ => "",
                };
                let message = format!(
                    "the value of {place} cannot be sent as {type_}: {cause}; pass a Rust type that \
                     gives {type_}{cast}"
                );
                Error::new(ErrorKind::Value, message).with_source(cause)
            }
        }
    }
}

#[cold]
fn wrong_count(wanted: usize, given: usize) -> Error {
    usage(format!(
        "the statement takes {wanted} parameter{}, and {given} {} given",
        if wanted == 1 { "" } else { "s" },
        if given == 1 { "was" } else { "were" },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_behind_their_lengths() {
        let mut buffer = ParamBuffer::default();
        let types = [Type::INT4, Type::TEXT, Type::TEXT];
        buffer
            .encode(&types, &[&7i32, &"ab", &None::<&str>])
            .unwrap();
        let encoded = buffer.encoded();
        assert_eq!(encoded.count, 3);
        assert_eq!(encoded.formats, BINARY);
        assert_eq!(
            encoded.values,
            b"\0\0\0\x04\0\0\0\x07\0\0\0\x02ab\xff\xff\xff\xff"
        );
    }

    #[test]
    fn a_value_of_the_wrong_type_is_named_by_its_number() {
        let mut buffer = ParamBuffer::default();
        let error = buffer
            .encode(&[Type::INT4, Type::BOOL], &[&1i32, &1i32])
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Value);
        assert!(
            error
                .to_string()
                .contains("parameter $2 cannot be sent as bool"),
            "{error}"
        );
        assert!(std::error::Error::source(&error).is_some());
    }

    #[test]
    fn the_number_of_values_must_fit() {
        let mut buffer = ParamBuffer::default();
        let error = buffer.encode(&[Type::INT4], &[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the statement takes 1 parameter, and 0 were given"
        );
        assert_eq!(error.kind(), ErrorKind::Usage);
    }

    #[derive(Debug)]
    struct AsText(&'static str);

    impl ToSql for AsText {
        fn to_sql(
            &self,
            _: &Type,
            out: &mut BytesMut,
        ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
            out.put_slice(self.0.as_bytes());
            Ok(IsNull::No)
        }

        fn accepts(_: &Type) -> bool {
            true
        }

        fn encode_format(&self, _: &Type) -> Format {
            Format::Text
        }

        postgres_types::to_sql_checked!();
    }

    #[test]
    fn a_value_in_text_gives_every_value_its_format() {
        let mut buffer = ParamBuffer::default();
        let types = [Type::INT4, Type::NUMERIC, Type::INT4];
        buffer
            .encode(&types, &[&7i32, &AsText("1.50"), &8i32])
            .unwrap();
        assert_eq!(buffer.encoded().formats, [1, 0, 1]);
        buffer.encode(&types[..1], &[&7i32]).unwrap();
        assert_eq!(buffer.encoded().formats, BINARY);
    }

    #[derive(Debug)]
    struct Thief;

    impl ToSql for Thief {
        fn to_sql(
            &self,
            _: &Type,
            out: &mut BytesMut,
        ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
            out.clear();
            Ok(IsNull::No)
        }

        fn accepts(_: &Type) -> bool {
            true
        }

        postgres_types::to_sql_checked!();
    }

    #[test]
    fn a_conversion_that_empties_the_buffer_is_refused() {
        let error = ParamBuffer::default()
            .encode(&[Type::INT4], &[&Thief])
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Value);
    }
}
