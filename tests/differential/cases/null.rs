//! NULL where a handle is wanted: every function must survive it.

use crate::case::{Area, Table};
use crate::cases::status;
use crate::conn::Conn;
use crate::file::{CFile, unwritten};
use crate::params::Params;
use crate::raw::PQprintOpt;
use crate::result::Res;
use crate::text::{NULL, copy};

pub(crate) fn add(table: &mut Table) {
    table.add(Area::Null, "status readers", |ctx, t| {
        let conn = Conn::null(ctx.api);
        status::write(t, &conn);
        t.text("parameter", &conn.parameter_status(c"server_version"));
        t.value("verbosity", conn.set_verbosity(2));
        t.value("context", conn.set_context_visibility(2));
        t.value("options", !conn.conninfo().is_null());
    });
    table.add(Area::Null, "queries", |ctx, t| {
        let conn = Conn::null(ctx.api);
        t.result("exec", &conn.exec(c"SELECT 1"));
        t.result("exec params", &conn.exec_params(c"SELECT 1", Params::new()));
        t.result("prepare", &conn.prepare(c"p", c"SELECT 1", &[]));
        t.result("exec prepared", &conn.exec_prepared(c"p", Params::new()));
        t.result("describe prepared", &conn.describe_prepared(c"p"));
        t.result("describe portal", &conn.describe_portal(c"p"));
        t.result("empty", &conn.make_empty(2));
    });
    table.add(Area::Null, "closing", |ctx, t| {
        let conn = Conn::null(ctx.api);
        t.result("prepared", &conn.close_prepared(c"p"));
        t.result("portal", &conn.close_portal(c"p"));
        t.value("send prepared", conn.send_close_prepared(c"p"));
        t.value("send portal", conn.send_close_portal(c"p"));
    });
    table.add(Area::Null, "asynchronous", |ctx, t| {
        let conn = Conn::null(ctx.api);
        t.value("send", conn.send_query(c"SELECT 1"));
        t.value(
            "send params",
            conn.send_query_params(c"SELECT 1", Params::new()),
        );
        t.value("send prepare", conn.send_prepare(c"p", c"SELECT 1", &[]));
        t.value(
            "send prepared",
            conn.send_query_prepared(c"p", Params::new()),
        );
        t.value("send describe", conn.send_describe_prepared(c"p"));
        t.value("send describe portal", conn.send_describe_portal(c"p"));
        t.result("get", &conn.get_result());
        t.value("consume", conn.consume_input());
        t.value("non-blocking", conn.set_nonblocking(1));
        t.value("single row", conn.set_single_row_mode());
    });
    table.add(Area::Null, "pipeline", |ctx, t| {
        let conn = Conn::null(ctx.api);
        t.value("enter", conn.enter_pipeline());
        t.value("exit", conn.exit_pipeline());
        t.value("sync", conn.pipeline_sync());
        t.value("flush request", conn.send_flush_request());
    });
    table.add(Area::Null, "chunked rows", |ctx, t| {
        t.value("mode", Conn::null(ctx.api).set_chunked_rows_mode(5));
        t.value("send sync", Conn::null(ctx.api).send_pipeline_sync());
    });
    table.add(Area::Null, "copy", |ctx, t| {
        let conn = Conn::null(ctx.api);
        t.value("end", conn.put_copy_end(NULL));
        t.value("end of old protocol", conn.end_copy());
        // SAFETY: every one of these accepts a NULL connection.
        unsafe {
            t.value("put", ctx.api.PQputCopyData(conn.raw, c"x".as_ptr(), 1));
            let mut buffer = std::ptr::null_mut();
            t.value("get", ctx.api.PQgetCopyData(conn.raw, &raw mut buffer, 0));
            t.value("buffer", buffer.is_null());
        }
    });
    table.add(Area::Null, "connecting", |ctx, t| {
        let conn = Conn::null(ctx.api);
        t.value("poll", conn.connect_poll());
        conn.reset();
        t.value("reset", conn.reset_start());
        t.value("reset poll", conn.reset_poll());
        t.value("request cancel", conn.request_cancel());
        drop(conn);
        t.line("finished");
    });
    table.add(Area::Null, "cancel", |ctx, t| {
        // SAFETY: every one of these accepts NULL.
        unsafe {
            t.value("get", ctx.api.PQgetCancel(std::ptr::null_mut()).is_null());
            let mut message = [0_u8; 64];
            t.value(
                "cancel",
                ctx.api
                    .PQcancel(std::ptr::null_mut(), message.as_mut_ptr().cast(), 64),
            );
            t.text("message", &copy(message.as_ptr().cast()));
            ctx.api.PQfreeCancel(std::ptr::null_mut());
        }
    });
    table.add(Area::Null, "notices", |ctx, t| {
        let mut conn = Conn::null(ctx.api);
        t.line(conn.record_by_processor());
        t.line(conn.record_by_receiver());
        // SAFETY: accepts a NULL connection.
        t.value(
            "notification",
            unsafe { ctx.api.PQnotifies(conn.raw) }.is_null(),
        );
    });
    table.add(Area::Null, "result text", |ctx, t| {
        let result = Res::null(ctx.api);
        t.value("status", result.status());
        t.text("message", &result.error_message());
        t.text("field", &result.error_field(i32::from(b'M')));
        t.text("verbose", &result.verbose_error(2, 2));
        t.text("command", &result.cmd_status());
        t.text("affected", &result.cmd_tuples());
        t.text("oid", &result.oid_status());
        t.value("oid value", result.oid_value());
        t.value("rows", result.ntuples());
        t.value("columns", result.nfields());
        t.value("parameters", result.nparams());
        t.value("binary", result.binary_tuples());
        t.value("size", result.memory_size());
    });
    table
        .add(Area::Null, "tls", |ctx, t| {
            let conn = Conn::null(ctx.api);
            // SAFETY: every one of these accepts a NULL connection.
            unsafe {
                t.value(
                    "struct",
                    ctx.api.PQsslStruct(conn.raw, c"OpenSSL".as_ptr()).is_null(),
                );
                t.value("old struct", ctx.api.PQgetssl(conn.raw).is_null());
                t.value("gss context", ctx.api.PQgetgssctx(conn.raw).is_null());
                let mut names = ctx.api.PQsslAttributeNames(conn.raw);
                while !names.is_null() && !(*names).is_null() {
                    t.text("attribute", &copy(*names));
                    names = names.add(1);
                }
            }
        })
        .differs_before(18, "libpq 17 added the attribute alpn");
    table.add(Area::Null, "printing", |ctx, t| {
        let file = CFile::new();
        // SAFETY: options of numbers and pointers may be zero, and what is printed accepts NULL; the
        // stream is open.
        unsafe {
            let mut options: PQprintOpt = std::mem::zeroed();
            (options.header, options.align) = (1, 1);
            options.field_sep = unwritten(c"|");
            let nothing = std::ptr::null_mut();
            ctx.api.PQprint(file.pointer(), nothing, &raw const options);
            t.bytes("printed", &file.contents());
            ctx.api.PQprintTuples(nothing, file.pointer(), 1, 0, 0);
            t.bytes("tuples", &file.contents());
            let separator = c"|".as_ptr();
            ctx.api
                .PQdisplayTuples(nothing, file.pointer(), 1, separator, 1, 0);
            t.bytes("displayed", &file.contents());
        }
    });
    table.add(Area::Null, "default hooks", |ctx, t| {
        let mut buffer = [b'x'; 8];
        // SAFETY: the buffer has the size that is said; a NULL connection has no passphrase, and the
        // default hook looks at nothing.
        unsafe {
            let length = ctx.api.PQdefaultSSLKeyPassHook_OpenSSL(
                buffer.as_mut_ptr().cast(),
                8,
                std::ptr::null_mut(),
            );
            t.value("passphrase", length);
            t.text("buffer", &copy(buffer.as_ptr().cast()));
            let hook = ctx.api.PQgetSSLKeyPassHook_OpenSSL();
            t.value("hook", hook.is_null());
        }
    });
    table.add(Area::Null, "default hook for tokens", |ctx, t| {
        let nothing = std::ptr::null_mut();
        for kind in [-1, 0, 1, 2, 99] {
            // SAFETY: the default hook looks at nothing.
            t.value(kind, unsafe {
                ctx.api
                    .PQdefaultAuthDataHook(kind, std::ptr::null_mut(), nothing)
            });
        }
        // SAFETY: takes nothing.
        t.value("hook", unsafe { ctx.api.PQgetAuthDataHook() }.is_null());
    });
    table.add(Area::Null, "option lists", |ctx, t| {
        // SAFETY: accepts NULL.
        unsafe { ctx.api.PQconninfoFree(std::ptr::null_mut()) };
        t.line("alive");
    });
}
