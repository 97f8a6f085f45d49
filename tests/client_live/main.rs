//! The Rust face against a real server.

mod bulk;
mod copying;
mod large_objects;
mod messages;
mod replicating;
mod sessions;
mod statements;
mod transactions;
mod values;

use ferropq::Client;
use ferropq::types::{FromSql, ToSql};
use support::{SUPERUSER, Via, require_server};

/// A client of the system's server, or `None` where there is none.
fn connect() -> Option<Client> {
    let conninfo = require_server()?.conninfo(SUPERUSER, Via::Unix);
    Some(Client::connect(&conninfo).expect("a connection"))
}

/// A client; returns from the test where there is no server.
macro_rules! client {
    () => {
        match $crate::connect() {
            Some(client) => client,
            None => return,
        }
    };
}
use client;

/// Sends a value and gets it back.
fn round_trip<T>(client: &mut Client, sql: &str, value: T)
where
    T: ToSql + Sync + PartialEq + std::fmt::Debug + for<'a> FromSql<'a>,
{
    let row = client.query_one(sql, &[&value]).expect(sql);
    assert_eq!(row.get::<_, T>(0), value, "{sql}");
}

/// What the column `id` of the table `t` holds.
fn ids(client: &mut Client) -> Vec<i32> {
    let rows = client.query("SELECT id FROM t ORDER BY id", &[]).unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}
