//! Whether there may be credentials, found out without the library.
//!
//! libpq asks the library, which is linked to it and loaded anyway. Here most programs never load
//! it, so with `gssencmode=prefer`, the default, a look comes first at where MIT's library and
//! Heimdal's would find credentials:
//!
//! - a variable of the environment that names a cache, a keytab or a configuration;
//! - the default cache, `/tmp/krb5cc_UID`, or the default keytab of the user;
//! - `/etc/krb5.conf`, where it puts the default somewhere else or includes other files that may.
//!   The file is read again only when it has changed.
//!
//! In all these cases the library is asked, and its answer counts. What this may miss is a library
//! that was built with other defaults: there `KRB5CCNAME` or `gssencmode=require` helps, which does
//! not look but asks at once.

#[cfg(not(target_vendor = "apple"))]
pub(super) use files::credential;

/// Credentials are in the keeping of a service of the system: only the library can ask it.
#[cfg(target_vendor = "apple")]
pub(super) fn credential() -> bool {
    true
}

#[cfg(not(target_vendor = "apple"))]
mod files {
    use std::path::Path;
    use std::sync::{Mutex, PoisonError};
    use std::time::SystemTime;
    use std::{env, fs};

    /// Each leads the library away from its defaults.
    const VARIABLES: [&str; 4] = [
        "KRB5CCNAME",
        "KRB5_CLIENT_KTNAME",
        "KRB5_CONFIG",
        "GSS_USE_PROXY",
    ];

    const CONFIGURATION: &str = "/etc/krb5.conf";

    /// Whether it is worth asking the library.
    pub(in super::super) fn credential() -> bool {
        VARIABLES.iter().any(|name| env::var_os(name).is_some())
            || default_files().iter().any(|path| Path::new(path).exists())
            || is_configured()
    }

    /// The default cache, and the default keytabs of Debian and of Fedora.
    fn default_files() -> [String; 3] {
        // SAFETY: neither call has preconditions.
        let (uid, euid) = unsafe { (libc::getuid(), libc::geteuid()) };
        [
            format!("/tmp/krb5cc_{uid}"),
            format!("/etc/krb5/user/{euid}/client.keytab"),
            format!("/var/kerberos/krb5/user/{euid}/client.keytab"),
        ]
    }

    /// Whether the system's configuration puts credentials elsewhere.
    fn is_configured() -> bool {
        /// What was found in the file when it had this time and length.
        static KNOWN: Mutex<Option<(SystemTime, u64, bool)>> = Mutex::new(None);
        let Ok(meta) = fs::metadata(CONFIGURATION) else {
            return false;
        };
        let Ok(time) = meta.modified() else {
            return true;
        };
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        match *known {
            Some((then, length, found)) if (then, length) == (time, meta.len()) => found,
            _ => {
                // What cannot be read here the library may be able to read.
                let found = fs::read(CONFIGURATION).map_or(true, |text| leads_elsewhere(&text));
                *known = Some((time, meta.len(), found));
                found
            }
        }
    }

    /// Whether the configuration names a cache or a keytab, or other files.
    fn leads_elsewhere(text: &[u8]) -> bool {
        const WORDS: [&[u8]; 4] = [
            b"default_ccache_name",
            b"default_cc_name",
            b"default_client_keytab_name",
            b"include",
        ];
        text.split(|byte| *byte == b'\n').any(|line| {
            let line = line.trim_ascii_start();
            WORDS.iter().any(|word| line.starts_with(word)) || line.starts_with(b"module")
        })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_configuration_counts_when_it_moves_the_default() {
            let plain = b"[libdefaults]\n\tdefault_realm = A\n# include x\n[realms]\n A = {\n }\n";
            assert!(!leads_elsewhere(plain));
            for line in [
                "    default_ccache_name = KEYRING:persistent:%{uid}",
                "default_client_keytab_name=/k",
                "includedir /etc/krb5.conf.d/",
                "include /etc/other.conf",
                "module /lib/profile.so:x",
            ] {
                let text = [b"[libdefaults]\n", line.as_bytes(), b"\n"].concat();
                assert!(leads_elsewhere(&text), "{line}");
            }
        }

        #[test]
        fn the_default_cache_is_the_users() {
            // SAFETY: no preconditions.
            let uid = unsafe { libc::getuid() };
            assert_eq!(default_files()[0], format!("/tmp/krb5cc_{uid}"));
        }
    }
}
