//! What a connection says about itself.

use crate::case::{Area, Table};
use crate::conn::Conn;
use crate::raw::{CONNECTION_BAD, CONNECTION_OK};
use crate::text::{NULL, cstring};
use crate::transcript::Transcript;

/// Everything that a connection answers without a query.
pub(crate) fn write(t: &mut Transcript, conn: &Conn<'_>) {
    t.value("status", conn.status());
    t.value("transaction", conn.transaction_status());
    t.value("protocol", conn.protocol_version());
    t.value("server", conn.server_version());
    t.value("encoding", conn.client_encoding());
    if conn.status() == CONNECTION_OK {
        t.value("has a socket", conn.socket() >= 0);
    }
    t.value("has a process", conn.backend_pid() != 0);
    t.value("needs password", conn.needs_password());
    t.value("used password", conn.used_password());
    t.value("tls", conn.ssl_in_use());
    t.value("gss", conn.gss_enc_in_use());
    t.value("pipeline", conn.pipeline_status());
    t.value("non-blocking", conn.is_nonblocking());
    t.value("busy", conn.is_busy());
    t.text("database", &conn.db());
    t.text("user", &conn.user());
    t.text("password", &conn.pass());
    t.text("host", &conn.host());
    t.text("address", &conn.hostaddr());
    t.text("port", &conn.port());
    t.text("tty", &conn.tty());
    t.text("options", &conn.options());
    t.text("message", &conn.error_message());
}

const PARAMETERS: [&str; 16] = [
    "server_version",
    "server_encoding",
    "client_encoding",
    "application_name",
    "is_superuser",
    "session_authorization",
    "DateStyle",
    "IntervalStyle",
    "TimeZone",
    "integer_datetimes",
    "standard_conforming_strings",
    "default_transaction_read_only",
    "in_hot_standby",
    "datestyle",
    "work_mem",
    "",
];

fn parameters(t: &mut Transcript, conn: &Conn<'_>) {
    for name in PARAMETERS {
        t.text(name, &conn.parameter_status(&cstring(name)));
    }
}

pub(crate) fn add(table: &mut Table) {
    table.add(Area::Status, "unix socket", |ctx, t| {
        let conn = ctx.connect(t);
        write(t, &conn);
    });
    table.add(Area::Status, "tcp", |ctx, t| {
        write(t, &Conn::open(ctx.api, &ctx.tcp_conninfo("")))
    });
    table.add(Area::Status, "failed", |ctx, t| {
        write(
            t,
            &Conn::open(ctx.api, c"host=/nonexistent port=1 user=u dbname=d"),
        )
    });
    table.add(Area::Status, "all options", |ctx, t| {
        let more = "application_name=app options='-c work_mem=3MB' password=unused";
        let conn = ctx.connect_with(t, more);
        write(t, &conn);
        t.result(
            "options arrived",
            &conn.exec(c"SELECT current_setting('work_mem'), current_setting('application_name')"),
        );
    });
    table.add(Area::Status, "full protocol version", |ctx, t| {
        let conn = ctx.connect(t);
        t.value("protocol", conn.full_protocol_version());
        t.value("NULL", Conn::null(ctx.api).full_protocol_version());
    });
    table.add(Area::Status, "parameters", |ctx, t| {
        let conn = ctx.connect_with(t, "application_name=app client_encoding=UTF8");
        parameters(t, &conn);
        t.text("NULL", &conn.parameter_status(NULL));
    });
    table.add(Area::Status, "parameters change", |ctx, t| {
        let conn = ctx.connect(t);
        for sql in [
            c"SET datestyle = 'German'",
            c"SET timezone = 'Asia/Tokyo'",
            c"SET client_encoding = 'EUC_JP'",
            c"SET application_name = 'żółw'",
            c"SET standard_conforming_strings = off",
            c"SET SESSION AUTHORIZATION trust_user",
            c"SET default_transaction_read_only = on",
            c"RESET ALL",
        ] {
            t.section(sql.to_string_lossy(), |t| {
                conn.exec(sql);
                parameters(t, &conn);
                t.value("encoding", conn.client_encoding());
            });
        }
    });
    table.add(Area::Status, "transactions", |ctx, t| {
        let conn = ctx.connect(t);
        for sql in [
            "BEGIN",
            "SELECT 1",
            "SELECT nope",
            "SELECT 1",
            "ROLLBACK",
            "BEGIN",
            "COMMIT",
            "nonsense",
        ] {
            conn.exec(&cstring(sql));
            t.value(sql, conn.transaction_status());
        }
        t.value("sent", conn.send_query(c"SELECT 1"));
        t.value("during a query", conn.transaction_status());
        while !conn.get_result().is_null() {}
        t.value("after it", conn.transaction_status());
        conn.exec(c"COPY part FROM STDIN");
        t.value("in copy", conn.transaction_status());
    });
    table.add(Area::Status, "terminated", |ctx, t| {
        let conn = ctx.connect(t);
        let killer = ctx.connect(t);
        let kill = format!("SELECT pg_terminate_backend({}, 5000)", conn.backend_pid());
        t.result("kill", &killer.exec(&cstring(kill)));
        t.result("first", &conn.exec(c"SELECT 1"));
        write(t, &conn);
        t.result("second", &conn.exec(c"SELECT 1"));
        t.text("message", &conn.error_message());
        t.result(
            "with parameters",
            &conn.exec_params(c"SELECT 1", crate::params::Params::new()),
        );
        t.result("prepare", &conn.prepare(c"p", c"SELECT 1", &[]));
        t.result("describe", &conn.describe_prepared(c"p"));
        t.value("encoding", conn.set_client_encoding(c"LATIN1"));
        t.text("message", &conn.error_message());
        t.value("still bad", conn.status() == CONNECTION_BAD);
        conn.reset();
        t.value("reset", conn.status());
        t.text("message", &conn.error_message());
        t.result("works again", &conn.exec(c"SELECT 1"));
    });
    table.add(Area::Status, "ended by its own query", |ctx, t| {
        let conn = ctx.connect(t);
        t.result(
            "kill",
            &conn.exec(c"SELECT pg_terminate_backend(pg_backend_pid())"),
        );
        t.value("status", conn.status());
        t.text("message", &conn.error_message());
        t.result("after", &conn.exec(c"SELECT 1"));
    });
    table.add(Area::Status, "reset", |ctx, t| {
        let conn = ctx.connect(t);
        conn.exec(c"SET work_mem = '7MB'; BEGIN; SELECT nope");
        let before = conn.backend_pid();
        conn.reset();
        t.value("another process", conn.backend_pid() != before);
        write(t, &conn);
        t.result("fresh", &conn.exec(c"SHOW work_mem"));
    });
    table.add(Area::Status, "reset of a failed connection", |ctx, t| {
        let conn = Conn::open(ctx.api, c"host=/nonexistent port=1 user=u dbname=d");
        conn.reset();
        write(t, &conn);
    });
    table.add(Area::Status, "queries on a failed connection", |ctx, t| {
        let conn = Conn::open(ctx.api, c"host=/nonexistent port=1 user=u dbname=d");
        t.result("exec", &conn.exec(c"SELECT 1"));
        t.text("message", &conn.error_message());
        t.value("send", conn.send_query(c"SELECT 1"));
        t.text("message", &conn.error_message());
        t.result("get", &conn.get_result());
        t.value("consume", conn.consume_input());
        t.text("message", &conn.error_message());
        t.value("flush", conn.flush());
        t.text("parameter", &conn.parameter_status(c"server_version"));
        t.value("non-blocking", conn.set_nonblocking(1));
        t.value("pipeline", conn.enter_pipeline());
        t.text("message", &conn.error_message());
    });
    table.add(Area::Status, "tls attributes without tls", |ctx, t| {
        let conn = ctx.connect(t);
        for name in [
            "library",
            "protocol",
            "cipher",
            "key_bits",
            "compression",
            "alpn",
            "nonsense",
        ] {
            t.text(name, &conn.ssl_attribute(&cstring(name)));
        }
        t.text(
            "library of NULL",
            &Conn::null(ctx.api).ssl_attribute(c"library"),
        );
        t.text(
            "protocol of NULL",
            &Conn::null(ctx.api).ssl_attribute(c"protocol"),
        );
    });
    table
        .add(Area::Status, "socket of a failed connection", |ctx, t| {
            t.value(
                "socket",
                Conn::open(ctx.api, c"host=127.0.0.1 port=1 user=u").socket(),
            );
            t.value(
                "no folder",
                Conn::open(ctx.api, c"host=/nonexistent port=1 user=u").socket(),
            );
            t.value("bad string", Conn::open(ctx.api, c"colour=red").socket());
            t.value("NULL", Conn::null(ctx.api).socket());
        })
        .differs_before(18, "libpq 16 closes a refused socket before it returns");
    table.add(Area::Status, "used gssapi", |ctx, t| {
        let conn = ctx.connect(t);
        t.value("used", conn.used_gssapi());
        t.value("NULL", Conn::null(ctx.api).used_gssapi());
    });
    table.add(Area::Status, "thread safety", |ctx, t| {
        // SAFETY: takes nothing.
        t.value("safe", unsafe { ctx.api.PQisthreadsafe() });
    });
}
