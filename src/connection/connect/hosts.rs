//! Which server is tried next.

use crate::conninfo::{HostTarget, LoadBalanceHosts, Settings, TargetSessionAttrs};
use crate::error::Error;
use crate::transport::peer::require_peer;
use crate::transport::{
    Address, Deadline, DialFailure, DialOptions, Host, Socket, connect_finish, connect_start,
    failure, lookup,
};

use super::super::Connection;
use super::super::cancel::CancelTarget;
use super::super::state::{ConnStatus, Polling};
use super::encrypt::Encryption;
use super::{Failure, Step, Stepped, Turn};

/// The hosts still to be tried, and the addresses of the present one.
pub(super) struct Hosts {
    /// Indices of the hosts, in the order of trying.
    order: Vec<usize>,
    /// How many of them have been begun with.
    begun: usize,
    addresses: Vec<Address>,
    /// How many of these have been begun with.
    tried: usize,
    shuffle: bool,
    /// `prefer-standby` found no standby, and takes any server now.
    pub(super) second_round: bool,
    /// A cancel request goes to the address that the session is connected to.
    fixed: Option<(usize, Address)>,
}

impl Hosts {
    pub(super) fn new(settings: &Settings, cancel: Option<&CancelTarget>) -> Self {
        let shuffle = settings.load_balance_hosts == LoadBalanceHosts::Random;
        let fixed = cancel.map(|target| (target.host, target.address.clone()));
        let mut order: Vec<usize> = match &fixed {
            Some((host, _)) => vec![*host],
            None => (0..settings.hosts.len()).collect(),
        };
        if shuffle {
            random_order(&mut order);
        }
        Self {
            order,
            begun: 0,
            addresses: Vec::new(),
            tried: 0,
            shuffle,
            second_round: false,
            fixed,
        }
    }

    /// None at all: what is connected to has been reached already.
    pub(super) fn none() -> Self {
        Self {
            order: Vec::new(),
            begun: 0,
            addresses: Vec::new(),
            tried: 0,
            shuffle: false,
            second_round: false,
            fixed: None,
        }
    }

    /// The address being tried.
    pub(super) fn address(&self) -> Option<&Address> {
        self.addresses.get(self.tried.checked_sub(1)?)
    }
}

/// Puts items in an order that nobody can foresee.
fn random_order<T>(items: &mut [T]) {
    for last in (1..items.len()).rev() {
        let random = getrandom::u64().unwrap_or_default();
        items.swap(last, (random % (last as u64 + 1)) as usize);
    }
}

impl Connection {
    /// Looks up the addresses of the next host.
    pub(super) fn next_host(&mut self) -> Stepped {
        let (Some(attempt), Some(settings)) = (&mut self.attempt, &self.settings) else {
            return Err(Failure::Final(String::new()));
        };
        let hosts = &mut attempt.hosts;
        let Some(&index) = hosts.order.get(hosts.begun) else {
            let prefers = settings.target_session_attrs == TargetSessionAttrs::PreferStandby;
            if prefers && !hosts.second_round {
                hosts.second_round = true;
                hosts.begun = 0;
                return Ok(Turn::Go(Step::NextHost));
            }
            return Err(Failure::Final(String::new()));
        };
        hosts.begun += 1;
        hosts.tried = 0;
        hosts.addresses.clear();
        self.host = index;
        self.status = ConnStatus::Needed;
        attempt.deadline = Deadline::after_opt(attempt.timeout);
        if let Some((_, address)) = &hosts.fixed {
            hosts.addresses = vec![address.clone()];
            return Ok(Turn::Go(Step::NextAddress));
        }
        let spec = &settings.hosts[index];
        spec.check_port()?;
        let port = spec.port().map_err(next_host)?;
        let place = match &spec.target {
            HostTarget::Name(name) => Host::Name(name),
            HostTarget::Address(number) => Host::Address(number),
            HostTarget::UnixSocket(directory) => Host::UnixDirectory(directory),
        };
        hosts.addresses = lookup(place, port, attempt.deadline).map_err(next_host)?;
        if hosts.shuffle {
            random_order(&mut hosts.addresses);
        }
        Ok(Turn::Go(Step::NextAddress))
    }

    /// Turns to the next address of the host.
    pub(super) fn next_address(&mut self) -> Stepped {
        let (Some(attempt), Some(settings)) = (&mut self.attempt, &self.settings) else {
            return Err(Failure::Final(String::new()));
        };
        let hosts = &mut attempt.hosts;
        let Some(address) = hosts.addresses.get(hosts.tried) else {
            return Ok(Turn::Go(Step::NextHost));
        };
        hosts.tried += 1;
        attempt.deadline = Deadline::after_opt(attempt.timeout);
        let session = attempt.cancel.as_ref().and_then(|target| target.encryption);
        attempt.encryption = match session {
            Some(kind) => Encryption::as_before(kind),
            None => Encryption::plan(settings, address.is_unix()),
        };
        Ok(Turn::Go(Step::Dial))
    }

    /// Opens a socket and starts connecting it.
    pub(super) fn dial(&mut self) -> Stepped {
        self.close_failed_stream();
        let (Some(attempt), Some(settings)) = (&mut self.attempt, &self.settings) else {
            return Err(Failure::Final(String::new()));
        };
        let Some(address) = attempt.hosts.address() else {
            return Ok(Turn::Go(Step::NextAddress));
        };
        self.tls_in_use = false;
        self.password_needed = false;
        self.reached_authentication = false;
        attempt.authentication = std::mem::take(&mut attempt.authentication).renewed();
        attempt.has_negotiated = false;
        let spec = &settings.hosts[self.host];
        let port = spec.port_text.to_string_lossy();
        let prefix = match &spec.target {
            HostTarget::Address(number) => {
                failure::address_prefix(&number.to_string_lossy(), &port)
            }
            _ => failure::connect_prefix(&spec.shown_host().to_string_lossy(), &port, address),
        };
        self.error.push_part(&prefix);
        self.address = Some(address.clone());
        let unix = address.is_unix();
        Encryption::check_gss(settings, unix)?;
        // What is meant for TCP harms no Unix socket, not even by being wrong.
        let options = match unix {
            true => DialOptions::default(),
            false => dial_options(settings)
                .map_err(|fault| Failure::Address(fault.message().to_owned()))?,
        };
        let dial = connect_start(address, &options);
        attempt.encryption.acquire_required(settings)?;
        let dial = dial.map_err(|failure| match failure {
            DialFailure::Socket(error) => Failure::Address(error.message().to_owned()),
            DialFailure::Address(error) => no_answer(error.message(), address),
        })?;
        self.status = ConnStatus::Started;
        if dial.connected {
            return self.dialled(dial.socket);
        }
        Ok(Turn::Wait(Step::Connecting(dial.socket), Polling::Writing))
    }

    /// The socket has become writable: it is connected, or has failed to.
    pub(super) fn finish_dial(&mut self, socket: Socket) -> Stepped {
        if let Err(error) = connect_finish(&socket) {
            let address = self.attempt.as_ref().and_then(|a| a.hosts.address());
            return Err(match address {
                Some(address) => no_answer(error.message(), address),
                None => Failure::Address(error.message().to_owned()),
            });
        }
        self.dialled(socket)
    }

    /// The socket is connected. From now on it is in blocking mode, so that a read that may wait is
    /// one system call; those that may not wait say so themselves.
    fn dialled(&mut self, socket: Socket) -> Stepped {
        let blocking = socket.set_blocking();
        blocking.map_err(|error| Failure::Final(error.to_string()))?;
        let peer = self.settings.as_ref().and_then(|s| s.requirepeer.clone());
        let unix = self.address.as_ref().is_some_and(Address::is_unix);
        if let (Some(peer), true) = (peer, unix) {
            require_peer(&socket, &peer)?;
        }
        self.stream = Some(socket.into());
        Ok(self.made_ready(Step::Made))
    }
}

fn next_host(error: crate::error::Error) -> Failure {
    Failure::Host(error.message().to_owned())
}

/// Nobody answers at the address: the reason, and what to look at.
fn no_answer(reason: &str, address: &Address) -> Failure {
    let hint = failure::connect_hint(address);
    Failure::Address(format!("{reason}\n{hint}"))
}

/// The options of the socket.
pub(in crate::connection) fn dial_options(settings: &Settings) -> Result<DialOptions, Error> {
    let options = settings.tcp_options()?;
    let keepalives = options.keepalives.unwrap_or_default();
    let seconds = |span: Option<std::time::Duration>| {
        span.map_or(0, |s| i32::try_from(s.as_secs()).unwrap_or(i32::MAX))
    };
    let timeout = options.user_timeout;
    Ok(DialOptions {
        keepalives: options.keepalives.is_some(),
        keepalives_idle: seconds(keepalives.idle),
        keepalives_interval: seconds(keepalives.interval),
        keepalives_count: keepalives
            .count
            .map_or(0, |n| i32::try_from(n).unwrap_or(i32::MAX)),
        tcp_user_timeout: timeout.map_or(0, |t| i32::try_from(t.as_millis()).unwrap_or(i32::MAX)),
    })
}
