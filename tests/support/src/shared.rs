//! One server per major version and test process, started on first use.

use crate::installation::{Installation, PACKAGED, servers};
use crate::server::{Server, ServerOptions};
use std::collections::BTreeMap;
use std::env;
use std::sync::{Mutex, MutexGuard, Once, OnceLock, PoisonError};

type Slot = OnceLock<Result<Server, String>>;

/// The system's server, running, or `None` ("skipped: …" is printed) where there is none.
///
/// # Panics
///
/// With `FERROPQ_REQUIRE_SERVER=1`, instead of skipping. Always, when a server that is installed
/// does not start.
pub fn require_server() -> Option<&'static Server> {
    let found = installations()
        .iter()
        .find(|found| found.system)
        .or(installations().first());
    match found {
        Some(found) => Some(running(found)),
        None => skipped("no PostgreSQL server is installed"),
    }
}

/// The server of one major version, running, or `None` as with [`require_server`].
///
/// # Panics
///
/// As [`require_server`].
pub fn require_major(major: u32) -> Option<&'static Server> {
    match installations().iter().find(|found| found.major == major) {
        Some(found) => Some(running(found)),
        None => skipped(&format!(
            "no PostgreSQL {major} is installed; scripts/setup fetches it"
        )),
    }
}

/// Every server found, running: the system's first, then newest first.
///
/// # Panics
///
/// As [`require_server`]; with `FERROPQ_REQUIRE_SERVER=1` every packaged major must be there too,
/// on the platform that they exist for.
pub fn each_server() -> Vec<&'static Server> {
    let first = require_server();
    let packaged_here = cfg!(all(target_os = "linux", target_arch = "x86_64"));
    let present = |major: &u32| installations().iter().any(|found| found.major == *major);
    if packaged_here && first.is_some() {
        for absent in PACKAGED.iter().filter(|major| !present(major)) {
            require_major(*absent);
        }
    }
    installations().iter().map(running).collect()
}

fn installations() -> &'static [Installation] {
    static FOUND: OnceLock<Vec<Installation>> = OnceLock::new();
    FOUND.get_or_init(servers)
}

static SLOTS: Mutex<BTreeMap<u32, &'static Slot>> = Mutex::new(BTreeMap::new());

fn running(installation: &Installation) -> &'static Server {
    // Two majors may start side by side; only the look-up is locked.
    let slot: &'static Slot = slots()
        .entry(installation.major)
        .or_insert_with(|| Box::leak(Box::default()));
    let started = slot.get_or_init(|| {
        Server::start(installation, &ServerOptions::default()).map_err(|error| error.to_string())
    });
    match started {
        Ok(server) => server,
        Err(message) => panic!(
            "PostgreSQL {} does not start: {message}",
            installation.major
        ),
    }
}

fn slots() -> MutexGuard<'static, BTreeMap<u32, &'static Slot>> {
    static STOPPED_AT_EXIT: Once = Once::new();
    STOPPED_AT_EXIT.call_once(|| {
        // SAFETY: `stop_all` neither unwinds nor uses thread-local data. Were the registration
        // refused, the servers would end a moment after the process instead of before it.
        unsafe { libc::atexit(stop_all) };
    });
    SLOTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Statics are never dropped, so the servers are stopped by hand.
extern "C" fn stop_all() {
    let slots = SLOTS.lock().unwrap_or_else(PoisonError::into_inner);
    for slot in slots.values() {
        if let Some(Ok(server)) = slot.get() {
            server.stop();
        }
    }
}

fn skipped<T>(why: &str) -> Option<T> {
    assert!(
        env::var_os("FERROPQ_REQUIRE_SERVER").is_none_or(|value| value != "1"),
        "{why}, and FERROPQ_REQUIRE_SERVER=1 forbids skipping"
    );
    eprintln!("skipped: {why}");
    None
}
