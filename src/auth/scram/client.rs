//! The client's side of the exchange.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::message::{ServerFirst, server_signature};
use super::{DEFAULT_MAX_ITERATIONS, KEY_LEN, ScramKeys};
use crate::auth::auth_error;
use crate::auth::key_cache::keys_for;
use crate::auth::saslprep::saslprep;
use crate::error::Error;

/// Random bytes in a nonce; base64 makes 24 characters of them.
const NONCE_LEN: usize = 18;

/// What the client says about channel binding in its first message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelBinding {
    /// The client does not bind: no TLS, or the setting `channel_binding=disable`.
    Unsupported,
    /// The client could bind, but the server did not offer it. A server that did offer it learns
    /// from this that somebody between the two took the offer away, and refuses.
    NotUsed,
    /// SCRAM-SHA-256-PLUS with `tls-server-end-point`: the hash of the server's certificate.
    ServerEndPoint(Vec<u8>),
}

impl ChannelBinding {
    fn gs2_header(&self) -> &'static str {
        match self {
            Self::Unsupported => "n,,",
            Self::NotUsed => "y,,",
            Self::ServerEndPoint(_) => "p=tls-server-end-point,,",
        }
    }

    /// The attribute `c` of the client's last message: the header once more and the bound data.
    fn input(&self) -> String {
        let mut input = self.gs2_header().as_bytes().to_vec();
        if let Self::ServerEndPoint(hash) = self {
            input.extend_from_slice(hash);
        }
        STANDARD.encode(input)
    }
}

/// What the client proves that it knows.
enum Secret {
    /// A password, after SASLprep.
    Password(Zeroizing<Vec<u8>>),
    Keys(ScramKeys),
}

enum State {
    Start,
    FirstSent,
    ProofSent { expected: [u8; KEY_LEN] },
    Finished,
    Failed,
}

/// One SCRAM exchange, from the client's side.
///
/// [`client_first`](Self::client_first), [`client_final`](Self::client_final) and
/// [`verify`](Self::verify) are called once each and in this order; an error ends the exchange.
/// The user name in the messages is empty: PostgreSQL takes the one of the startup message.
pub struct ScramClient {
    secret: Secret,
    binding: ChannelBinding,
    nonce: String,
    max_iterations: u32,
    state: State,
}

impl ScramClient {
    /// A client that knows the password, as the bytes the user gave.
    ///
    /// `nonce` is for tests with recorded exchanges; `None` takes a random one, which is an error
    /// only where the operating system has no random bytes.
    pub fn new(
        password: &[u8],
        binding: ChannelBinding,
        nonce: Option<String>,
    ) -> Result<Self, Error> {
        Self::with_secret(Secret::Password(saslprep(password)), binding, nonce)
    }

    /// A client that knows the keys and not the password (pass-through authentication).
    pub fn with_keys(
        keys: ScramKeys,
        binding: ChannelBinding,
        nonce: Option<String>,
    ) -> Result<Self, Error> {
        Self::with_secret(Secret::Keys(keys), binding, nonce)
    }

    fn with_secret(
        secret: Secret,
        binding: ChannelBinding,
        nonce: Option<String>,
    ) -> Result<Self, Error> {
        Ok(Self {
            secret,
            binding,
            nonce: nonce.map_or_else(random_nonce, Ok)?,
            max_iterations: DEFAULT_MAX_ITERATIONS,
            state: State::Start,
        })
    }

    /// The same client with another limit on the iterations that the server may ask for.
    ///
    /// The limit bounds the time of [`client_final`](Self::client_final); it does not apply to a
    /// client that has the keys already.
    #[must_use]
    pub fn max_iterations(mut self, limit: u32) -> Self {
        self.max_iterations = limit;
        self
    }

    /// The client-first-message, for SASLInitialResponse.
    pub fn client_first(&mut self) -> Vec<u8> {
        self.state = State::FirstSent;
        let message = format!("{}{}", self.binding.gs2_header(), self.first_bare());
        message.into_bytes()
    }

    /// Answers the server-first-message (AuthenticationSASLContinue) with the
    /// client-final-message, for SASLResponse.
    ///
    /// Derives the keys, unless this process has connected with the same password before.
    pub fn client_final(&mut self, server_first: &[u8]) -> Result<Vec<u8>, Error> {
        let state = std::mem::replace(&mut self.state, State::Failed);
        if !matches!(state, State::FirstSent) {
            return Err(invalid_state());
        }
        let first = ServerFirst::parse(server_first, &self.nonce)?;
        let keys = self.keys(&first)?;
        let mut message = format!("c={},r=", self.binding.input()).into_bytes();
        message.extend_from_slice(first.nonce);
        let client_first = self.first_bare();
        let auth_message = [client_first.as_bytes(), b",", server_first, b",", &message];
        let proof = keys.client_proof(&auth_message);
        let expected = keys.server_signature(&auth_message);
        message.extend_from_slice(b",p=");
        message.extend_from_slice(STANDARD.encode(proof).as_bytes());
        self.state = State::ProofSent { expected };
        Ok(message)
    }

    /// Checks the server-final-message (AuthenticationSASLFinal): only a server that knows the
    /// user's secret can have made it.
    pub fn verify(&mut self, server_final: &[u8]) -> Result<(), Error> {
        let state = std::mem::replace(&mut self.state, State::Failed);
        let State::ProofSent { expected } = state else {
            return Err(invalid_state());
        };
        let signature = server_signature(server_final)?;
        if !bool::from(signature.ct_eq(&expected)) {
            return Err(auth_error("incorrect server signature"));
        }
        self.state = State::Finished;
        Ok(())
    }

    /// Whether the server has proved that it knows the user's secret.
    pub fn is_finished(&self) -> bool {
        matches!(self.state, State::Finished)
    }

    /// Whether the client's first message has been made, so that the server's first is due.
    pub fn awaits_challenge(&self) -> bool {
        matches!(self.state, State::FirstSent)
    }

    /// Whether a finished exchange was bound to the TLS connection: what
    /// `channel_binding=require` demands.
    pub fn is_channel_bound(&self) -> bool {
        self.is_finished() && matches!(self.binding, ChannelBinding::ServerEndPoint(_))
    }

    fn first_bare(&self) -> String {
        format!("n=,r={}", self.nonce)
    }

    fn keys(&self, first: &ServerFirst<'_>) -> Result<ScramKeys, Error> {
        let password = match &self.secret {
            Secret::Password(password) => password,
            Secret::Keys(keys) => return Ok(keys.clone()),
        };
        let (count, limit) = (first.iterations, self.max_iterations);
        if count > limit {
            return Err(auth_error(format!(
                "server asks for {count} SCRAM iterations, but at most {limit} are allowed"
            )));
        }
        Ok(keys_for(password, &first.salt, count))
    }
}

fn random_nonce() -> Result<String, Error> {
    let mut bytes = [0; NONCE_LEN];
    getrandom::fill(&mut bytes)
        .map_err(|cause| auth_error("could not generate nonce").with_source(cause))?;
    Ok(STANDARD.encode(bytes))
}

fn invalid_state() -> Error {
    auth_error("invalid SCRAM exchange state")
}
