//! Messages as bytes: building what the server sends and taking apart what it receives.

/// Appends one message: its type byte, its length, and what `body` appends.
pub(crate) fn message(out: &mut Vec<u8>, tag: u8, body: impl FnOnce(&mut Vec<u8>)) {
    out.push(tag);
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    body(out);
    let length = u32::try_from(out.len() - start).expect("a prepared message is under 4 GiB");
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
}

/// Appends `text` and the zero byte that ends it.
pub(crate) fn cstr(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
    out.push(0);
}

/// Reads the fields of a received message; `None` where it is too short.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(count)?;
        self.0 = tail;
        Some(head)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    pub(crate) fn int(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    /// The text up to the next zero byte.
    pub(crate) fn cstr(&mut self) -> Option<&'a str> {
        let end = self.0.iter().position(|&byte| byte == 0)?;
        let text = self.take(end)?;
        self.take(1)?;
        std::str::from_utf8(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_counts_its_length_word_but_not_its_type() {
        let mut out = Vec::new();
        message(&mut out, b'Z', |body| body.push(b'I'));
        assert_eq!(out, b"Z\0\0\0\x05I");
    }

    #[test]
    fn fields_stop_at_the_end_of_the_message() {
        let mut fields = Fields(b"ab\0\x07\0\0\0\x01");
        assert_eq!(fields.cstr(), Some("ab"));
        assert_eq!(fields.byte(), Some(7));
        assert_eq!(fields.int(), Some(1));
        assert_eq!(fields.byte(), None);
        assert_eq!(Fields(b"open").cstr(), None);
    }
}
