//! Where escaped text goes.

/// What escaping appends to: a vector, or memory that a caller in C is to own.
pub trait Sink {
    /// Makes room for so many bytes more, if that helps. More may follow.
    fn reserve(&mut self, additional: usize);

    /// Appends these bytes.
    fn push_slice(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn reserve(&mut self, additional: usize) {
        self.reserve(additional);
    }

    fn push_slice(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}
