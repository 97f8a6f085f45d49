//! A second server that follows a first.

use crate::identity::Identity;
use crate::installation::{Installation, servers};
use crate::server::{Server, ServerOptions, clean, run};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

impl Server {
    /// Copies a running primary with `pg_basebackup -R` and starts a hot standby on the copy.
    ///
    /// # Errors
    ///
    /// When a step fails; the error carries what the program that failed has said.
    pub fn start_standby(
        installation: &Installation,
        primary: &Self,
        options: &ServerOptions,
    ) -> io::Result<Self> {
        Self::start_with(installation, options, |_, identity, folder| {
            copy_primary(identity, folder, primary)
        })
    }

    /// Makes a standby the primary, and waits until it is.
    ///
    /// # Errors
    ///
    /// When `pg_ctl promote` fails.
    pub fn promote(&self, installation: &Installation) -> io::Result<()> {
        let identity = Identity::for_servers()?;
        let bindir = installation.bindir.canonicalize()?;
        let copied = self.socket_folder().join("server/bin");
        let bindir = if copied.exists() { copied } else { bindir };
        let mut promote = Command::new(bindir.join("pg_ctl"));
        promote
            .args(["promote", "--wait", "--pgdata"])
            .arg(self.data_folder())
            .current_dir("/");
        identity.assume(&mut promote);
        run(clean(&mut promote))
    }
}

/// The system's program, which knows older servers too; the packaged ones bring none.
fn basebackup() -> io::Result<PathBuf> {
    servers()
        .into_iter()
        .map(|found| found.bindir.join("pg_basebackup"))
        .find(|program| program.is_file())
        .ok_or_else(|| io::Error::other("no pg_basebackup is installed"))
}

fn copy_primary(identity: Identity, folder: &Path, primary: &Server) -> io::Result<()> {
    let mut copy = Command::new(basebackup()?);
    copy.args(["--write-recovery-conf", "--wal-method=stream", "--no-sync"])
        .args(["--checkpoint=fast", "--username=postgres", "--host"])
        .arg(primary.socket_folder())
        .arg("--port")
        .arg(primary.port().to_string())
        .arg("--pgdata")
        .arg(folder.join("data"))
        .current_dir(folder);
    identity.assume(&mut copy);
    run(clean(&mut copy))
}
