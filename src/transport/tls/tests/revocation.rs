//! Lists of revoked certificates.

use ::openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use ::openssl::hash::MessageDigest;
use ::openssl::x509::extension::AuthorityKeyIdentifier;
use ::openssl::x509::{X509, X509CrlBuilder, X509Extension, X509RevokedBuilder};

use super::certificates::Issued;

/// A list of revoked certificates in PEM.
pub(super) fn revocation_list(issuer: &Issued, revoked: &[&Issued]) -> Vec<u8> {
    let mut builder = X509CrlBuilder::new().unwrap();
    let name = issuer.certificate.subject_name();
    builder.set_issuer_name(name).unwrap();
    let now = Asn1Time::days_from_now(0).unwrap();
    builder.set_last_update(&now).unwrap();
    let next = Asn1Time::days_from_now(1).unwrap();
    builder.set_next_update(&next).unwrap();
    for issued in revoked {
        let mut entry = X509RevokedBuilder::new().unwrap();
        let serial = issued.certificate.serial_number();
        entry.set_serial_number(serial).unwrap();
        entry.set_revocation_date(&now).unwrap();
        builder.add_revoked(entry.build()).unwrap();
    }
    let blank = X509::builder().unwrap();
    let context = blank.x509v3_context(Some(&issuer.certificate), None);
    let mut authority = AuthorityKeyIdentifier::new();
    let extension = authority.keyid(true).build(&context).unwrap();
    builder.append_extension(extension).unwrap();
    let crl_number = Asn1Object::from_str("2.5.29.20").unwrap();
    let one = Asn1OctetString::new_from_bytes(&[2, 1, 1]).unwrap();
    let extension = X509Extension::new_from_der(&crl_number, false, &one).unwrap();
    builder.append_extension(extension).unwrap();
    builder.sign(&issuer.key, MessageDigest::sha256()).unwrap();
    builder.build().unwrap().to_pem().unwrap()
}
