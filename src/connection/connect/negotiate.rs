//! The server does not speak the protocol version asked for, or does not know an option.
//!
//! Manual: "NegotiateProtocolVersion".

use crate::wire::Malformed;
use crate::wire::backend::NegotiateProtocolVersion;
use crate::wire::version::{self, PROTOCOL_3_0, protocol};

use super::super::Connection;
use super::Failure;

/// What the names of protocol options begin with.
const OPTION_PREFIX: &[u8] = b"_pq_.";

impl Connection {
    /// Takes the version that the server offers, where the options of the connection allow it.
    pub(super) fn take_negotiation(&mut self, body: &[u8]) -> Result<(), Failure> {
        let (Some(attempt), Some(settings)) = (&mut self.attempt, &self.settings) else {
            return Err(Failure::Final(String::new()));
        };
        if std::mem::replace(&mut attempt.has_negotiated, true) {
            let fault = "received duplicate protocol negotiation message";
            return Err(Failure::Final(fault.to_owned()));
        }
        let offer = NegotiateProtocolVersion::decode(body).map_err(|fault| match fault {
            Malformed::NEGATIVE_COUNT => {
                invalid("server reported negative number of unsupported parameters")
            }
            _ => invalid("message too short"),
        })?;
        check_version(&offer, self.session.protocol)?;
        let oldest = settings.min_protocol_version.to_wire();
        if offer.version < oldest {
            let shown = |v| format!("{}.{}", version::major(v), version::minor(v));
            return Err(Failure::Final(format!(
                "server only supports protocol version {}, but \"min_protocol_version\" was set to {}",
                shown(offer.version),
                shown(oldest),
            )));
        }
        check_options(&offer)?;
        self.session.protocol = offer.version;
        Ok(())
    }
}

fn invalid(what: &str) -> Failure {
    Failure::Final(format!(
        "received invalid protocol negotiation message: {what}"
    ))
}

fn check_version(offer: &NegotiateProtocolVersion<'_>, wanted: u32) -> Result<(), Failure> {
    let fault = if offer.version > wanted {
        "server requested downgrade to a higher-numbered version"
    } else if offer.version < PROTOCOL_3_0 {
        "server requested downgrade to pre-3.0 protocol version"
    } else if offer.version == protocol(3, 1) {
        "server requested downgrade to non-existent 3.1 protocol version"
    } else if offer.version == wanted && offer.options.is_empty() {
        "server negotiated but asks for no changes"
    } else {
        return Ok(());
    };
    Err(invalid(fault))
}

/// No options are asked for, so none can be unknown.
fn check_options(offer: &NegotiateProtocolVersion<'_>) -> Result<(), Failure> {
    let Some(option) = offer.options.iter().next() else {
        return Ok(());
    };
    let name = String::from_utf8_lossy(option);
    if option.starts_with(OPTION_PREFIX) {
        return Err(invalid(&format!(
            "server reported an unsupported parameter that was not requested (\"{name}\")"
        )));
    }
    Err(invalid(&format!(
        "server reported unsupported parameter name without a \"_pq_.\" prefix (\"{name}\")"
    )))
}
