//! The secret that `pg_authid` stores for a SCRAM password.
//!
//! Manual: `PQencryptPasswordConn`, and "pg_authid" for the form of the text. The MD5 one is
//! [`md5_secret`](super::md5::md5_secret).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::auth_error;
use super::saslprep::saslprep;
use super::scram::ScramKeys;
use crate::error::Error;

/// How many bytes of salt PostgreSQL's own secrets have.
pub const SALT_LEN: usize = 16;

/// The iterations that PostgreSQL uses where the setting `scram_iterations` does not say
/// otherwise.
pub const DEFAULT_ITERATIONS: u32 = 4096;

/// The secret in the form `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`.
///
/// `iterations` is at least 1; the call takes time in proportion to it.
pub fn scram_secret(password: &[u8], salt: &[u8; SALT_LEN], iterations: u32) -> String {
    let keys = ScramKeys::derive(&saslprep(password), salt, iterations);
    format!(
        "SCRAM-SHA-256${iterations}:{salt}${stored}:{server}",
        salt = STANDARD.encode(salt),
        stored = STANDARD.encode(keys.stored_key()),
        server = STANDARD.encode(keys.server_key()),
    )
}

/// Sixteen random bytes to salt a new secret with.
pub fn random_salt() -> Result<[u8; SALT_LEN], Error> {
    let mut salt = [0; SALT_LEN];
    getrandom::fill(&mut salt)
        .map_err(|cause| auth_error("could not generate random salt").with_source(cause))?;
    Ok(salt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_what_libpq_makes() {
        // Answers of PQencryptPasswordConn, with the salt that it chose.
        let cases = [
            (
                "pencil",
                "SCRAM-SHA-256$4096:yVRLhI7U+LMsCPvlvA1nPA==$5dPmGlG1DGooDZgg/iLPVgX5sqPJ1iGTSCWGQPLUibw=:tvq0tJgr9uR034cs0WpiJq6n4T2GwLdMt0PvR5x9WWI=",
            ),
            (
                "",
                "SCRAM-SHA-256$4096:9cH63cKu2zQFZwVb2qkiCg==$1VF2aTEowtEESmZbs853L6vETeoMVOoCtqASLQsOksU=:Ojl39r3RoTYQDfPNDscnLxNixZB1Sfaka65mtpr9jVA=",
            ),
            (
                "I\u{AD}X",
                "SCRAM-SHA-256$7:Zv2zgCEU/C/Yo8flswn6WQ==$AtweComJ9ElOuHXhQ1gcCt3drImmB0yDn9w8dDzlMms=:fZLCSM+WwV/mXw29buChFZd5cfLcKvoy9DUUUAUXs4E=",
            ),
            (
                "\u{AD}",
                "SCRAM-SHA-256$7:s+b1LnFrtsHnoNqGEZ3rvA==$6qU7DnoLIzpMKqY+eE4ipd9nfNhfOj8YHTFPUjxfjE8=:uFooY3HRwH/JVI6TrkjVxCm/npEweNPSPIcbORK5iDk=",
            ),
            (
                "p\u{E4}ss\u{A0}w\u{F6}rd",
                "SCRAM-SHA-256$7:J6FZco0umLZKbCGQXrUhvg==$UQhA8hqErFWyM/yEdAYYPn1cmVx6j3/GUQNtyctBqZ8=:ClGfJuPZRP0ZHKMgs+qo7ixcQRORVD6qDe+nRAdyQqQ=",
            ),
            (
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                "SCRAM-SHA-256$7:0eu4dKfPxPAZ1CgCw9NKcA==$Y2k8uc9iYBL31n9pcoIWw4WGrhU9LfTDtOf+t5URHo0=:EZ4ONyJU4rdmYZunO0iVAXtVLNWGNn1nZ99cZ1eLhHM=",
            ),
        ];
        for (password, secret) in cases {
            let mut parts = secret.split(['$', ':']);
            let iterations = parts.nth(1).unwrap().parse().unwrap();
            let salt = STANDARD.decode(parts.next().unwrap()).unwrap();
            let salt = salt.try_into().unwrap();
            assert_eq!(scram_secret(password.as_bytes(), &salt, iterations), secret);
        }
    }

    #[test]
    fn two_salts_differ() {
        assert_ne!(random_salt().unwrap(), random_salt().unwrap());
    }
}
