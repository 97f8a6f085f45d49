//! The connection as C holds it.

use std::ffi::CString;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use super::events::EventProc;
use super::notice::NoticeHooks;
use super::oauth::TokenFlow;
use crate::charset::Encoding;
use crate::connection::Connection;

/// A connection to a server.
pub struct pg_conn {
    /// The engine.
    pub(super) engine: Connection,
    /// Who is told of notices.
    pub(super) hooks: NoticeHooks,
    /// The event procedures registered with it.
    pub(super) events: Vec<EventProc>,
    /// The address of the server as text, for `PQhostaddr`.
    pub(super) address: CString,
    /// Facts about the encryption that have been asked for, which C keeps pointers to.
    pub(super) ssl_attributes: Vec<(String, CString)>,
    /// A bearer token that a hook of C's is getting, or NULL; a hook has pointers into it.
    pub(super) token_flow: *mut TokenFlow,
    /// What the process-wide settings were last set from: a key of [`EscapeSettings`].
    known: i32,
}
/// A connection to a server.
pub type PGconn = pg_conn;

/// What the escape functions need to know of a session.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EscapeSettings {
    /// The client's encoding.
    pub encoding: Encoding,
    /// `standard_conforming_strings`.
    pub standard_strings: bool,
}

/// The settings of whichever session told its own last: the escape functions without a connection
/// can know no better, as the manual warns.
static LAST_ENCODING: AtomicI32 = AtomicI32::new(0);
static LAST_STANDARD_STRINGS: AtomicBool = AtomicBool::new(false);

impl EscapeSettings {
    /// The key of no settings.
    const NONE: i32 = -1;

    /// A number that tells settings apart.
    fn key(self) -> i32 {
        self.encoding.id() * 2 + i32::from(self.standard_strings)
    }

    /// Those of the session that told them last, of any connection of the process.
    pub fn last_told() -> Self {
        let encoding = Encoding::from_id(LAST_ENCODING.load(Ordering::Relaxed));
        Self {
            encoding: encoding.unwrap_or(Encoding::SQL_ASCII),
            standard_strings: LAST_STANDARD_STRINGS.load(Ordering::Relaxed),
        }
    }
}

impl pg_conn {
    /// A connection as C holds it; [`PQfinish`](super::connect::PQfinish) frees it.
    pub(super) fn into_raw(engine: Connection) -> *mut Self {
        Box::into_raw(Box::new(Self::new(engine)))
    }

    /// A connection that nobody is told of yet.
    pub(super) fn new(engine: Connection) -> Self {
        Self {
            engine,
            hooks: NoticeHooks::default(),
            events: Vec::new(),
            address: CString::default(),
            ssl_attributes: Vec::new(),
            token_flow: ptr::null_mut(),
            known: EscapeSettings::NONE,
        }
    }

    /// The settings of the session.
    pub(super) fn escape_settings(&self) -> EscapeSettings {
        EscapeSettings {
            encoding: self.engine.encoding(),
            standard_strings: self.engine.session().standard_strings,
        }
    }

    /// Notes what the session has told of its settings since the last call.
    pub(super) fn publish_settings(&mut self) {
        if self.escape_settings().key() != self.known {
            self.publish_told();
        }
    }

    /// What the session has not told yet stays as another has told it.
    #[cold]
    fn publish_told(&mut self) {
        let session = self.engine.session();
        let told = |name: &[u8]| session.parameter(name).is_some();
        let now = self.escape_settings();
        let (encoding, strings) = (
            told(b"client_encoding"),
            told(b"standard_conforming_strings"),
        );
        if encoding {
            LAST_ENCODING.store(now.encoding.id(), Ordering::Relaxed);
        }
        if strings {
            LAST_STANDARD_STRINGS.store(now.standard_strings, Ordering::Relaxed);
        }
        if encoding && strings {
            self.known = now.key();
        }
    }

    /// The session begins anew, and what it tells is noted again.
    pub(super) fn forget_settings(&mut self) {
        self.known = EscapeSettings::NONE;
    }

    /// Notes the address that is being connected to.
    pub(super) fn note_address(&mut self) {
        let text = self
            .engine
            .address()
            .map(|address| address.ip_text())
            .unwrap_or_default();
        if text.as_bytes() != self.address.to_bytes() {
            self.address = CString::new(text).unwrap_or_default();
        }
    }
}
