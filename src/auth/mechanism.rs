//! Which of the SASL mechanisms that the server offers the client takes.
//!
//! Manual: "SASL Authentication" and the option `channel_binding`.
//!
//! A certificate that gives no hash to bind to, as one signed with Ed25519, ends the attempt where
//! the server offers to bind: else somebody in between could avoid binding by showing one.

use std::fmt;

use super::auth_error;
use super::scram::ChannelBinding;
use crate::conninfo::ChannelBinding as BindingSetting;
use crate::error::Error;

/// A SASL mechanism that this client knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// SCRAM-SHA-256.
    ScramSha256,
    /// SCRAM-SHA-256-PLUS: bound to the TLS connection.
    ScramSha256Plus,
    /// OAUTHBEARER: a token.
    OauthBearer,
}

impl Mechanism {
    /// The name in the messages of the protocol.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha256Plus => "SCRAM-SHA-256-PLUS",
            Self::OauthBearer => "OAUTHBEARER",
        }
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the connection can do about channel binding, and what the user wants.
#[derive(Debug, Clone)]
pub struct Channel {
    /// The option `channel_binding`.
    pub setting: BindingSetting,
    /// Whether TLS is in use.
    pub is_tls: bool,
    /// The `tls-server-end-point` hash of the server's certificate, where there is one.
    pub end_point: Option<Vec<u8>>,
}

/// The mechanism taken, and what its first message says about channel binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The mechanism.
    pub mechanism: Mechanism,
    /// What to tell the server.
    pub binding: ChannelBinding,
}

impl Choice {
    /// Chooses from the names in AuthenticationSASL.
    pub fn select<'a>(
        offered: impl IntoIterator<Item = &'a [u8]>,
        channel: &Channel,
    ) -> Result<Self, Error> {
        let Channel {
            setting, is_tls, ..
        } = *channel;
        if setting == BindingSetting::Require && !is_tls {
            return Err(auth_error("channel binding required, but SSL not in use"));
        }
        // Where there is no binding, the server's order counts.
        let (mut unbound, mut plus) = (None, false);
        for name in offered {
            plus |= name == Mechanism::ScramSha256Plus.name().as_bytes();
            let known = [Mechanism::ScramSha256, Mechanism::OauthBearer];
            let found = known
                .into_iter()
                .find(|known| name == known.name().as_bytes());
            unbound = unbound.or(found);
        }
        if plus && !is_tls {
            return Err(auth_error(
                "server offered SCRAM-SHA-256-PLUS authentication over a non-SSL connection",
            ));
        }
        let binds = is_tls && setting != BindingSetting::Disable;
        let (mechanism, binding) = match (binds && plus, unbound) {
            (true, _) => {
                let hash = channel.end_point.clone();
                let hash = hash.ok_or_else(|| auth_error(NO_END_POINT))?;
                let binding = ChannelBinding::ServerEndPoint(hash);
                (Mechanism::ScramSha256Plus, binding)
            }
            (false, Some(Mechanism::ScramSha256)) if binds => {
                (Mechanism::ScramSha256, ChannelBinding::NotUsed)
            }
            (false, Some(mechanism)) => (mechanism, ChannelBinding::Unsupported),
            (false, None) => return Err(auth_error(NOTHING_IN_COMMON)),
        };
        Ok(Self { mechanism, binding })
    }

    /// Fails where the user demands channel binding and this choice does not bind.
    pub fn satisfies(&self, channel: &Channel) -> Result<(), Error> {
        if channel.setting != BindingSetting::Require
            || self.mechanism == Mechanism::ScramSha256Plus
        {
            return Ok(());
        }
        Err(auth_error(
            "channel binding is required, but server did not offer an authentication method that \
             supports channel binding",
        ))
    }
}

/// libpq's words: the signature names no digest of its own.
const NO_END_POINT: &str = "could not find digest for NID UNDEF";

const NOTHING_IN_COMMON: &str = "none of the server's SASL authentication mechanisms are supported";

#[cfg(test)]
mod tests {
    use super::*;

    const S: &[u8] = b"SCRAM-SHA-256";
    const P: &[u8] = b"SCRAM-SHA-256-PLUS";
    const O: &[u8] = b"OAUTHBEARER";
    const X: &[u8] = b"X-OTHER";

    const DISABLE: BindingSetting = BindingSetting::Disable;
    const PREFER: BindingSetting = BindingSetting::Prefer;
    const REQUIRE: BindingSetting = BindingSetting::Require;

    const NO_SSL: &str = "channel binding required, but SSL not in use";
    const NONE: &str = "none of the server's SASL authentication mechanisms are supported";
    const PLUS_PLAIN: &str =
        "server offered SCRAM-SHA-256-PLUS authentication over a non-SSL connection";
    const NOT_OFFERED: &str = "channel binding is required, but server did not offer an \
        authentication method that supports channel binding";

    /// What the client would say: the mechanism with the flag of its first message, or the error.
    fn outcome(offered: &[&[u8]], channel: &Channel) -> String {
        let chosen = Choice::select(offered.iter().copied(), channel);
        let satisfied = chosen.and_then(|choice| choice.satisfies(channel).map(|()| choice));
        match satisfied {
            Ok(Choice { mechanism, binding }) => match binding {
                ChannelBinding::Unsupported => format!("{mechanism} n"),
                ChannelBinding::NotUsed => format!("{mechanism} y"),
                ChannelBinding::ServerEndPoint(_) => format!("{mechanism} p"),
            },
            Err(error) => error.message().to_owned(),
        }
    }

    fn plain(setting: BindingSetting) -> Channel {
        Channel {
            setting,
            is_tls: false,
            end_point: None,
        }
    }

    fn tls(setting: BindingSetting) -> Channel {
        Channel {
            setting,
            is_tls: true,
            end_point: Some(vec![1; 32]),
        }
    }

    #[test]
    fn without_tls_only_plain_scram_will_do() {
        // Rows as libpq 18 answers: disable, prefer, require.
        let cases: [(&[&[u8]], [&str; 3]); 8] = [
            (&[S], ["SCRAM-SHA-256 n", "SCRAM-SHA-256 n", NO_SSL]),
            (&[X, S], ["SCRAM-SHA-256 n", "SCRAM-SHA-256 n", NO_SSL]),
            (&[P], [PLUS_PLAIN, PLUS_PLAIN, NO_SSL]),
            (&[P, S], [PLUS_PLAIN, PLUS_PLAIN, NO_SSL]),
            (&[S, P], [PLUS_PLAIN, PLUS_PLAIN, NO_SSL]),
            (&[X, P], [PLUS_PLAIN, PLUS_PLAIN, NO_SSL]),
            (&[X], [NONE, NONE, NO_SSL]),
            (&[], [NONE, NONE, NO_SSL]),
        ];
        for (offered, expected) in cases {
            let got = [DISABLE, PREFER, REQUIRE].map(|setting| outcome(offered, &plain(setting)));
            assert_eq!(got, expected);
        }
    }

    #[test]
    fn with_tls_the_setting_decides() {
        let (n, y, p) = ("SCRAM-SHA-256 n", "SCRAM-SHA-256 y", "SCRAM-SHA-256-PLUS p");
        let cases: [(&[&[u8]], [&str; 3]); 8] = [
            (&[S], [n, y, NOT_OFFERED]),
            (&[X, S], [n, y, NOT_OFFERED]),
            (&[P], [NONE, p, p]),
            (&[P, S], [n, p, p]),
            (&[S, P], [n, p, p]),
            (&[X, P], [NONE, p, p]),
            (&[X], [NONE, NONE, NONE]),
            (&[], [NONE, NONE, NONE]),
        ];
        for (offered, expected) in cases {
            let got = [DISABLE, PREFER, REQUIRE].map(|setting| outcome(offered, &tls(setting)));
            assert_eq!(got, expected);
        }
    }

    #[test]
    fn a_token_is_shown_where_the_server_prefers_it_and_nothing_binds() {
        let (n, o, p) = ("SCRAM-SHA-256 n", "OAUTHBEARER n", "SCRAM-SHA-256-PLUS p");
        let cases: [(&[&[u8]], [&str; 4]); 5] = [
            // Without TLS, and with it: disable, prefer, require.
            (&[O], [o, o, o, NOT_OFFERED]),
            (&[O, S], [o, o, o, NOT_OFFERED]),
            (&[S, O], [n, n, "SCRAM-SHA-256 y", NOT_OFFERED]),
            (&[O, P, S], [PLUS_PLAIN, o, p, p]),
            (&[P, O], [PLUS_PLAIN, o, p, p]),
        ];
        for (offered, expected) in cases {
            let [disable, prefer, require] = [DISABLE, PREFER, REQUIRE].map(tls);
            let channels = [plain(PREFER), disable, prefer, require];
            let got = channels.map(|channel| outcome(offered, &channel));
            assert_eq!(got, expected);
        }
    }

    #[test]
    fn a_certificate_without_a_hash_is_no_way_around_binding() {
        let channel = |setting| Channel {
            end_point: None,
            ..tls(setting)
        };
        assert_eq!(outcome(&[P, S], &channel(DISABLE)), "SCRAM-SHA-256 n");
        assert_eq!(outcome(&[S], &channel(PREFER)), "SCRAM-SHA-256 y");
        assert_eq!(outcome(&[S], &channel(REQUIRE)), NOT_OFFERED);
        for setting in [PREFER, REQUIRE] {
            assert_eq!(outcome(&[P, S], &channel(setting)), NO_END_POINT);
            assert_eq!(outcome(&[P], &channel(setting)), NO_END_POINT);
        }
    }

    #[test]
    fn names_that_only_begin_like_a_mechanism_are_others() {
        let names: [&[u8]; 3] = [b"SCRAM-SHA-256x", b"scram-sha-256", b""];
        assert_eq!(outcome(&names, &plain(PREFER)), NONE);
    }
}
