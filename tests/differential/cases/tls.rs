//! TLS: modes, certificates, what a connection says of its encryption.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::case::{Area, Ctx, DATABASE, Table, USER};
use crate::conn::Conn;
use crate::text::{copy, cstring};
use crate::transcript::Transcript;

/// What the strings below mean by `ROOT`, `OTHER` and `FOLDER`.
fn filled(ctx: &Ctx<'_>, text: &str) -> String {
    let root = Path::new(&ctx.server.root_certificate);
    let folder = root.parent().unwrap_or(root).display().to_string();
    text.replace("ROOT", &ctx.server.root_certificate)
        .replace("OTHER", &format!("{folder}/other-root.crt"))
        .replace("FOLDER", &folder)
        .replace("SCRATCH", &ctx.server.scratch)
}

/// Options for the server on 127.0.0.1: one case each.
const LOGINS: &[(&str, &str)] = &[
    ("disable", "host=127.0.0.1 sslmode=disable"),
    ("allow", "host=127.0.0.1 sslmode=allow"),
    ("prefer", "host=127.0.0.1 sslmode=prefer"),
    ("require", "host=127.0.0.1 sslmode=require"),
    (
        "verify-ca",
        "host=127.0.0.1 sslmode=verify-ca sslrootcert='ROOT'",
    ),
    (
        "verify-full by name",
        "host=localhost hostaddr=127.0.0.1 sslmode=verify-full sslrootcert='ROOT'",
    ),
    (
        "verify-full by address",
        "host=127.0.0.1 sslmode=verify-full sslrootcert='ROOT'",
    ),
    (
        "verify-full wrong name",
        "host=wrong.example hostaddr=127.0.0.1 sslmode=verify-full sslrootcert='ROOT'",
    ),
    (
        "verify-full upper-case name",
        "host=LOCALHOST hostaddr=127.0.0.1 sslmode=verify-full sslrootcert='ROOT'",
    ),
    (
        "verify-full without a name",
        "hostaddr=127.0.0.1 sslmode=verify-full sslrootcert='ROOT'",
    ),
    (
        "verify-ca wrong authority",
        "host=127.0.0.1 sslmode=verify-ca sslrootcert='OTHER'",
    ),
    (
        "require with wrong authority",
        "host=127.0.0.1 sslmode=require sslrootcert='OTHER'",
    ),
    (
        "prefer with wrong authority",
        "host=127.0.0.1 sslmode=prefer sslrootcert='OTHER'",
    ),
    (
        "verify-ca without authority",
        "host=127.0.0.1 sslmode=verify-ca",
    ),
    (
        "verify-ca missing file",
        "host=127.0.0.1 sslmode=verify-ca sslrootcert=/nonexistent/root.crt",
    ),
    (
        "require missing file",
        "host=127.0.0.1 sslmode=require sslrootcert=/nonexistent/root.crt",
    ),
    (
        "revoked",
        "host=127.0.0.1 sslmode=verify-ca sslrootcert='ROOT' sslcrl='FOLDER/revoked.crl'",
    ),
    (
        "not revoked",
        "host=127.0.0.1 sslmode=verify-ca sslrootcert='ROOT' sslcrl='FOLDER/root.crl'",
    ),
    (
        "only over tls refused without",
        "host=127.0.0.1 sslmode=disable user=tls_user password='tls secret'",
    ),
    (
        "only over tls",
        "host=127.0.0.1 sslmode=require user=tls_user password='tls secret'",
    ),
    (
        "only over tls by allow",
        "host=127.0.0.1 sslmode=allow user=tls_user password='tls secret'",
    ),
    (
        "never over tls by prefer",
        "host=127.0.0.1 sslmode=prefer user=plain_user password='plain secret'",
    ),
    (
        "never over tls refused",
        "host=127.0.0.1 sslmode=require user=plain_user password='plain secret'",
    ),
    (
        "wrong password by prefer",
        "host=127.0.0.1 sslmode=prefer user=scram_user password=wrong",
    ),
    (
        "channel binding",
        "host=127.0.0.1 sslmode=require channel_binding=require user=scram_user password='scram secret'",
    ),
    (
        "channel binding disabled",
        "host=127.0.0.1 sslmode=require channel_binding=disable user=scram_user password='scram secret'",
    ),
    (
        "channel binding md5",
        "host=127.0.0.1 sslmode=require channel_binding=require user=md5_user password='md5 secret'",
    ),
    (
        "client certificate",
        "host=127.0.0.1 sslmode=require user=cert_user sslcert='SCRATCH/client.crt' sslkey='SCRATCH/client.key'",
    ),
    (
        "client certificate missing",
        "host=127.0.0.1 sslmode=require user=cert_user",
    ),
    (
        "client certificate no such file",
        "host=127.0.0.1 sslmode=require user=cert_user sslcert=/nonexistent/client.crt",
    ),
    (
        "client key no such file",
        "host=127.0.0.1 sslmode=require user=cert_user sslcert='SCRATCH/client.crt' sslkey=/nonexistent/client.key",
    ),
    (
        "client key of somebody else",
        "host=127.0.0.1 sslmode=require user=cert_user sslcert='SCRATCH/client.crt' sslkey='SCRATCH/mismatch.key'",
    ),
    (
        "client key readable by all",
        "host=127.0.0.1 sslmode=require user=cert_user sslcert='SCRATCH/client.crt' sslkey='SCRATCH/open.key'",
    ),
    (
        "client key locked",
        "host=127.0.0.1 sslmode=require user=cert_user sslcert='SCRATCH/client.crt' sslkey='SCRATCH/locked.key' sslpassword='open sesame'",
    ),
    (
        "client key wrong passphrase",
        "host=127.0.0.1 sslmode=require user=cert_user sslcert='SCRATCH/client.crt' sslkey='SCRATCH/locked.key' sslpassword=wrong",
    ),
    (
        "version of 1.2 only",
        "host=127.0.0.1 sslmode=require ssl_max_protocol_version=TLSv1.2",
    ),
    (
        "version of 1.3 only",
        "host=127.0.0.1 sslmode=require ssl_min_protocol_version=TLSv1.3",
    ),
    (
        "no server name sent",
        "host=localhost hostaddr=127.0.0.1 sslmode=require sslsni=0",
    ),
];

fn prepare_keys(ctx: &Ctx<'_>) {
    let files = [
        ("client.crt", "client.crt", 0o644),
        ("client.key", "client.key", 0o600),
        ("client-mismatch.key", "mismatch.key", 0o600),
        ("client.key", "open.key", 0o644),
        ("client-locked.key", "locked.key", 0o600),
    ];
    for (from, to, mode) in files {
        let to = filled(ctx, &format!("SCRATCH/{to}"));
        let bytes = fs::read(filled(ctx, &format!("FOLDER/{from}"))).expect("made with the server");
        fs::write(&to, bytes).expect("a file of our own");
        fs::set_permissions(&to, fs::Permissions::from_mode(mode)).expect("a file of our own");
    }
}

fn open<'a>(ctx: &Ctx<'a>, more: &str) -> Conn<'a> {
    let port = ctx.server.port;
    let text = format!(
        "port={port} user={USER} dbname={DATABASE} {}",
        filled(ctx, more)
    );
    Conn::open(ctx.api, &cstring(text))
}

fn write(t: &mut Transcript, conn: &Conn<'_>) {
    t.value("status", conn.status());
    t.value("encrypted", conn.ssl_in_use());
    t.value("used password", conn.used_password());
    t.text("message", &conn.error_message());
    if conn.status() == 0 {
        t.result(
            "server's view",
            &conn.exec(c"SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"),
        );
    }
}

pub(crate) fn add(table: &mut Table) {
    for &(name, more) in LOGINS {
        let case = table.add(Area::Tls, name, move |ctx, t| {
            prepare_keys(ctx);
            write(t, &open(ctx, more));
        });
        if ["verify-ca without authority", "verify-ca missing file"].contains(&name) {
            case.differs_before(18, "libpq 16 names sslrootcert=system as a way out");
        }
    }
    table.add(Area::Tls, "attributes", |ctx, t| {
        let conn = open(ctx, "host=127.0.0.1 sslmode=require");
        for name in [
            "library",
            "protocol",
            "cipher",
            "key_bits",
            "compression",
            "nonsense",
            "",
        ] {
            t.text(name, &conn.ssl_attribute(&cstring(name)));
        }
        // SAFETY: a live connection and strings.
        unsafe {
            t.value(
                "struct",
                !ctx.api.PQsslStruct(conn.raw, c"OpenSSL".as_ptr()).is_null(),
            );
            t.value(
                "other struct",
                !ctx.api.PQsslStruct(conn.raw, c"GnuTLS".as_ptr()).is_null(),
            );
            t.value("old struct", !ctx.api.PQgetssl(conn.raw).is_null());
        }
    });
    table
        .add(Area::Tls, "names of attributes", |ctx, t| {
            let conn = open(ctx, "host=127.0.0.1 sslmode=require");
            // SAFETY: the list lives as long as the library and ends in NULL.
            unsafe {
                let mut names = ctx.api.PQsslAttributeNames(conn.raw);
                while !names.is_null() && !(*names).is_null() {
                    t.text("attribute", &copy(*names));
                    names = names.add(1);
                }
            }
        })
        .differs_before(18, "libpq 17 added the attribute alpn");
    table.add(Area::Tls, "large result", |ctx, t| {
        let conn = open(ctx, "host=127.0.0.1 sslmode=require");
        let result = conn.exec(c"SELECT repeat('x', 100) || n FROM generate_series(1, 20000) AS n");
        t.value("rows", result.ntuples());
        t.text("last", &result.getvalue(19_999, 0));
    });
}
