//! The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), for one password known to all.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// The password of every user that has one.
pub(crate) const PASSWORD: &[u8] = b"pencil";
/// What a PostgreSQL server asks for unless told otherwise.
pub(crate) const ITERATIONS: u32 = 4096;
pub(crate) const MECHANISM: &str = "SCRAM-SHA-256";

type Key = [u8; 32];

/// What a server keeps of a password.
pub(crate) struct Verifier {
    salt: Key,
    stored_key: Key,
    server_key: Key,
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Key {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

impl Verifier {
    /// The verifier of `user`, whose salt is made from the name: another user, another salted
    /// password, the same user always the same.
    pub(crate) fn new(user: &str) -> Self {
        let salt: Key = Sha256::digest(user.as_bytes()).into();
        let salted: Key = pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(PASSWORD, &salt, ITERATIONS);
        Self {
            salt,
            stored_key: Sha256::digest(hmac(&salted, &[b"Client Key"])).into(),
            server_key: hmac(&salted, &[b"Server Key"]),
        }
    }

    /// Answers the client's first message with the server's first.
    pub(crate) fn first(&self, client_first: &str, nonce: u64) -> Option<Exchange<'_>> {
        // "n,,n=,r=NONCE" or "y,,…": no channel binding without TLS.
        let bare = client_first.splitn(3, ',').nth(2)?;
        let client_nonce = bare.split(',').find_map(|field| field.strip_prefix("r="))?;
        let nonce = format!("{client_nonce}canned{nonce}");
        let salt = BASE64.encode(self.salt);
        let message = format!("r={nonce},s={salt},i={ITERATIONS}");
        Some(Exchange {
            verifier: self,
            so_far: format!("{bare},{message}"),
            nonce,
            message,
        })
    }
}

/// An exchange that waits for the client's proof.
pub(crate) struct Exchange<'a> {
    verifier: &'a Verifier,
    so_far: String,
    nonce: String,
    /// The server's first message.
    pub(crate) message: String,
}

impl Exchange<'_> {
    /// Checks the client's last message and gives the server's; `None` where the proof is wrong.
    pub(crate) fn last(&self, client_final: &str) -> Option<String> {
        let (without_proof, proof) = client_final.rsplit_once(",p=")?;
        let nonce = without_proof
            .split(',')
            .find_map(|field| field.strip_prefix("r="))?;
        let proof: Key = BASE64.decode(proof).ok()?.try_into().ok()?;
        let signed: [&[u8]; 3] = [self.so_far.as_bytes(), b",", without_proof.as_bytes()];
        let signature = hmac(&self.verifier.stored_key, &signed);
        let mut client_key = proof;
        for (byte, mask) in client_key.iter_mut().zip(signature) {
            *byte ^= mask;
        }
        let stored: Key = Sha256::digest(client_key).into();
        if nonce != self.nonce || stored != self.verifier.stored_key {
            return None;
        }
        Some(format!(
            "v={}",
            BASE64.encode(hmac(&self.verifier.server_key, &signed))
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The client's proof, made the way RFC 5802 says and not by the code under test.
    fn proof(password: &[u8], verifier: &Verifier, auth_message: &str) -> String {
        let salted: Key =
            pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(password, &verifier.salt, ITERATIONS);
        let client_key = hmac(&salted, &[b"Client Key"]);
        let stored: Key = Sha256::digest(client_key).into();
        let signature = hmac(&stored, &[auth_message.as_bytes()]);
        let mixed: Vec<u8> = client_key
            .iter()
            .zip(signature)
            .map(|(a, b)| a ^ b)
            .collect();
        BASE64.encode(mixed)
    }

    #[test]
    fn the_right_password_is_answered_and_a_wrong_one_is_not() {
        let verifier = Verifier::new("scram1");
        let exchange = verifier.first("n,,n=,r=abc", 7).unwrap();
        assert!(exchange.message.starts_with("r=abccanned7,s="));
        let unproved = "c=biws,r=abccanned7";
        let auth_message = format!("n=,r=abc,{},{unproved}", exchange.message);
        let right = proof(PASSWORD, &verifier, &auth_message);
        assert!(
            exchange
                .last(&format!("{unproved},p={right}"))
                .unwrap()
                .starts_with("v=")
        );
        let wrong = proof(b"crayon", &verifier, &auth_message);
        assert_eq!(exchange.last(&format!("{unproved},p={wrong}")), None);
    }
}
