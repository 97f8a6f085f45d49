//! Servers that break the protocol, flood, stall or lie, and programs that ask for nonsense: each
//! case ends with a clear error, in bounded time and memory, and with a connection that is either
//! usable or cleanly dead.

mod answer;
mod case;
mod client;
mod cut;
mod floods;
mod limits;
mod memory;
mod reference;
mod rows;
mod scram;
#[cfg(target_os = "linux")]
mod signals;
mod sql;
mod start;
mod waits;
