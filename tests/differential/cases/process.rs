//! What belongs to the process and not to a connection: signals, locks, the TLS library; and the
//! spellings of calls that have others.

use libc::c_int;

use crate::api::Api;
use crate::case::{Area, Table};
use crate::cases::reach::poll;
use crate::conn::{Conn, pointers};

extern "C" fn on_signal(_: c_int) {}

extern "C" fn lock(_: c_int) {}

/// What the kernel has of a signal: whether the handler is ours, and the flags.
fn action(signal: c_int) -> (bool, c_int) {
    // SAFETY: the structure is plain data, and only read into.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &raw mut action);
        let restorer = 0x0400_0000;
        let is_ours = action.sa_sigaction == on_signal as *const () as usize;
        (is_ours, action.sa_flags & !restorer)
    }
}

/// `PQinitSSL`, or with a second number `PQinitOpenSSL`.
fn prepare(api: &Api, ssl: c_int, crypto: Option<c_int>) {
    // SAFETY: both take numbers only.
    unsafe {
        match crypto {
            Some(crypto) => api.PQinitOpenSSL(ssl, crypto),
            None => api.PQinitSSL(ssl),
        }
    }
}

pub(crate) fn add(table: &mut Table) {
    table.add(Area::Status, "signal handlers", |ctx, t| {
        let handler = on_signal as *const () as usize;
        for signal in [libc::SIGUSR1, libc::SIGALRM, libc::SIGCHLD, libc::SIGPIPE] {
            // SAFETY: the handler does nothing, and what was there before comes back.
            unsafe {
                let before = ctx.api.pqsignal(signal, handler);
                t.value(signal, format_args!("{:?}", action(signal)));
                t.value(
                    "ours was there",
                    ctx.api.pqsignal(signal, libc::SIG_IGN) == handler,
                );
                t.value("ignored", ctx.api.pqsignal(signal, before) == libc::SIG_IGN);
            }
        }
        for signal in [-1, 0, 1000, libc::SIGKILL] {
            // SAFETY: no such signal can be handled.
            let failed = unsafe { ctx.api.pqsignal(signal, handler) };
            t.value(signal, failed == libc::SIG_ERR);
        }
    });
    table.add(Area::Status, "thread lock", |ctx, t| {
        // SAFETY: the lock is a function; nothing uses it meanwhile.
        unsafe {
            let before = ctx.api.PQregisterThreadLock(Some(lock));
            t.value("one was there", before.is_some());
            let same = ctx.api.PQregisterThreadLock(None).map(|lock| lock as usize);
            t.value("it is returned", same == Some(lock as *const () as usize));
            let default = ctx.api.PQregisterThreadLock(None).map(|lock| lock as usize);
            t.value(
                "NULL is the first",
                default == before.map(|lock| lock as usize),
            );
        }
    });
    table.add(Area::Notify, "freed by its own function", |ctx, t| {
        let conn = ctx.connect(t);
        conn.exec(c"LISTEN one; NOTIFY one, 'x'");
        // SAFETY: the notification is ours to free; NULL is allowed.
        unsafe {
            let notify = ctx.api.PQnotifies(conn.raw);
            t.value("there", !notify.is_null());
            ctx.api.PQfreeNotify(notify);
            ctx.api.PQfreeNotify(std::ptr::null_mut());
        }
    });
    table.add(Area::Connect, "start with params", |ctx, t| {
        let (host, port) = (ctx.socket_dir(), ctx.port_text());
        let conninfo = ctx.conninfo("");
        let pairs = [
            [
                (Some(c"host"), Some(&*host)),
                (Some(c"port"), Some(&*port)),
                (Some(c"user"), Some(c"postgres")),
            ],
            [
                (Some(c"host"), Some(c"/nonexistent")),
                (Some(c"dbname"), Some(&*conninfo)),
                (None, None),
            ],
            [
                (Some(c"colour"), Some(c"red")),
                (Some(c"user"), Some(c"u")),
                (None, None),
            ],
        ];
        for pairs in pairs {
            for expand in [0, 1] {
                let (names, values) = pointers(&pairs);
                // SAFETY: two arrays of live strings, both ended by NULL.
                let conn = Conn::own(ctx.api, unsafe {
                    ctx.api
                        .PQconnectStartParams(names.as_ptr(), values.as_ptr(), expand)
                });
                t.value("status", conn.status());
                t.value("last", poll(&conn, Conn::connect_poll));
                t.text("database", &conn.db());
                t.text("message", &conn.error_message());
            }
        }
    });
    // The last one that uses TLS: what it says holds for the process.
    table.add(
        Area::Tls,
        "a program that prepares the library itself",
        |ctx, t| {
            type Preparation = (&'static str, fn(&Api));
            let ways: [Preparation; 4] = [
                ("PQinitSSL(1)", |api| prepare(api, 1, None)),
                ("PQinitOpenSSL(1, 1)", |api| prepare(api, 1, Some(1))),
                ("PQinitOpenSSL(0, 0)", |api| prepare(api, 0, Some(0))),
                ("PQinitSSL(0)", |api| prepare(api, 0, None)),
            ];
            for (name, call) in ways {
                call(ctx.api);
                let conn = Conn::open(ctx.api, &ctx.tcp_conninfo("sslmode=require"));
                t.value(
                    name,
                    format_args!("{} {}", conn.status(), conn.ssl_in_use()),
                );
            }
        },
    );
}
