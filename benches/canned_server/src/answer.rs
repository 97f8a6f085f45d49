//! What a query's text asks for, and the bytes that answer it.

use std::io::{self, Write};

use crate::frame::{cstr, message};

/// About how many bytes of rows are prepared; longer answers repeat them.
const BLOCK_BYTES: usize = 1 << 20;
const OID_INT4: u32 = 23;
const OID_TEXT: u32 = 25;
/// What a word of a query's text begins with that names the type of a parameter.
const PARAMETER: char = '$';

/// An answer, named by the text of the query.
///
/// | text | answer |
/// |---|---|
/// | `select 1` | one row, one `int4` column, value 1 |
/// | `rows N COLUMNS WIDTH` | N rows of text columns, each value WIDTH bytes |
/// | `copyout N WIDTH` | COPY OUT of N messages of WIDTH bytes, a newline ending each |
/// | `copyin` | COPY IN; whatever arrives is counted and forgotten |
/// | `insert` and anything behind it | CommandComplete `INSERT 0 1` |
/// | nothing | EmptyQueryResponse |
/// | anything else | CommandComplete `OK` |
///
/// Words such as `$int4` and `$text` may stand behind all else: they are the statement's
/// parameters, which a description of it lists.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Answer {
    SelectOne,
    Rows {
        count: u64,
        columns: u16,
        width: u32,
    },
    CopyOut {
        count: u64,
        width: u32,
    },
    CopyIn,
    Insert,
    Empty,
    Command,
}

impl Answer {
    pub(crate) fn parse(sql: &str) -> Self {
        let sql = sql.trim().trim_end_matches(';');
        let words = sql.split_ascii_whitespace();
        let mut words = words.take_while(|word| !word.starts_with(PARAMETER));
        match (words.next(), words.next(), words.next(), words.next()) {
            (None, ..) => Self::Empty,
            (Some(word), Some("1"), None, None) if word.eq_ignore_ascii_case("select") => {
                Self::SelectOne
            }
            (Some("rows"), Some(count), Some(columns), Some(width)) => {
                match (count.parse(), columns.parse(), width.parse()) {
                    (Ok(count), Ok(columns), Ok(width)) => Self::Rows {
                        count,
                        columns,
                        width,
                    },
                    _ => Self::Command,
                }
            }
            (Some("copyout"), Some(count), Some(width), None) => {
                match (count.parse(), width.parse()) {
                    (Ok(count), Ok(width)) => Self::CopyOut { count, width },
                    _ => Self::Command,
                }
            }
            (Some("copyin"), None, ..) => Self::CopyIn,
            (Some("insert"), ..) => Self::Insert,
            _ => Self::Command,
        }
    }

    /// Appends the RowDescription, or NoData where there are no columns.
    pub(crate) fn describe(self, out: &mut Vec<u8>) {
        match self {
            Self::SelectOne => row_description(out, 1, |_| "?column?".to_owned(), OID_INT4),
            Self::Rows { columns, .. } => {
                row_description(out, columns, |column| format!("column_{column}"), OID_TEXT);
            }
            _ => message(out, b'n', |_| ()),
        }
    }

    /// The message that ends the answer.
    pub(crate) fn complete(self, out: &mut Vec<u8>) {
        let tag = match self {
            Self::SelectOne => "SELECT 1".to_owned(),
            Self::Rows { count, .. } => format!("SELECT {count}"),
            Self::CopyOut { count, .. } => format!("COPY {count}"),
            Self::CopyIn => "COPY 0".to_owned(),
            Self::Insert => "INSERT 0 1".to_owned(),
            Self::Empty => return message(out, b'I', |_| ()),
            Self::Command => "OK".to_owned(),
        };
        message(out, b'C', |body| cstr(body, &tag));
    }

    /// The messages that are repeated to make the data, or `None` where there are none.
    pub(crate) fn block(self) -> Option<Block> {
        match self {
            Self::SelectOne => Some(Block::repeat(1, |out, _| data_row(out, 1, 1, 1))),
            Self::Rows {
                count,
                columns,
                width,
            } => Some(Block::repeat(count, |out, row| {
                data_row(out, columns, width, row);
            })),
            Self::CopyOut { count, width } => Some(Block::repeat(count, |out, row| {
                message(out, b'd', |body| {
                    value(body, width, row);
                    if let Some(last) = body.last_mut().filter(|_| width > 0) {
                        *last = b'\n';
                    }
                });
            })),
            _ => None,
        }
    }
}

/// The types of the parameters that a query's text names.
pub(crate) fn parameters(sql: &str) -> impl Iterator<Item = u32> {
    let words = sql.split_ascii_whitespace();
    words.filter_map(|word| match word.strip_prefix(PARAMETER)? {
        "int4" => Some(OID_INT4),
        "text" => Some(OID_TEXT),
        _ => None,
    })
}

fn row_description(out: &mut Vec<u8>, columns: u16, name: impl Fn(u16) -> String, oid: u32) {
    message(out, b'T', |body| {
        body.extend_from_slice(&columns.to_be_bytes());
        for column in 0..columns {
            cstr(body, &name(column));
            body.extend_from_slice(&[0; 6]); // no table, no column of one
            body.extend_from_slice(&oid.to_be_bytes());
            let type_length: i16 = if oid == OID_INT4 { 4 } else { -1 };
            body.extend_from_slice(&type_length.to_be_bytes());
            body.extend_from_slice(&(-1i32).to_be_bytes());
            body.extend_from_slice(&0i16.to_be_bytes()); // text
        }
    });
}

fn data_row(out: &mut Vec<u8>, columns: u16, width: u32, row: u64) {
    message(out, b'D', |body| {
        body.extend_from_slice(&columns.to_be_bytes());
        for column in 0..columns {
            body.extend_from_slice(&width.to_be_bytes());
            value(body, width, row + u64::from(column));
        }
    });
}

/// A number in decimal, filled up with zeros in front, or its last digits where it is too long.
fn value(out: &mut Vec<u8>, width: u32, number: u64) {
    let width = width as usize;
    let digits = number.to_string();
    let kept = digits.len().min(width);
    out.resize(out.len() + width - kept, b'0');
    out.extend_from_slice(&digits.as_bytes()[digits.len() - kept..]);
}

/// Messages made once and written as often as the answer needs them.
#[derive(Debug)]
pub(crate) struct Block {
    bytes: Vec<u8>,
    /// Where each message of the block ends.
    ends: Vec<usize>,
    count: u64,
}

impl Block {
    fn repeat(count: u64, make: impl Fn(&mut Vec<u8>, u64)) -> Self {
        let mut bytes = Vec::new();
        let mut ends = Vec::new();
        while (ends.len() as u64) < count && bytes.len() < BLOCK_BYTES {
            make(&mut bytes, ends.len() as u64 + 1);
            ends.push(bytes.len());
        }
        Self { bytes, ends, count }
    }

    /// Writes every message of the answer, many in each write.
    pub(crate) fn write(&self, stream: &mut impl Write) -> io::Result<()> {
        let mut left = self.count;
        while left > 0 {
            let messages = left.min(self.ends.len() as u64);
            stream.write_all(&self.bytes[..self.ends[messages as usize - 1]])?;
            left -= messages;
        }
        Ok(())
    }

    /// The messages where they are few enough to be sent along with what surrounds them.
    pub(crate) fn small(&self) -> Option<&[u8]> {
        (self.count == self.ends.len() as u64 && self.bytes.len() <= 4096).then_some(&self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_the_answer() {
        assert_eq!(Answer::parse("SELECT 1;"), Answer::SelectOne);
        assert_eq!(
            Answer::parse("rows 20 10 8"),
            Answer::Rows {
                count: 20,
                columns: 10,
                width: 8
            }
        );
        assert_eq!(
            Answer::parse("copyout 5 80"),
            Answer::CopyOut {
                count: 5,
                width: 80
            }
        );
        assert_eq!(Answer::parse("copyin"), Answer::CopyIn);
        assert_eq!(Answer::parse("insert $int4 $text"), Answer::Insert);
        assert_eq!(Answer::parse("select 1 $int4"), Answer::SelectOne);
        assert_eq!(Answer::parse(" ; "), Answer::Empty);
        assert_eq!(Answer::parse("rows many"), Answer::Command);
    }

    #[test]
    fn parameters_stand_behind_the_rest() {
        let types: Vec<u32> = parameters("insert $int4 $text").collect();
        assert_eq!(types, [OID_INT4, OID_TEXT]);
        assert_eq!(parameters("rows 1 1 8").count(), 0);
    }

    #[test]
    fn an_answer_longer_than_its_block_is_written_whole() {
        let answer = Answer::Rows {
            count: 100_000,
            columns: 10,
            width: 8,
        };
        let mut written = Vec::new();
        answer.block().unwrap().write(&mut written).unwrap();
        assert_eq!(written.len(), 100_000 * (1 + 4 + 2 + 10 * (4 + 8)));
    }

    #[test]
    fn a_copy_message_has_its_width_and_ends_its_line() {
        let block = Answer::CopyOut {
            count: 1,
            width: 80,
        }
        .block()
        .unwrap();
        let bytes = block.small().unwrap();
        assert_eq!(bytes.len(), 1 + 4 + 80);
        assert_eq!(bytes.last(), Some(&b'\n'));
    }
}
