//! A PostgreSQL server that lives as long as the value that stands for it.

use crate::certificates;
use crate::identity::Identity;
use crate::installation::Installation;
use crate::users::User;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

const START_LIMIT: Duration = Duration::from_secs(60);

/// Runs the server ("$@") until its standard input ends, which it does with the test process,
/// whatever that dies of; then stops the server (by SIGQUIT, or the signal that $FERROPQ_STOP names)
/// and removes its folder ($0).
pub(crate) const KEEPER: &str = r#"
trap "" INT TERM HUP
exec 3<&0
"$@" 3<&- </dev/null &
server=$!
{ read -r _ <&3; kill -"${FERROPQ_STOP:-QUIT}" "$server" 2>/dev/null; } &
stop=$!
wait "$server"
touch "$0/exited"
wait "$stop"
rm -rf -- "$0"
"#;

/// How a server is to differ from the usual one.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// The certificate it shows, or `None` for a server without TLS.
    pub tls: Option<Certificate>,
    /// Lines that go before those of `data/pg_hba.conf`.
    pub hba: String,
    /// Settings of `postgresql.conf`, as name and unquoted value.
    pub settings: Vec<(&'static str, String)>,
    /// Arguments for `initdb`, after ours: `--encoding=EUC_JP`, say.
    pub initdb: Vec<String>,
    /// Variables of the server's environment.
    pub environment: Vec<(&'static str, String)>,
    /// Files to copy into the data folder, for the server alone to read: name there, and source.
    pub files: Vec<(&'static str, PathBuf)>,
}

impl Default for ServerOptions {
    fn default() -> Self {
        let tls = Some(Certificate::Localhost);
        Self {
            tls,
            hba: String::new(),
            settings: Vec::new(),
            initdb: Vec::new(),
            environment: Vec::new(),
            files: Vec::new(),
        }
    }
}

/// The certificates that a server can show; all are signed by `root.crt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certificate {
    /// For localhost, 127.0.0.1 and ::1; an elliptic-curve key, signed with SHA-256.
    Localhost,
    /// For localhost; an RSA key.
    Rsa,
    /// For localhost; signed with SHA-384, which changes the channel binding's hash.
    Sha384,
    /// For a host name that is not ours.
    WrongHost,
}

impl Certificate {
    /// The certificate's file and its key's.
    fn files(self) -> (&'static str, &'static str) {
        match self {
            Self::Localhost => ("server.crt", "server.key"),
            Self::Rsa => ("server-rsa.crt", "server-rsa.key"),
            Self::Sha384 => ("server-sha384.crt", "server.key"),
            Self::WrongHost => ("wrong-host.crt", "wrong-host.key"),
        }
    }
}

/// The road to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// TCP to 127.0.0.1, under the name localhost.
    Tcp,
    /// TCP to ::1, under the name localhost.
    Tcp6,
    /// The Unix socket.
    Unix,
}

/// A running server. Dropping it stops the server and removes its files.
#[derive(Debug)]
pub struct Server {
    major: u32,
    port: u16,
    folder: PathBuf,
    keeper: Mutex<Child>,
}

impl Server {
    /// Makes a new cluster and starts a server on it, on a port and a socket of its own.
    ///
    /// # Errors
    ///
    /// When a step fails; the error carries what the program that failed has said.
    pub fn start(installation: &Installation, options: &ServerOptions) -> io::Result<Self> {
        Self::start_with(installation, options, |bindir, identity, folder| {
            make_cluster(bindir, identity, folder, options)
        })
    }

    /// Starts a server on the cluster that `make` leaves in the folder `data` of the given one.
    pub(crate) fn start_with(
        installation: &Installation,
        options: &ServerOptions,
        make: impl FnOnce(&Path, Identity, &Path) -> io::Result<()>,
    ) -> io::Result<Self> {
        let identity = Identity::for_servers()?;
        let folder = new_folder(identity)?;
        let bindir = reachable_bindir(installation, identity, folder.path())?;
        make(&bindir, identity, folder.path())?;
        write_certificates(identity, folder.path(), options)?;
        copy_files(identity, folder.path(), options)?;

        let mut refused = None;
        // Between choosing a free port and using it, somebody else may have taken it.
        for _ in 0..5 {
            let port = free_port()?;
            write_configuration(folder.path(), port, options)?;
            match launch(&bindir, identity, folder.path(), options) {
                Ok(keeper) => {
                    let (folder, keeper) = (folder.keep(), Mutex::new(keeper));
                    return Ok(Self {
                        major: installation.major,
                        port,
                        folder,
                        keeper,
                    });
                }
                Err(error) if !error.to_string().contains("could not bind") => return Err(error),
                Err(error) => refused = Some(error),
            }
        }
        Err(refused.unwrap_or_else(|| io::Error::other("the server does not start")))
    }

    /// The server's major version.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// The port, of TCP and of the Unix socket.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of the Unix socket.
    pub fn socket_folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of the cluster's files.
    pub(crate) fn data_folder(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The path of a certificate or key: `root.crt`, `client.key`; `data/certificates` has the list.
    pub fn certificate(&self, file: &str) -> String {
        self.folder
            .join("certificates")
            .join(file)
            .display()
            .to_string()
    }

    /// A connection string for the user over the given road, without any word about TLS.
    pub fn conninfo(&self, user: User, via: Via) -> String {
        let host = match via {
            Via::Tcp => "host=localhost hostaddr=127.0.0.1".to_owned(),
            Via::Tcp6 => "host=localhost hostaddr=::1".to_owned(),
            Via::Unix => format!("host={}", self.folder.display()),
        };
        let password = user
            .password
            .map(|word| format!(" password='{word}'"))
            .unwrap_or_default();
        format!(
            "{host} port={} dbname=postgres user={}{password}",
            self.port, user.name
        )
    }

    /// A connection string that insists on TLS with the server's identity verified.
    pub fn conninfo_tls(&self, user: User) -> String {
        let plain = self.conninfo(user, Via::Tcp);
        format!(
            "{plain} sslmode=verify-full sslrootcert={}",
            self.certificate("root.crt")
        )
    }

    /// The process id of the server.
    pub fn pid(&self) -> io::Result<i32> {
        let text = fs::read_to_string(self.folder.join("data/postmaster.pid"))?;
        let pid = text.lines().next().and_then(|line| line.parse().ok());
        pid.ok_or_else(|| io::Error::other("postmaster.pid holds no process id"))
    }

    /// Stops the server and removes its files, as dropping it does.
    pub fn stop(&self) {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        // The end of its standard input is what the keeper waits for.
        drop(keeper.stdin.take());
        // Nothing can be done about a failure here, and none is known.
        let _ = keeper.wait();
    }

    /// What the server has logged so far.
    pub fn log(&self) -> String {
        read_log(&self.folder)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A new folder that the server's user owns and everybody may enter.
///
/// A socket's path is limited to about a hundred bytes, so a long `$TMPDIR` is of no use.
fn new_folder(identity: Identity) -> io::Result<tempfile::TempDir> {
    let usual = std::env::temp_dir();
    let fits = usual.as_os_str().len() < 60 && identity.can_reach(&usual);
    let parent = if fits { usual } else { PathBuf::from("/tmp") };
    let folder = tempfile::Builder::new()
        .prefix("ferropq-")
        .tempdir_in(parent)?;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
    identity.own(folder.path())?;
    Ok(folder)
}

/// The binaries' folder, or a copy of it where the server's user could not enter.
fn reachable_bindir(
    installation: &Installation,
    identity: Identity,
    folder: &Path,
) -> io::Result<PathBuf> {
    let bindir = installation.bindir.canonicalize()?;
    if installation.system || identity.can_reach(&bindir) {
        return Ok(bindir);
    }
    let copy = folder.join("server");
    run(Command::new("cp")
        .arg("-Rp")
        .arg(&installation.prefix)
        .arg(&copy))?;
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755))?;
    // All of it: the keeper removes the folder as the server's user.
    identity.own_all(&copy)?;
    Ok(copy.join("bin"))
}

/// Runs `initdb` and makes the roles.
fn make_cluster(
    bindir: &Path,
    identity: Identity,
    folder: &Path,
    options: &ServerOptions,
) -> io::Result<()> {
    let data = folder.join("data");
    let mut initdb = Command::new(bindir.join("initdb"));
    initdb
        .args(["--no-sync", "--username=postgres", "--auth=trust"])
        .args(["--locale=C", "--encoding=UTF8"])
        .args(&options.initdb)
        .arg("--pgdata")
        .arg(&data)
        .current_dir(folder);
    identity.assume(&mut initdb);
    run(clean(&mut initdb))?;

    let roles = folder.join("roles.sql");
    fs::write(&roles, include_str!("../data/roles.sql"))?;
    let mut single = Command::new(bindir.join("postgres"));
    single
        .args([
            "--single",
            "-c",
            "fsync=off",
            "-c",
            "log_min_messages=fatal",
            "-D",
        ])
        .arg(&data)
        .arg("postgres")
        .current_dir(folder)
        .stdin(File::open(roles)?);
    identity.assume(&mut single);
    run(clean(&mut single))
}

fn write_certificates(
    identity: Identity,
    folder: &Path,
    options: &ServerOptions,
) -> io::Result<()> {
    let certificates = folder.join("certificates");
    fs::create_dir(&certificates)?;
    certificates::write_to(&certificates)?;
    // The keeper removes the folder as the server's user.
    identity.own(&certificates)?;
    let Some(certificate) = options.tls else {
        return Ok(());
    };
    // The server wants a key of its own that nobody else can read.
    let (certificate, key) = certificate.files();
    for (from, to) in [
        (certificate, "server.crt"),
        (key, "server.key"),
        ("root.crt", "root.crt"),
    ] {
        let to = folder.join("data").join(to);
        fs::copy(certificates.join(from), &to)?;
        identity.own(&to)?;
    }
    Ok(())
}

fn copy_files(identity: Identity, folder: &Path, options: &ServerOptions) -> io::Result<()> {
    for (name, source) in &options.files {
        let copy = folder.join("data").join(name);
        fs::copy(source, &copy)?;
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o600))?;
        identity.own(&copy)?;
    }
    Ok(())
}

fn write_configuration(folder: &Path, port: u16, options: &ServerOptions) -> io::Result<()> {
    let data = folder.join("data");
    let mut text = include_str!("../data/postgresql.conf").to_owned();
    let mut set = |name: &str, value: &str| {
        text.push_str(&format!("{name} = '{}'\n", value.replace('\'', "''")));
    };
    set("port", &port.to_string());
    set("listen_addresses", "127.0.0.1, ::1");
    set("unix_socket_directories", &folder.display().to_string());
    if options.tls.is_some() {
        set("ssl", "on");
        set("ssl_ca_file", "root.crt");
    }
    for (name, value) in &options.settings {
        set(name, value);
    }
    let path = data.join("postgresql.conf");
    OpenOptions::new()
        .append(true)
        .open(path)?
        .write_all(text.as_bytes())?;
    fs::write(
        data.join("pg_ident.conf"),
        include_str!("../data/pg_ident.conf"),
    )?;
    let mut rules = options.hba.clone();
    for line in include_str!("../data/pg_hba.conf").lines() {
        // A server without TLS refuses to start on a rule about it.
        if options.tls.is_some() || !line.starts_with("hostssl") {
            rules.push_str(line);
            rules.push('\n');
        }
    }
    fs::write(data.join("pg_hba.conf"), rules)
}

/// Starts the server under its keeper and waits until it accepts connections.
fn launch(
    bindir: &Path,
    identity: Identity,
    folder: &Path,
    options: &ServerOptions,
) -> io::Result<Child> {
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join("log"))?;
    let mut command = Command::new("sh");
    command
        .args(["-c", KEEPER])
        .arg(folder)
        .arg(bindir.join("postgres"))
        .arg("-D")
        .arg(folder.join("data"))
        .current_dir("/")
        // Neither a terminal's Ctrl-C nor a pipe's end shall reach the keeper before us.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(log.try_clone()?)
        .stderr(log);
    identity.assume(&mut command);
    let environment = options.environment.iter().cloned();
    let mut keeper = clean(&mut command).envs(environment).spawn()?;
    match wait_until_ready(folder) {
        Ok(()) => Ok(keeper),
        Err(message) => {
            let log = read_log(folder);
            // Killed, it leaves the folder for the next attempt; the server has ended or will not.
            stop_for_good(&mut keeper, folder);
            Err(io::Error::other(format!("{message}\n{log}")))
        }
    }
}

fn wait_until_ready(folder: &Path) -> Result<(), &'static str> {
    let started = Instant::now();
    while started.elapsed() < START_LIMIT {
        // Since version 10 the eighth line of postmaster.pid is the server's state.
        let state = fs::read_to_string(folder.join("data/postmaster.pid")).unwrap_or_default();
        if state
            .lines()
            .nth(7)
            .is_some_and(|line| line.starts_with("ready"))
        {
            return Ok(());
        }
        if folder.join("exited").exists() {
            return Err("the server has ended instead of starting");
        }
        thread::sleep(Duration::from_millis(5));
    }
    Err("the server is not ready after a minute")
}

/// Ends a keeper whose server did not start, without the removal of the folder.
fn stop_for_good(keeper: &mut Child, folder: &Path) {
    let group = i32::try_from(keeper.id()).unwrap_or_default();
    if group > 1 {
        // SAFETY: kill has no memory preconditions; the group is the one we made for the keeper,
        // which has not been waited for, so its number cannot have been given away.
        unsafe { libc::kill(-group, libc::SIGKILL) };
    }
    let _ = keeper.wait();
    let _ = fs::remove_file(folder.join("exited"));
    let _ = fs::remove_file(folder.join("data/postmaster.pid"));
}

pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn read_log(folder: &Path) -> String {
    let bytes = fs::read(folder.join("log")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Takes away what the caller's environment would change about a server.
pub(crate) fn clean(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("PG")) {
            command.env_remove(name);
        }
    }
    command.env("LC_ALL", "C")
}

/// Runs a program to its end; an error tells what it said.
pub(crate) fn run(command: &mut Command) -> io::Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    Err(io::Error::other(format!(
        "{command:?}: {}\n{said}",
        output.status
    )))
}
