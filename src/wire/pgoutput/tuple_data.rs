use crate::wire::{Cursor, Element, List, Malformed};

/// The values of a row.
#[derive(Debug, Clone, Copy)]
pub struct TupleData<'a> {
    /// One value for each published column.
    pub values: List<'a, TupleValue<'a>>,
}

impl<'a> Element<'a> for TupleData<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        let count = cursor.count16()?;
        let values = List::read(cursor, count)?;
        Ok(Self { values })
    }
}

/// One value of a [`TupleData`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TupleValue<'a> {
    /// NULL.
    Null,
    /// A large value that has not changed, and so is not sent.
    UnchangedToast,
    /// The value in text format.
    Text(&'a [u8]),
    /// The value in binary format.
    Binary(&'a [u8]),
}

impl<'a> TupleValue<'a> {
    /// The text of a value in text format that is UTF-8.
    pub fn as_text(&self) -> Option<&'a str> {
        match self {
            Self::Text(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }
}

impl<'a> Element<'a> for TupleValue<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        let kind = cursor.u8()?;
        let mut bytes = || {
            let len = cursor.i32()?;
            cursor.take(usize::try_from(len).map_err(|_| Malformed::INVALID_LENGTH)?)
        };
        match kind {
            b'n' => Ok(Self::Null),
            b'u' => Ok(Self::UnchangedToast),
            b't' => bytes().map(Self::Text),
            b'b' => bytes().map(Self::Binary),
            _ => Err(Malformed("unknown kind of column value in message")),
        }
    }
}
