//! Settings given in other forms than one string: arrays of keywords and values, and the fixed
//! arguments of `PQsetdbLogin`.

use super::environment::{Environment, ProcessEnvironment};
use super::{ConnInfo, OptionId, invalid, shown};
use crate::error::Error;

/// The arguments of `PQsetdbLogin`; `None` and the empty string both mean "not given".
///
/// `pgtty` is not among them: it has no effect.
#[derive(Clone, Copy, Default)]
pub struct Login<'a> {
    /// Host names or socket directories.
    pub host: Option<&'a [u8]>,
    /// Port numbers.
    pub port: Option<&'a [u8]>,
    /// Command-line options for the server process.
    pub options: Option<&'a [u8]>,
    /// A database name or a whole connection string.
    pub dbname: Option<&'a [u8]>,
    /// The database user.
    pub user: Option<&'a [u8]>,
    /// The password.
    pub password: Option<&'a [u8]>,
}

impl ConnInfo {
    /// The options of keyword/value pairs with all defaults: what `PQconnectdbParams` uses.
    ///
    /// Pairs with an empty value are ignored and the last of several values counts. With
    /// `expand_dbname` the first pair for `dbname` may hold a connection string, which takes part
    /// as if its settings stood in its place. A caller with a NULL value leaves the pair out.
    pub fn from_params<'a>(
        params: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
        expand_dbname: bool,
    ) -> Result<Self, Error> {
        Self::from_params_with(params, expand_dbname, &ProcessEnvironment)
    }

    /// The same with an environment of the caller's.
    pub fn from_params_with<'a>(
        params: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
        expand_dbname: bool,
        environment: &dyn Environment,
    ) -> Result<Self, Error> {
        let params: Vec<_> = params.into_iter().collect();
        // A malformed connection string is reported before any other fault.
        let dbname = params.iter().position(|(keyword, _)| *keyword == b"dbname");
        let expanded = match dbname {
            Some(index) if expand_dbname && Self::is_conninfo(params[index].1) => {
                Some((index, Self::parse(params[index].1)?))
            }
            _ => None,
        };
        let mut info = Self::new();
        for (index, (keyword, value)) in params.iter().enumerate() {
            match &expanded {
                _ if value.is_empty() => {}
                Some((at, from_dbname)) if *at == index => info.override_with(from_dbname),
                _ => {
                    let id = OptionId::from_keyword(keyword).ok_or_else(|| {
                        let keyword = shown(keyword);
                        invalid(format!("invalid connection option \"{keyword}\""))
                    })?;
                    info.set(id, value)?;
                }
            }
        }
        info.with_defaults_from(environment)
    }

    /// The options that `PQsetdbLogin` uses: a connection string given as the database name first,
    /// then all defaults, then the arguments that are given.
    pub fn from_login(login: &Login<'_>) -> Result<Self, Error> {
        Self::from_login_with(login, &ProcessEnvironment)
    }

    /// The same with an environment of the caller's.
    pub fn from_login_with(
        login: &Login<'_>,
        environment: &dyn Environment,
    ) -> Result<Self, Error> {
        let (conninfo, dbname) = match login.dbname {
            Some(text) if Self::is_conninfo(text) => (text, None),
            other => (&b""[..], other),
        };
        let mut info = Self::parse(conninfo)?.with_defaults_from(environment)?;
        for (id, value) in [
            (OptionId::Dbname, dbname),
            (OptionId::Host, login.host),
            (OptionId::Port, login.port),
            (OptionId::Options, login.options),
            (OptionId::User, login.user),
            (OptionId::Password, login.password),
        ] {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                info.set(id, value)?;
            }
        }
        Ok(info)
    }

    /// Takes over every value that is set in `other`, even an empty one.
    fn override_with(&mut self, other: &ConnInfo) {
        for (id, value) in other.iter() {
            if let Some(value) = value {
                self.put(id, value.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;

    use super::*;
    use crate::conninfo::FixedEnvironment;

    fn params(pairs: &[(&str, &str)], expand: bool) -> Result<ConnInfo, Error> {
        let pairs = pairs.iter().map(|(k, v)| (k.as_bytes(), v.as_bytes()));
        ConnInfo::from_params_with(pairs, expand, &FixedEnvironment::new())
    }

    fn value(info: &Result<ConnInfo, Error>, id: OptionId) -> Option<&CStr> {
        info.as_ref().expect("valid").get(id)
    }

    #[test]
    fn empty_values_are_ignored_even_for_unknown_keywords() {
        let info = params(&[("host", "a"), ("host", ""), ("nope", "")], true);
        assert_eq!(value(&info, OptionId::Host), Some(c"a"));
    }

    #[test]
    fn unknown_keyword_is_an_error_and_requiressl_is_one() {
        for keyword in ["nope", "requiressl", "HOST"] {
            let error = params(&[(keyword, "1")], true).expect_err(keyword);
            let expected = format!("invalid connection option \"{keyword}\"");
            assert_eq!(error.message(), expected);
        }
    }

    #[test]
    fn expanded_dbname_overrides_what_stands_before_it_and_yields_to_what_follows() {
        let given = [
            ("port", "1"),
            ("user", "a"),
            ("dbname", "port=2 user=b dbname=d host="),
            ("user", "c"),
        ];
        let info = params(&given, true);
        assert_eq!(value(&info, OptionId::Port), Some(c"2"));
        assert_eq!(value(&info, OptionId::User), Some(c"c"));
        assert_eq!(value(&info, OptionId::Dbname), Some(c"d"));
        assert_eq!(value(&info, OptionId::Host), Some(c""));
    }

    #[test]
    fn only_the_first_dbname_is_expanded_and_only_when_asked() {
        let info = params(&[("dbname", "plain"), ("dbname", "host=x")], true);
        assert_eq!(value(&info, OptionId::Dbname), Some(c"host=x"));
        let info = params(&[("dbname", ""), ("dbname", "host=x")], true);
        assert_eq!(value(&info, OptionId::Dbname), Some(c"host=x"));
        let info = params(&[("dbname", "host=x")], false);
        assert_eq!(value(&info, OptionId::Dbname), Some(c"host=x"));
        let info = params(&[("dbname", "dbname=host=x")], true);
        assert_eq!(value(&info, OptionId::Dbname), Some(c"host=x"));
    }

    #[test]
    fn broken_connection_string_is_reported_before_an_unknown_keyword() {
        let error = params(&[("nope", "1"), ("dbname", "bad=1")], true).expect_err("broken");
        assert_eq!(error.message(), "invalid connection option \"bad\"");
    }

    #[test]
    fn login_arguments_override_the_connection_string_where_given() {
        let login = Login {
            host: Some(b"given"),
            port: Some(b""),
            dbname: Some(b"host=x port=3 user=u password=p"),
            ..Login::default()
        };
        let info = ConnInfo::from_login_with(&login, &FixedEnvironment::new()).expect("valid");
        assert_eq!(info.get(OptionId::Host), Some(c"given"));
        assert_eq!(info.get(OptionId::Port), Some(c"3"));
        assert_eq!(info.get(OptionId::User), Some(c"u"));
        assert_eq!(info.get(OptionId::Dbname), None);
    }

    #[test]
    fn login_overrides_the_environment() {
        let environment = FixedEnvironment::new().with_var("PGDATABASE", "env");
        let login = Login {
            dbname: Some(b"plain"),
            ..Login::default()
        };
        let info = ConnInfo::from_login_with(&login, &environment).expect("valid");
        assert_eq!(info.get(OptionId::Dbname), Some(c"plain"));
    }
}
