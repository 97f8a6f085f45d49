//! What is read from the server's certificate: its names, and its hash for channel binding.

use std::ffi::c_int;

use ::openssl::hash::MessageDigest;
use ::openssl::nid::Nid;
use ::openssl::x509::{GeneralNameRef, X509Ref};
use foreign_types::ForeignTypeRef;
use openssl_sys as ffi;

use crate::transport::tls::host_name::{AlternativeName, CertificateNames};

/// The names that the host's is compared with.
pub(super) fn names(certificate: &X509Ref) -> CertificateNames {
    let alternative = certificate
        .subject_alt_names()
        .map(|names| names.iter().filter_map(alternative_name).collect());
    let common = certificate
        .subject_name()
        .entries_by_nid(Nid::COMMONNAME)
        .next()
        .map(|entry| entry.data().as_slice().to_vec());
    CertificateNames {
        alternative: alternative.unwrap_or_default(),
        common,
    }
}

fn alternative_name(name: &GeneralNameRef) -> Option<AlternativeName> {
    if let Some(bytes) = name.ipaddress() {
        return Some(AlternativeName::Ip(bytes.to_vec()));
    }
    if let Some(text) = name.dnsname() {
        return Some(AlternativeName::Dns(text.as_bytes().to_vec()));
    }
    // A dNSName in no proper encoding matches nothing, but must not make way for the common name.
    // SAFETY: the name is valid, and every general name has a type.
    let kind = unsafe { (*name.as_ptr()).type_ };
    (kind == ffi::GEN_DNS).then(|| AlternativeName::Dns(b"?".to_vec()))
}

unsafe extern "C" {
    fn X509_get_signature_info(
        certificate: *mut ffi::X509,
        digest: *mut c_int,
        key: *mut c_int,
        security_bits: *mut c_int,
        flags: *mut u32,
    ) -> c_int;
}

/// The digest of the certificate's signature algorithm, where it has one of its own.
fn signature_digest(certificate: &X509Ref) -> Option<Nid> {
    let mut digest = 0;
    let null = std::ptr::null_mut();
    // SAFETY: the certificate is valid, the digest is an out parameter that lives through the call,
    // and NULL is documented for what is not wanted.
    let known = unsafe {
        X509_get_signature_info(
            certificate.as_ptr(),
            &mut digest,
            null,
            null,
            std::ptr::null_mut(),
        )
    };
    let digest = Nid::from_raw(digest);
    (known == 1 && digest != Nid::UNDEF).then_some(digest)
}

/// RFC 5929, `tls-server-end-point`: the hash by the digest of the signature, and by SHA-256 where
/// that digest is MD5 or SHA-1.
pub(super) fn end_point(certificate: &X509Ref) -> Option<Vec<u8>> {
    let digest = match signature_digest(certificate)? {
        Nid::MD5 | Nid::SHA1 => MessageDigest::sha256(),
        nid => MessageDigest::from_nid(nid)?,
    };
    let hash = certificate.digest(digest).ok()?;
    Some(hash.to_vec())
}
