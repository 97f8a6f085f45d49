//! HMAC-SHA-256 for the many short messages of one key that PBKDF2 is made of.
//!
//! The two compressions that depend on the key alone are done once; each iteration then takes the
//! two that are left and no more. The general HMAC does the same but moves more state about, which
//! for blocks of 32 bytes is a third of the time.

use hmac::digest::core_api::BlockSizeUser;
use hmac::digest::crypto_common::KeySizeUser;
use hmac::digest::generic_array::GenericArray;
use hmac::digest::typenum::{U32, U64};
use hmac::digest::{FixedOutput, InvalidLength, KeyInit, Output, OutputSizeUser, Update};
use sha2::{Digest, Sha256, compress256};
use zeroize::Zeroize;

const BLOCK: usize = 64;
const HASH: usize = 32;
/// What a hash starts from (FIPS 180-4).
const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// The end of a message of a key's block and one hash: one bit, zeros, the length in bits. Nearly
/// every message of PBKDF2 is one, and so is every outer one.
const AFTER_HASH: [u8; BLOCK] = {
    let mut block = [0; BLOCK];
    block[HASH] = 0x80;
    let bits = ((BLOCK + HASH) * 8) as u16;
    block[BLOCK - 2] = (bits >> 8) as u8;
    block[BLOCK - 1] = bits as u8;
    block
};

/// A keyed hash, fed with a message.
#[derive(Clone)]
pub(super) struct Prf {
    /// After the key's inner block and the whole blocks of the message so far.
    inner: [u32; 8],
    /// After the key's outer block.
    outer: [u32; 8],
    /// The beginning of a block of the message; what is behind it is [`AFTER_HASH`]'s as long as no
    /// more than a hash has been taken in.
    partial: [u8; BLOCK],
    filled: usize,
    /// Bytes hashed so far, the key's block included.
    total: u64,
}

fn compress(state: &mut [u32; 8], block: &[u8; BLOCK]) {
    compress256(state, std::slice::from_ref(GenericArray::from_slice(block)));
}

/// Hashes the last, incomplete block: its bytes, one bit, zeros, the length in bits.
fn finish(state: &mut [u32; 8], mut block: [u8; BLOCK], filled: usize, total: u64) {
    block[filled] = 0x80;
    block[filled + 1..].fill(0);
    if filled + 9 > BLOCK {
        compress(state, &block);
        block = [0; BLOCK];
    }
    block[BLOCK - 8..].copy_from_slice(&(total * 8).to_be_bytes());
    compress(state, &block);
}

/// The words of a state, the highest byte first.
#[inline(always)]
fn write_words(state: &[u32; 8], out: &mut [u8]) {
    for (word, place) in state.iter().zip(out.chunks_exact_mut(4)) {
        place.copy_from_slice(&word.to_be_bytes());
    }
}

impl KeySizeUser for Prf {
    type KeySize = U64;
}

impl BlockSizeUser for Prf {
    type BlockSize = U64;
}

impl OutputSizeUser for Prf {
    type OutputSize = U32;
}

impl KeyInit for Prf {
    fn new(key: &GenericArray<u8, U64>) -> Self {
        let padded = |pad: u8| {
            let mut block: [u8; BLOCK] = (*key).into();
            block.iter_mut().for_each(|byte| *byte ^= pad);
            let mut state = START;
            compress(&mut state, &block);
            block.zeroize();
            state
        };
        Self {
            inner: padded(0x36),
            outer: padded(0x5c),
            partial: AFTER_HASH,
            filled: 0,
            total: BLOCK as u64,
        }
    }

    fn new_from_slice(key: &[u8]) -> Result<Self, InvalidLength> {
        let mut block = [0; BLOCK];
        if key.len() <= BLOCK {
            block[..key.len()].copy_from_slice(key);
        } else {
            block[..HASH].copy_from_slice(&Sha256::digest(key));
        }
        let prf = Self::new(GenericArray::from_slice(&block));
        block.zeroize();
        Ok(prf)
    }
}

impl Update for Prf {
    fn update(&mut self, mut data: &[u8]) {
        self.total += data.len() as u64;
        while self.filled + data.len() >= BLOCK {
            let (now, later) = data.split_at(BLOCK - self.filled);
            self.partial[self.filled..].copy_from_slice(now);
            compress(&mut self.inner, &self.partial);
            self.filled = 0;
            data = later;
        }
        self.partial[self.filled..self.filled + data.len()].copy_from_slice(data);
        self.filled += data.len();
    }
}

impl FixedOutput for Prf {
    #[inline(always)]
    fn finalize_into(mut self, out: &mut Output<Self>) {
        if self.filled == HASH && self.total == (BLOCK + HASH) as u64 {
            compress(&mut self.inner, &self.partial);
        } else {
            finish(&mut self.inner, self.partial, self.filled, self.total);
        }
        let mut block = AFTER_HASH;
        write_words(&self.inner, &mut block);
        compress(&mut self.outer, &block);
        write_words(&self.outer, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hmac::{Hmac, Mac};

    #[test]
    fn it_is_hmac_for_keys_and_messages_of_every_length() {
        for key_len in [0usize, 1, 31, 63, 64, 65, 200] {
            for length in (0..140).chain([1000]) {
                let key: Vec<u8> = (0..key_len).map(|n| n as u8 ^ 0x5a).collect();
                let message: Vec<u8> = (0..length).map(|n| (n * 7) as u8).collect();
                let mut expected = <Hmac<Sha256> as Mac>::new_from_slice(&key).unwrap();
                Mac::update(&mut expected, &message);
                let mut prf = <Prf as KeyInit>::new_from_slice(&key).unwrap();
                let (first, second) = message.split_at(length / 3);
                prf.update(first);
                prf.update(second);
                assert_eq!(prf.finalize_fixed(), expected.finalize().into_bytes());
            }
        }
    }
}
