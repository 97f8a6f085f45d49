/// Where the first NUL stands.
///
/// The C library's search: it is chosen for the processor when the program is loaded. The `memchr`
/// crate looks at the processor's features at its first call, and where processors are virtual that
/// costs more than connecting does.
#[inline]
pub fn find_nul(bytes: &[u8]) -> Option<usize> {
    // SAFETY: `memchr` reads no further than the slice.
    let found = unsafe { libc::memchr(bytes.as_ptr().cast(), 0, bytes.len()) };
    (!found.is_null()).then(|| found as usize - bytes.as_ptr() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_nul_is_found() {
        assert_eq!(find_nul(b"ab\0c\0"), Some(2));
        assert_eq!(find_nul(b"\0"), Some(0));
        assert_eq!(find_nul(b"abc"), None);
        assert_eq!(find_nul(b""), None);
    }
}
