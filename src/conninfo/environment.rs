//! What connection settings take from outside the connection string: environment variables, the
//! account of the process, and a place for warnings.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::{CString, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use super::account::effective_account;
use super::invalid;
use crate::error::Error;

/// Where defaults come from. The process has one; a test makes its own.
pub trait Environment {
    /// The value of an environment variable, if it is set, even to nothing.
    fn var(&self, name: &str) -> Option<CString>;

    /// The operating-system name of the user that the process runs as.
    fn user_name(&self) -> Result<CString, Error>;

    /// The home directory that the user database gives that user.
    fn account_home(&self) -> Option<PathBuf>;

    /// Tells the user something that is not an error; the message has no newline.
    fn warn(&self, message: &str);

    /// The home directory: `HOME` where it is set to something, else the account's.
    fn home(&self) -> Option<PathBuf> {
        match self.var("HOME") {
            Some(home) if !home.is_empty() => Some(path_from(home)),
            _ => self.account_home(),
        }
    }
}

/// A path of exactly these bytes.
pub(super) fn path_from(text: CString) -> PathBuf {
    PathBuf::from(OsString::from_vec(text.into_bytes()))
}

/// The environment of the running process; warnings go to standard error.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn var(&self, name: &str) -> Option<CString> {
        let value = std::env::var_os(name)?;
        CString::new(value.into_vec()).ok()
    }

    fn user_name(&self) -> Result<CString, Error> {
        Ok(effective_account()?.name)
    }

    fn account_home(&self) -> Option<PathBuf> {
        let home = effective_account().ok()?.home;
        Some(path_from(home))
    }

    fn warn(&self, message: &str) {
        eprintln!("{message}");
    }
}

/// An environment of given values, which collects its warnings.
#[derive(Debug, Clone, Default)]
pub struct FixedEnvironment {
    vars: BTreeMap<String, CString>,
    user: Option<CString>,
    home: Option<PathBuf>,
    warnings: RefCell<Vec<String>>,
}

impl FixedEnvironment {
    /// No variables, no user, no home directory.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with an environment variable.
    pub fn with_var(mut self, name: &str, value: impl Into<OsString>) -> Self {
        if let Ok(value) = CString::new(value.into().as_bytes()) {
            self.vars.insert(name.to_owned(), value);
        }
        self
    }

    /// The same with an operating-system user name.
    pub fn with_user(mut self, name: &str) -> Self {
        self.user = CString::new(name).ok();
        self
    }

    /// The same with a home directory of the account.
    pub fn with_home(mut self, home: impl Into<PathBuf>) -> Self {
        self.home = Some(home.into());
        self
    }

    /// The warnings so far.
    pub fn warnings(&self) -> Vec<String> {
        self.warnings.borrow().clone()
    }
}

impl Environment for FixedEnvironment {
    fn var(&self, name: &str) -> Option<CString> {
        self.vars.get(name).cloned()
    }

    fn user_name(&self) -> Result<CString, Error> {
        let missing = || invalid("local user does not exist");
        self.user.clone().ok_or_else(missing)
    }

    fn account_home(&self) -> Option<PathBuf> {
        self.home.clone()
    }

    fn warn(&self, message: &str) {
        self.warnings.borrow_mut().push(message.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_variable_comes_before_the_account_unless_empty() {
        let account = FixedEnvironment::new().with_home("/account");
        assert_eq!(account.home(), Some(PathBuf::from("/account")));
        let empty = account.clone().with_var("HOME", "");
        assert_eq!(empty.home(), Some(PathBuf::from("/account")));
        let set = account.with_var("HOME", "relative");
        assert_eq!(set.home(), Some(PathBuf::from("relative")));
        assert_eq!(FixedEnvironment::new().home(), None);
    }
}
