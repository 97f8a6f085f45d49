use std::fmt;

use super::Malformed;

/// Reads the fields of a message one after another; every read is checked.
///
/// Integers are in network byte order. A read that fails leaves the cursor where it was.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Cursor<'a> {
    left: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Starts at the first of these bytes.
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { left: bytes }
    }

    /// The next `N` bytes.
    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, tail) = self
            .left
            .split_first_chunk()
            .ok_or(Malformed::INSUFFICIENT)?;
        self.left = tail;
        Ok(*head)
    }

    /// The next byte.
    #[inline]
    pub fn u8(&mut self) -> Result<u8, Malformed> {
        self.array().map(u8::from_be_bytes)
    }

    /// A signed integer of two bytes.
    #[inline]
    pub fn i16(&mut self) -> Result<i16, Malformed> {
        self.array().map(i16::from_be_bytes)
    }

    /// An unsigned integer of two bytes.
    #[inline]
    pub fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    /// A signed integer of four bytes.
    #[inline]
    pub fn i32(&mut self) -> Result<i32, Malformed> {
        self.array().map(i32::from_be_bytes)
    }

    /// An unsigned integer of four bytes.
    #[inline]
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    /// A signed integer of eight bytes.
    #[inline]
    pub fn i64(&mut self) -> Result<i64, Malformed> {
        self.array().map(i64::from_be_bytes)
    }

    /// An unsigned integer of eight bytes.
    #[inline]
    pub fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_be_bytes)
    }

    /// A count of two bytes that must not be negative.
    #[inline]
    pub fn count16(&mut self) -> Result<usize, Malformed> {
        let mut ahead = *self;
        let count = usize::try_from(ahead.i16()?).map_err(|_| Malformed::NEGATIVE_COUNT)?;
        *self = ahead;
        Ok(count)
    }

    /// A count of four bytes that must not be negative.
    #[inline]
    pub fn count32(&mut self) -> Result<usize, Malformed> {
        let mut ahead = *self;
        let count = usize::try_from(ahead.i32()?).map_err(|_| Malformed::NEGATIVE_COUNT)?;
        *self = ahead;
        Ok(count)
    }

    /// The bytes up to the next zero byte, which is passed over and not returned.
    #[inline]
    pub fn cstr(&mut self) -> Result<&'a [u8], Malformed> {
        let end = super::find_nul(self.left).ok_or(Malformed::UNTERMINATED)?;
        let (text, tail) = self.left.split_at(end);
        self.left = &tail[1..];
        Ok(text)
    }

    /// The next `n` bytes.
    #[inline]
    pub fn take(&mut self, n: usize) -> Result<&'a [u8], Malformed> {
        let (head, tail) = self
            .left
            .split_at_checked(n)
            .ok_or(Malformed::INSUFFICIENT)?;
        self.left = tail;
        Ok(head)
    }

    /// A value behind its length of four bytes; the length -1 stands for NULL.
    #[inline]
    pub fn value(&mut self) -> Result<Option<&'a [u8]>, Malformed> {
        let mut ahead = *self;
        let value = match ahead.i32()? {
            -1 => None,
            len => {
                let len = usize::try_from(len).map_err(|_| Malformed::INVALID_LENGTH)?;
                Some(ahead.take(len)?)
            }
        };
        *self = ahead;
        Ok(value)
    }

    /// All the bytes that are left; none are left afterwards.
    #[inline]
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.left)
    }

    /// How many bytes are left.
    #[inline]
    pub fn remaining(&self) -> usize {
        self.left.len()
    }

    /// Refuses a message that goes on after its last field.
    #[inline]
    pub fn finish(self) -> Result<(), Malformed> {
        if self.left.is_empty() {
            Ok(())
        } else {
            Err(Malformed::EXTRANEOUS)
        }
    }
}

impl fmt::Debug for Cursor<'_> {
    // The bytes may be a password's hash or a cancel key: they are not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor")
            .field("remaining", &self.remaining())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_in_network_byte_order() {
        let bytes: Vec<u8> = (1..=29).collect();
        let mut cursor = Cursor::new(&bytes);
        assert_eq!(cursor.u8(), Ok(0x01));
        assert_eq!(cursor.i16(), Ok(0x0203));
        assert_eq!(cursor.u16(), Ok(0x0405));
        assert_eq!(cursor.i32(), Ok(0x0607_0809));
        assert_eq!(cursor.u32(), Ok(0x0a0b_0c0d));
        assert_eq!(cursor.i64(), Ok(0x0e0f_1011_1213_1415));
        assert_eq!(cursor.u64(), Ok(0x1617_1819_1a1b_1c1d));
        assert_eq!(cursor.finish(), Ok(()));
    }

    #[test]
    fn a_read_past_the_end_fails_and_moves_nothing() {
        let mut cursor = Cursor::new(b"abc");
        assert_eq!(cursor.i32(), Err(Malformed::INSUFFICIENT));
        assert_eq!(cursor.take(4), Err(Malformed::INSUFFICIENT));
        assert_eq!(cursor.take(usize::MAX), Err(Malformed::INSUFFICIENT));
        assert_eq!(cursor.cstr(), Err(Malformed::UNTERMINATED));
        assert_eq!(cursor.remaining(), 3);
        assert_eq!(cursor.rest(), b"abc");
        assert_eq!(cursor.remaining(), 0);
        assert_eq!(cursor.u8(), Err(Malformed::INSUFFICIENT));
    }

    #[test]
    fn strings_end_at_their_zero_byte() {
        let mut cursor = Cursor::new(b"ab\0\0c");
        assert_eq!(cursor.cstr(), Ok(&b"ab"[..]));
        assert_eq!(cursor.cstr(), Ok(&b""[..]));
        assert_eq!(cursor.finish(), Err(Malformed::EXTRANEOUS));
        assert_eq!(cursor.cstr(), Err(Malformed::UNTERMINATED));
    }

    #[test]
    fn negative_counts_are_refused() {
        let mut cursor = Cursor::new(&[0xff; 8]);
        assert_eq!(cursor.count16(), Err(Malformed::NEGATIVE_COUNT));
        assert_eq!(cursor.count32(), Err(Malformed::NEGATIVE_COUNT));
        assert_eq!(cursor.remaining(), 8);
        assert_eq!(Cursor::new(&[0x7f, 0xff]).count16(), Ok(0x7fff));
    }

    #[test]
    fn a_value_is_null_or_as_long_as_it_says() {
        let mut cursor = Cursor::new(b"\xff\xff\xff\xff\0\0\0\0\0\0\0\x02hi\0\0\0\x02h");
        assert_eq!(cursor.value(), Ok(None));
        assert_eq!(cursor.value(), Ok(Some(&b""[..])));
        assert_eq!(cursor.value(), Ok(Some(&b"hi"[..])));
        assert_eq!(cursor.value(), Err(Malformed::INSUFFICIENT));
        assert_eq!(cursor.remaining(), 5);
        let mut cursor = Cursor::new(b"\xff\xff\xff\xfe");
        assert_eq!(cursor.value(), Err(Malformed::INVALID_LENGTH));
    }
}
