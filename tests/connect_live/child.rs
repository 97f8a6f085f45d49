//! The process that holds one library: it does what its parent says, one line at a time.
//!
//! In: a verb and its words, separated by tabs. Out: one line. Both with `\n`, `\t`, `\r` and `\\`
//! for what would break a line. Connections live in slots that have names.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::ptr;
use std::time::{Duration, Instant};

use libc::{c_char, c_int};

use crate::api::Api;
use crate::raw::{PGconn, PGresult};
use crate::tokens;
use crate::words;

const POLLING_FAILED: c_int = 0;
const POLLING_READING: c_int = 1;
const POLLING_OK: c_int = 3;
const COPY_OUT: c_int = 3;
const COPY_IN: c_int = 4;

/// Does what standard input says until it ends.
pub(crate) fn serve(library: &Path) -> Result<(), String> {
    let api = Api::load(library)?;
    let mut child = Child {
        api: &api,
        slots: BTreeMap::new(),
    };
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let request: Vec<String> = line.split('\t').map(words::unescape).collect();
        let request: Vec<&str> = request.iter().map(String::as_str).collect();
        let answer = child.answer(&request);
        println!("{}", words::escape(&answer));
        io::stdout().flush().map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// A program's own source of passwords for keys.
///
/// # Safety
///
/// `buffer` has `size` bytes.
unsafe extern "C" fn tell_key_password(
    buffer: *mut c_char,
    size: c_int,
    _conn: *mut PGconn,
) -> c_int {
    let password = c"open sesame".to_bytes_with_nul();
    assert!(usize::try_from(size).is_ok_and(|size| size >= password.len()));
    // SAFETY: the buffer has room for the password, as was just seen.
    unsafe { ptr::copy_nonoverlapping(password.as_ptr().cast(), buffer, password.len()) };
    c_int::try_from(password.len() - 1).expect("short")
}

/// What is set on a socket.
fn socket_options(fd: c_int) -> String {
    const OPTIONS: [(&str, c_int, c_int); 6] = [
        ("nodelay", libc::IPPROTO_TCP, libc::TCP_NODELAY),
        ("keepalive", libc::SOL_SOCKET, libc::SO_KEEPALIVE),
        ("idle", libc::IPPROTO_TCP, libc::TCP_KEEPIDLE),
        ("interval", libc::IPPROTO_TCP, libc::TCP_KEEPINTVL),
        ("count", libc::IPPROTO_TCP, libc::TCP_KEEPCNT),
        ("user timeout", libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT),
    ];
    let mut words = Vec::new();
    for (name, level, option) in OPTIONS {
        let (mut value, mut length): (c_int, _) = (-1, size_of::<c_int>() as libc::socklen_t);
        // SAFETY: the places are ours and live through the call.
        unsafe {
            libc::getsockopt(fd, level, option, (&raw mut value).cast(), &raw mut length);
        }
        words.push(format!("{name}={value}"));
    }
    // SAFETY: a call without pointers.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFD) };
    words.push(format!("inherited={}", flags & libc::FD_CLOEXEC == 0));
    words.join(" ")
}

struct Child<'a> {
    api: &'a Api,
    slots: BTreeMap<String, *mut PGconn>,
}

fn c(text: &str) -> CString {
    CString::new(text).expect("no NUL")
}

fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return "(null)".to_owned();
    }
    // SAFETY: what libpq returns is a C string that lives until the next call.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_string_lossy().into_owned()
}

/// Calls a function of libpq.
macro_rules! pq {
    ($self:ident . $name:ident ( $($value:expr),* )) => {{
        #[allow(unused_unsafe, reason = "one call may be an argument of another")]
        // SAFETY: the handle is one that the library gave out and has not taken back; strings are
        // NUL-terminated and live through the call.
        unsafe { $self.api.$name($($value),*) }
    }};
}

impl Child<'_> {
    fn answer(&mut self, request: &[&str]) -> String {
        match *request {
            ["setenv", name, value] => {
                // SAFETY: this process has one thread.
                unsafe { libc::setenv(c(name).as_ptr(), c(value).as_ptr(), 1) };
                String::new()
            }
            ["unsetenv", name] => {
                // SAFETY: as above.
                unsafe { libc::unsetenv(c(name).as_ptr()) };
                String::new()
            }
            ["key hook", state] => {
                let hook = match state {
                    "on" => tell_key_password as *mut libc::c_void,
                    _ => ptr::null_mut(),
                };
                pq!(self.PQsetSSLKeyPassHook_OpenSSL(hook));
                String::new()
            }
            ["token hook", way] => {
                if self.api.address("PQsetAuthDataHook").is_some() {
                    tokens::behave(way);
                    let hook = match way {
                        "off" => ptr::null_mut(),
                        _ => tokens::hook as *mut libc::c_void,
                    };
                    pq!(self.PQsetAuthDataHook(hook));
                }
                String::new()
            }
            ["token story"] => tokens::story(),
            ["library"] => self.library(),
            ["ping", conninfo] => pq!(self.PQping(c(conninfo).as_ptr())).to_string(),
            ["open", slot, conninfo] => {
                let conn = pq!(self.PQconnectdb(c(conninfo).as_ptr()));
                self.put(slot, conn);
                self.outcome(slot)
            }
            ["start", slot, conninfo] => {
                let conn = pq!(self.PQconnectStart(c(conninfo).as_ptr()));
                self.put(slot, conn);
                text(pq!(self.PQerrorMessage(conn)))
            }
            ["poll", slot, conninfo] => self.poll(slot, conninfo),
            ["close", slot] => {
                self.put(slot, ptr::null_mut());
                String::new()
            }
            ["reset", slot] => {
                pq!(self.PQreset(self.conn(slot)));
                self.outcome(slot)
            }
            ["facts", slot] => self.facts(slot),
            ["socket", slot] => socket_options(pq!(self.PQsocket(self.conn(slot)))),
            ["protocol", slot] => {
                if self.api.address("PQfullProtocolVersion").is_none() {
                    return "(unknown)".to_owned();
                }
                pq!(self.PQfullProtocolVersion(self.conn(slot))).to_string()
            }
            ["error", slot] => text(pq!(self.PQerrorMessage(self.conn(slot)))),
            ["attribute", slot, name] => {
                text(pq!(self.PQsslAttribute(self.conn(slot), c(name).as_ptr())))
            }
            ["attributes", slot] => self.attributes(slot),
            ["status", slot, name] => text(pq!(
                self.PQparameterStatus(self.conn(slot), c(name).as_ptr())
            )),
            ["option", slot, name] => self.option(slot, name),
            _ => self.answer_query(request),
        }
    }

    fn answer_query(&mut self, request: &[&str]) -> String {
        match *request {
            ["exec", slot, sql] => {
                let result = pq!(self.PQexec(self.conn(slot), c(sql).as_ptr()));
                self.describe(result)
            }
            ["params", slot, sql, ref values @ ..] => {
                let sql = c(sql);
                self.with_values(values, |count, values| {
                    pq!(self.PQexecParams(
                        self.conn(slot),
                        sql.as_ptr(),
                        count,
                        ptr::null(),
                        values,
                        ptr::null(),
                        ptr::null(),
                        0
                    ))
                })
            }
            ["prepare", slot, name, sql] => {
                let result = pq!(self.PQprepare(
                    self.conn(slot),
                    c(name).as_ptr(),
                    c(sql).as_ptr(),
                    0,
                    ptr::null()
                ));
                self.describe(result)
            }
            ["run", slot, name, ref values @ ..] => {
                let name = c(name);
                self.with_values(values, |count, values| {
                    pq!(self.PQexecPrepared(
                        self.conn(slot),
                        name.as_ptr(),
                        count,
                        values,
                        ptr::null(),
                        ptr::null(),
                        0
                    ))
                })
            }
            ["send", slot, sql] => {
                pq!(self.PQsendQuery(self.conn(slot), c(sql).as_ptr())).to_string()
            }
            ["results", slot] => self.results(slot),
            ["cancel", slot, "old"] => self.cancel_old(slot),
            ["cancel", slot, "new"] => self.cancel_new(slot),
            ["copy in", slot, sql, data] => self.copy_in(slot, sql, data),
            ["copy out", slot, sql] => self.copy_out(slot, sql),
            _ => panic!("{request:?} is no request"),
        }
    }

    fn conn(&self, slot: &str) -> *mut PGconn {
        self.slots.get(slot).copied().unwrap_or(ptr::null_mut())
    }

    fn put(&mut self, slot: &str, conn: *mut PGconn) {
        let before = self.slots.insert(slot.to_owned(), conn);
        if let Some(before) = before {
            pq!(self.PQfinish(before));
        }
    }

    fn library(&self) -> String {
        let level = pq!(self.PQlibVersion());
        let tls = text(pq!(
            self.PQsslAttribute(ptr::null_mut(), c"library".as_ptr())
        ));
        format!("{level} {tls}")
    }

    fn outcome(&self, slot: &str) -> String {
        let conn = self.conn(slot);
        let said = text(pq!(self.PQerrorMessage(conn)));
        if pq!(self.PQstatus(conn)) == 0 {
            return format!("connected{said}");
        }
        let needed = pq!(self.PQconnectionNeedsPassword(conn));
        let needed = if needed == 1 {
            " (a password is needed)"
        } else {
            ""
        };
        format!("refused{needed}: {said}")
    }

    /// Connects without waiting in the library; tells how long the longest call took, in tenths of
    /// a second, behind the outcome.
    fn poll(&mut self, slot: &str, conninfo: &str) -> String {
        let begin = Instant::now();
        let conn = pq!(self.PQconnectStart(c(conninfo).as_ptr()));
        let mut longest = begin.elapsed();
        self.put(slot, conn);
        let mut polling = 2;
        while polling != POLLING_OK && polling != POLLING_FAILED {
            let events = if polling == POLLING_READING {
                libc::POLLIN
            } else {
                libc::POLLOUT
            };
            let mut entry = libc::pollfd {
                fd: pq!(self.PQsocket(conn)),
                events,
                revents: 0,
            };
            // SAFETY: one entry that lives through the call.
            if entry.fd >= 0 && unsafe { libc::poll(&raw mut entry, 1, 10_000) } == 0 {
                return "stuck".to_owned();
            }
            let begin = Instant::now();
            polling = pq!(self.PQconnectPoll(conn));
            longest = longest.max(begin.elapsed());
            if begin.elapsed() > Duration::from_secs(60) {
                return "too slow".to_owned();
            }
        }
        format!(
            "{} [{}]",
            self.outcome(slot).trim_end(),
            longest.as_millis() / 100
        )
    }

    fn facts(&self, slot: &str) -> String {
        let conn = self.conn(slot);
        let words = [
            ("host", text(pq!(self.PQhost(conn)))),
            ("hostaddr", text(pq!(self.PQhostaddr(conn)))),
            ("port", text(pq!(self.PQport(conn)))),
            ("db", text(pq!(self.PQdb(conn)))),
            ("user", text(pq!(self.PQuser(conn)))),
            ("ssl", pq!(self.PQsslInUse(conn)).to_string()),
            ("server", pq!(self.PQserverVersion(conn)).to_string()),
            ("protocol", pq!(self.PQprotocolVersion(conn)).to_string()),
            (
                "used password",
                pq!(self.PQconnectionUsedPassword(conn)).to_string(),
            ),
            ("encoding", pq!(self.PQclientEncoding(conn)).to_string()),
        ];
        let words: Vec<String> = words
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        words.join(" ")
    }

    fn attributes(&self, slot: &str) -> String {
        let conn = self.conn(slot);
        let mut names = pq!(self.PQsslAttributeNames(conn));
        let mut words = Vec::new();
        // SAFETY: the list is static and ends with NULL.
        while let Some(name) = unsafe { names.as_ref() }.filter(|name| !name.is_null()) {
            let value = text(pq!(self.PQsslAttribute(conn, *name)));
            words.push(format!("{}={value}", text(*name)));
            // SAFETY: the entry is not the last.
            names = unsafe { names.add(1) };
        }
        words.join(" ")
    }

    fn option(&self, slot: &str, name: &str) -> String {
        let list = pq!(self.PQconninfo(self.conn(slot)));
        let mut found = "(unknown)".to_owned();
        let mut row = list;
        // SAFETY: the list ends with a row that has no keyword.
        while let Some(option) = unsafe { row.as_ref() }.filter(|row| !row.keyword.is_null()) {
            if text(option.keyword) == name {
                found = text(option.val);
            }
            // SAFETY: the row is not the last.
            row = unsafe { row.add(1) };
        }
        pq!(self.PQconninfoFree(list));
        found
    }

    fn with_values(
        &self,
        values: &[&str],
        call: impl Fn(c_int, *const *const c_char) -> *mut PGresult,
    ) -> String {
        let values: Vec<CString> = values.iter().map(|value| c(value)).collect();
        let pointers: Vec<*const c_char> = values.iter().map(|value| value.as_ptr()).collect();
        let count = c_int::try_from(pointers.len()).expect("few");
        self.describe(call(count, pointers.as_ptr()))
    }

    /// The status and what the result holds; the result is freed.
    fn describe(&self, result: *mut PGresult) -> String {
        if result.is_null() {
            return "(null)".to_owned();
        }
        let status = text(pq!(self.PQresStatus(pq!(self.PQresultStatus(result)))));
        let error = text(pq!(self.PQresultErrorMessage(result)));
        let tag = text(pq!(self.PQcmdStatus(result)));
        let columns = pq!(self.PQnfields(result));
        let rows: Vec<String> = (0..pq!(self.PQntuples(result)))
            .map(|row| {
                let values = (0..columns).map(|column| {
                    if pq!(self.PQgetisnull(result, row, column)) == 1 {
                        return "NULL".to_owned();
                    }
                    text(pq!(self.PQgetvalue(result, row, column)))
                });
                values.collect::<Vec<_>>().join("|")
            })
            .collect();
        pq!(self.PQclear(result));
        format!("{status} {tag} {error}{}", rows.join(" / "))
    }

    fn results(&self, slot: &str) -> String {
        let mut all = Vec::new();
        loop {
            let result = pq!(self.PQgetResult(self.conn(slot)));
            if result.is_null() {
                return all.join(" & ");
            }
            all.push(self.describe(result));
        }
    }

    fn cancel_old(&self, slot: &str) -> String {
        let cancel = pq!(self.PQgetCancel(self.conn(slot)));
        let mut buffer = [0 as c_char; 256];
        let sent = pq!(self.PQcancel(cancel, buffer.as_mut_ptr(), 256));
        let said = text(buffer.as_ptr());
        pq!(self.PQfreeCancel(cancel));
        format!("{sent} {said}")
    }

    fn cancel_new(&self, slot: &str) -> String {
        if self.api.address("PQcancelCreate").is_none() {
            return self.cancel_old(slot);
        }
        let cancel = pq!(self.PQcancelCreate(self.conn(slot)));
        let sent = pq!(self.PQcancelBlocking(cancel));
        let said = text(pq!(self.PQcancelErrorMessage(cancel)));
        pq!(self.PQcancelFinish(cancel));
        format!("{sent} {said}")
    }

    fn copy_in(&self, slot: &str, sql: &str, data: &str) -> String {
        let conn = self.conn(slot);
        let result = pq!(self.PQexec(conn, c(sql).as_ptr()));
        if pq!(self.PQresultStatus(result)) != COPY_IN {
            return self.describe(result);
        }
        pq!(self.PQclear(result));
        let length = c_int::try_from(data.len()).expect("small");
        let put = pq!(self.PQputCopyData(conn, data.as_ptr().cast(), length));
        let end = pq!(self.PQputCopyEnd(conn, ptr::null()));
        format!("{put} {end} {}", self.results(slot))
    }

    fn copy_out(&self, slot: &str, sql: &str) -> String {
        let conn = self.conn(slot);
        let result = pq!(self.PQexec(conn, c(sql).as_ptr()));
        if pq!(self.PQresultStatus(result)) != COPY_OUT {
            return self.describe(result);
        }
        pq!(self.PQclear(result));
        let mut lines = 0;
        let mut bytes = 0;
        loop {
            let mut data = ptr::null_mut();
            let count = pq!(self.PQgetCopyData(conn, &raw mut data, 0));
            pq!(self.PQfreemem(data.cast()));
            if count <= 0 {
                return format!(
                    "{lines} lines, {bytes} bytes, {count} {}",
                    self.results(slot)
                );
            }
            lines += 1;
            bytes += count;
        }
    }
}
