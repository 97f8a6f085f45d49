//! Event procedures.

use crate::case::{Area, Table};
use crate::conn::Conn;
use crate::events::{EventLog, Procedure};
use crate::raw::{COPYRES_EVENTS, COPYRES_TUPLES, PGRES_TUPLES_OK};
use crate::result::Res;

pub(crate) fn add(table: &mut Table) {
    table.add(Area::Events, "life of a connection", |ctx, t| {
        let log = EventLog::new("a");
        let conn = ctx.connect(t);
        t.value(
            "register",
            conn.register(Procedure::First, Some(c"first"), log),
        );
        t.value(
            "again",
            conn.register(Procedure::First, Some(c"first"), log),
        );
        t.line(log.take());
        let result = conn.exec(c"SELECT 1");
        t.line(log.take());
        let failed = conn.exec(c"SELECT nope");
        t.line(log.take());
        let copy = result.copy_result(COPYRES_TUPLES | COPYRES_EVENTS);
        let plain = result.copy_result(COPYRES_TUPLES);
        t.line(log.take());
        drop((result, failed, copy, plain));
        t.line(log.take());
        conn.reset();
        t.line(log.take());
        drop(conn);
        t.line(log.take());
    });
    table.add(Area::Events, "two procedures", |ctx, t| {
        let (one, two) = (EventLog::new("a"), EventLog::new("b"));
        let conn = ctx.connect(t);
        t.value("first", conn.register(Procedure::First, Some(c"same"), one));
        t.value(
            "second",
            conn.register(Procedure::Second, Some(c"same"), two),
        );
        let result = conn.exec(c"SELECT 1");
        drop(conn);
        drop(result);
        t.line(one.take());
        t.line(two.take());
    });
    table.add(Area::Events, "bad registrations", |ctx, t| {
        let log = EventLog::new("a");
        let conn = ctx.connect(t);
        t.value("no name", conn.register(Procedure::First, None, log));
        t.value(
            "empty name",
            conn.register(Procedure::First, Some(c""), log),
        );
        t.value("no procedure", conn.register_nothing());
        t.value(
            "no connection",
            Conn::null(ctx.api).register(Procedure::First, Some(c"x"), log),
        );
        t.line(log.take());
        log.refuse(0);
        t.value(
            "refused by itself",
            conn.register(Procedure::Second, Some(c"x"), log),
        );
        t.line(log.take());
    });
    table.add(Area::Events, "instance data", |ctx, t| {
        let log = EventLog::new("a");
        let conn = ctx.connect(t);
        t.value("before", conn.set_instance_data(Procedure::First, 8));
        conn.register(Procedure::First, Some(c"first"), log);
        t.value("none yet", conn.instance_data(Procedure::First));
        t.value("set", conn.set_instance_data(Procedure::First, 16));
        t.value("get", conn.instance_data(Procedure::First));
        t.value("other procedure", conn.instance_data(Procedure::Second));
        let result = conn.exec(c"SELECT 1");
        t.value("of the result", result.instance_data(Procedure::First));
        t.value(
            "set on the result",
            result.set_instance_data(Procedure::First, 24),
        );
        t.value(
            "get from the result",
            result.instance_data(Procedure::First),
        );
        t.value(
            "other on the result",
            result.set_instance_data(Procedure::Second, 32),
        );
        let copy = result.copy_result(COPYRES_TUPLES | COPYRES_EVENTS);
        t.value("of a copy", copy.instance_data(Procedure::First));
        t.value(
            "of NULL",
            Conn::null(ctx.api).instance_data(Procedure::First),
        );
        t.value(
            "of NULL result",
            Res::null(ctx.api).instance_data(Procedure::First),
        );
        t.value(
            "set on NULL result",
            Res::null(ctx.api).set_instance_data(Procedure::First, 8),
        );
    });
    table.add(Area::Events, "refusing a result", |ctx, t| {
        let log = EventLog::new("a");
        let conn = ctx.connect(t);
        conn.register(Procedure::First, Some(c"picky"), log);
        log.refuse(3);
        t.result("refused", &conn.exec(c"SELECT 1"));
        t.text("message", &conn.error_message());
        t.line(log.take());
        log.refuse(-1);
        let result = conn.exec(c"SELECT 1");
        log.refuse(4);
        t.result(
            "refused copy",
            &result.copy_result(COPYRES_TUPLES | COPYRES_EVENTS),
        );
        t.line(log.take());
    });
    table.add(Area::Events, "made results fire by hand", |ctx, t| {
        let log = EventLog::new("a");
        let conn = ctx.connect(t);
        conn.register(Procedure::First, Some(c"first"), log);
        let made = conn.make_empty(PGRES_TUPLES_OK);
        t.line(log.take());
        t.value("fire", conn.fire_create(&made));
        t.value("fire again", conn.fire_create(&made));
        t.line(log.take());
        t.value("on NULL", conn.fire_create(&Res::null(ctx.api)));
        drop(made);
        t.line(log.take());
    });
}
