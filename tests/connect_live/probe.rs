//! The parent's side of a child that holds one library.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::words;

/// The variable through which a child learns which library it holds.
pub(crate) const LIBRARY_VARIABLE: &str = "FERROPQ_CONNECT_LIBRARY";

/// The file in a child's home directory that takes its standard error: default notices go there.
const SAID: &str = "stderr";

/// Which of the libraries this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Ours, with OpenSSL.
    Ours,
    /// Ours, with native-tls.
    OursNative,
    /// The C library of this major version.
    Libpq(u32),
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours => f.write_str("ours"),
            Self::OursNative => f.write_str("ours (native-tls)"),
            Self::Libpq(major) => write!(f, "libpq {major}"),
        }
    }
}

/// A process that holds one library.
pub(crate) struct Probe {
    pub(crate) kind: Kind,
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    home: tempfile::TempDir,
}

impl Probe {
    /// Starts a child with an empty home directory and nothing of our environment; `preload` is a
    /// library that its loader puts before all others.
    pub(crate) fn start(library: &Path, preload: Option<&Path>) -> io::Result<Self> {
        let home = tempfile::tempdir()?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("LC_ALL", "C")
            .env("HOME", home.path())
            .env(LIBRARY_VARIABLE, library)
            .current_dir(home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(home.path().join(SAID))?);
        if let Some(preload) = preload {
            command.env("LD_PRELOAD", preload);
        }
        let mut child = command.spawn()?;
        let stdin = child.stdin.take().expect("asked for a pipe");
        let stdout = BufReader::new(child.stdout.take().expect("asked for a pipe"));
        let mut probe = Self {
            kind: Kind::Ours,
            child,
            stdin,
            stdout,
            home,
        };
        let answer = probe.ask(&["library"]);
        let (level, tls) = answer.split_once(' ').expect("two words");
        let level: u32 = level.parse().expect("a number");
        probe.kind = match (is_ours(library), tls) {
            (false, _) => Kind::Libpq(level / 10_000),
            (true, "OpenSSL") => Kind::Ours,
            (true, _) => Kind::OursNative,
        };
        Ok(probe)
    }

    /// The child's home directory.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// The child's answer.
    pub(crate) fn ask(&mut self, request: &[&str]) -> String {
        let line: Vec<String> = request.iter().map(|word| words::escape(word)).collect();
        writeln!(self.stdin, "{}", line.join("\t")).expect("the child lives");
        let mut answer = String::new();
        self.stdout.read_line(&mut answer).expect("the child lives");
        if !answer.ends_with('\n') {
            let said = std::fs::read_to_string(self.home().join(SAID)).unwrap_or_default();
            let status = self.child.wait();
            panic!("{} died of {request:?}: {status:?}\n{said}", self.kind);
        }
        words::unescape(answer.trim_end_matches('\n'))
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        // A child that waits in a call would not see that its input has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_ours(library: &Path) -> bool {
    let name = library.file_name().unwrap_or_default();
    name.to_string_lossy().contains("ferropq") || ours_is_named(library)
}

/// Whether the library is the one that `FERROPQ_LIB` names.
fn ours_is_named(library: &Path) -> bool {
    std::env::var_os("FERROPQ_LIB").is_some_and(|named| named == library)
}
