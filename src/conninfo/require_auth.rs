//! `require_auth`: which authentication methods the server may use.

use super::secret::quoted;
use super::{ConnInfo, OptionId, invalid};
use crate::error::Error;

/// An authentication method as `require_auth` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuthMethod {
    /// `password`: the password in clear text.
    Password,
    /// `md5`: the MD5 hash of the password.
    Md5,
    /// `gss`: Kerberos through GSSAPI, or a channel that GSSAPI encrypts.
    Gss,
    /// `sspi`: Windows.
    Sspi,
    /// `scram-sha-256`, with or without channel binding.
    ScramSha256,
    /// `oauth`: a bearer token.
    Oauth,
    /// `none`: no exchange at all.
    None,
}

impl AuthMethod {
    const NAMES: [(&'static str, Self); 7] = [
        ("password", Self::Password),
        ("md5", Self::Md5),
        ("gss", Self::Gss),
        ("sspi", Self::Sspi),
        ("scram-sha-256", Self::ScramSha256),
        ("oauth", Self::Oauth),
        ("none", Self::None),
    ];

    /// The name that connection strings use.
    pub fn as_str(self) -> &'static str {
        Self::NAMES[self as usize].0
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The methods that a server may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RequireAuth {
    /// One bit a method.
    listed: u8,
    /// The methods listed are the ones that are forbidden.
    is_negative: bool,
}

impl RequireAuth {
    /// Whether the server may use this method.
    pub fn allows(self, method: AuthMethod) -> bool {
        let is_listed = self.listed & method.bit() != 0;
        self.listed == 0 || is_listed != self.is_negative
    }

    /// Whether the server must ask the client for some proof: an exchange that does not happen is
    /// then an error.
    pub fn demands_authentication(self) -> bool {
        !self.allows(AuthMethod::None)
    }

    /// Whether anything is restricted at all.
    pub fn is_restrictive(self) -> bool {
        self.listed != 0
    }

    /// The option's value; unset and empty restrict nothing.
    pub(super) fn read(info: &ConnInfo) -> Result<Self, Error> {
        let mut methods = Self::default();
        let Some(list) = info.non_empty(OptionId::RequireAuth) else {
            return Ok(methods);
        };
        for (index, item) in list.to_bytes().split(|byte| *byte == b',').enumerate() {
            let (name, is_negative) = match item.strip_prefix(b"!") {
                Some(name) => (name, true),
                None => (item, false),
            };
            if index == 0 {
                methods.is_negative = is_negative;
            } else if is_negative != methods.is_negative {
                return Err(mixed(item, is_negative));
            }
            methods.add(name, item)?;
        }
        Ok(methods)
    }

    fn add(&mut self, name: &[u8], item: &[u8]) -> Result<(), Error> {
        let found = AuthMethod::NAMES
            .iter()
            .find(|(known, _)| known.as_bytes() == name);
        let Some((_, method)) = found else {
            let name = quoted(name);
            return Err(invalid(format!("invalid require_auth value: \"{name}\"")));
        };
        if self.listed & method.bit() != 0 {
            let item = quoted(item);
            return Err(invalid(format!(
                "require_auth method \"{item}\" is specified more than once"
            )));
        }
        self.listed |= method.bit();
        Ok(())
    }
}

fn mixed(item: &[u8], is_negative: bool) -> Error {
    let item = quoted(item);
    invalid(if is_negative {
        format!("negative require_auth method \"{item}\" cannot be mixed with non-negative methods")
    } else {
        format!("require_auth method \"{item}\" cannot be mixed with negative methods")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &str) -> Result<RequireAuth, Error> {
        let mut info = ConnInfo::new();
        info.set(OptionId::RequireAuth, list.as_bytes())?;
        RequireAuth::read(&info)
    }

    #[test]
    fn nothing_is_restricted_by_default() {
        let any = read("").expect("valid");
        assert!(!any.is_restrictive() && !any.demands_authentication());
        assert!(
            AuthMethod::NAMES
                .iter()
                .all(|(_, method)| any.allows(*method))
        );
    }

    #[test]
    fn positive_list_allows_only_what_it_names() {
        let list = read("md5,scram-sha-256").expect("valid");
        assert!(list.allows(AuthMethod::Md5) && list.allows(AuthMethod::ScramSha256));
        assert!(!list.allows(AuthMethod::Password));
        assert!(list.demands_authentication());
        let list = read("none,md5").expect("valid");
        assert!(!list.demands_authentication());
    }

    #[test]
    fn negative_list_allows_all_but_what_it_names() {
        let list = read("!md5,!password").expect("valid");
        assert!(!list.allows(AuthMethod::Md5) && list.allows(AuthMethod::ScramSha256));
        assert!(!list.demands_authentication());
        assert!(read("!none").expect("valid").demands_authentication());
    }

    #[test]
    fn faults_are_reported_in_order() {
        for (list, message) in [
            ("x", "invalid require_auth value: \"x\""),
            ("!x", "invalid require_auth value: \"x\""),
            ("md5,", "invalid require_auth value: \"\""),
            (
                "md5,md5",
                "require_auth method \"md5\" is specified more than once",
            ),
            (
                "!md5,!md5",
                "require_auth method \"!md5\" is specified more than once",
            ),
            (
                "md5,!x",
                "negative require_auth method \"!x\" cannot be mixed with non-negative methods",
            ),
            (
                "!md5,x",
                "require_auth method \"x\" cannot be mixed with negative methods",
            ),
        ] {
            assert_eq!(read(list).expect_err(list).message(), message);
        }
    }

    #[test]
    fn names_are_found_by_discriminant() {
        for (name, method) in AuthMethod::NAMES {
            assert_eq!(method.as_str(), name);
        }
    }
}
