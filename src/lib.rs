//! A PostgreSQL client: libpq's whole interface as a memory-safe, blocking library.
//!
//! To C programs, and to all that links libpq, this crate is libpq itself (feature `capi`). To Rust
//! programs it is the API on this page: synchronous, without an async runtime, with the names that
//! users of the `postgres` crate know.
//!
//! ```no_run
//! use ferropq::Client;
//!
//! fn main() -> Result<(), ferropq::Error> {
//!     let mut client = Client::connect("postgresql://me@localhost/books?sslmode=verify-full")?;
//!
//!     for row in &client.query("SELECT title, year FROM book WHERE year < $1", &[&1900])? {
//!         let title: &str = row.get("title");
//!         let year: i32 = row.get("year");
//!         println!("{year}: {title}");
//!     }
//!     Ok(())
//! }
//! ```
//!
//! | to | use |
//! |---|---|
//! | connect | [`Client::connect`] with a connection string or URI, [`Config`] |
//! | run a statement | [`Client::query`], [`query_one`](Client::query_one), [`query_opt`](Client::query_opt), [`execute`](Client::execute) |
//! | run a script | [`Client::batch_execute`], [`Client::simple_query`] |
//! | read values | [`Row::get`], [`Row::try_get`], any type that is [`FromSql`](types::FromSql) |
//! | run a statement many times | [`Client::prepare`], [`Client::batch`], [`Client::pipeline`] |
//! | read answers larger than memory | [`Client::stream`] |
//! | change much at once, or nothing | [`Client::transaction`], [`Client::build_transaction`] |
//! | move tables in and out | [`Client::copy_in`], [`BinaryCopyInWriter`], [`Client::copy_out`] |
//! | keep files in the database | [`Transaction::open_large_object`] |
//! | hear from other sessions | [`Client::notifications`] |
//! | follow a server's changes | [`Client::replicate`], [`replication`] |
//! | stop a statement | [`Client::cancel_token`] |
//!
//! # Values
//!
//! Values travel in binary, by the conversions of the `postgres-types` crate, which is
//! [`ferropq::types`](types) here: types that are [`ToSql`](types::ToSql) and
//! [`FromSql`](types::FromSql) for the `postgres` crate are so for this one. For conversions of
//! `chrono`, `uuid`, `serde_json` and others, and to derive one's own, add `postgres-types` with the
//! features that it has for them.
//!
//! Rows stay where they were received: a [`Rows`] owns one answer, its rows are views, and a `&str`
//! or `&[u8]` read from them borrows.
//!
//! # Errors
//!
//! Every call that can fail returns an [`Error`]: its [`kind`](Error::kind) for the program, its
//! `Display` for a person, and, where the server has spoken, the SQLSTATE by
//! [`code`](Error::code) and all other fields by [`server`](Error::server).
//!
//! ```no_run
//! # let mut client = ferropq::Client::connect("")?;
//! use ferropq::sqlstate;
//!
//! match client.execute("INSERT INTO book (isbn) VALUES ($1)", &[&"0-19-853453-1"]) {
//!     Err(error) if error.code() == Some(sqlstate::UNIQUE_VIOLATION) => {
//!         println!("violates {:?}", error.server().and_then(|said| said.constraint()));
//!     }
//!     other => println!("{} added", other?),
//! }
//! # Ok::<(), ferropq::Error>(())
//! ```
//!
//! # Porting from the `postgres` crate
//!
//! - `Client::connect` takes no TLS connector: `sslmode` and its kin in the connection string
//!   decide, as they do for libpq.
//! - `query` returns [`Rows`]: iterate over `&rows` to borrow, over `rows` to keep; `rows[0]` is
//!   [`rows.row(0)`](Rows::row).
//! - Texts with parameters are prepared once and kept; see
//!   [`set_statement_cache_capacity`](Client::set_statement_cache_capacity).
//! - `BinaryCopyInWriter::new` checks and may fail; rows are read in binary by
//!   [`stream`](Client::stream) rather than by a copy.
//! - A [`Transaction`] is a [`Client`] by `Deref`: a function that takes `&mut Client` takes it too.
//! - Committing a transaction in which a statement has failed is an error.
//!
//! # Features
//!
//! - `native-tls` (default): TLS by the platform's library.
//! - `openssl`: TLS by OpenSSL itself, with all that libpq does with it.
//! - `oauth`: getting bearer tokens by OAuth's device flow, where a server wants them.
//! - `capi`: libpq's C symbols and headers.

// The layers, each using only those above it: `error`, `wire`, `charset`, `conninfo`, `transport`,
// `auth`, `result`, `connection`, and the two faces `client` (Rust) and `capi` (C).

#[doc(hidden)]
pub mod auth;
#[cfg(feature = "capi")]
#[doc(hidden)]
pub mod capi;
#[doc(hidden)]
pub mod charset;
mod client;
#[doc(hidden)]
pub mod connection;
#[doc(hidden)]
pub mod conninfo;
pub mod error;
#[doc(hidden)]
pub mod result;
#[doc(hidden)]
pub mod transport;
#[doc(hidden)]
pub mod wire;

pub use client::{
    Batch, BinaryCopyInWriter, CancelToken, Client, Column, Config, CopyInWriter, CopyOutReader,
    IntoIter, IsolationLevel, Iter, LargeObject, LargeObjectMode, Notification, Notifications,
    NotificationsIter, OauthPrompt, OauthRequest, OwnedRow, Pipeline, Row, RowIndex, RowStream,
    Rows, SimpleQueryMessage, SimpleQueryRow, SslMode, Statement, StreamIter, TargetSessionAttrs,
    ToStatement, Transaction, TransactionBuilder, quote_identifier, quote_literal, replication,
    set_kept_memory, set_scram_key_cache,
};
pub use error::{Error, ErrorKind, ServerError, sqlstate};
pub use postgres_types as types;
