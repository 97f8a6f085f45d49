//! Filling options that the caller left unset: service file, environment, compiled-in values.

use super::environment::{Environment, ProcessEnvironment};
use super::{ConnInfo, OptionId, service_file};
use crate::error::Error;

impl ConnInfo {
    /// The options of a connection string together with all defaults.
    pub fn from_string(conninfo: &[u8]) -> Result<Self, Error> {
        Self::parse(conninfo)?.with_defaults()
    }

    /// Fills the options that are unset from the service file, the environment and the compiled-in
    /// defaults, in this order.
    ///
    /// Fails where a service is asked for and its file or definition is missing or malformed.
    pub fn with_defaults(self) -> Result<Self, Error> {
        self.with_defaults_from(&ProcessEnvironment)
    }

    /// The same with an environment of the caller's.
    pub fn with_defaults_from(mut self, environment: &dyn Environment) -> Result<Self, Error> {
        service_file::apply(&mut self, environment)?;
        self.fill(environment);
        Ok(self)
    }

    /// The defaults alone, as `PQconndefaults` gives them: whatever is wrong with a service file is
    /// ignored.
    pub fn defaults() -> Self {
        Self::defaults_from(&ProcessEnvironment)
    }

    /// The same with an environment of the caller's.
    pub fn defaults_from(environment: &dyn Environment) -> Self {
        let mut info = Self::new();
        // What was read before the trouble stays in force, as in libpq.
        let _ = service_file::apply(&mut info, environment);
        info.fill(environment);
        info
    }

    fn fill(&mut self, environment: &dyn Environment) {
        for id in OptionId::ALL {
            if self.is_set(id) {
                continue;
            }
            let variable = id.spec().envvar.and_then(|name| name.to_str().ok());
            if let Some(value) = variable.and_then(|name| environment.var(name)) {
                self.put(id, value);
            } else if id == OptionId::Sslmode {
                self.put(id, self.default_sslmode(environment).to_owned());
            } else if let Some(value) = id.spec().compiled {
                self.put(id, value.to_owned());
            } else if id == OptionId::User
                && let Ok(name) = environment.user_name()
            {
                self.put(id, name);
            }
        }
    }

    /// The sslmode where none is given: roots that anybody can get a certificate from are only
    /// good for full verification.
    fn default_sslmode(&self, environment: &dyn Environment) -> &'static std::ffi::CStr {
        let is_legacy = environment
            .var("PGREQUIRESSL")
            .is_some_and(|value| value.as_bytes().first() == Some(&b'1'));
        if is_legacy {
            return c"require";
        }
        let from_environment = environment.var("PGSSLROOTCERT");
        let roots = self.get(OptionId::Sslrootcert);
        if roots.or(from_environment.as_deref()) == Some(c"system") {
            return c"verify-full";
        }
        OptionId::Sslmode.spec().compiled.unwrap_or(c"disable")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conninfo::{FixedEnvironment, OPTIONS};

    fn sslmode(conninfo: &str, vars: &[(&str, &str)]) -> String {
        let mut environment = FixedEnvironment::new();
        for (name, value) in vars {
            environment = environment.with_var(name, *value);
        }
        let info = ConnInfo::parse(conninfo.as_bytes()).expect(conninfo);
        let info = info.with_defaults_from(&environment).expect(conninfo);
        let value = info.get(OptionId::Sslmode).expect("has a default");
        value.to_string_lossy().into_owned()
    }

    #[test]
    fn compiled_defaults_are_filled_in() {
        let info = ConnInfo::defaults_from(&FixedEnvironment::new().with_user("joe"));
        for (id, spec) in OptionId::ALL.into_iter().zip(&OPTIONS) {
            let expected = match id {
                OptionId::User => Some(c"joe"),
                _ => spec.compiled,
            };
            assert_eq!(info.get(id), expected, "{}", id.keyword());
        }
    }

    #[test]
    fn string_comes_before_environment_before_default() {
        let environment = FixedEnvironment::new()
            .with_var("PGHOST", "env")
            .with_var("PGPORT", "")
            .with_var("PGUSER", "envuser");
        let info = ConnInfo::parse(b"host=given").expect("valid");
        let info = info.with_defaults_from(&environment).expect("defaults");
        assert_eq!(info.get(OptionId::Host), Some(c"given"));
        assert_eq!(info.get(OptionId::Port), Some(c""));
        assert_eq!(info.get(OptionId::User), Some(c"envuser"));
        assert_eq!(info.get(OptionId::Krbsrvname), Some(c"postgres"));
    }

    #[test]
    #[cfg(any(feature = "native-tls", feature = "openssl"))]
    fn sslmode_default_depends_on_the_roots_and_the_legacy_variable() {
        assert_eq!(sslmode("", &[]), "prefer");
        assert_eq!(sslmode("sslrootcert=system", &[]), "verify-full");
        assert_eq!(sslmode("", &[("PGSSLROOTCERT", "system")]), "verify-full");
        let other = [("PGSSLROOTCERT", "system")];
        assert_eq!(sslmode("sslrootcert=x", &other), "prefer");
        assert_eq!(sslmode("sslrootcert=system sslmode=allow", &[]), "allow");
        assert_eq!(sslmode("", &[("PGREQUIRESSL", "0")]), "prefer");
    }

    #[test]
    fn legacy_variable_requires_tls_unless_a_mode_is_given() {
        assert_eq!(sslmode("", &[("PGREQUIRESSL", "1")]), "require");
        let system = [("PGREQUIRESSL", "1"), ("PGSSLROOTCERT", "system")];
        assert_eq!(sslmode("", &system), "require");
        let both = [("PGREQUIRESSL", "1"), ("PGSSLMODE", "disable")];
        assert_eq!(sslmode("", &both), "disable");
        assert_eq!(sslmode("sslmode=allow", &both[..1]), "allow");
    }

    #[test]
    fn unknown_user_leaves_the_option_unset() {
        let info = ConnInfo::defaults_from(&FixedEnvironment::new());
        assert!(!info.is_set(OptionId::User));
    }
}
