//! One thing that a broken or hostile server does, and what the client must make of it.

use std::time::{Duration, Instant};

use support::scripted::{
    Peer, Scripted, authentication_ok, backend_key_data, command_complete, parameter_status, ready,
};

use crate::client::Client;
use crate::reference;

/// When the server says the wrong thing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// In answer to the start-up packet.
    Start,
    /// In answer to the SSLRequest.
    SslRequest,
    /// Directly behind the first ReadyForQuery.
    Idle,
    /// In answer to the first query.
    Query,
}

/// What the server does afterwards.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// It closes the connection.
    Close,
    /// It goes on as if nothing had happened, and answers further queries.
    GoOn,
}

/// A case: its name, when, what is said, what follows, and the client's story.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) options: &'static str,
    pub(crate) when: When,
    pub(crate) words: fn() -> Vec<u8>,
    pub(crate) then: Then,
    /// What the client notes, line by line.
    pub(crate) story: &'static [&'static str],
    /// Why libpq's story is another one.
    pub(crate) differs: Option<&'static str>,
}

/// However bad the server: no case may take longer.
const LIMIT: Duration = Duration::from_secs(8);

impl Case {
    /// A server that says this, then closes.
    pub(crate) const fn new(
        name: &'static str,
        when: When,
        words: fn() -> Vec<u8>,
        story: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            options: "",
            when,
            words,
            then: Then::Close,
            story,
            differs: None,
        }
    }

    /// A server that goes on as if nothing had happened.
    pub(crate) const fn goes_on(self) -> Self {
        Self {
            then: Then::GoOn,
            ..self
        }
    }

    /// A server that closes.
    pub(crate) const fn closes(self) -> Self {
        Self {
            then: Then::Close,
            ..self
        }
    }

    /// A client with options of its own.
    pub(crate) const fn with(self, options: &'static str) -> Self {
        Self { options, ..self }
    }

    /// libpq's story is another one, and why.
    pub(crate) const fn differs(self, why: &'static str) -> Self {
        Self {
            differs: Some(why),
            ..self
        }
    }

    fn serve(&self) -> Scripted {
        let (when, words, then) = (self.when, self.words, self.then);
        Scripted::run(move |peer| {
            let mut words = words();
            match when {
                When::Start => drop(peer.startup()),
                When::SslRequest => drop(peer.packet()),
                When::Idle => {
                    peer.startup();
                    words = [beginning(), words].concat();
                }
                When::Query => {
                    peer.accept();
                    peer.expect(b'Q');
                }
            }
            peer.try_send(&words);
            if then == Then::GoOn {
                answer_all(peer);
            }
            peer.close();
        })
    }

    fn ours(&self) -> Vec<String> {
        let server = self.serve();
        let mut client = Client::start(&self.conninfo(&server)).with_limit(LIMIT);
        if client.finish_connecting() && matches!(self.when, When::Idle | When::Query) {
            client.query("first");
            client.try_again();
        }
        let lines = std::mem::take(&mut client.lines);
        drop(client);
        server.finish();
        lines
    }

    fn theirs(&self) -> Option<Vec<String>> {
        let server = self.serve();
        let asks = matches!(self.when, When::Idle | When::Query);
        let lines = reference::transcript(&self.conninfo(&server), asks.then_some("first"));
        if lines.is_some() {
            server.finish();
        }
        lines
    }

    fn conninfo(&self, server: &Scripted) -> String {
        let options = self.options;
        format!("{} connect_timeout=8 {options}", server.conninfo())
    }
}

/// How a session begins; what is said directly behind it arrives together with it.
pub(crate) fn beginning() -> Vec<u8> {
    [
        authentication_ok(),
        parameter_status("server_version", "18.0"),
        parameter_status("client_encoding", "UTF8"),
        backend_key_data(1234, &[0, 0, 0, 7]),
        ready(b'I'),
    ]
    .concat()
}

/// Answers every query until the client closes.
pub(crate) fn answer_all(peer: &mut Peer) {
    use std::io::Read;
    let mut received = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(count @ 1..) = peer.stream().read(&mut piece) {
        received.extend_from_slice(&piece[..count]);
        while let Some(head) = received.first_chunk::<5>() {
            let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
            let tag = head[0];
            if received.len() < length + 1 {
                break;
            }
            received.drain(..=length);
            if tag == b'Q' {
                peer.try_send(&[command_complete("AGAIN"), ready(b'I')].concat());
            }
        }
    }
}

/// Runs all cases and reports every one that does not end as it must.
pub(crate) fn run(cases: &[Case]) {
    let only = std::env::var("FERROPQ_CASE").ok();
    let mut failures = String::new();
    for case in cases {
        if only.as_ref().is_some_and(|only| !case.name.contains(only)) {
            continue;
        }
        let begin = Instant::now();
        let ours = case.ours();
        let took = begin.elapsed();
        // Where libpq's story is another one it may be a long one, too.
        let theirs = match case.differs {
            None => case.theirs(),
            Some(_) => None,
        };
        let same = theirs.as_ref().is_none_or(|theirs| *theirs == ours);
        if ours != case.story || !same || took > LIMIT {
            failures += &format!(
                "{}: {took:?}\n  expected {:#?}\n  ours {ours:#?}\n  libpq {}\n",
                case.name,
                case.story,
                if same {
                    "the same".to_owned()
                } else {
                    format!("{theirs:#?}")
                },
            );
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}
