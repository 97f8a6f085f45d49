//! The connection service file: named sets of options.
//!
//! Manual: "The Connection Service File". The user's own file comes first (the option `servicefile`,
//! `PGSERVICEFILE`, or `.pg_service.conf` in the home directory); the system's `pg_service.conf` is
//! asked only where the user's does not define the service.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use super::environment::{Environment, path_from};
use super::keyword_value::is_space;
use super::ldap::{self, Lookup};
use super::secret::quoted;
use super::{ConnInfo, OptionId, SYSTEM_CONFIG_DIR, invalid};
use crate::error::Error;

/// libpq's limit: a line, newline included, must be shorter than this.
const LINE_LIMIT: usize = 1023;

/// Sets the options that the chosen service defines and that are not set yet.
pub(super) fn apply(info: &mut ConnInfo, environment: &dyn Environment) -> Result<(), Error> {
    let given = info.get(OptionId::Service).map(ToOwned::to_owned);
    let Some(service) = given.or_else(|| environment.var("PGSERVICE")) else {
        return Ok(());
    };
    if let Some(path) = user_file(info, environment)
        && read_section(info, &path, service.as_bytes())?
    {
        return Ok(());
    }
    let path = system_file(environment);
    if path.exists() && read_section(info, &path, service.as_bytes())? {
        return Ok(());
    }
    let service = quoted(service.as_bytes());
    Err(invalid(format!(
        "definition of service \"{service}\" not found"
    )))
}

/// The user's own file: one that is named must exist, the one in the home directory need not.
fn user_file(info: &ConnInfo, environment: &dyn Environment) -> Option<PathBuf> {
    let given = info.get(OptionId::Servicefile).map(ToOwned::to_owned);
    if let Some(path) = given.or_else(|| environment.var("PGSERVICEFILE")) {
        return Some(path_from(path));
    }
    let path = environment.home()?.join(".pg_service.conf");
    path.exists().then_some(path)
}

fn system_file(environment: &dyn Environment) -> PathBuf {
    let directory = match environment.var("PGSYSCONFDIR") {
        Some(directory) => directory.into_bytes(),
        None => SYSTEM_CONFIG_DIR.into(),
    };
    // Not a join: an empty directory means the root, as in libpq.
    PathBuf::from(OsString::from_vec(
        [&directory[..], b"/pg_service.conf"].concat(),
    ))
}

/// Reads one file; whether it defines the service. Settings in front of a fault stay in force.
fn read_section(info: &mut ConnInfo, path: &Path, service: &[u8]) -> Result<bool, Error> {
    let Ok(file) = File::open(path) else {
        let path = path.display();
        return Err(invalid(format!("service file \"{path}\" not found")));
    };
    let mut reader = BufReader::new(file);
    let mut is_in_section = false;
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        // A file that cannot be read any further has ended, as for libpq.
        let mut limited = reader.by_ref().take(LINE_LIMIT as u64);
        if limited.read_until(b'\n', &mut line).unwrap_or(0) == 0 {
            break;
        }
        if line.len() >= LINE_LIMIT {
            let path = path.display();
            return Err(invalid(format!(
                "line {number} too long in service file \"{path}\""
            )));
        }
        match trimmed(&line) {
            [] | [b'#', ..] => {}
            [b'[', ..] if is_in_section => break,
            [b'[', name @ ..] => is_in_section = is_name_of(name, service),
            url if is_in_section && url.starts_with(ldap::SCHEME) => {
                let lookup = ldap::apply(info, url)?;
                if lookup == Lookup::Done {
                    return Ok(true);
                }
            }
            setting if is_in_section => apply_setting(info, setting, path, number)?,
            _ => {}
        }
    }
    Ok(is_in_section)
}

/// Whether the text after a section's opening bracket is this name and the closing bracket;
/// whatever follows is ignored.
fn is_name_of(text: &[u8], service: &[u8]) -> bool {
    text.strip_prefix(service)
        .is_some_and(|rest| rest.first() == Some(&b']'))
}

/// The line up to a NUL byte, without the spaces around it.
fn trimmed(line: &[u8]) -> &[u8] {
    let line = line.split(|byte| *byte == 0).next().unwrap_or(line);
    let Some(start) = line.iter().position(|byte| !is_space(*byte)) else {
        return b"";
    };
    let end = line.iter().rposition(|byte| !is_space(*byte));
    &line[start..end.map_or(line.len(), |last| last + 1)]
}

/// One `keyword=value` line; the first setting of an option counts.
fn apply_setting(
    info: &mut ConnInfo,
    setting: &[u8],
    path: &Path,
    number: usize,
) -> Result<(), Error> {
    let path = path.display();
    let syntax_error = || {
        invalid(format!(
            "syntax error in service file \"{path}\", line {number}"
        ))
    };
    let equals = setting.iter().position(|byte| *byte == b'=');
    let (keyword, value) = setting.split_at(equals.ok_or_else(syntax_error)?);
    let nested = match keyword {
        b"service" => Some("service"),
        b"servicefile" => Some("\"servicefile\""),
        _ => None,
    };
    if let Some(nested) = nested {
        return Err(invalid(format!(
            "nested {nested} specifications not supported in service file \"{path}\", line {number}"
        )));
    }
    let id = OptionId::from_keyword(keyword).ok_or_else(syntax_error)?;
    if !info.is_set(id) {
        info.set(id, &value[1..])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::conninfo::FixedEnvironment;

    struct Files {
        folder: TempDir,
    }

    impl Files {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("temporary folder");
            Self { folder }
        }

        fn write(&self, name: &str, content: &[u8]) -> PathBuf {
            let path = self.folder.path().join(name);
            fs::write(&path, content).expect("write");
            path
        }

        fn system(&self) -> FixedEnvironment {
            FixedEnvironment::new().with_var("PGSYSCONFDIR", self.folder.path())
        }
    }

    fn read(content: &[u8]) -> Result<ConnInfo, String> {
        let files = Files::new();
        let path = files.write("own.conf", content);
        let environment = files.system().with_var("PGSERVICEFILE", &path);
        let mut info = ConnInfo::parse(b"service=svc port=1").expect("valid");
        let shorten = |error: Error| error.message().replace(&path.display().to_string(), "FILE");
        apply(&mut info, &environment).map_err(shorten)?;
        Ok(info)
    }

    #[test]
    fn section_is_applied_below_what_is_given() {
        let text = b"x\n[other]\nhost=no\n # c\n [svc] c\r\n\thost= a =b \nport=2\nhost=no\n[svc]\nuser=no";
        let info = read(text).expect("valid");
        assert_eq!(info.get(OptionId::Host), Some(c" a =b"));
        assert_eq!(info.get(OptionId::Port), Some(c"1"));
        assert_eq!(info.get(OptionId::User), None);
    }

    #[test]
    fn faults_name_the_file_and_the_line() {
        for (content, expected) in [
            (
                "[svc]\nhost\n",
                "syntax error in service file \"FILE\", line 2",
            ),
            (
                "[svc]\n\nnope=1",
                "syntax error in service file \"FILE\", line 3",
            ),
            (
                "[svc]\nhost =a",
                "syntax error in service file \"FILE\", line 2",
            ),
            ("[svc]\n=a", "syntax error in service file \"FILE\", line 2"),
            (
                "[svc]\nservice=a",
                "nested service specifications not supported in service file \"FILE\", line 2",
            ),
            (
                "[svc]\nservicefile=a",
                "nested \"servicefile\" specifications not supported in service file \"FILE\", line 2",
            ),
            (
                "[svc]\nldap://h",
                "invalid LDAP URL \"ldap://h\": missing distinguished name",
            ),
            (
                "[svcx]\n[ svc]\n",
                "definition of service \"svc\" not found",
            ),
        ] {
            assert_eq!(read(content.as_bytes()).expect_err(content), expected);
        }
    }

    #[test]
    fn lines_have_libpq_s_limit() {
        let line = |length: usize| ["[svc]\n#", &"x".repeat(length - 2), "\nhost=a"].concat();
        assert!(read(line(1022).as_bytes()).is_ok());
        let error = read(line(1023).as_bytes()).expect_err("too long");
        assert_eq!(error, "line 2 too long in service file \"FILE\"");
    }

    #[test]
    fn system_file_is_asked_where_the_user_s_lacks_the_service() {
        let files = Files::new();
        files.write("pg_service.conf", b"[svc]\nhost=system");
        let own = files.write("own.conf", b"[other]\nhost=x");
        for environment in [
            files.system(),
            files.system().with_var("PGSERVICEFILE", own),
            files.system().with_home("/nonexistent"),
        ] {
            let mut info = ConnInfo::new();
            let environment = environment.with_var("PGSERVICE", "svc");
            apply(&mut info, &environment).expect("found");
            assert_eq!(info.get(OptionId::Host), Some(c"system"));
        }
    }

    #[test]
    fn own_file_in_the_home_directory_comes_first() {
        let files = Files::new();
        files.write("pg_service.conf", b"[svc]\nhost=system");
        files.write(".pg_service.conf", b"[svc]\nhost=own");
        let mut info = ConnInfo::parse(b"service=svc").expect("valid");
        apply(&mut info, &files.system().with_home(files.folder.path())).expect("found");
        assert_eq!(info.get(OptionId::Host), Some(c"own"));
    }

    #[test]
    fn named_file_must_exist() {
        let environment = FixedEnvironment::new().with_var("PGSERVICEFILE", "/nonexistent/f");
        let mut info = ConnInfo::parse(b"service=svc").expect("valid");
        let error = apply(&mut info, &environment).expect_err("missing");
        assert_eq!(error.message(), "service file \"/nonexistent/f\" not found");
        assert!(apply(&mut ConnInfo::new(), &environment).is_ok());
    }

    #[test]
    fn file_named_by_the_option_goes_before_the_variable() {
        let files = Files::new();
        let named = files.write("named.conf", b"[svc]\nhost=named");
        let other = files.write("other.conf", b"[svc]\nhost=other");
        let environment = files.system().with_var("PGSERVICEFILE", other);
        let text = format!("service=svc servicefile={}", named.display());
        let mut info = ConnInfo::parse(text.as_bytes()).expect("valid");
        apply(&mut info, &environment).expect("found");
        assert_eq!(info.get(OptionId::Host), Some(c"named"));
        let mut info = ConnInfo::parse(b"service=svc servicefile=/nonexistent/f").expect("valid");
        let error = apply(&mut info, &environment).expect_err("missing");
        assert_eq!(error.message(), "service file \"/nonexistent/f\" not found");
    }

    #[test]
    fn directory_in_place_of_the_file_is_an_empty_file() {
        let files = Files::new();
        let environment = files
            .system()
            .with_var("PGSERVICEFILE", files.folder.path());
        let mut info = ConnInfo::parse(b"service=svc").expect("valid");
        let error = apply(&mut info, &environment).expect_err("missing");
        assert_eq!(error.message(), "definition of service \"svc\" not found");
    }
}
