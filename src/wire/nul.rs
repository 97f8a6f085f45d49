use std::ffi::CStr;

/// Where the first NUL stands.
///
/// The standard library's search needs no look at the processor's features, which `memchr` takes at
/// its first call: where processors are virtual that costs more than connecting does.
pub fn find_nul(bytes: &[u8]) -> Option<usize> {
    CStr::from_bytes_until_nul(bytes)
        .ok()
        .map(CStr::count_bytes)
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
