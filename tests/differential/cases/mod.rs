//! The table of cases, one module per part of the interface.

mod asynchronous;
mod buffer;
mod connect;
mod conninfo;
mod copy_steps;
mod copying;
mod corner;
mod encoding;
mod error;
mod escape;
mod event;
mod extended;
mod hostile;
mod large_object;
mod login;
mod notice;
mod null;
mod order;
mod pipeline;
mod print;
mod process;
mod reach;
mod refused;
mod result;
mod simple;
mod status;
mod steps;
mod talk;
mod tls;
mod trace;

use crate::case::{Case, Ctx, DATABASE, Table, USER};
use crate::conn::Conn;
use crate::raw::{CONNECTION_OK, PGRES_FATAL_ERROR};
use crate::text::cstring;
use crate::transcript::Transcript;

/// What a parent asks for before the first case: [`set_up`].
pub(crate) const SETUP: &str = "set up";

/// Every case, in the order they run.
pub(crate) fn all() -> Vec<Case> {
    let mut table = Table::default();
    simple::add(&mut table);
    extended::add(&mut table);
    result::add(&mut table);
    error::add(&mut table);
    notice::add(&mut table);
    escape::add(&mut table);
    encoding::add(&mut table);
    conninfo::add(&mut table);
    connect::add(&mut table);
    login::add(&mut table);
    reach::add(&mut table);
    status::add(&mut table);
    null::add(&mut table);
    order::add(&mut table);
    asynchronous::add(&mut table);
    steps::add(&mut table);
    pipeline::add(&mut table);
    copying::add(&mut table);
    talk::add(&mut table);
    large_object::add(&mut table);
    trace::add(&mut table);
    print::add(&mut table);
    event::add(&mut table);
    buffer::add(&mut table);
    tls::add(&mut table);
    hostile::add(&mut table);
    process::add(&mut table);
    copy_steps::add(&mut table);
    refused::add(&mut table);
    corner::add(&mut table);
    table.into_cases()
}

/// The objects that the cases share; one statement a line, so that an error names its own.
const OBJECTS: &[&str] = &[
    "CREATE DOMAIN posint AS int CONSTRAINT posint_check CHECK (VALUE > 0)",
    "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')",
    "CREATE TABLE item (id int PRIMARY KEY, name text NOT NULL, price numeric(10,2) \
     CONSTRAINT price_positive CHECK (price >= 0), code varchar(8) CONSTRAINT item_code UNIQUE)",
    "CREATE TABLE part (id int, item int CONSTRAINT part_item REFERENCES item, \
     EXCLUDE (id WITH =))",
    "INSERT INTO item VALUES (1, 'bolt', 0.25, 'B-1'), (2, 'nut', 0.10, NULL), (3, '', NULL, 'E')",
    "CREATE FUNCTION inner_failure(n int) RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN 1 / n;\nEND $$",
    "CREATE FUNCTION outer_failure(n int) RETURNS int LANGUAGE plpgsql AS $$\nDECLARE r int;\nBEGIN\n  \
     r := inner_failure(n);\n  RETURN r;\nEND $$",
    "CREATE FUNCTION bad_query() RETURNS int LANGUAGE plpgsql AS $$\nDECLARE r int;\nBEGIN\n  \
     EXECUTE 'SELECT no_such_column FROM item' INTO r;\n  RETURN r;\nEND $$",
    "CREATE FUNCTION raise_all() RETURNS void LANGUAGE plpgsql AS $$\nBEGIN\n  \
     RAISE EXCEPTION 'the message' USING DETAIL = 'the detail', HINT = 'the hint', ERRCODE = 'XX123', \
     COLUMN = 'a_column', CONSTRAINT = 'a_constraint', DATATYPE = 'a_type', TABLE = 'a_table', \
     SCHEMA = 'a_schema';\nEND $$",
    "CREATE ROLE diff_expired LOGIN PASSWORD 'x' VALID UNTIL '2001-01-01'",
    "CREATE ROLE diff_full LOGIN CONNECTION LIMIT 0",
    "CREATE ROLE diff_nologin NOLOGIN",
    "GRANT diff_full, diff_nologin TO trust_user",
];

/// Makes the database and its objects anew.
pub(crate) fn set_up(ctx: &Ctx<'_>, t: &mut Transcript) {
    let host = &ctx.server.socket_dir;
    let port = ctx.server.port;
    let admin = connect(
        ctx,
        &format!("host='{host}' port={port} user={USER} dbname=postgres"),
    );
    must(
        &admin,
        t,
        &format!("DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)"),
    );
    must(
        &admin,
        t,
        "DROP ROLE IF EXISTS diff_expired, diff_full, diff_nologin",
    );
    must(
        &admin,
        t,
        &format!(
            "CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
        ),
    );
    let conn = connect(
        ctx,
        &format!("host='{host}' port={port} user={USER} dbname={DATABASE}"),
    );
    for statement in OBJECTS {
        must(&conn, t, statement);
    }
}

fn connect<'a>(ctx: &Ctx<'a>, conninfo: &str) -> Conn<'a> {
    let conn = Conn::open(ctx.api, &cstring(conninfo));
    assert_eq!(
        conn.status(),
        CONNECTION_OK,
        "{:?}",
        conn.error_message().map(String::from_utf8)
    );
    conn
}

fn must(conn: &Conn<'_>, t: &mut Transcript, sql: &str) {
    let result = conn.exec(&cstring(sql));
    if result.status() == PGRES_FATAL_ERROR {
        t.result(sql, &result);
        panic!("a statement failed");
    }
}
