//! What SCRAM is bound to: the hash of the server's certificate.
//!
//! RFC 5929, `tls-server-end-point`: by the digest of the certificate's signature, and by SHA-256
//! where that digest is MD5 or SHA-1. native-tls computes it too, but does not know RSA-PSS.

use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

const SEQUENCE: u8 = 0x30;
const OBJECT: u8 = 0x06;
/// The hash among the parameters of RSA-PSS.
const PSS_HASH: u8 = 0xa0;

/// Object identifiers, encoded (RFC 8017, RFC 5758, RFC 4055).
mod oid {
    /// PKCS #1; the last number is the algorithm.
    pub(super) const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
    /// ECDSA with SHA-2; the last number is the digest.
    pub(super) const ECDSA_SHA2: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03];
    pub(super) const ECDSA_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01];
    /// The SHA-2 family itself; the last number is the digest.
    pub(super) const SHA2: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
    pub(super) const SHA1: &[u8] = &[0x2b, 0x0e, 0x03, 0x02, 0x1a];
}

/// The hash of a certificate in DER; `None` where its signature has no digest of its own, as
/// Ed25519's, or is not known.
pub(super) fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let hash = match signature_digest(certificate)? {
        Bits::B224 => Sha224::digest(certificate).to_vec(),
        Bits::B256 => Sha256::digest(certificate).to_vec(),
        Bits::B384 => Sha384::digest(certificate).to_vec(),
        Bits::B512 => Sha512::digest(certificate).to_vec(),
    };
    Some(hash)
}

/// A digest of the SHA-2 family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bits {
    B224,
    B256,
    B384,
    B512,
}

fn signature_digest(certificate: &[u8]) -> Option<Bits> {
    let (body, _) = element(certificate, SEQUENCE)?;
    let (_, rest) = element(body, SEQUENCE)?;
    let (algorithm, _) = element(rest, SEQUENCE)?;
    let (name, parameters) = element(algorithm, OBJECT)?;
    if name == oid::ECDSA_SHA1 {
        return Some(Bits::B256);
    }
    match name.split_last()? {
        (4 | 5, oid::RSA) => Some(Bits::B256),
        (10, oid::RSA) => pss_digest(parameters),
        (11, oid::RSA) | (2, oid::ECDSA_SHA2) => Some(Bits::B256),
        (12, oid::RSA) | (3, oid::ECDSA_SHA2) => Some(Bits::B384),
        (13, oid::RSA) | (4, oid::ECDSA_SHA2) => Some(Bits::B512),
        (14, oid::RSA) | (1, oid::ECDSA_SHA2) => Some(Bits::B224),
        _ => None,
    }
}

/// The digest among the parameters of RSA-PSS: SHA-1 where none is named.
fn pss_digest(parameters: &[u8]) -> Option<Bits> {
    let (parameters, _) = element(parameters, SEQUENCE)?;
    let Some((hash, _)) = element(parameters, PSS_HASH) else {
        return Some(Bits::B256);
    };
    let (name, _) = element(element(hash, SEQUENCE)?.0, OBJECT)?;
    if name == oid::SHA1 {
        return Some(Bits::B256);
    }
    match name.split_last()? {
        (1, oid::SHA2) => Some(Bits::B256),
        (2, oid::SHA2) => Some(Bits::B384),
        (3, oid::SHA2) => Some(Bits::B512),
        (4, oid::SHA2) => Some(Bits::B224),
        _ => None,
    }
}

/// The content of the element in front, which has this tag, and what follows it.
fn element(text: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = text.split_first()?;
    if *first != tag {
        return None;
    }
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match *first {
        short @ 0..=0x7f => (usize::from(short), rest),
        long @ 0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            let length = digits
                .iter()
                .fold(0, |sum, digit| sum << 8 | u64::from(*digit));
            (usize::try_from(length).ok()?, rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An element with a short content.
    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, content.len() as u8], content].concat()
    }

    /// As much of a certificate as is looked at.
    fn certificate(family: &[u8], last: u8, parameters: &[u8]) -> Vec<u8> {
        let name = der(OBJECT, &[family, &[last]].concat());
        let algorithm = der(SEQUENCE, &[name, parameters.to_vec()].concat());
        let body = [
            der(SEQUENCE, b"to be signed"),
            algorithm,
            der(3, b"\0signature"),
        ]
        .concat();
        der(SEQUENCE, &body)
    }

    fn pss(hash: &[u8]) -> Vec<u8> {
        der(SEQUENCE, hash)
    }

    #[test]
    fn the_signature_names_the_digest() {
        let sha2 = |last: u8| {
            der(
                PSS_HASH,
                &der(SEQUENCE, &der(OBJECT, &[oid::SHA2, &[last]].concat())),
            )
        };
        for (family, last, parameters, expected) in [
            (oid::RSA, 5, vec![], Some(Bits::B256)),
            (oid::RSA, 11, vec![], Some(Bits::B256)),
            (oid::RSA, 12, vec![], Some(Bits::B384)),
            (oid::RSA, 13, vec![], Some(Bits::B512)),
            (oid::RSA, 14, vec![], Some(Bits::B224)),
            (oid::RSA, 10, pss(&[]), Some(Bits::B256)),
            (oid::RSA, 10, pss(&sha2(2)), Some(Bits::B384)),
            (oid::RSA, 10, pss(&sha2(3)), Some(Bits::B512)),
            (oid::RSA, 10, pss(&sha2(9)), None),
            (oid::RSA, 10, vec![], None),
            (oid::RSA, 99, vec![], None),
            (oid::ECDSA_SHA2, 2, vec![], Some(Bits::B256)),
            (oid::ECDSA_SHA2, 4, vec![], Some(Bits::B512)),
            // Ed25519.
            (&[0x2b, 0x65], 0x70, vec![], None),
        ] {
            let found = signature_digest(&certificate(family, last, &parameters));
            assert_eq!(found, expected, "{family:x?} {last}");
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_digest() {
        let whole = certificate(oid::RSA, 11, &[]);
        for end in 0..whole.len() {
            assert_eq!(signature_digest(&whole[..end]), None);
        }
        for text in [
            &b"\x30\x80\0\0"[..],
            b"\x30\x84\xff\xff\xff\xff",
            b"\x30\x85\0\0\0\0\0",
            b"",
        ] {
            assert_eq!(signature_digest(text), None);
        }
    }
}
