//! SaltedPassword: what a password is stretched to (RFC 5802, `Hi`).
//!
//! It is PBKDF2 with HMAC-SHA-256, thousands of iterations, each an HMAC of what the one before came
//! to. The two compressions of an HMAC that depend on the key alone are done once here, and what
//! goes from one compression to the next stays where it is: the general HMAC moves it about, which
//! for messages of 32 bytes is a third of the time.

use hmac::digest::generic_array::GenericArray;
use sha2::{Digest, Sha256, compress256};
use zeroize::{Zeroize, Zeroizing};

const BLOCK: usize = 64;
const HASH: usize = 32;
/// What a hash starts from (FIPS 180-4).
const START: State = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// The last block of a message that is a block of a key and one hash: the hash, yet to be filled
/// in, then one bit, zeros, the length in bits.
const AFTER_KEY: [u8; BLOCK] = {
    let mut block = [0; BLOCK];
    block[HASH] = 0x80;
    let bits = ((BLOCK + HASH) * 8) as u16;
    block[BLOCK - 2] = (bits >> 8) as u8;
    block[BLOCK - 1] = bits as u8;
    block
};

type State = [u32; 8];

/// The salted password after so many iterations; none count as one.
pub(super) fn salted_password(
    password: &[u8],
    salt: &[u8],
    iterations: u32,
) -> Zeroizing<[u8; HASH]> {
    let mut salted = Zeroizing::new([0; HASH]);
    pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, 1, &mut salted[..]);
    if iterations > 1 {
        let key = Zeroizing::new(key_block(password));
        let [inner, outer] = [0x36, 0x5c].map(|pad| Zeroizing::new(after_key(&key, pad)));
        let first = Zeroizing::new(read_words(&salted));
        let sum = Zeroizing::new(iterate(&inner, &outer, &first, iterations - 1));
        write_words(&sum, &mut salted[..]);
    }
    salted
}

/// The hash of so many iterations more, each an HMAC of the one before, all combined. A function of
/// its own: what it works on stays in registers.
#[inline(never)]
fn iterate(inner: &State, outer: &State, first: &State, iterations: u32) -> State {
    let (mut sum, mut hash) = (*first, *first);
    let mut block = AFTER_KEY;
    for _ in 0..iterations {
        write_words(&hash, &mut block[..HASH]);
        hash = *inner;
        compress(&mut hash, &block);
        write_words(&hash, &mut block[..HASH]);
        hash = *outer;
        compress(&mut hash, &block);
        for (sum, word) in sum.iter_mut().zip(hash) {
            *sum ^= word;
        }
    }
    block.zeroize();
    sum
}

/// A key as HMAC takes it: filled up with zeros, or its hash where it is longer than a block.
fn key_block(key: &[u8]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    if key.len() <= BLOCK {
        block[..key.len()].copy_from_slice(key);
    } else {
        block[..HASH].copy_from_slice(&Sha256::digest(key));
    }
    block
}

/// The state of a hash once it has taken in the key's block, combined with this byte.
fn after_key(key: &[u8; BLOCK], pad: u8) -> State {
    let mut block = key.map(|byte| byte ^ pad);
    let mut state = START;
    compress(&mut state, &block);
    block.zeroize();
    state
}

#[inline(always)]
fn compress(state: &mut State, block: &[u8; BLOCK]) {
    compress256(state, std::slice::from_ref(GenericArray::from_slice(block)));
}

/// The words of a state, the highest byte of each first.
#[inline(always)]
fn write_words(state: &State, out: &mut [u8]) {
    for (word, place) in state.iter().zip(out.chunks_exact_mut(4)) {
        place.copy_from_slice(&word.to_be_bytes());
    }
}

/// The words that a hash consists of.
fn read_words(hash: &[u8; HASH]) -> State {
    let mut state = [0; 8];
    for (word, bytes) in state.iter_mut().zip(hash.as_chunks().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_pbkdf2_for_passwords_of_every_length() {
        for length in [0usize, 1, 31, 63, 64, 65, 200] {
            let password: Vec<u8> = (0..length).map(|n| n as u8 ^ 0x5a).collect();
            for iterations in [1, 2, 3, 100] {
                let mut expected = [0; HASH];
                pbkdf2::pbkdf2_hmac::<Sha256>(&password, b"salt", iterations, &mut expected);
                assert_eq!(*salted_password(&password, b"salt", iterations), expected);
            }
        }
    }

    #[test]
    fn no_iteration_counts_as_one() {
        let [none, one] = [0, 1].map(|count| salted_password(b"password", b"salt", count));
        assert_eq!(none, one);
    }
}
