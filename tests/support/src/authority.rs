//! An authority with all kinds of certificates, and showing them on a running server.

use crate::identity::Identity;
use crate::server::{Server, run};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

const RELOAD_LIMIT: Duration = Duration::from_secs(20);

/// A folder of certificates; `data/authority` has the list. Dropping it removes them.
#[derive(Debug)]
pub struct Authority {
    folder: tempfile::TempDir,
}

impl Authority {
    /// Makes the certificates.
    ///
    /// # Errors
    ///
    /// When the `openssl` program fails; the error carries what it has said.
    pub fn new() -> io::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("ferropq-authority-")
            .tempdir()?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/authority");
        let made = run(Command::new("sh").arg(script).arg(folder.path()));
        if let Err(error) = made {
            let log = fs::read_to_string(folder.path().join("openssl.log")).unwrap_or_default();
            return Err(io::Error::other(format!("{error}\n{log}")));
        }
        Ok(Self { folder })
    }

    /// The path of a file.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The path of a file, as connection strings want it.
    pub fn path(&self, name: &str) -> String {
        self.file(name).display().to_string()
    }
}

impl Server {
    /// Shows the certificate of this name from now on, and trusts the authority.
    ///
    /// # Errors
    ///
    /// When the files cannot be written, or the server does not take them.
    pub fn show(&self, authority: &Authority, name: &str) -> io::Result<()> {
        let identity = Identity::for_servers()?;
        for (from, to) in [
            (format!("{name}.crt"), "server.crt"),
            (format!("{name}.key"), "server.key"),
            ("root.crt".to_owned(), "root.crt"),
        ] {
            let to = self.data_folder().join(to);
            fs::copy(authority.file(&from), &to)?;
            fs::set_permissions(&to, fs::Permissions::from_mode(0o600))?;
            identity.own(&to)?;
        }
        self.reload()
    }

    /// Makes the server read its configuration again.
    ///
    /// # Errors
    ///
    /// When the server does not say that it has.
    pub fn reload(&self) -> io::Result<()> {
        const SAID: &str = "received SIGHUP, reloading configuration files";
        let before = self.log().matches(SAID).count();
        let pid = self.pid()?;
        // SAFETY: kill has no memory preconditions; the process is the server that we started.
        unsafe { libc::kill(pid, libc::SIGHUP) };
        let begin = Instant::now();
        while begin.elapsed() < RELOAD_LIMIT {
            let log = self.log();
            if log.contains("SSL configuration was not reloaded") {
                return Err(io::Error::other(log));
            }
            // It takes no connection between saying so and having done it.
            if log.matches(SAID).count() > before {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Err(io::Error::other("the server does not reload"))
    }
}
