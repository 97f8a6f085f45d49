//! Other people's servers: started with a configuration of ours, gone with the value.

use crate::identity::Identity;
use crate::server::{KEEPER, clean};
use std::env;
use std::fs::{self, File};
use std::io;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const START_LIMIT: Duration = Duration::from_secs(30);

/// A running program that listens on a port of 127.0.0.1. Dropping it stops it and removes its
/// folder.
#[derive(Debug)]
pub struct Daemon {
    folder: PathBuf,
    port: u16,
    keeper: Child,
}

/// A folder that is being filled for a [`Daemon`].
#[derive(Debug)]
pub struct DaemonFolder {
    folder: tempfile::TempDir,
    identity: Identity,
}

impl DaemonFolder {
    /// A new, empty folder.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub fn new() -> io::Result<Self> {
        let identity = Identity::for_servers()?;
        let folder = tempfile::Builder::new()
            .prefix("ferropq-daemon-")
            .tempdir()?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        identity.own(folder.path())?;
        Ok(Self { folder, identity })
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The path of a file in it.
    pub fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Writes a file that only the daemon can read.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> io::Result<()> {
        let path = self.folder.path().join(name);
        fs::write(&path, content)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        self.identity.own(&path)
    }

    /// Runs a program to its end as the daemon's user.
    ///
    /// # Errors
    ///
    /// When it fails; the error carries what it has said.
    pub fn run(&self, command: &mut Command) -> io::Result<()> {
        command.current_dir(self.folder.path());
        self.identity.assume(command);
        crate::server::run(clean(command))
    }

    /// Starts a program that stays in the foreground and ends by the signal, and waits until somebody
    /// listens on the port.
    ///
    /// # Errors
    ///
    /// When nobody does; the error carries what the program has said.
    pub fn start(
        self,
        port: u16,
        stop: &str,
        program: &Path,
        arguments: &[String],
    ) -> io::Result<Daemon> {
        let log = File::create(self.folder.path().join("log"))?;
        self.identity.own(&self.folder.path().join("log"))?;
        let mut command = Command::new("sh");
        command
            .args(["-c", KEEPER])
            .arg(self.folder.path())
            .arg(program)
            .args(arguments)
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log);
        self.identity.assume(&mut command);
        let keeper = clean(&mut command).env("FERROPQ_STOP", stop).spawn()?;
        let daemon = Daemon {
            folder: self.folder.keep(),
            port,
            keeper,
        };
        daemon.wait_until_ready(program)?;
        Ok(daemon)
    }
}

impl Daemon {
    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        let said = fs::read(self.folder.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&said).into_owned()
    }

    fn wait_until_ready(&self, program: &Path) -> io::Result<()> {
        let begin = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if begin.elapsed() > START_LIMIT || self.folder.join("exited").exists() {
                let (program, log) = (program.display(), self.log());
                return Err(io::Error::other(format!("{program} is not ready\n{log}")));
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // The end of its standard input is what the keeper waits for.
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// A port that nobody listens on.
///
/// # Errors
///
/// When there is none.
pub fn free_port() -> io::Result<u16> {
    crate::server::free_port()
}

/// Where a program is. Debian keeps some servers outside the usual path.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
}
