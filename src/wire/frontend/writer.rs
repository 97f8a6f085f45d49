use super::EncodeError;

/// The most that the length of a message can say. It counts itself but not the type byte.
const MAX_LEN: usize = i32::MAX as usize;

/// How many bytes the length of a message takes.
const LENGTH_WORD: usize = 4;

/// Appends the fields of one message.
pub(super) struct Writer<'o> {
    out: &'o mut Vec<u8>,
    /// Where the message's length stands.
    start: usize,
}

/// Appends a message of this type whose fields `body` writes; they take about `body_len` bytes.
/// `out` is put back as it was where that fails.
pub(super) fn message(
    out: &mut Vec<u8>,
    tag: u8,
    body_len: usize,
    body: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    append(out, Some(tag), body_len, body)
}

/// The same for a message without a type: only startup packets have none.
pub(super) fn untagged(
    out: &mut Vec<u8>,
    body_len: usize,
    body: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    append(out, None, body_len, body)
}

/// Appends a message without fields.
pub(super) fn bare(out: &mut Vec<u8>, tag: u8) {
    out.extend_from_slice(&[tag, 0, 0, 0, 4]);
}

#[inline]
fn append(
    out: &mut Vec<u8>,
    tag: Option<u8>,
    body_len: usize,
    body: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    // Before the memory is asked for.
    if body_len > MAX_LEN - LENGTH_WORD {
        return Err(EncodeError::TooLong);
    }
    let before = out.len();
    out.reserve(1 + LENGTH_WORD + body_len);
    out.extend(tag);
    let start = out.len();
    out.extend_from_slice(&[0; LENGTH_WORD]);
    let mut writer = Writer { out, start };
    let result = body(&mut writer).and_then(|()| writer.set_length());
    if result.is_err() {
        out.truncate(before);
    }
    result
}

impl Writer<'_> {
    fn set_length(&mut self) -> Result<(), EncodeError> {
        let len = self.out.len() - self.start;
        let len = i32::try_from(len).map_err(|_| EncodeError::TooLong)?;
        self.out[self.start..][..LENGTH_WORD].copy_from_slice(&len.to_be_bytes());
        Ok(())
    }

    /// Refuses `more` bytes that would not fit, before they are looked at or copied.
    #[inline]
    fn room(&self, more: usize) -> Result<(), EncodeError> {
        let used = self.out.len() - self.start;
        if more > MAX_LEN.saturating_sub(used) {
            return Err(EncodeError::TooLong);
        }
        Ok(())
    }

    #[inline]
    pub(super) fn u8(&mut self, value: u8) {
        self.out.push(value);
    }

    #[inline]
    pub(super) fn i16(&mut self, value: i16) {
        self.out.extend_from_slice(&value.to_be_bytes());
    }

    #[inline]
    pub(super) fn u16(&mut self, value: u16) {
        self.out.extend_from_slice(&value.to_be_bytes());
    }

    #[inline]
    pub(super) fn i32(&mut self, value: i32) {
        self.out.extend_from_slice(&value.to_be_bytes());
    }

    #[inline]
    pub(super) fn u32(&mut self, value: u32) {
        self.out.extend_from_slice(&value.to_be_bytes());
    }

    /// A count of two bytes; it is not signed, as the server does not take it so either.
    #[inline]
    pub(super) fn count(&mut self, count: usize) -> Result<(), EncodeError> {
        let count = u16::try_from(count).map_err(|_| EncodeError::TooMany)?;
        self.u16(count);
        Ok(())
    }

    /// Format codes behind their count.
    #[inline]
    pub(super) fn formats(&mut self, formats: &[i16]) -> Result<(), EncodeError> {
        self.count(formats.len())?;
        for format in formats {
            self.i16(*format);
        }
        Ok(())
    }

    /// Bytes as they are.
    #[inline]
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.room(bytes.len())?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// A string and the zero byte that ends it.
    #[inline]
    pub(super) fn cstr(&mut self, text: &[u8]) -> Result<(), EncodeError> {
        self.room(text.len().saturating_add(1))?;
        if !text.is_empty() && super::super::find_nul(text).is_some() {
            return Err(EncodeError::ContainsNul);
        }
        self.out.extend_from_slice(text);
        self.out.push(0);
        Ok(())
    }

    /// A value behind its length, or the -1 that stands for NULL.
    #[inline]
    pub(super) fn value(&mut self, value: Option<&[u8]>) -> Result<(), EncodeError> {
        match value {
            None => self.i32(-1),
            Some(value) => {
                let len = i32::try_from(value.len()).map_err(|_| EncodeError::TooLong)?;
                self.room(LENGTH_WORD + value.len())?;
                self.i32(len);
                self.out.extend_from_slice(value);
            }
        }
        Ok(())
    }

    /// Leaves room for a count that is known only once its elements are written.
    pub(super) fn count_later(&mut self) -> CountLater {
        let at = self.out.len();
        self.u16(0);
        CountLater { at }
    }

    /// Fills in the count.
    pub(super) fn set_count(&mut self, later: CountLater, count: u16) {
        self.out[later.at..][..2].copy_from_slice(&count.to_be_bytes());
    }
}

/// Whether a name holds a zero byte, which ends it where it is sent. Names are short.
#[inline]
pub(super) fn contains_nul(name: &[u8]) -> bool {
    name.contains(&0)
}

/// Appends a message of this type whose fields take exactly `body_len` bytes, for these to be
/// filled in. Nothing that is filled in can fail, so it is judged before.
#[inline]
pub(super) fn exact(out: &mut Vec<u8>, tag: u8, body_len: usize) -> Result<Exact<'_>, EncodeError> {
    if body_len > MAX_LEN - LENGTH_WORD {
        return Err(EncodeError::TooLong);
    }
    let length = body_len + LENGTH_WORD;
    out.reserve(1 + length);
    let end = out.len() + 1 + length;
    let [a, b, c, d] = (length as u32).to_be_bytes();
    out.extend_from_slice(&[tag, a, b, c, d]);
    Ok(Exact { out, end })
}

/// Fills in the fields of a message of known size.
pub(super) struct Exact<'o> {
    out: &'o mut Vec<u8>,
    /// The length of `out` once all fields are there.
    end: usize,
}

impl Exact<'_> {
    #[inline(always)]
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// A string and the zero byte that ends it.
    #[inline(always)]
    pub(super) fn cstr(&mut self, text: &[u8]) {
        if !text.is_empty() {
            self.bytes(text);
        }
        self.bytes(&[0]);
    }

    /// A count, which is known to be one of two bytes.
    #[inline(always)]
    pub(super) fn count(&mut self, count: usize) {
        self.bytes(&(count as u16).to_be_bytes());
    }

    /// Format codes behind their count.
    #[inline(always)]
    pub(super) fn formats(&mut self, formats: &[i16]) {
        self.count(formats.len());
        for format in formats {
            self.bytes(&format.to_be_bytes());
        }
    }

    /// A value behind its length, or the -1 that stands for NULL.
    #[inline(always)]
    pub(super) fn value(&mut self, value: Option<&[u8]>) {
        let length = value.map_or(-1, |value| value.len() as i32);
        self.bytes(&length.to_be_bytes());
        if let Some(value) = value {
            self.bytes(value);
        }
    }

    /// All fields have been filled in.
    #[inline(always)]
    pub(super) fn finish(self) {
        debug_assert_eq!(self.out.len(), self.end);
    }
}

/// Where a count is to stand.
pub(super) struct CountLater {
    at: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_message_leaves_no_trace() {
        let mut out = b"before".to_vec();
        let result = message(&mut out, b'X', 0, |writer| {
            writer.u32(7);
            Err(EncodeError::TooMany)
        });
        assert_eq!(result, Err(EncodeError::TooMany));
        assert_eq!(out, b"before");
    }

    #[test]
    fn the_length_counts_itself_and_not_the_type() {
        let mut out = b"before".to_vec();
        message(&mut out, b'X', 0, |writer| writer.bytes(b"abc")).unwrap();
        assert_eq!(out, b"beforeX\0\0\0\x07abc");
    }

    #[test]
    fn a_length_that_cannot_be_said_is_refused_before_memory_is_taken() {
        let mut out = Vec::new();
        for len in [MAX_LEN - 3, usize::MAX] {
            let result = message(&mut out, b'X', len, |_| Ok(()));
            assert_eq!(result, Err(EncodeError::TooLong));
        }
        assert_eq!(out.capacity(), 0);
    }

    #[test]
    fn counts_go_up_to_65535() {
        let mut out = Vec::new();
        message(&mut out, b'X', 0, |writer| writer.count(0xffff)).unwrap();
        assert_eq!(out, b"X\0\0\0\x06\xff\xff");
        let result = message(&mut out, b'X', 0, |writer| writer.count(0x1_0000));
        assert_eq!(result, Err(EncodeError::TooMany));
    }
}
