use std::fmt;
use std::marker::PhantomData;

use super::{Cursor, Malformed};

/// One of several alike parts of a message.
pub trait Element<'a>: Sized {
    /// Reads the part at the cursor.
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed>;
}

/// An object identifier.
impl Element<'_> for u32 {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        cursor.u32()
    }
}

/// A format code.
impl Element<'_> for i16 {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        cursor.i16()
    }
}

/// A string, without the zero byte at its end.
impl<'a> Element<'a> for &'a [u8] {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        cursor.cstr()
    }
}

/// A value behind its length, or NULL.
impl<'a> Element<'a> for Option<&'a [u8]> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        cursor.value()
    }
}

/// A counted sequence of alike parts of a message, all of them checked when the list was decoded.
///
/// The list borrows the message; its elements are decoded again as they are asked for, so that a
/// count the server made up costs no memory.
#[derive(Clone, Copy)]
pub struct List<'a, T> {
    bytes: &'a [u8],
    len: usize,
    element: PhantomData<fn() -> T>,
}

impl<'a, T: Element<'a>> List<'a, T> {
    /// Takes `len` elements off the cursor, checking each.
    pub fn read(cursor: &mut Cursor<'a>, len: usize) -> Result<Self, Malformed> {
        let start = *cursor;
        for _ in 0..len {
            T::read(cursor)?;
        }
        let mut whole = start;
        Ok(Self {
            bytes: whole.take(start.remaining() - cursor.remaining())?,
            len,
            element: PhantomData,
        })
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The elements in the order they were sent.
    pub fn iter(&self) -> ListIter<'a, T> {
        ListIter {
            cursor: Cursor::new(self.bytes),
            left: self.len,
            element: PhantomData,
        }
    }
}

impl<'a, T: Element<'a>> IntoIterator for List<'a, T> {
    type Item = T;
    type IntoIter = ListIter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, T: Element<'a>> IntoIterator for &List<'a, T> {
    type Item = T;
    type IntoIter = ListIter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, T: Element<'a> + fmt::Debug> fmt::Debug for List<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

/// Goes through the elements of a [`List`].
#[derive(Debug, Clone)]
pub struct ListIter<'a, T> {
    cursor: Cursor<'a>,
    left: usize,
    element: PhantomData<fn() -> T>,
}

impl<'a, T: Element<'a>> Iterator for ListIter<'a, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        self.left = self.left.checked_sub(1)?;
        // Cannot fail: the same bytes were read when the list was made.
        T::read(&mut self.cursor).ok()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<'a, T: Element<'a>> ExactSizeIterator for ListIter<'a, T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_holds_its_elements_and_leaves_the_rest() {
        let mut cursor = Cursor::new(b"a\0bc\0rest");
        let list = List::<&[u8]>::read(&mut cursor, 2).unwrap();
        assert_eq!(cursor.rest(), b"rest");
        assert_eq!((list.len(), list.is_empty()), (2, false));
        let mut elements = list.iter();
        assert_eq!(elements.len(), 2);
        assert_eq!(elements.next(), Some(&b"a"[..]));
        assert_eq!(elements.len(), 1);
        assert_eq!(elements.next(), Some(&b"bc"[..]));
        assert_eq!(elements.next(), None);
        assert_eq!(elements.next(), None);
    }

    #[test]
    fn a_count_larger_than_the_bytes_is_refused() {
        let read = |len| List::<u32>::read(&mut Cursor::new(&[0; 8]), len).map(|list| list.len());
        assert_eq!(read(2), Ok(2));
        assert_eq!(read(3), Err(Malformed::INSUFFICIENT));
        assert_eq!(read(usize::MAX), Err(Malformed::INSUFFICIENT));
    }

    #[test]
    fn an_empty_list_needs_no_bytes() {
        let list = List::<i16>::read(&mut Cursor::new(b""), 0).unwrap();
        assert!(list.is_empty());
        assert_eq!(list.into_iter().next(), None);
        assert_eq!(format!("{list:?}"), "[]");
    }
}
