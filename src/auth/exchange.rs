//! The whole exchange of authentication: what to answer to each request of the server.
//!
//! Manual: "Start-up" in "Message Flow", and the messages whose names begin with Authentication.
//!
//! What differs from libpq, on purpose: AuthenticationOk is not believed while a SCRAM or a GSSAPI
//! exchange is open, so that the server's proof cannot be left out.

use zeroize::Zeroizing;

use super::auth_error;
use super::gss::Initiator;
use super::md5::md5_password;
use super::mechanism::{Channel, Choice, Mechanism};
use super::oauth::TokenRequest;
use super::oauth::bearer::{self, Bearer};
use super::requirement::{Progress, Requirement};
use super::scram::{ScramClient, ScramKeys};
use crate::conninfo::Settings;
use crate::error::Error;
use crate::wire::backend::{Authentication, SaslMechanisms};

/// Who wants to connect, with what, over what kind of connection.
pub struct Context<'a> {
    /// The settings of the connection: user, requirements, keys.
    pub settings: &'a Settings,
    /// The password for the host connected to, if there is one: see
    /// [`Settings::password_for`](crate::conninfo::Settings::password_for).
    pub password: Option<&'a [u8]>,
    /// Whether TLS is in use.
    pub is_tls: bool,
    /// Whether GSSAPI encrypts the connection.
    pub is_gss_encrypted: bool,
    /// Gives the `tls-server-end-point` hash of the server's certificate; asked only where it may
    /// be needed.
    pub end_point: &'a dyn Fn() -> Option<Vec<u8>>,
    /// Makes this side of a GSSAPI exchange; asked only where the server wants one.
    pub gss: &'a dyn Fn() -> Result<Box<dyn Initiator>, Error>,
}

/// What to do about a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// Authentication has succeeded.
    Done,
    /// Nothing to send: the next message of the server is due.
    Wait,
    /// Send a PasswordMessage with this text (the NUL is not part of it).
    Password(Zeroizing<Vec<u8>>),
    /// Send a SASLInitialResponse.
    SaslInitial {
        /// The mechanism to name.
        mechanism: Mechanism,
        /// The initial client response.
        response: Zeroizing<Vec<u8>>,
    },
    /// Send a SASLResponse, and then look at [`Exchange::settle`].
    Sasl(Vec<u8>),
    /// Get a bearer token, if that can be had at once, and then go on with
    /// [`Exchange::begin_bearer`].
    Token,
    /// Send a GSSResponse.
    Gss(Vec<u8>),
}

/// The state of one connection's authentication. A new attempt to connect begins with a new one.
#[derive(Default)]
pub struct Exchange {
    scram: Option<ScramClient>,
    gss: Option<Box<dyn Initiator>>,
    bearer: Option<Box<Bearer>>,
    has_sent_password: bool,
    has_been_asked: bool,
}

impl Exchange {
    /// Nothing has been asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The state of a new connection of the same attempt, to the same server or another one: what
    /// has been learnt about tokens is still known.
    pub fn renewed(self) -> Self {
        Self {
            bearer: self.bearer.map(|bearer| Box::new(bearer.renewed())),
            ..Self::default()
        }
    }

    /// Whether the server has asked for a password, by whatever method: what
    /// `PQconnectionUsedPassword` reports, and `PQconnectionNeedsPassword` where there is none.
    pub fn has_been_asked_for_password(&self) -> bool {
        self.has_been_asked
    }

    /// The side of the GSSAPI exchange that was ours, once it is complete: its context outlives the
    /// authentication, for whoever wants to look at it.
    pub fn take_gss(&mut self) -> Option<Box<dyn Initiator>> {
        self.gss.take().filter(|gss| gss.is_complete())
    }

    /// The answer to one request. An error means that the connection is to be given up.
    pub fn answer(
        &mut self,
        request: &Authentication<'_>,
        context: &Context<'_>,
    ) -> Result<Answer, Error> {
        let requirement = Requirement::new(context.settings);
        requirement.check(request, self.progress(context))?;
        match request {
            Authentication::Ok => self.finish(),
            Authentication::CleartextPassword => {
                let password = self.password(context)?.to_vec();
                Ok(self.send_password(password))
            }
            Authentication::Md5Password { salt } => {
                let user = context.settings.user.to_bytes();
                let hashed = md5_password(user, self.password(context)?, *salt);
                Ok(self.send_password(hashed.into_bytes()))
            }
            Authentication::Sasl(offered) => self.begin_sasl(offered, context, requirement),
            Authentication::SaslContinue(challenge) => {
                if let Some(bearer) = self.open_bearer() {
                    bearer.refused(challenge)?;
                    return Ok(Answer::Sasl(bearer::END.to_vec()));
                }
                let response = self.open_scram()?.client_final(challenge)?;
                Ok(Answer::Sasl(response))
            }
            Authentication::SaslFinal(outcome) => {
                if let Some(bearer) = self.open_bearer() {
                    return Err(bearer.unexpected_final());
                }
                let scram = self.open_scram()?;
                if scram.awaits_challenge() {
                    // As libpq, which reads it as the challenge and tells what is wrong with that.
                    scram.client_final(outcome)?;
                    return Err(auth_error(
                        "AuthenticationSASLFinal received from server, but SASL authentication \
                         was not completed",
                    ));
                }
                scram.verify(outcome)?;
                Ok(Answer::Wait)
            }
            // On the wire SSPI and GSSAPI are the same.
            Authentication::Gss | Authentication::Sspi => self.begin_gss(context),
            Authentication::GssContinue(token) => match &mut self.gss {
                Some(gss) => Ok(answer_token(gss.step(token)?)),
                None => Err(auth_error(
                    "received GSSAPI data from server, but no GSSAPI authentication was begun",
                )),
            },
            _ => Err(unsupported(request)),
        }
    }

    fn progress(&self, context: &Context<'_>) -> Progress {
        let scram = self.scram.as_ref();
        Progress {
            is_complete: self.has_sent_password
                || scram.is_some_and(ScramClient::is_finished)
                || self
                    .bearer
                    .as_ref()
                    .is_some_and(|bearer| bearer.has_shown_token())
                || self.gss.as_ref().is_some_and(|gss| gss.is_complete()),
            is_channel_bound: scram.is_some_and(ScramClient::is_channel_bound),
            is_gss_encrypted: context.is_gss_encrypted,
        }
    }

    fn finish(&self) -> Result<Answer, Error> {
        let early = |method| {
            auth_error(format!(
                "server reported success before it completed {method} authentication"
            ))
        };
        match (&self.scram, &self.gss) {
            (Some(scram), _) if !scram.is_finished() => Err(early("SCRAM")),
            (_, Some(gss)) if !gss.is_complete() => Err(early("GSSAPI")),
            _ => Ok(Answer::Done),
        }
    }

    fn password<'a>(&mut self, context: &Context<'a>) -> Result<&'a [u8], Error> {
        self.has_been_asked = true;
        let given = context.password.filter(|password| !password.is_empty());
        given.ok_or_else(|| auth_error("fe_sendauth: no password supplied"))
    }

    fn send_password(&mut self, text: Vec<u8>) -> Answer {
        self.has_sent_password = true;
        Answer::Password(Zeroizing::new(text))
    }

    fn begin_gss(&mut self, context: &Context<'_>) -> Result<Answer, Error> {
        // The encryption's context has proved who the client is: there is no need of a second.
        if self.gss.is_some() || context.is_gss_encrypted {
            return Err(auth_error("duplicate GSS authentication request"));
        }
        let gss = self.gss.insert((context.gss)()?);
        Ok(answer_token(gss.step(&[])?))
    }

    fn begin_sasl(
        &mut self,
        offered: &SaslMechanisms<'_>,
        context: &Context<'_>,
        requirement: Requirement<'_>,
    ) -> Result<Answer, Error> {
        if self.scram.is_some() || self.open_bearer().is_some() {
            return Err(auth_error("duplicate SASL authentication request"));
        }
        let is_tls = context.is_tls;
        let channel = Channel {
            setting: context.settings.channel_binding,
            is_tls,
            end_point: is_tls.then(context.end_point).flatten(),
        };
        let choice = Choice::select(offered.iter(), &channel)?;
        let by_token = choice.mechanism == Mechanism::OauthBearer;
        self.has_been_asked |= !by_token;
        requirement.check_mechanism(choice.mechanism)?;
        choice.satisfies(&channel)?;
        if by_token {
            return self.begin_oauth(context.settings);
        }
        let mut scram = self.scram_client(context, choice.clone())?;
        let response = Zeroizing::new(scram.client_first());
        self.scram = Some(scram);
        Ok(Answer::SaslInitial {
            mechanism: choice.mechanism,
            response,
        })
    }

    fn begin_oauth(&mut self, settings: &Settings) -> Result<Answer, Error> {
        if self.bearer.is_none() {
            let bearer = Bearer::new(settings, super::oauth::is_unsafe())?;
            self.bearer = Some(Box::new(bearer));
        }
        match &self.bearer {
            Some(bearer) if bearer.may_get_token_first() => Ok(Answer::Token),
            _ => self.begin_bearer(),
        }
    }

    /// The first message of an exchange by token, with the token where there is one.
    pub fn begin_bearer(&mut self) -> Result<Answer, Error> {
        let Some(bearer) = &mut self.bearer else {
            return Err(auth_error("invalid OAuth exchange state"));
        };
        Ok(Answer::SaslInitial {
            mechanism: Mechanism::OauthBearer,
            response: bearer.initial_response()?,
        })
    }

    /// What the server's last message leads to once it has been answered: an error, or `true` where
    /// a bearer token is needed, and a new connection to show it on.
    pub fn settle(&mut self) -> Result<bool, Error> {
        self.bearer
            .as_mut()
            .map_or(Ok(false), |bearer| bearer.settle())
    }

    /// What is known of the token that the server wants.
    pub fn token_request(&self) -> Option<TokenRequest> {
        self.bearer.as_ref().map(|bearer| bearer.request())
    }

    /// The side of an exchange by token that is ours; whether it has begun on this connection is
    /// told by [`Bearer::is_open`].
    pub fn bearer(&mut self) -> Option<&mut Bearer> {
        self.bearer.as_deref_mut()
    }

    fn open_bearer(&mut self) -> Option<&mut Bearer> {
        self.bearer().filter(|bearer| bearer.is_open())
    }

    /// Both keys stand in for the password; one alone is of no use.
    fn scram_client(
        &mut self,
        context: &Context<'_>,
        choice: Choice,
    ) -> Result<ScramClient, Error> {
        let settings = context.settings;
        if let (Some(client), Some(server)) =
            (&settings.scram_client_key, &settings.scram_server_key)
        {
            return ScramClient::with_keys(ScramKeys::new(client, server), choice.binding, None);
        }
        ScramClient::new(self.password(context)?, choice.binding, None)
    }

    fn open_scram(&mut self) -> Result<&mut ScramClient, Error> {
        self.scram.as_mut().ok_or_else(|| {
            auth_error(
                "fe_sendauth: invalid authentication request from server: \
                 AUTH_REQ_SASL_CONT without AUTH_REQ_SASL",
            )
        })
    }
}

fn answer_token(token: Vec<u8>) -> Answer {
    if token.is_empty() {
        Answer::Wait
    } else {
        Answer::Gss(token)
    }
}

/// The error about a request that this client cannot answer.
fn unsupported(request: &Authentication<'_>) -> Error {
    auth_error(match request {
        Authentication::Unknown(1) => "Kerberos 4 authentication not supported",
        Authentication::KerberosV5 => "Kerberos 5 authentication not supported",
        Authentication::Unknown(4) => "Crypt authentication not supported",
        Authentication::ScmCredential => "authentication method 6 not supported",
        Authentication::Unknown(code) => {
            return auth_error(format!("authentication method {code} not supported"));
        }
        _ => "unexpected authentication request from server",
    })
}

#[cfg(test)]
#[path = "exchange_tests.rs"]
mod tests;
