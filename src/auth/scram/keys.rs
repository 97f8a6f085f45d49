//! What SCRAM computes from a password, and the proofs made with it.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::KEY_LEN;
use super::salted_password::salted_password;

type Key = Zeroizing<[u8; KEY_LEN]>;

/// ClientKey and ServerKey: all that either side needs to prove itself to the other.
///
/// Whoever has them needs no password, so they are wiped when dropped and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramKeys {
    pub(super) client: Key,
    server: Key,
}

impl fmt::Debug for ScramKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramKeys").finish_non_exhaustive()
    }
}

impl ScramKeys {
    /// Keys that were derived elsewhere: the options `scram_client_key` and `scram_server_key`.
    pub fn new(client: &[u8; KEY_LEN], server: &[u8; KEY_LEN]) -> Self {
        Self {
            client: Zeroizing::new(*client),
            server: Zeroizing::new(*server),
        }
    }

    /// Derives the keys from a password that has been through SASLprep: PBKDF2 with
    /// HMAC-SHA-256, then one HMAC for each key. Zero iterations count as one.
    pub fn derive(password: &[u8], salt: &[u8], iterations: u32) -> Self {
        let salted = salted_password(password, salt, iterations);
        Self {
            client: hmac(&salted, &[b"Client Key"]),
            server: hmac(&salted, &[b"Server Key"]),
        }
    }

    /// StoredKey, the hash of ClientKey: what the server keeps to check a proof.
    pub fn stored_key(&self) -> [u8; KEY_LEN] {
        Sha256::digest(&self.client[..]).into()
    }

    /// ServerKey: what the server keeps to prove itself.
    pub fn server_key(&self) -> &[u8; KEY_LEN] {
        &self.server
    }

    /// ClientProof: ClientKey hidden by a signature that only the owner of StoredKey can undo.
    pub(super) fn client_proof(&self, auth_message: &[&[u8]]) -> [u8; KEY_LEN] {
        let mut proof = *hmac(&self.stored_key(), auth_message);
        for (byte, key) in proof.iter_mut().zip(self.client.iter()) {
            *byte ^= key;
        }
        proof
    }

    /// ServerSignature: what the server has to answer to the proof.
    pub(super) fn server_signature(&self, auth_message: &[&[u8]]) -> [u8; KEY_LEN] {
        *hmac(&self.server, auth_message)
    }
}

/// HMAC-SHA-256 of the parts in a row.
fn hmac(key: &[u8; KEY_LEN], parts: &[&[u8]]) -> Key {
    let mut mac =
        <Hmac<Sha256> as Mac>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}
