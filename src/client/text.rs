//! Reading text by a shorter way than `FromSql` has.
//!
//! `FromSql` of `&str` asks for a type's name twice and has UTF-8 checked by a call that is made for
//! long texts. Programs read a great many short ones.

use std::any::TypeId;
use std::mem::transmute_copy;

use postgres_types::FromSql;

/// A value of a text column, where `T` is `&str` or `Option<&str>`. `None` for any other `T`, for
/// what is not UTF-8, and for a NULL that is not wanted.
#[inline(always)]
pub(super) fn read<'a, T: FromSql<'a>>(raw: Option<&'a [u8]>) -> Option<T> {
    let wanted = typeid::of::<T>();
    if wanted == TypeId::of::<&str>() {
        let text: &'a str = utf8(raw?)?;
        // SAFETY: `T` is `&str` but for its lifetime, and `&str` is `FromSql<'a>` with the lifetime
        // 'a alone: it is the type of `text`.
        return Some(unsafe { transmute_copy::<&'a str, T>(&text) });
    }
    if wanted == TypeId::of::<Option<&str>>() {
        let text: Option<&'a str> = match raw {
            Some(raw) => Some(utf8(raw)?),
            None => None,
        };
        // SAFETY: as above; an `Option` is `FromSql<'a>` where what it holds is.
        return Some(unsafe { transmute_copy::<Option<&'a str>, T>(&text) });
    }
    None
}

/// The bytes as text, where they are UTF-8.
#[inline(always)]
fn utf8(bytes: &[u8]) -> Option<&str> {
    if is_short_ascii(bytes) {
        // SAFETY: ASCII is UTF-8.
        return Some(unsafe { std::str::from_utf8_unchecked(bytes) });
    }
    std::str::from_utf8(bytes).ok()
}

/// Whether these are 16 bytes at most and ASCII: two words that may overlap hold them all.
#[inline(always)]
fn is_short_ascii(bytes: &[u8]) -> bool {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    if bytes.len() > 2 * size_of::<u64>() {
        return false;
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return (u64::from_ne_bytes(*first) | u64::from_ne_bytes(*last)) & HIGH == 0;
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return (u32::from_ne_bytes(*first) | u32::from_ne_bytes(*last)) & HIGH as u32 == 0;
    }
    bytes.iter().all(u8::is_ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_length_are_checked_to_their_last_byte() {
        for length in 0..40 {
            let mut bytes = vec![b'a'; length];
            assert_eq!(read::<&str>(Some(&bytes)).unwrap().len(), length);
            for place in 0..length {
                bytes[place] = 0xE9;
                assert_eq!(read::<&str>(Some(&bytes)), None, "{place} of {length}");
                assert_eq!(read::<Option<&str>>(Some(&bytes)), None);
                bytes[place] = b'a';
            }
        }
        assert_eq!(read::<&str>(Some("né".as_bytes())), Some("né"));
        let long = "Grüße an alle, die das hier lesen";
        assert_eq!(
            read::<Option<&str>>(Some(long.as_bytes())),
            Some(Some(long))
        );
    }

    #[test]
    fn a_null_is_for_an_option_only() {
        assert_eq!(read::<&str>(None), None);
        assert_eq!(read::<Option<&str>>(None), Some(None));
    }

    #[test]
    fn other_types_go_the_usual_way() {
        assert_eq!(read::<String>(Some(b"a")), None);
        assert_eq!(read::<Box<str>>(Some(b"a")), None);
        assert_eq!(read::<&[u8]>(Some(b"a")), None);
        assert_eq!(read::<Option<String>>(None), None);
    }
}
