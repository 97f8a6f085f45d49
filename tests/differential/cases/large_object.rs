//! Large objects.

use std::fs;

use libc::{SEEK_CUR, SEEK_END, SEEK_SET};

use crate::case::{Area, Ctx, Table};
use crate::conn::Conn;
use crate::raw::{INV_READ, INV_WRITE};
use crate::text::cstring;
use crate::transcript::Transcript;

/// Large enough to be nobody else's.
const OID: u32 = 3_999_000_000;

/// A connection inside of a transaction that is never committed.
fn begin<'a>(ctx: &Ctx<'a>, t: &mut Transcript) -> Conn<'a> {
    let conn = ctx.connect(t);
    conn.exec(c"BEGIN");
    conn
}

pub(crate) fn add(table: &mut Table) {
    table.add(Area::LargeObject, "write and read", |ctx, t| {
        let conn = begin(ctx, t);
        t.value("create", conn.lo_create(OID));
        let fd = conn.lo_open(OID, INV_READ | INV_WRITE);
        t.value("open", fd);
        t.value("write", conn.lo_write(fd, b"hello large\0object"));
        t.value("tell", conn.lo_tell(fd));
        for (offset, whence) in [
            (0, SEEK_SET),
            (3, SEEK_CUR),
            (-4, SEEK_END),
            (100, SEEK_SET),
            (-1, SEEK_SET),
            (0, 9),
        ] {
            conn.exec(c"SAVEPOINT s");
            t.value(
                format_args!("seek {offset} {whence}"),
                conn.lo_lseek(fd, offset, whence),
            );
            t.text("message", &conn.error_message());
            conn.exec(c"ROLLBACK TO s");
        }
        t.value("seek", conn.lo_lseek(fd, 6, SEEK_SET));
        let (count, bytes) = conn.lo_read(fd, 100);
        t.value("read", count);
        t.bytes("bytes", &bytes);
        t.value("read at the end", conn.lo_read(fd, 10).0);
        t.value("read nothing", conn.lo_read(fd, 0).0);
        t.value("write nothing", conn.lo_write(fd, b""));
        t.value("close", conn.lo_close(fd));
        t.value("unlink", conn.lo_unlink(OID));
        t.text("message", &conn.error_message());
    });
    table.add(Area::LargeObject, "sixty-four bits", |ctx, t| {
        let conn = begin(ctx, t);
        conn.lo_create(OID);
        let fd = conn.lo_open(OID, INV_READ | INV_WRITE);
        t.value("seek", conn.lo_lseek64(fd, 5_000_000_000, SEEK_SET));
        t.value("tell", conn.lo_tell64(fd));
        t.value("write", conn.lo_write(fd, b"far"));
        t.value("tell in 32 bits", conn.lo_tell(fd));
        t.text("message", &conn.error_message());
    });
    table.add(Area::LargeObject, "truncate", |ctx, t| {
        let conn = begin(ctx, t);
        conn.lo_create(OID);
        let fd = conn.lo_open(OID, INV_READ | INV_WRITE);
        conn.lo_write(fd, b"0123456789");
        t.value("shorter", conn.lo_truncate(fd, 4));
        t.value("end", conn.lo_lseek(fd, 0, SEEK_END));
        t.value("longer", conn.lo_truncate64(fd, 5_000_000_000));
        t.value("end", conn.lo_lseek64(fd, 0, SEEK_END));
        t.value("too long", conn.lo_truncate(fd, usize::MAX));
        t.text("message", &conn.error_message());
        t.value("negative", conn.lo_truncate64(fd, -1));
        t.text("message", &conn.error_message());
    });
    table.add(Area::LargeObject, "mistakes", |ctx, t| {
        let conn = begin(ctx, t);
        let mut attempt = |name: &str, call: &dyn Fn(&Conn<'_>) -> i64| {
            conn.exec(c"SAVEPOINT s");
            t.value(name, call(&conn));
            t.text("message", &conn.error_message());
            conn.exec(c"ROLLBACK TO s");
        };
        attempt("open missing", &|conn| conn.lo_open(OID, INV_READ).into());
        attempt("close unknown", &|conn| conn.lo_close(77).into());
        attempt("close negative", &|conn| conn.lo_close(-1).into());
        attempt("read unknown", &|conn| conn.lo_read(77, 10).0.into());
        attempt("read too much", &|conn| conn.lo_read(77, 0).0.into());
        attempt("write unknown", &|conn| conn.lo_write(77, b"x").into());
        attempt("seek unknown", &|conn| conn.lo_lseek(77, 0, 0).into());
        attempt("tell unknown", &|conn| conn.lo_tell(77).into());
        attempt("truncate unknown", &|conn| conn.lo_truncate(77, 0).into());
        attempt("unlink missing", &|conn| conn.lo_unlink(OID).into());
        attempt("create twice", &|conn| {
            conn.lo_create(OID);
            conn.lo_create(OID).into()
        });
        attempt("write to one opened for reading", &|conn| {
            conn.lo_create(OID);
            let fd = conn.lo_open(OID, INV_READ);
            conn.lo_write(fd, b"x").into()
        });
        attempt("bad mode", &|conn| {
            conn.lo_create(OID);
            conn.lo_open(OID, 0).into()
        });
    });
    table.add(Area::LargeObject, "outside of a transaction", |ctx, t| {
        let conn = ctx.connect(t);
        t.value("create", conn.lo_create(OID));
        t.value("open", conn.lo_open(OID, INV_READ));
        t.value("read", conn.lo_read(0, 10).0);
        t.text("message", &conn.error_message());
        t.value("unlink", conn.lo_unlink(OID));
        let made = conn.lo_creat(INV_READ | INV_WRITE);
        t.value("made one", made != 0);
        t.value("unlink", conn.lo_unlink(made));
    });
    table.add(Area::LargeObject, "import and export", |ctx, t| {
        let conn = begin(ctx, t);
        let (from, to) = (
            format!("{}/lo-in", ctx.server.scratch),
            format!("{}/lo-out", ctx.server.scratch),
        );
        let data: Vec<u8> = (0..50_000_u32).map(|n| (n * 7 % 251) as u8).collect();
        fs::write(&from, &data).expect("a file of our own");
        t.value(
            "import",
            conn.lo_import_with_oid(&cstring(from.as_str()), OID),
        );
        t.value("export", conn.lo_export(OID, &cstring(to.as_str())));
        t.value("same", fs::read(&to).is_ok_and(|read| read == data));
        let other = conn.lo_import(&cstring(from.as_str()));
        t.value("another", other != 0 && other != OID);
        t.value("missing file", conn.lo_import(c"/nonexistent/file"));
        t.text("message", &conn.error_message());
        t.value("unwritable file", conn.lo_export(OID, c"/nonexistent/file"));
        t.text("message", &conn.error_message());
        conn.exec(c"ROLLBACK; BEGIN");
        t.value("missing object", conn.lo_export(OID, &cstring(to)));
        t.text("message", &conn.error_message());
        t.value("transaction", conn.transaction_status());
    });
    table.add(
        Area::LargeObject,
        "on NULL and dead connections",
        |ctx, t| {
            for conn in [
                Conn::null(ctx.api),
                Conn::open(ctx.api, c"host=/nonexistent port=1 user=u dbname=d"),
            ] {
                t.value("open", conn.lo_open(OID, INV_READ));
                t.value("close", conn.lo_close(0));
                t.value("read", conn.lo_read(0, 1).0);
                t.value("write", conn.lo_write(0, b"x"));
                t.value("seek", conn.lo_lseek(0, 0, 0));
                t.value("seek 64", conn.lo_lseek64(0, 0, 0));
                t.value("tell", conn.lo_tell(0));
                t.value("tell 64", conn.lo_tell64(0));
                t.value("truncate", conn.lo_truncate(0, 0));
                t.value("truncate 64", conn.lo_truncate64(0, 0));
                t.value("creat", conn.lo_creat(INV_READ));
                t.value("create", conn.lo_create(OID));
                t.value("unlink", conn.lo_unlink(OID));
                t.value("import", conn.lo_import(c"/dev/null"));
                t.value("export", conn.lo_export(OID, c"/dev/null"));
                t.text("message", &conn.error_message());
            }
        },
    );
}
