//! From the settings to a context of OpenSSL: trust, revocation, versions, identity, key log.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ::openssl::ssl::{
    SslContext, SslContextBuilder, SslMethod, SslMode, SslOptions, SslVerifyMode, SslVersion,
};
use ::openssl::x509::verify::X509VerifyFlags;

use super::{identity, with_reason};
use crate::error::Error;
use crate::transport::os_error;
use crate::transport::tls::ALPN;
use crate::transport::tls::files::{self, Roots};
use crate::transport::tls::settings::{TlsSettings, TlsVersion};

/// The last context that was made from nothing but settings, and these: making one costs a fifth of
/// a handshake.
static PLAIN: Mutex<Option<(Plain, SslContext)>> = Mutex::new(None);

/// Settings of a context that no file is read for.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Plain {
    min_version: Option<TlsVersion>,
    max_version: Option<TlsVersion>,
    compression: bool,
}

impl Plain {
    /// `None` where there is a file to be read or written.
    fn of(settings: &TlsSettings) -> Option<Self> {
        let plain = settings.key_log.is_none()
            && files::roots(settings).is_ok_and(|roots| roots == Roots::Unverified)
            && files::identity(settings).is_ok_and(|identity| identity.is_none());
        plain.then_some(Self {
            min_version: settings.min_version,
            max_version: settings.max_version,
            compression: settings.compression,
        })
    }
}

/// The context for these settings: the one of a connection before, or a new one.
pub(super) fn for_settings(settings: &TlsSettings) -> Result<SslContext, Error> {
    match Plain::of(settings) {
        Some(plain) => plain_context(plain, settings),
        None => build(settings),
    }
}

/// Whoever finds the lock taken makes a context of its own: in a forked process it may stay taken.
fn plain_context(plain: Plain, settings: &TlsSettings) -> Result<SslContext, Error> {
    if let Ok(kept) = PLAIN.try_lock()
        && let Some((of, context)) = &*kept
        && *of == plain
    {
        return Ok(context.clone());
    }
    let mut context = begin(settings)?;
    context.set_verify(SslVerifyMode::NONE);
    let context = context.build();
    if let Ok(mut kept) = PLAIN.try_lock() {
        *kept = Some((plain, context.clone()));
    }
    Ok(context)
}

fn build(settings: &TlsSettings) -> Result<SslContext, Error> {
    let mut context = begin(settings)?;
    set_trust(&mut context, settings)?;
    identity::load(&mut context, settings)?;
    if let Some(path) = settings.key_log.clone() {
        context.set_keylog_callback(move |_, line| log_key(&path, line));
    }
    Ok(context.build())
}

/// What no file is needed for.
fn begin(settings: &TlsSettings) -> Result<SslContextBuilder, Error> {
    let mut context = SslContextBuilder::new(SslMethod::tls_client())
        .map_err(|e| with_reason("could not create SSL context", &e))?;
    // A send that could not be finished may be repeated from another place in memory.
    context.set_mode(
        SslMode::ENABLE_PARTIAL_WRITE | SslMode::ACCEPT_MOVING_WRITE_BUFFER | SslMode::AUTO_RETRY,
    );
    set_versions(&mut context, settings)?;
    if settings.compression {
        context.clear_options(SslOptions::NO_COMPRESSION);
    } else {
        context.set_options(SslOptions::NO_COMPRESSION);
    }
    set_alpn(&mut context)?;
    Ok(context)
}

fn set_versions(context: &mut SslContextBuilder, settings: &TlsSettings) -> Result<(), Error> {
    if let Some(min) = settings.min_version {
        context
            .set_min_proto_version(Some(version(min)))
            .map_err(|e| with_reason("could not set minimum SSL protocol version", &e))?;
    }
    if let Some(max) = settings.max_version {
        context
            .set_max_proto_version(Some(version(max)))
            .map_err(|e| with_reason("could not set maximum SSL protocol version", &e))?;
    }
    Ok(())
}

fn version(version: TlsVersion) -> SslVersion {
    match version {
        TlsVersion::V1 => SslVersion::TLS1,
        TlsVersion::V1_1 => SslVersion::TLS1_1,
        TlsVersion::V1_2 => SslVersion::TLS1_2,
        TlsVersion::V1_3 => SslVersion::TLS1_3,
    }
}

fn set_trust(context: &mut SslContextBuilder, settings: &TlsSettings) -> Result<(), Error> {
    let roots = files::roots(settings)?;
    match &roots {
        Roots::Unverified => {
            context.set_verify(SslVerifyMode::NONE);
            return Ok(());
        }
        Roots::System => context
            .set_default_verify_paths()
            .map_err(|e| with_reason("could not load system root certificate paths", &e))?,
        Roots::File(path) => context
            .load_verify_locations(Some(path), None)
            .map_err(|e| {
                let what = format!(
                    "could not read root certificate file \"{}\"",
                    path.display()
                );
                with_reason(&what, &e)
            })?,
    }
    let (file, dir) = files::revocation_lists(settings, &roots);
    set_revocation(context, file, dir)?;
    context.set_verify(SslVerifyMode::PEER);
    Ok(())
}

/// A file that holds nothing is not missed, nor one that does not exist; the manual says so. Once
/// something was found, every certificate of the chain must be vouched for by a list. That a folder
/// exists is not checked: OpenSSL looks into it when it needs a list.
fn set_revocation(
    context: &mut SslContextBuilder,
    file: Option<PathBuf>,
    dir: Option<PathBuf>,
) -> Result<(), Error> {
    let mut load = |file: Option<&Path>, dir: Option<&Path>| {
        let named = file.is_some() || dir.is_some();
        named && context.load_verify_locations(file, dir).is_ok()
    };
    let from_file = load(file.as_deref(), None);
    let from_dir = load(None, dir.as_deref());
    if from_file || from_dir {
        let flags = X509VerifyFlags::CRL_CHECK | X509VerifyFlags::CRL_CHECK_ALL;
        context
            .cert_store_mut()
            .set_flags(flags)
            .map_err(|e| with_reason("could not create SSL context", &e))?;
    }
    Ok(())
}

fn set_alpn(context: &mut SslContextBuilder) -> Result<(), Error> {
    let mut wire = vec![ALPN.len() as u8];
    wire.extend_from_slice(ALPN.as_bytes());
    context
        .set_alpn_protos(&wire)
        .map_err(|e| with_reason("could not set SSL ALPN extension", &e))
}

/// Appends one line to the log, which nobody else may read. The connection goes on without it.
fn log_key(path: &Path, line: &str) {
    let shown = path.display();
    let opened = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path);
    let mut file = match opened {
        Ok(file) => file,
        Err(error) => {
            let reason = os_error::text(&error);
            eprintln!("WARNING: could not open SSL key logging file \"{shown}\": {reason}");
            return;
        }
    };
    if let Err(error) = file.write_all(format!("{line}\n").as_bytes()) {
        let reason = os_error::text(&error);
        eprintln!("WARNING: could not write to SSL key logging file \"{shown}\": {reason}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_context_that_a_file_is_read_for_is_not_shared() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".postgresql")).unwrap();
        let settings = TlsSettings {
            home: Some(home.path().to_owned()),
            ..TlsSettings::default()
        };
        assert!(Plain::of(&settings).is_some());
        let logged = TlsSettings {
            key_log: Some(home.path().join("keys")),
            ..settings.clone()
        };
        assert!(Plain::of(&logged).is_none());
        for name in ["root.crt", "postgresql.crt"] {
            let path = home.path().join(".postgresql").join(name);
            fs::write(&path, "").unwrap();
            assert!(Plain::of(&settings).is_none(), "{name}");
            fs::remove_file(path).unwrap();
        }
    }

    #[test]
    fn contexts_of_different_versions_differ() {
        let newest = TlsSettings {
            min_version: Some(TlsVersion::V1_3),
            ..TlsSettings::default()
        };
        assert!(Plain::of(&newest) != Plain::of(&TlsSettings::default()));
    }
}
