//! A Kerberos realm that lives as long as the value that stands for it.

use crate::daemon::program;
use crate::server::{KEEPER, clean, free_port, run};
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

/// A running KDC and its realm, FERROPQ.TEST. Dropping it stops the KDC and removes the realm.
///
/// `data/kdc` tells which principals there are.
#[derive(Debug)]
pub struct Kdc {
    folder: PathBuf,
    keeper: Child,
}

/// A KDC, running, or `None` ("skipped: …" is printed) where none is installed.
///
/// # Panics
///
/// With `FERROPQ_REQUIRE_KDC=1`, instead of skipping. Always, when a KDC that is installed does not
/// start.
pub fn require_kdc() -> Option<Kdc> {
    let required = env::var_os("FERROPQ_REQUIRE_KDC").is_some_and(|value| value == "1");
    let missing: Vec<&str> = ["krb5kdc", "kdb5_util", "kadmin.local", "kinit"]
        .into_iter()
        .filter(|name| program(name).is_none())
        .collect();
    if missing.is_empty() {
        let kdc = Kdc::start();
        return Some(kdc.unwrap_or_else(|error| panic!("the KDC does not start: {error}")));
    }
    let missing = missing.join(", ");
    assert!(
        !required,
        "not installed: {missing}; FERROPQ_REQUIRE_KDC=1 forbids skipping"
    );
    eprintln!("skipped: not installed: {missing}");
    None
}

impl Kdc {
    /// Makes a new realm and starts its KDC, on a port of its own.
    ///
    /// # Errors
    ///
    /// When a step fails; the error carries what the program that failed has said.
    pub fn start() -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("ferropq-kdc-").tempdir()?;
        // The server's user reads the configuration.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let port = free_port()?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/kdc");
        let made = run(Command::new("sh")
            .arg(script)
            .arg(folder.path())
            .arg(port.to_string()));
        if let Err(error) = made {
            let log = fs::read_to_string(folder.path().join("setup.log")).unwrap_or_default();
            return Err(io::Error::other(format!("{error}\n{log}")));
        }
        let keeper = launch(folder.path())?;
        let kdc = Self {
            folder: folder.keep(),
            keeper,
        };
        kdc.wait_until_ready(port)?;
        Ok(kdc)
    }

    /// The path of a file of the realm: `krb5.conf`, `server.keytab`; `data/kdc` has the list.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Logs a principal in for this long and gives the name of its credential cache, which is
    /// removed with the realm.
    ///
    /// # Errors
    ///
    /// When `kinit` fails; the error carries what it has said.
    pub fn log_in(&self, principal: &str, lifetime: Duration) -> io::Result<String> {
        let cache = format!(
            "FILE:{}/{principal}-{}.cache",
            self.folder.display(),
            lifetime.as_secs()
        );
        let kinit = program("kinit").ok_or_else(|| io::Error::other("no kinit"))?;
        run(Command::new(kinit)
            .env("KRB5_CONFIG", self.file("krb5.conf"))
            .arg("-k")
            .arg("-t")
            .arg(self.file("client.keytab"))
            .arg("-c")
            .arg(&cache)
            .arg("-l")
            .arg(format!("{}s", lifetime.as_secs()))
            .arg(principal))?;
        Ok(cache)
    }

    fn wait_until_ready(&self, port: u16) -> io::Result<()> {
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if started.elapsed() > START_LIMIT || self.folder.join("exited").exists() {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                return Err(io::Error::other(format!("the KDC is not ready\n{log}")));
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Kdc {
    fn drop(&mut self) {
        // The end of its standard input is what the keeper waits for.
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

fn launch(folder: &Path) -> io::Result<Child> {
    let kdc = program("krb5kdc").ok_or_else(|| io::Error::other("no krb5kdc"))?;
    let log = File::create(folder.join("log"))?;
    let mut command = Command::new("sh");
    command
        .args(["-c", KEEPER])
        .arg(folder)
        .arg(kdc)
        .args(["-n", "-r", "FERROPQ.TEST"])
        .env("KRB5_CONFIG", folder.join("krb5.conf"))
        .env("KRB5_KDC_PROFILE", folder.join("kdc.conf"))
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(log.try_clone()?)
        .stderr(log);
    clean(&mut command).spawn()
}
