//! Command tags: what a command reports when it is done.

use std::ffi::CStr;

/// The longest tag kept, its NUL included.
const CAPACITY: usize = 64;

/// The command whose tag has an OID in front of the number of rows.
const INSERT: &[u8] = b"INSERT ";
/// The other commands whose tags end with a number of rows.
const COUNTING: [&[u8]; 7] = [
    b"SELECT ", b"UPDATE ", b"DELETE ", b"FETCH ", b"MOVE ", b"COPY ", b"MERGE ",
];

/// A command tag such as `INSERT 0 1`, a NUL behind it.
///
/// Manual: "PQcmdStatus", "CommandComplete".
#[derive(Clone, Copy)]
pub struct CommandTag([u8; CAPACITY]);

impl Default for CommandTag {
    fn default() -> Self {
        Self([0; CAPACITY])
    }
}

impl CommandTag {
    /// A tag of these bytes; what does not fit is cut off.
    pub fn new(tag: &[u8]) -> Self {
        let mut kept = Self::default();
        kept.set(tag);
        kept
    }

    /// Makes this tag one of these bytes; it must be empty yet.
    #[inline]
    pub fn set(&mut self, tag: &[u8]) {
        debug_assert_eq!(self.0[0], 0);
        let length = tag.len().min(CAPACITY - 1);
        self.0[..length].copy_from_slice(&tag[..length]);
    }

    /// The tag as C reads it.
    pub fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.0).unwrap_or_default()
    }

    /// The tag.
    pub fn as_bytes(&self) -> &[u8] {
        self.as_c_str().to_bytes()
    }

    /// Whether a command of this name tells a number of rows.
    pub fn counts_rows(&self) -> bool {
        let tag = self.as_bytes();
        tag.starts_with(INSERT) || COUNTING.iter().any(|name| tag.starts_with(name))
    }

    /// The number of rows affected, as it stands at the end of the tag; empty where the command
    /// reports none.
    pub fn rows(&self) -> &CStr {
        let tag = self.as_bytes();
        let begin = if tag.starts_with(INSERT) {
            let oid = INSERT.len();
            match tag[oid..].iter().position(|&b| b == b' ') {
                // Without an OID there is nothing to skip, and no count either.
                None | Some(0) => return c"",
                Some(length) => oid + length + 1,
            }
        } else {
            match COUNTING.iter().find(|name| tag.starts_with(name)) {
                Some(name) => name.len(),
                None => return c"",
            }
        };
        let digits = tag[begin..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        if digits == 0 || begin + digits != tag.len() {
            return c"";
        }
        CStr::from_bytes_until_nul(&self.0[begin..]).unwrap_or_default()
    }

    /// The digits of the OID of the row that an INSERT made, if the tag has one.
    pub fn oid_digits(&self) -> Option<&[u8]> {
        let rest = self.as_bytes().strip_prefix(INSERT)?;
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        Some(&rest[..digits])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(tag: &str) -> String {
        CommandTag::new(tag.as_bytes())
            .rows()
            .to_str()
            .unwrap()
            .into()
    }

    #[test]
    fn counting_commands_tell_their_rows() {
        assert_eq!(rows("SELECT 12"), "12");
        assert_eq!(rows("INSERT 0 3"), "3");
        assert_eq!(rows("INSERT 4711 1"), "1");
        assert_eq!(rows("MERGE 7"), "7");
        assert_eq!(rows("COPY 0"), "0");
    }

    #[test]
    fn other_commands_tell_none() {
        for tag in [
            "",
            "CREATE TABLE",
            "INSERT",
            "INSERT 5",
            "SELECT",
            "SELECT x",
            "LISTEN",
        ] {
            assert_eq!(rows(tag), "", "{tag}");
        }
    }

    #[test]
    fn a_long_tag_is_cut() {
        let tag = CommandTag::new(&[b'x'; 200]);
        assert_eq!(tag.as_bytes().len(), 63);
    }
}
