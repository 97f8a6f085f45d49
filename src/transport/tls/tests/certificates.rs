//! Certificates, keys and revocation lists that live as long as a test.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use ::openssl::asn1::Asn1Time;
use ::openssl::bn::BigNum;
use ::openssl::ec::{EcGroup, EcKey};
use ::openssl::hash::MessageDigest;
use ::openssl::nid::Nid;
use ::openssl::pkey::{PKey, Private};
use ::openssl::x509::extension::{BasicConstraints, SubjectAlternativeName, SubjectKeyIdentifier};
use ::openssl::x509::{X509, X509Builder, X509Name, X509NameBuilder};

/// A certificate with its key.
pub(super) struct Issued {
    pub(super) certificate: X509,
    pub(super) key: PKey<Private>,
}

/// What a certificate is to say.
pub(super) struct Wish<'a> {
    pub(super) common: &'a str,
    pub(super) dns: &'a [&'a str],
    pub(super) ip: &'a [&'a str],
    pub(super) authority: bool,
    pub(super) expired: bool,
    pub(super) digest: MessageDigest,
}

impl Default for Wish<'_> {
    fn default() -> Self {
        Self {
            common: "localhost",
            dns: &[],
            ip: &[],
            authority: false,
            expired: false,
            digest: MessageDigest::sha256(),
        }
    }
}

pub(super) fn root(common: &str) -> Issued {
    issue(
        &Wish {
            common,
            authority: true,
            ..Wish::default()
        },
        None,
    )
}

pub(super) fn issue(wish: &Wish<'_>, issuer: Option<&Issued>) -> Issued {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let subject = name(wish.common);
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial
        .rand(64, ::openssl::bn::MsbOption::MAYBE_ZERO, false)
        .unwrap();
    builder
        .set_serial_number(&serial.to_asn1_integer().unwrap())
        .unwrap();
    builder.set_subject_name(&subject).unwrap();
    let issuer_name = issuer.map_or(&*subject, |issuer| issuer.certificate.subject_name());
    builder.set_issuer_name(issuer_name).unwrap();
    builder.set_pubkey(&key).unwrap();
    let day = 24 * 60 * 60;
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    // The system's width of time is inferred.
    let time = |seconds: u64| Asn1Time::from_unix(seconds as _).unwrap();
    let until = if wish.expired { now - day } else { now + day };
    builder.set_not_before(&time(now - 2 * day)).unwrap();
    builder.set_not_after(&time(until)).unwrap();
    add_extensions(&mut builder, wish, issuer);
    let signer = issuer.map_or(&key, |issuer| &issuer.key);
    builder.sign(signer, wish.digest).unwrap();
    Issued {
        certificate: builder.build(),
        key,
    }
}

fn name(common: &str) -> X509Name {
    let mut builder = X509NameBuilder::new().unwrap();
    builder.append_entry_by_text("O", "ferropq tests").unwrap();
    if !common.is_empty() {
        builder.append_entry_by_text("CN", common).unwrap();
    }
    builder.build()
}

fn add_extensions(builder: &mut X509Builder, wish: &Wish<'_>, issuer: Option<&Issued>) {
    if wish.authority {
        let extension = BasicConstraints::new().critical().ca().build().unwrap();
        builder.append_extension(extension).unwrap();
        let context = builder.x509v3_context(None, None);
        let extension = SubjectKeyIdentifier::new().build(&context).unwrap();
        builder.append_extension(extension).unwrap();
    }
    if wish.dns.is_empty() && wish.ip.is_empty() {
        return;
    }
    let mut names = SubjectAlternativeName::new();
    for dns in wish.dns {
        names.dns(dns);
    }
    for ip in wish.ip {
        names.ip(ip);
    }
    let context = builder.x509v3_context(issuer.map(|issuer| &*issuer.certificate), None);
    let extension = names.build(&context).unwrap();
    builder.append_extension(extension).unwrap();
}

/// A folder for the files of one test.
pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// A file that only its owner may read.
    pub(super) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    pub(super) fn certificate(&self, name: &str, issued: &Issued) -> PathBuf {
        self.write(name, issued.certificate.to_pem().unwrap())
    }

    pub(super) fn key(&self, name: &str, issued: &Issued) -> PathBuf {
        self.write(name, issued.key.private_key_to_pem_pkcs8().unwrap())
    }
}
