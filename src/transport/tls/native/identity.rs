//! The client's certificate and key, as far as the platform's libraries take them: both in PEM, the
//! key in PKCS#8 and without a password.

use std::fs;
use std::path::Path;

use ::native_tls::Identity;
use zeroize::Zeroizing;

use super::needs_openssl;
use crate::error::Error;
use crate::transport::os_error;
use crate::transport::tls::files::{self, Key};
use crate::transport::tls::settings::TlsSettings;
use crate::transport::tls::tls_error;

const PKCS8: &str = "-----BEGIN PRIVATE KEY-----";

/// The client's identity, if there is one to send.
pub(super) fn load(settings: &TlsSettings) -> Result<Option<Identity>, Error> {
    let Some(found) = files::identity(settings)? else {
        return Ok(None);
    };
    let Key::File(key_path) = found.key else {
        return Err(needs_openssl("a key in an SSL engine (sslkey)"));
    };
    let certificate = fs::read(&found.certificate).map_err(|error| {
        let (path, reason) = (found.certificate.display(), os_error::text(&error));
        tls_error(format!(
            "could not read certificate file \"{path}\": {reason}"
        ))
    })?;
    let pem = fs::read(&key_path).map_err(|error| key_error(&key_path, &os_error::text(&error)))?;
    let pem = Zeroizing::new(pem);
    let key = pkcs8(&pem, &key_path)?;
    let identity = Identity::from_pkcs8(&certificate, key).map_err(|error| {
        let (path, key) = (found.certificate.display(), key_path.display());
        let message =
            format!("could not load certificate file \"{path}\" and private key file \"{key}\"");
        tls_error(format!("{message}: {error}")).with_source(error)
    })?;
    Ok(Some(identity))
}

fn key_error(path: &Path, reason: &str) -> Error {
    let path = path.display();
    tls_error(format!(
        "could not load private key file \"{path}\": {reason}"
    ))
}

/// The part of the file that is the key.
fn pkcs8<'a>(pem: &'a [u8], path: &Path) -> Result<&'a [u8], Error> {
    if let Some(start) = memchr::memmem::find(pem, PKCS8.as_bytes()) {
        return Ok(&pem[start..]);
    }
    let has = |words: &str| memchr::memmem::find(pem, words.as_bytes()).is_some();
    if has("BEGIN ENCRYPTED PRIVATE KEY") || has("Proc-Type: 4,ENCRYPTED") {
        return Err(key_error(
            path,
            "the key is encrypted, which needs a build of ferropq with the feature \"openssl\"",
        ));
    }
    let shown = path.display();
    let der = if has("-----BEGIN") {
        ""
    } else {
        " -inform DER"
    };
    let advice = format!(
        "the key is not in PKCS#8 form; convert it with \
         \"openssl pkcs8 -topk8 -nocrypt{der} -in {shown} -out NEW_FILE\""
    );
    Err(key_error(path, &advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(pem: &str) -> String {
        let error = pkcs8(pem.as_bytes(), Path::new("k")).unwrap_err();
        error.message().to_owned()
    }

    #[test]
    fn words_before_the_key_are_skipped() {
        let pem = format!("Bag Attributes\n{PKCS8}\nMII\n");
        let key = pkcs8(pem.as_bytes(), Path::new("k")).unwrap();
        assert!(key.starts_with(PKCS8.as_bytes()));
    }

    #[test]
    fn a_key_in_another_form_is_refused_with_advice() {
        for kind in ["RSA", "EC"] {
            let error = refused(&format!("-----BEGIN {kind} PRIVATE KEY-----\nMII\n"));
            assert!(
                error.contains("openssl pkcs8 -topk8 -nocrypt -in k"),
                "{error}"
            );
        }
        assert!(refused("\u{30}\u{82}").contains("-inform DER"));
    }

    #[test]
    fn an_encrypted_key_is_refused() {
        let error = refused("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII\n");
        assert!(error.contains("is encrypted"), "{error}");
        let error = refused("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n");
        assert!(error.contains("is encrypted"), "{error}");
    }
}
