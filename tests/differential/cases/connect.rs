//! Attempts to connect that fail before anything is sent, or at the first step.

use std::ffi::{CStr, CString};

use crate::case::{Area, Ctx, Table};
use crate::cases::status;
use crate::conn::Conn;
use crate::text::cstring;
use crate::transcript::Transcript;

/// Connection strings that fail before anything is sent, or at the first step: one case each.
const BAD: &[(&str, &str)] = &[
    ("unknown host", "host=no-such-host.invalid port=5432"),
    (
        "unknown host among several",
        "host=no-such-host.invalid,127.0.0.1 port=1",
    ),
    ("refused port", "host=127.0.0.1 port=1"),
    ("refused ports", "host=127.0.0.1,127.0.0.1 port=1,2"),
    ("refused by address", "hostaddr=127.0.0.1 port=1"),
    (
        "refused by name and address",
        "host=some.name hostaddr=127.0.0.1 port=1",
    ),
    (
        "refused by an address that can be written otherwise",
        "host=some.name hostaddr=0:0::1 port=1",
    ),
    ("refused on ipv6", "host=::1 port=1"),
    ("bad address", "hostaddr=999.1.2.3 port=1"),
    ("address that is a name", "hostaddr=localhost port=1"),
    ("no such socket folder", "host=/nonexistent port=5432"),
    ("no such sockets", "host=/nonexistent,/tmp port=5432,1"),
    ("abstract socket", "host=@ferropq-nobody port=1"),
    (
        "socket path too long",
        "host=/tmp/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa port=1",
    ),
    ("more ports than hosts", "host=a,b port=1,2,3"),
    ("port zero", "host=127.0.0.1 port=0"),
    ("port too high", "host=127.0.0.1 port=65536"),
    ("port negative", "host=127.0.0.1 port=-1"),
    ("port of letters", "host=127.0.0.1 port=abc"),
    ("port with trailing text", "host=127.0.0.1 port=12x"),
    ("port with spaces", "host=127.0.0.1 port=' 1 '"),
    ("sslmode unknown", "host=127.0.0.1 port=1 sslmode=maybe"),
    ("sslmode empty", "host=127.0.0.1 port=1 sslmode=''"),
    (
        "sslmode upper-case",
        "host=127.0.0.1 port=1 sslmode=Disable",
    ),
    (
        "gssencmode unknown",
        "host=127.0.0.1 port=1 gssencmode=maybe",
    ),
    (
        "channel binding unknown",
        "host=127.0.0.1 port=1 channel_binding=maybe",
    ),
    (
        "target unknown",
        "host=127.0.0.1 port=1 target_session_attrs=best",
    ),
    (
        "tls versions upside down",
        "host=127.0.0.1 port=1 ssl_min_protocol_version=TLSv1.3 ssl_max_protocol_version=TLSv1.2",
    ),
    (
        "timeout of letters",
        "host=127.0.0.1 port=1 connect_timeout=soon",
    ),
    (
        "timeout with trailing text",
        "host=127.0.0.1 port=1 connect_timeout='5 s'",
    ),
    (
        "timeout too large",
        "host=127.0.0.1 port=1 connect_timeout=99999999999",
    ),
    (
        "timeout negative",
        "host=127.0.0.1 port=1 connect_timeout=-3",
    ),
    (
        "keepalives of letters",
        "host=127.0.0.1 port=1 keepalives=yes",
    ),
    (
        "keepalives of letters for several hosts",
        "host=127.0.0.1,127.0.0.1 port=1,2 keepalives=yes",
    ),
    (
        "keepalives idle of letters",
        "host=127.0.0.1 port=1 keepalives_idle=long",
    ),
    (
        "tcp user timeout of letters",
        "host=127.0.0.1 port=1 tcp_user_timeout=x",
    ),
    ("uri refused", "postgresql://127.0.0.1:1/d"),
];

const NEW_OPTION: &str = "an option that libpq 15 does not know";

/// Those that libpq 15 answers otherwise, and why.
const BAD_IN_18: &[(&str, &str, &str)] = &[
    (
        "more addresses than hosts",
        "host=a,b hostaddr=1.1.1.1,2.2.2.2,3.3.3.3",
        "PQport gives the default port even then",
    ),
    (
        "tls versions unknown",
        "host=127.0.0.1 port=1 ssl_min_protocol_version=TLSv9",
        "libpq quotes the option's name",
    ),
    (
        "unknown option",
        "host=127.0.0.1 port=1 colour=red",
        "PQport gives the default port even then",
    ),
    (
        "unterminated quote",
        "host='127.0.0.1 port=1",
        "PQport gives the default port even then",
    ),
    (
        "bad uri",
        "postgresql://127.0.0.1:1/?colour=red",
        "PQport gives the default port even then",
    ),
    (
        "require_auth unknown",
        "host=127.0.0.1 port=1 require_auth=magic",
        NEW_OPTION,
    ),
    (
        "require_auth mixed",
        "host=127.0.0.1 port=1 require_auth=md5,!password",
        NEW_OPTION,
    ),
    (
        "require_auth twice",
        "host=127.0.0.1 port=1 require_auth=md5,md5",
        NEW_OPTION,
    ),
    (
        "load balance unknown",
        "host=127.0.0.1 port=1 load_balance_hosts=always",
        NEW_OPTION,
    ),
    (
        "sslcertmode unknown",
        "host=127.0.0.1 port=1 sslcertmode=maybe",
        NEW_OPTION,
    ),
    (
        "sslnegotiation unknown",
        "host=127.0.0.1 port=1 sslnegotiation=maybe",
        NEW_OPTION,
    ),
    (
        "direct tls with weak mode",
        "host=127.0.0.1 port=1 sslnegotiation=direct sslmode=prefer",
        NEW_OPTION,
    ),
    (
        "min protocol unknown",
        "host=127.0.0.1 port=1 min_protocol_version=2.0",
        NEW_OPTION,
    ),
    (
        "max protocol unknown",
        "host=127.0.0.1 port=1 max_protocol_version=9.9",
        NEW_OPTION,
    ),
    (
        "protocols upside down",
        "host=127.0.0.1 port=1 min_protocol_version=3.2 max_protocol_version=3.0",
        NEW_OPTION,
    ),
    (
        "scram client key not base64",
        "host=127.0.0.1 port=1 scram_client_key=???",
        NEW_OPTION,
    ),
    (
        "scram client key too short",
        "host=127.0.0.1 port=1 scram_client_key=YWJj",
        NEW_OPTION,
    ),
];

/// Connects, and writes down what came of it.
pub(crate) fn attempt(ctx: &Ctx<'_>, t: &mut Transcript, conninfo: &CStr) {
    log_in(ctx, t, conninfo);
}

/// The same, and the connection, whatever state it is in.
pub(crate) fn log_in<'a>(ctx: &Ctx<'a>, t: &mut Transcript, conninfo: &CStr) -> Conn<'a> {
    let conn = Conn::open(ctx.api, conninfo);
    status::write(t, &conn);
    if conn.status() == 0 {
        t.result(
            "query",
            &conn.exec(
                c"SELECT current_user, current_database(), current_setting('application_name')",
            ),
        );
    }
    conn
}

/// The connection string with a user and a database, where it is not a URI.
fn with_user(text: &str) -> CString {
    cstring(if text.starts_with("postgresql:") {
        text.into()
    } else {
        format!("user=u dbname=d {text}")
    })
}

pub(crate) fn add(table: &mut Table) {
    for &(name, text) in BAD {
        table.add(Area::Connect, name, move |ctx, t| {
            attempt(ctx, t, &with_user(text))
        });
    }
    for &(name, text, reason) in BAD_IN_18 {
        table
            .add(Area::Connect, name, move |ctx, t| {
                attempt(ctx, t, &with_user(text))
            })
            .differs_before(18, reason);
    }
}
