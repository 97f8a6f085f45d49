//! The table's rows: what a case is, where it belongs and what it may differ in.

use std::ffi::{CStr, CString};

use crate::api::Api;
use crate::conn::Conn;
use crate::raw::CONNECTION_OK;
use crate::text::cstring;
use crate::transcript::Transcript;

/// A part of the interface, to select and to report by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Area {
    Simple,
    Extended,
    Result,
    Error,
    Notice,
    Escape,
    Encoding,
    Conninfo,
    Connect,
    Status,
    Null,
    Order,
    Cancel,
    Function,
    Async,
    Pipeline,
    Copy,
    Notify,
    LargeObject,
    Trace,
    Print,
    Events,
    Buffer,
    Tls,
    Hostile,
}

impl Area {
    pub(crate) const ALL: [Self; 25] = [
        Self::Simple,
        Self::Extended,
        Self::Result,
        Self::Error,
        Self::Notice,
        Self::Escape,
        Self::Encoding,
        Self::Conninfo,
        Self::Connect,
        Self::Status,
        Self::Null,
        Self::Order,
        Self::Cancel,
        Self::Function,
        Self::Async,
        Self::Pipeline,
        Self::Copy,
        Self::Notify,
        Self::LargeObject,
        Self::Trace,
        Self::Print,
        Self::Events,
        Self::Buffer,
        Self::Tls,
        Self::Hostile,
    ];

    /// The area's name as reports and `FERROPQ_DIFF_AREAS` spell it.
    pub(crate) fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// A difference that is known and right.
#[derive(Clone, Copy)]
pub(crate) enum Differs {
    /// libpq changed: references of an interface level below this answer otherwise.
    Before(i32, &'static str),
    /// The package that brings this level is built otherwise than Debian's library and ours.
    Packaged(i32, &'static str),
    /// Ours differs on purpose from every libpq, and says this.
    Ours(&'static str, &'static str),
    /// libpq reads memory that is not there, which crashes it or not.
    Crashes(&'static str),
}

type Body = Box<dyn Fn(&Ctx<'_>, &mut Transcript)>;

/// One row of the table.
pub(crate) struct Case {
    pub area: Area,
    pub name: String,
    pub differs: Option<Differs>,
    body: Body,
}

/// The table under construction.
#[derive(Default)]
pub(crate) struct Table {
    cases: Vec<Case>,
}

impl Table {
    /// Adds one case; its full name is `area/name`.
    pub(crate) fn add(
        &mut self,
        area: Area,
        name: impl AsRef<str>,
        body: impl Fn(&Ctx<'_>, &mut Transcript) + 'static,
    ) -> &mut Case {
        let name = format!("{}/{}", area.name(), name.as_ref().replace(' ', "_"));
        assert!(
            self.cases.iter().all(|case| case.name != name),
            "two cases are called {name}"
        );
        self.cases.push(Case {
            area,
            name,
            differs: None,
            body: Box::new(body),
        });
        self.cases.last_mut().expect("just pushed")
    }

    pub(crate) fn into_cases(self) -> Vec<Case> {
        self.cases
    }
}

impl Case {
    /// Says that libpq itself answers otherwise below an interface level, and why.
    pub(crate) fn differs_before(&mut self, level: i32, reason: &'static str) {
        self.differs = Some(Differs::Before(level, reason));
    }

    /// Says that the packaged library of an interface level is built otherwise, and how.
    pub(crate) fn differs_as_packaged(&mut self, level: i32, how: &'static str) {
        self.differs = Some(Differs::Packaged(level, how));
    }

    /// Says that ours differs on purpose, why, and what must stand in its transcript.
    pub(crate) fn ours_differs(&mut self, reason: &'static str, says: &'static str) {
        self.differs = Some(Differs::Ours(reason, says));
    }

    /// Says that libpq may crash here, and why.
    pub(crate) fn crashes_libpq(&mut self, reason: &'static str) {
        self.differs = Some(Differs::Crashes(reason));
    }

    pub(crate) fn run(&self, ctx: &Ctx<'_>, t: &mut Transcript) {
        (self.body)(ctx, t);
    }
}

/// What a case gets to work with.
pub(crate) struct Ctx<'a> {
    /// The library under test.
    pub api: &'a Api,
    /// The server both libraries talk to.
    pub server: &'a Server,
}

/// The prepared server, as a child process learns of it.
#[derive(Clone)]
pub(crate) struct Server {
    /// The folder of the Unix socket.
    pub socket_dir: String,
    pub port: u16,
    pub major: u32,
    /// The certificate that the server's one is signed by.
    pub root_certificate: String,
    /// A folder that the cases may write to.
    pub scratch: String,
}

/// The database that every case works in, and the superuser it works as.
pub(crate) const DATABASE: &str = "ferropq_diff";
pub(crate) const USER: &str = "postgres";

impl Ctx<'_> {
    /// The connection string of an ordinary case, with more options behind it.
    pub(crate) fn conninfo(&self, more: &str) -> CString {
        let Server {
            socket_dir, port, ..
        } = self.server;
        cstring(format!(
            "host='{socket_dir}' port={port} user={USER} dbname={DATABASE} {more}"
        ))
    }

    /// As [`conninfo`](Self::conninfo), over TCP.
    pub(crate) fn tcp_conninfo(&self, more: &str) -> CString {
        let port = self.server.port;
        cstring(format!(
            "host=127.0.0.1 port={port} user={USER} dbname={DATABASE} sslmode=disable {more}"
        ))
    }

    pub(crate) fn port_text(&self) -> CString {
        cstring(self.server.port.to_string())
    }

    pub(crate) fn socket_dir(&self) -> CString {
        cstring(self.server.socket_dir.as_str())
    }
}

impl<'a> Ctx<'a> {
    /// A fresh connection, or the end of the case.
    pub(crate) fn connect(&self, t: &mut Transcript) -> Conn<'a> {
        self.connect_with(t, "")
    }

    /// As [`connect`](Self::connect), with more options.
    pub(crate) fn connect_with(&self, t: &mut Transcript, more: &str) -> Conn<'a> {
        self.connect_to(t, &self.conninfo(more))
    }

    fn connect_to(&self, t: &mut Transcript, conninfo: &CStr) -> Conn<'a> {
        let conn = Conn::open(self.api, conninfo);
        if conn.status() != CONNECTION_OK {
            t.text("cannot connect", &conn.error_message());
            panic!("the case's own connection failed");
        }
        conn
    }
}
