//! Who runs the server: PostgreSQL refuses to run as root, so root lends it another identity.

use std::ffi::CStr;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// The identity that server processes and their files take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Identity {
    other: Option<(u32, u32)>,
}

impl Identity {
    /// Ourselves, or for root the user `postgres`, or `nobody` where that does not exist.
    pub(crate) fn for_servers() -> io::Result<Self> {
        // SAFETY: geteuid has no preconditions.
        if unsafe { libc::geteuid() } != 0 {
            return Ok(Self { other: None });
        }
        static FOUND: OnceLock<Option<(u32, u32)>> = OnceLock::new();
        let other = *FOUND.get_or_init(|| lookup(c"postgres").or_else(|| lookup(c"nobody")));
        if other.is_none() {
            let message = "root needs a user `postgres` or `nobody` to run servers as";
            return Err(io::Error::other(message));
        }
        Ok(Self { other })
    }

    /// Makes the command run as this identity.
    pub(crate) fn assume(self, command: &mut Command) {
        if let Some((uid, gid)) = self.other {
            command.uid(uid).gid(gid);
        }
    }

    /// Hands a file or folder over to this identity.
    pub(crate) fn own(self, path: &Path) -> io::Result<()> {
        match self.other {
            Some((uid, gid)) => chown(path, Some(uid), Some(gid)),
            None => Ok(()),
        }
    }

    /// Hands a folder over to this identity, with all that is in it.
    pub(crate) fn own_all(self, folder: &Path) -> io::Result<()> {
        self.own(folder)?;
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            match entry.file_type()? {
                kind if kind.is_dir() => self.own_all(&entry.path())?,
                kind if kind.is_file() => self.own(&entry.path())?,
                // A link may lead out of the folder.
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether this identity can reach into the folder: one in root's home cannot be.
    pub(crate) fn can_reach(self, folder: &Path) -> bool {
        let open = |folder: &Path| folder.metadata().is_ok_and(|meta| meta.mode() & 0o001 != 0);
        self.other.is_none() || folder.ancestors().all(open)
    }
}

fn lookup(name: &CStr) -> Option<(u32, u32)> {
    // SAFETY: the name is NUL-terminated; the answer is read at once, by the only thread of this
    // process that looks users up: the caller's `OnceLock` sees to that.
    let entry = unsafe { libc::getpwnam(name.as_ptr()).as_ref() }?;
    Some((entry.pw_uid, entry.pw_gid))
}
