//! MD5 password authentication, deprecated by PostgreSQL but still in use.
//!
//! Manual: "AuthenticationMD5Password": the answer is
//! `"md5" || hex(md5(hex(md5(password || user)) || salt))`.

use md5::{Digest, Md5};
use zeroize::Zeroizing;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The answer to AuthenticationMD5Password: `md5` and 32 hexadecimal digits, without a NUL.
///
/// `user` and `password` are taken as the bytes they are; `salt` is what the server sent.
pub fn md5_password(user: &[u8], password: &[u8], salt: [u8; 4]) -> String {
    let inner = hex(Md5::new().chain_update(password).chain_update(user));
    prefixed(Md5::new().chain_update(&inner[..]).chain_update(salt))
}

/// The secret that `pg_authid` stores for an MD5 password, as `PQencryptPassword` makes it:
/// `md5` and the 32 hexadecimal digits of `md5(password || user)`.
pub fn md5_secret(user: &[u8], password: &[u8]) -> String {
    prefixed(Md5::new().chain_update(password).chain_update(user))
}

fn prefixed(state: Md5) -> String {
    let mut text = String::with_capacity(35);
    text.push_str("md5");
    text.extend(hex(state).iter().map(|&digit| char::from(digit)));
    text
}

/// The inner digest is all an attacker needs to log in, so it does not outlive the call.
fn hex(state: Md5) -> Zeroizing<[u8; 32]> {
    let digest = Zeroizing::new(<[u8; 16]>::from(state.finalize()));
    let mut text = Zeroizing::new([0; 32]);
    for (pair, byte) in text.chunks_exact_mut(2).zip(digest.iter()) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_secret_is_what_libpq_makes() {
        // Answers of PQencryptPassword(password, user).
        let cases: [(&[u8], &[u8], &str); 4] = [
            (b"alice", b"secret", "md54a0a68b43b6cd5cf266fa02f196e2371"),
            (b"u", b"", "md57b774effe4a349c6dd82ad4f4f21d34c"),
            (
                b"postgres",
                b"p\xc3\xa4ssword",
                "md5dcc7d333f83d3c2af1fd7c48866cb99c",
            ),
            (
                b"md5_user",
                b"password",
                "md57cd2b9a92689eab2e58caf2da80afa15",
            ),
        ];
        for (user, password, secret) in cases {
            assert_eq!(md5_secret(user, password), secret);
        }
    }

    #[test]
    fn the_answer_to_a_challenge_hashes_the_stored_digits_with_the_salt() {
        let salt = [0x2a, 0x3d, 0x8f, 0xe0];
        let answer = md5_password(b"md5_user", b"password", salt);
        assert_eq!(answer, "md562af4dd09bbb41884907a838a3233294");
    }

    #[test]
    fn every_byte_of_the_salt_counts() {
        let answer = |salt| md5_password(b"u", b"p", salt);
        assert_ne!(answer([0, 0, 0, 0]), answer([0, 0, 0, 1]));
        assert_ne!(answer([0, 0, 0, 0]), answer([1, 0, 0, 0]));
    }
}
