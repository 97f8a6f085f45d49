//! The files of a TLS connection: which ones, and whether they may be used.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::settings::{CertificateMode, RootCertificates, TlsSettings, Verify};
use super::tls_error;
use crate::error::Error;
use crate::transport::os_error;

const ADVICE: &str = "Either provide the file, use the system's trusted roots with \
    sslrootcert=system, or change sslmode to disable server certificate verification.";

/// Whom to trust, found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Roots {
    /// Nobody is asked for: the certificate is not verified.
    Unverified,
    /// The TLS library's own.
    System,
    /// A file that exists.
    File(PathBuf),
}

/// The client's certificate and the key to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The file of the certificate and those that link it to a root.
    pub certificate: PathBuf,
    /// The key.
    pub key: Key,
}

/// Where the client's key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// In a file that others may not read.
    File(PathBuf),
    /// In the keeping of a module of OpenSSL.
    Engine {
        /// The module.
        name: String,
        /// What the module calls the key.
        id: String,
    },
}

fn in_home(settings: &TlsSettings, name: &str) -> Option<PathBuf> {
    let home = settings.home.as_ref()?;
    Some(home.join(".postgresql").join(name))
}

/// Whom to trust: an error where verification is wanted and there is nobody.
pub fn roots(settings: &TlsSettings) -> Result<Roots, Error> {
    let path = match &settings.roots {
        RootCertificates::System => return Ok(Roots::System),
        RootCertificates::File(path) => Some(path.clone()),
        RootCertificates::Default => in_home(settings, "root.crt"),
    };
    if let Some(path) = path.as_ref().filter(|path| path.exists()) {
        return Ok(Roots::File(path.clone()));
    }
    if settings.verify == Verify::IfRootsExist {
        return Ok(Roots::Unverified);
    }
    let problem = match path {
        Some(path) => format!(
            "root certificate file \"{}\" does not exist",
            path.display()
        ),
        None => "could not get home directory to locate root certificate file".to_owned(),
    };
    Err(tls_error(format!("{problem}\n{ADVICE}")))
}

/// Where revoked certificates are listed: a file and a directory, either of which may be missing.
/// Empty where they are not looked at: without a file of roots.
pub fn revocation_lists(
    settings: &TlsSettings,
    roots: &Roots,
) -> (Option<PathBuf>, Option<PathBuf>) {
    if !matches!(roots, Roots::File(_)) {
        return (None, None);
    }
    let (file, dir) = (settings.crl.clone(), settings.crl_dir.clone());
    if file.is_none() && dir.is_none() {
        return (in_home(settings, "root.crl"), None);
    }
    (file, dir)
}

/// The client's certificate with its key, if there is one to send.
pub fn identity(settings: &TlsSettings) -> Result<Option<Identity>, Error> {
    if settings.certificate_mode == CertificateMode::Disable {
        return Ok(None);
    }
    let certificate = settings.certificate.clone();
    let Some(certificate) = certificate.or_else(|| in_home(settings, "postgresql.crt")) else {
        return Ok(None);
    };
    match fs::metadata(&certificate) {
        Ok(_) => {}
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => {
            let (path, reason) = (certificate.display(), os_error::text(&error));
            return Err(tls_error(format!(
                "could not open certificate file \"{path}\": {reason}"
            )));
        }
    }
    let key = key(settings)?;
    Ok(Some(Identity { certificate, key }))
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ENOTDIR))
}

fn key(settings: &TlsSettings) -> Result<Key, Error> {
    if let Some(key) = &settings.key {
        // Manual, `sslkey`: a colon-separated engine name and an engine-specific key identifier.
        if let Some((name, id)) = key.to_str().and_then(|key| key.split_once(':')) {
            return Ok(Key::Engine {
                name: name.to_owned(),
                id: id.to_owned(),
            });
        }
    }
    let path = settings.key.clone();
    let path = path.or_else(|| in_home(settings, "postgresql.key"));
    let path = path.unwrap_or_default();
    check_key_file(&path)?;
    Ok(Key::File(path))
}

/// A key that others may read is no secret.
fn check_key_file(path: &Path) -> Result<(), Error> {
    let shown = path.display();
    let found = fs::metadata(path).map_err(|error| {
        tls_error(if error.raw_os_error() == Some(libc::ENOENT) {
            format!("certificate present, but not private key file \"{shown}\"")
        } else {
            let reason = os_error::text(&error);
            format!("could not stat private key file \"{shown}\": {reason}")
        })
    })?;
    if !found.is_file() {
        return Err(tls_error(format!(
            "private key file \"{shown}\" is not a regular file"
        )));
    }
    if too_open(found.uid(), found.mode()) {
        return Err(tls_error(format!(
            "private key file \"{shown}\" has group or world access; file must have permissions \
             u=rw (0600) or less if owned by the current user, or permissions u=rw,g=r (0640) or \
             less if owned by root"
        )));
    }
    Ok(())
}

/// The group may read a file of root's; nobody else may do anything.
fn too_open(owner: u32, mode: u32) -> bool {
    let forbidden = if owner == 0 { 0o037 } else { 0o077 };
    mode & forbidden != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn at_home() -> (tempfile::TempDir, TlsSettings) {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join(".postgresql")).unwrap();
        let settings = TlsSettings {
            home: Some(dir.path().to_owned()),
            ..TlsSettings::default()
        };
        (dir, settings)
    }

    fn place(dir: &tempfile::TempDir, name: &str, mode: u32) -> PathBuf {
        let path = dir.path().join(".postgresql").join(name);
        fs::write(&path, "x").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn roots_at_home_are_used_where_they_exist() {
        let (dir, mut settings) = at_home();
        assert_eq!(roots(&settings).unwrap(), Roots::Unverified);
        settings.verify = Verify::Chain;
        let missing = dir.path().join(".postgresql/root.crt");
        let error = roots(&settings).unwrap_err();
        assert_eq!(
            error.message(),
            format!(
                "root certificate file \"{}\" does not exist\n{ADVICE}",
                missing.display()
            )
        );
        let path = place(&dir, "root.crt", 0o644);
        assert_eq!(roots(&settings).unwrap(), Roots::File(path));
        settings.roots = RootCertificates::System;
        assert_eq!(roots(&settings).unwrap(), Roots::System);
    }

    #[test]
    fn verification_without_a_home_says_so() {
        let settings = TlsSettings {
            verify: Verify::ChainAndHostName,
            ..TlsSettings::default()
        };
        let error = roots(&settings).unwrap_err();
        let problem = "could not get home directory to locate root certificate file\n";
        assert!(error.message().starts_with(problem));
    }

    #[test]
    fn the_list_at_home_counts_only_where_none_is_named() {
        let (dir, mut settings) = at_home();
        let file = Roots::File(PathBuf::from("r"));
        let at_home = dir.path().join(".postgresql/root.crl");
        assert_eq!(revocation_lists(&settings, &file), (Some(at_home), None));
        settings.crl_dir = Some(PathBuf::from("d"));
        assert_eq!(
            revocation_lists(&settings, &file),
            (None, Some(PathBuf::from("d")))
        );
        assert_eq!(
            revocation_lists(&settings, &Roots::Unverified),
            (None, None)
        );
    }

    #[test]
    fn a_certificate_needs_a_key_that_is_kept_secret() {
        let (dir, settings) = at_home();
        assert_eq!(identity(&settings).unwrap(), None);
        let certificate = place(&dir, "postgresql.crt", 0o644);
        let error = identity(&settings).unwrap_err();
        let prefix = "certificate present, but not private key file \"";
        assert!(error.message().starts_with(prefix), "{error}");
        let key = place(&dir, "postgresql.key", 0o644);
        let error = identity(&settings).unwrap_err();
        assert!(error.message().contains("has group or world access"));
        place(&dir, "postgresql.key", 0o600);
        let found = identity(&settings).unwrap().unwrap();
        assert_eq!(found.certificate, certificate);
        assert_eq!(found.key, Key::File(key));
    }

    #[test]
    fn a_certificate_that_is_disabled_is_not_looked_at() {
        let (dir, mut settings) = at_home();
        place(&dir, "postgresql.crt", 0o644);
        settings.certificate_mode = CertificateMode::Disable;
        assert_eq!(identity(&settings).unwrap(), None);
    }

    #[test]
    fn a_key_may_be_in_an_engine_and_not_be_a_directory() {
        let (dir, mut settings) = at_home();
        place(&dir, "postgresql.crt", 0o644);
        settings.key = Some(PathBuf::from("pkcs11:my:key"));
        let engine = Key::Engine {
            name: "pkcs11".to_owned(),
            id: "my:key".to_owned(),
        };
        assert_eq!(identity(&settings).unwrap().unwrap().key, engine);
        settings.key = Some(dir.path().to_owned());
        let error = identity(&settings).unwrap_err();
        assert!(error.message().ends_with("is not a regular file"));
    }

    #[test]
    fn the_group_may_read_only_what_root_owns() {
        assert!(!too_open(0, 0o100_640));
        assert!(too_open(0, 0o100_660));
        assert!(too_open(0, 0o100_644));
        assert!(too_open(1000, 0o100_640));
        assert!(!too_open(1000, 0o100_600));
        assert!(!too_open(1000, 0o100_700));
    }
}
