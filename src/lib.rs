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
//! `chrono`, `uuid`, `serde_json` and others, and to derive one's own for enums, composite types and
//! domains, add `postgres-types` with the features that it has for them:
//!
//! ```toml
//! postgres-types = { version = "0.2", features = ["derive", "with-chrono-0_4", "with-uuid-1"] }
//! ```
//!
//! Parameters whose number is known at run time alone are references in a `Vec`:
//!
//! ```no_run
//! # let mut client = ferropq::Client::connect("")?;
//! use ferropq::types::ToSql;
//!
//! let values: Vec<Box<dyn ToSql + Sync>> = vec![Box::new(1900), Box::new("novel")];
//! let params: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| &**value).collect();
//! client.query("SELECT title FROM book WHERE year < $1 AND kind = $2", &params)?;
//!
//! // A list is one parameter.
//! client.query("SELECT title FROM book WHERE id = ANY($1)", &[&vec![3, 5, 8]])?;
//! # Ok::<(), ferropq::Error>(())
//! ```
//!
//! Rows stay where they were received: a [`Rows`] owns one answer, its rows are views, and a `&str`
//! or `&[u8]` read from them borrows. A type of one's own is made from a row by `TryFrom`:
//!
//! ```no_run
//! use ferropq::{Error, Row};
//!
//! struct Book {
//!     title: String,
//!     year: Option<i32>,
//! }
//!
//! impl TryFrom<Row<'_>> for Book {
//!     type Error = Error;
//!
//!     fn try_from(row: Row<'_>) -> Result<Self, Error> {
//!         Ok(Self { title: row.try_get("title")?, year: row.try_get("year")? })
//!     }
//! }
//!
//! # let mut client = ferropq::Client::connect("")?;
//! let rows = client.query("SELECT title, year FROM book", &[])?;
//! let books: Vec<Book> = rows.iter().map(Book::try_from).collect::<Result<_, _>>()?;
//! # Ok::<(), ferropq::Error>(())
//! ```
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
//! # Losing connections, and pools of them
//!
//! A connection that is lost stays lost: the call that finds out returns an error of kind
//! [`Closed`](ErrorKind::Closed), or what the server said last, and from then on
//! [`is_closed`](Client::is_closed) is true. Make another with [`Config::connect`]; what the session
//! had (settings, `LISTEN`, temporary tables, prepared statements) is to be made again, and whether a
//! COMMIT that was under way has been done is for the program to find out.
//!
//! For a pool, a [`Config`] is what connects, [`is_valid`](Client::is_valid) checks a client that
//! has been idle, and [`is_closed`](Client::is_closed) tells one that is to be thrown away. In terms
//! of `r2d2`:
//!
//! ```ignore
//! struct Manager(ferropq::Config);
//!
//! impl r2d2::ManageConnection for Manager {
//!     type Connection = ferropq::Client;
//!     type Error = ferropq::Error;
//!
//!     fn connect(&self) -> Result<ferropq::Client, ferropq::Error> {
//!         self.0.connect()
//!     }
//!
//!     fn is_valid(&self, client: &mut ferropq::Client) -> Result<(), ferropq::Error> {
//!         client.is_valid(std::time::Duration::from_secs(1))
//!     }
//!
//!     fn has_broken(&self, client: &mut ferropq::Client) -> bool {
//!         client.is_closed() || client.in_transaction()
//!     }
//! }
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

// The layers, each using only those above it: `error`, `library`, `wire`, `charset`, `conninfo`,
// `transport`, `auth`, `result`, `connection`, and the two faces `client` (Rust) and `capi` (C).

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
mod library;
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

/// The program on the README's first page is compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
