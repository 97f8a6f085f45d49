//! The password file: which password belongs to which server, database and user.
//!
//! Manual: "The Password File".

use std::ffi::{CStr, CString, OsStr};
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use super::environment::Environment;
use super::shown;

/// What a line of the file is matched against; all as given, none empty.
pub(super) struct Target<'a> {
    /// The host name, or `localhost` for the default socket directory.
    pub(super) host: &'a [u8],
    /// The port as text.
    pub(super) port: &'a [u8],
    /// The database.
    pub(super) dbname: &'a [u8],
    /// The user.
    pub(super) user: &'a [u8],
}

/// The password of the first line that matches. A file that is missing is no error, one that others
/// may read is not used and warned about.
pub(super) fn look_up(
    path: &CStr,
    target: &Target<'_>,
    environment: &dyn Environment,
) -> Option<CString> {
    let file_name = Path::new(OsStr::from_bytes(path.to_bytes()));
    // Without waiting, as opening a pipe would for its writer.
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(libc::O_NONBLOCK);
    let file = options.open(file_name).ok()?;
    let metadata = file.metadata().ok()?;
    if !metadata.is_file() {
        let path = shown(path.to_bytes());
        environment.warn(&format!(
            "WARNING: password file \"{path}\" is not a plain file"
        ));
        return None;
    }
    if metadata.mode() & 0o077 != 0 {
        let path = shown(path.to_bytes());
        environment.warn(&format!(
            "WARNING: password file \"{path}\" has group or world access; permissions should be \
             u=rw (0600) or less"
        ));
        return None;
    }
    let mut reader = BufReader::new(file);
    let mut line = Zeroizing::new(Vec::new());
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
        if let Some(password) = password_in(&line, target) {
            return Some(password);
        }
    }
}

/// The password of a line, if the line matches.
fn password_in(line: &[u8], target: &Target<'_>) -> Option<CString> {
    let end = line
        .iter()
        .rposition(|byte| !matches!(byte, b'\n' | b'\r'))?;
    let line = &line[..=end];
    if line[0] == b'#' || line.contains(&0) {
        return None;
    }
    let rest = after_field(line, target.host)?;
    let rest = after_field(rest, target.port)?;
    let rest = after_field(rest, target.dbname)?;
    let rest = after_field(rest, target.user)?;
    CString::new(unescaped(rest)).ok()
}

/// What follows the first field and its colon, where the field is `*` or this value.
fn after_field<'a>(line: &'a [u8], value: &[u8]) -> Option<&'a [u8]> {
    if let Some(rest) = line.strip_prefix(b"*:") {
        return Some(rest);
    }
    let mut rest = line;
    for wanted in value {
        rest = rest.strip_prefix(b"\\").unwrap_or(rest);
        rest = rest.strip_prefix(std::slice::from_ref(wanted))?;
    }
    rest.strip_prefix(b":")
}

/// The password field: up to a bare colon, its escapes resolved, a last lone backslash kept.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut password = Vec::with_capacity(field.len());
    let mut bytes = field.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b':' => break,
            b'\\' => password.push(bytes.next().unwrap_or(b'\\')),
            _ => password.push(byte),
        }
    }
    password
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::ffi::OsStringExt;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::conninfo::FixedEnvironment;

    const TARGET: Target<'static> = Target {
        host: b"h:1",
        port: b"5432",
        dbname: b"d\\b",
        user: b"u",
    };

    fn password(line: &str) -> Option<String> {
        let found = password_in(line.as_bytes(), &TARGET)?;
        Some(found.to_string_lossy().into_owned())
    }

    #[test]
    fn fields_match_literally_escaped_or_by_star() {
        for line in [
            "h\\:1:5432:d\\\\b:u:pw",
            "*:*:*:*:pw\r\n",
            "\\h\\:1:*:*:\\u:pw:comment\n",
        ] {
            assert_eq!(password(line).as_deref(), Some("pw"), "{line}");
        }
        for line in [
            "",
            "\n",
            "#*:*:*:*:pw",
            " *:*:*:*:pw",
            "**:*:*:*:pw",
            "\\*:*:*:*:pw",
            "*:5433:*:*:pw",
            "*:543:*:*:pw",
            "*:*:*:uu:pw",
            "*:*:*:*",
            ":*:*:*:pw",
            "*:*:*:*:p\0w",
        ] {
            assert_eq!(password(line), None, "{line}");
        }
    }

    #[test]
    fn password_is_unescaped_and_ends_at_a_bare_colon() {
        for (field, expected) in [
            ("a\\:b\\\\c\\d", "a:b\\cd"),
            ("a:b", "a"),
            ("", ""),
            (" p # ", " p # "),
            ("p\\", "p\\"),
        ] {
            let line = format!("*:*:*:*:{field}\n");
            assert_eq!(password(&line).as_deref(), Some(expected));
        }
    }

    fn look_up_in(content: &str, mode: u32) -> (Option<CString>, Vec<String>) {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("pgpass");
        fs::write(&path, content).expect("write");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("chmod");
        let path = CString::new(path.into_os_string().into_vec()).expect("no NUL");
        let environment = FixedEnvironment::new();
        let found = look_up(&path, &TARGET, &environment);
        let shorten = |text: String| text.replace(&*path.to_string_lossy(), "FILE");
        let warnings = environment.warnings().into_iter().map(shorten).collect();
        (found, warnings)
    }

    #[test]
    fn first_matching_line_counts_even_with_an_empty_password() {
        let (found, warnings) = look_up_in("*:1:*:*:a\n*:*:*:*:\n*:*:*:*:c\n", 0o600);
        assert_eq!(found.as_deref(), Some(c""));
        assert!(warnings.is_empty());
    }

    #[test]
    fn file_that_others_may_read_is_not_used() {
        for mode in [0o640, 0o604, 0o601, 0o620] {
            let (found, warnings) = look_up_in("*:*:*:*:pw\n", mode);
            assert_eq!(found, None);
            assert_eq!(
                warnings,
                [
                    "WARNING: password file \"FILE\" has group or world access; permissions \
                  should be u=rw (0600) or less"
                ]
            );
        }
        for mode in [0o600, 0o400, 0o700] {
            let (found, warnings) = look_up_in("*:*:*:*:pw\n", mode);
            assert_eq!(found.as_deref(), Some(c"pw"));
            assert!(warnings.is_empty());
        }
    }

    #[test]
    fn only_plain_files_are_read_and_a_missing_one_is_silent() {
        let environment = FixedEnvironment::new();
        assert_eq!(look_up(c"/nonexistent/f", &TARGET, &environment), None);
        assert!(environment.warnings().is_empty());
        assert_eq!(look_up(c"/dev/null", &TARGET, &environment), None);
        assert_eq!(
            environment.warnings(),
            ["WARNING: password file \"/dev/null\" is not a plain file"]
        );
    }
}
