//! Whose certificate is believed, which client's certificate is shown, and with which files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use support::{Authority, Server, ServerOptions};

use super::{ADVICE, Told, said, system};
use crate::compare::{But, Compare, Talk};
use crate::probe::Kind;

/// The certificates of servers, `data/authority` tells what is in them.
const SERVERS: [&str; 19] = [
    "names",
    "wildcard",
    "address",
    "address-as-name",
    "cn-only",
    "cn-wildcard",
    "cn-address",
    "mail",
    "nameless",
    "wrong-host",
    "expired",
    "future",
    "revoked",
    "without-chain",
    "by-root",
    "rsa",
    "mixed",
    "odd-wildcards",
    "top-wildcard",
];

/// Certificates with other signatures, to which SCRAM is bound.
const SIGNATURES: [&str; 5] = [
    "names",
    "self-sha384",
    "self-sha512",
    "self-pss",
    "self-ed25519",
];

/// What the host is called, and where it is.
const HOSTS: [(&str, &str); 9] = [
    ("localhost", "127.0.0.1"),
    ("LocalHost", "127.0.0.1"),
    ("db.ferropq.test", "127.0.0.1"),
    ("a.b.ferropq.test", "127.0.0.1"),
    ("ferropq.test", "127.0.0.1"),
    ("127.0.0.1", "127.0.0.1"),
    ("127.0.0.1", "::1"),
    ("::1", "::1"),
    ("", "127.0.0.1"),
];

struct World {
    authority: Authority,
    server: Server,
}

impl World {
    fn conninfo(&self, host: &str, hostaddr: &str, more: &str) -> String {
        let port = self.server.port();
        format!(
            "host='{host}' hostaddr={hostaddr} port={port} dbname=postgres gssencmode=disable \
             user=trust_user {}",
            self.filled(more)
        )
    }

    /// `@name` stands for a file of the authority's.
    fn filled(&self, text: &str) -> String {
        text.replace('@', &format!("{}/", self.authority.file("").display()))
            .replace("//", "/")
    }

    fn talk(&self, talk: &mut Talk<'_>, conninfo: &str) {
        talk.hide(self.server.port().to_string(), "PORT");
        talk.hide(self.filled("@"), "@");
        if talk.open(conninfo) {
            talk.exec(
                "select ssl, version, bits > 0, client_dn from pg_stat_ssl \
                 where pid = pg_backend_pid()",
            );
        }
        talk.close();
    }
}

pub(crate) fn run() -> Result<Told, String> {
    let Some(installation) = system() else {
        return Ok(Told::Skipped("no PostgreSQL server is installed".into()));
    };
    let world = World {
        authority: Authority::new().map_err(said)?,
        server: Server::start(&installation, &ServerOptions::default()).map_err(said)?,
    };
    let mut compare = Compare::new()?;
    names(&mut compare, &world)?;
    bindings(&mut compare, &world)?;
    world.server.show(&world.authority, "names").map_err(said)?;
    clients(&mut compare, &world);
    hook(&mut compare, &world);
    systems(&mut compare, &world);
    homes(&mut compare, &world);
    for certificate in ["names", "revoked", "by-root"] {
        let shown = world.server.show(&world.authority, certificate);
        shown.map_err(said)?;
        lists(&mut compare, &world, certificate);
    }
    Ok(Told::All(compare))
}

/// Each certificate of a server, for each name of the host.
fn names(compare: &mut Compare, world: &World) -> Result<(), String> {
    for certificate in SERVERS {
        let shown = world.server.show(&world.authority, certificate);
        shown.map_err(said)?;
        let mut tell = |host: &str, hostaddr: &str, more: &str| {
            let name = format!("server {certificate}, host {host} at {hostaddr}, {more}");
            let conninfo = world.conninfo(host, hostaddr, more);
            let as_text = ["address-as-name", "cn-address"].contains(&certificate);
            let verifies = more.contains("verify-full sslrootcert=@root");
            let but: &[But] = match (certificate, host) {
                _ if as_text && host == "127.0.0.1" => {
                    &[But::Native("an address is compared with addresses only")]
                }
                ("top-wildcard", "ferropq.test") if verifies => &[But::Native(
                    "a wildcard stands in front of two names at least",
                )],
                _ => &[],
            };
            let ours = compare.story_but(&name, but, |talk| {
                world.talk(talk, &conninfo);
            });
            if verifies && let Some(wanted) = believed(certificate, host) {
                compare.expect_open(&name, &ours, wanted);
            }
        };
        for (host, hostaddr) in HOSTS {
            tell(host, hostaddr, "sslmode=verify-full sslrootcert=@root.crt");
        }
        for mode in ["require", "verify-ca"] {
            let root = format!("sslmode={mode} sslrootcert=@root.crt");
            tell("localhost", "127.0.0.1", &root);
        }
        let intermediate = "sslmode=verify-full sslrootcert=@intermediate.crt";
        tell("localhost", "127.0.0.1", intermediate);
        tell("localhost", "127.0.0.1", "sslmode=require");
    }
    Ok(())
}

/// Whose certificate is good for which name, as the manual has it.
fn believed(certificate: &str, host: &str) -> Option<bool> {
    match (certificate, host) {
        ("names" | "cn-only" | "by-root" | "rsa" | "revoked", "localhost" | "LocalHost")
        | ("names" | "wildcard", "db.ferropq.test")
        | ("address", "127.0.0.1" | "::1") => Some(true),
        ("wrong-host" | "expired" | "future" | "nameless" | "without-chain", _)
        | ("wildcard" | "mixed", "localhost")
        | ("names" | "wildcard", "ferropq.test" | "a.b.ferropq.test")
        | ("names" | "wildcard" | "cn-only", "127.0.0.1" | "::1" | "") => Some(false),
        _ => None,
    }
}

/// SCRAM, bound to certificates of all signatures.
fn bindings(compare: &mut Compare, world: &World) -> Result<(), String> {
    for certificate in SIGNATURES {
        let shown = world.server.show(&world.authority, certificate);
        shown.map_err(said)?;
        for binding in ["disable", "prefer", "require"] {
            for mode in ["require", "verify-full sslrootcert=@ITSELF.crt"] {
                let mode = mode.replace("ITSELF", certificate);
                let name = format!("bound to {certificate}, {binding}, {mode}");
                let more = format!(
                    "user=scram_user password='scram secret' channel_binding={binding} \
                     sslmode={mode}"
                );
                let conninfo = world.conninfo("localhost", "127.0.0.1", &more);
                compare.story(&name, |talk| world.talk(talk, &conninfo));
            }
        }
    }
    Ok(())
}

/// A file that is not there, and a folder that is.
const HALF: &str = "sslcrl=/nonexistent/list sslcrldir=@lists";

/// Lists of revoked certificates.
fn lists(compare: &mut Compare, world: &World, certificate: &str) {
    for list in [
        "sslcrl=@lists.crl",
        "sslcrl=@root-only.crl",
        "sslcrl=@root.crt",
        "sslcrl=@ca.cnf",
        "sslcrl=/nonexistent/list",
        "sslcrl=@lists",
        "sslcrldir=@lists",
        "sslcrldir=/nonexistent/lists",
        "sslcrldir=@lists.crl",
        "sslcrl=@root-only.crl sslcrldir=@lists",
        "sslcrl=@lists.crl sslcrldir=/nonexistent/lists",
        HALF,
    ] {
        for mode in ["require", "verify-ca", "verify-full"] {
            let name = format!("server {certificate}, {mode}, {list}");
            let more = format!("sslmode={mode} sslrootcert=@root.crt {list}");
            let conninfo = world.conninfo("localhost", "127.0.0.1", &more);
            let but: &[But] = match (certificate, list) {
                ("revoked", HALF) => &[But::Ours(
                    "the folder counts without the file",
                    "-> refused",
                )],
                _ => &[],
            };
            let ours = compare.story_but(&name, but, |talk| world.talk(talk, &conninfo));
            let lists = ["sslcrl=@lists.crl", "sslcrldir=@lists"];
            if lists.contains(&list) && compare.ours() == Kind::Ours {
                compare.expect_open(&name, &ours, certificate != "revoked");
            }
        }
    }
}

/// Certificates and keys of clients.
fn clients(compare: &mut Compare, world: &World) {
    const CLIENTS: [&str; 20] = [
        "",
        "sslcert=@client.crt sslkey=@client.key",
        "sslcert=@client-alone.crt sslkey=@client.key",
        "sslcert=@client.der sslkey=@client-key.der",
        "sslcert=@client.crt sslkey=@client-key.der",
        "sslcert=@client.crt sslkey=@client-locked.key sslpassword='open sesame'",
        "sslcert=@client.crt sslkey=@client-old.key sslpassword='open sesame'",
        "sslcert=@client.crt sslkey=@client-locked.key sslpassword=wrong",
        "sslcert=@client.crt sslkey=@client-old.key sslpassword=wrong",
        "sslcert=@client.crt sslkey=@client.key sslpassword=unneeded",
        "sslcert=@client.crt sslkey=@client-mismatch.key",
        "sslcert=@client.crt sslkey=@client-readable.key",
        "sslcert=@client.crt sslkey=@lists",
        "sslcert=@client.crt sslkey=/nonexistent/key",
        "sslcert=@client.crt",
        "sslcert=@client.crt sslkey=@client.crt",
        "sslcert=@client-other.crt sslkey=@client-other.key",
        "sslcert=@client-expired.crt sslkey=@client.key",
        "sslcert=@ca.cnf sslkey=@client.key",
        "sslcert=@client.crt sslkey=nobody:slot",
    ];
    for client in CLIENTS {
        for user in ["cert_user", "trust_user"] {
            for mode in [
                "sslmode=require",
                "sslmode=prefer",
                "sslmode=disable",
                "sslmode=require sslcertmode=disable",
                "sslmode=require sslcertmode=allow",
                "sslmode=require sslcertmode=require",
            ] {
                let name = format!("client {user}, {mode}, {client}");
                let more = format!("user={user} {mode} {client}");
                let conninfo = world.conninfo("localhost", "127.0.0.1", &more);
                let but = known_of_client(user, mode, client);
                let ours = compare.story_but(&name, &but, |talk| world.talk(talk, &conninfo));
                let shown = compare.ours() == Kind::Ours && mode == "sslmode=require";
                if shown && let ("cert_user", Some(wanted)) = (user, accepted(client)) {
                    compare.expect_open(&name, &ours, wanted);
                }
            }
        }
    }
}

/// Which client the server lets in by its certificate.
fn accepted(client: &str) -> Option<bool> {
    match client {
        "sslcert=@client.crt sslkey=@client.key"
        | "sslcert=@client.crt sslkey=@client-key.der"
        | "sslcert=@client.crt sslkey=@client-locked.key sslpassword='open sesame'"
        | "sslcert=@client.crt sslkey=@client-old.key sslpassword='open sesame'" => Some(true),
        "" => Some(false),
        client => [
            "wrong",
            "mismatch",
            "readable",
            "nonexistent",
            "other",
            "expired",
        ]
        .iter()
        .any(|word| client.contains(word))
        .then_some(false),
    }
}

/// Where the mode allows it, a key that native-tls does not take makes way for no encryption at
/// all, as a key that is no key does with libpq.
fn known_of_client(user: &str, mode: &str, client: &str) -> Vec<But> {
    let shows = !mode.contains("disable");
    let is_binary = client == "sslcert=@client.crt sslkey=@client-key.der";
    if is_binary && shows && !mode.ends_with("=require sslcertmode=require") {
        return vec![But::Native("keys in DER are not read")];
    }
    let is_locked = client.ends_with("sslpassword='open sesame'");
    if is_locked && mode == "sslmode=prefer" && user == "trust_user" {
        return vec![But::Native("keys with a passphrase are not read")];
    }
    Vec::new()
}

/// A program that tells the password of the key itself, whatever the options say.
fn hook(compare: &mut Compare, world: &World) {
    for more in [
        "sslcert=@client.crt sslkey=@client-locked.key",
        "sslcert=@client.crt sslkey=@client-locked.key sslpassword=wrong",
        "sslcert=@client.crt sslkey=@client-old.key",
        "sslcert=@client.crt sslkey=@client.key",
        "sslcert=@client.crt sslkey=@client-key.der",
        "",
    ] {
        let binary = more.contains(".der");
        let native = binary.then_some(But::Native("keys in DER are not read"));
        let but: Vec<But> = native.into_iter().collect();
        compare.story_but(&format!("key hook, {more}"), &but, |talk| {
            let more = format!("sslmode=require {more}");
            talk.ask_quietly(&["key hook", "on"]);
            world.talk(talk, &world.conninfo("localhost", "127.0.0.1", &more));
            talk.ask_quietly(&["key hook", "off"]);
        });
    }
}

/// The roots of the system, which OpenSSL's own variables name.
fn systems(compare: &mut Compare, world: &World) {
    let but = [But::Before(18, "sslrootcert=system came with libpq 16")];
    for file in ["root.crt", "other-root.crt", "nothing"] {
        for more in [
            "sslrootcert=system",
            "sslrootcert=system sslmode=verify-full",
            "sslrootcert=system sslcrl=@lists.crl",
            "sslrootcert=system host=elsewhere.example",
        ] {
            let name = format!("the system's roots are in {file}, {more}");
            let conninfo = world.conninfo("localhost", "127.0.0.1", more);
            // libpq 15 knows no such roots, and connects where that does not matter.
            let verifies = more.contains("verify-full") || more.contains("elsewhere");
            let but = if file == "root.crt" && !verifies {
                &[][..]
            } else {
                &but
            };
            compare.story_but(&name, but, |talk| {
                let file = world.authority.path(file);
                talk.ask_quietly(&["setenv", "SSL_CERT_FILE", &file]);
                talk.ask_quietly(&["setenv", "SSL_CERT_DIR", "/nonexistent"]);
                world.talk(talk, &conninfo);
                talk.ask_quietly(&["unsetenv", "SSL_CERT_FILE"]);
                talk.ask_quietly(&["unsetenv", "SSL_CERT_DIR"]);
            });
        }
    }
}

/// A file of the authority's, its name below the home directory, its mode.
type Put = (&'static str, &'static str, u32);

/// What is found in the home directory.
fn homes(compare: &mut Compare, world: &World) {
    const FILES: [(&str, &[Put]); 9] = [
        ("nothing", &[]),
        ("root", &[("root.crt", "root.crt", 0o644)]),
        ("wrong root", &[("other-root.crt", "root.crt", 0o644)]),
        (
            "root and lists",
            &[
                ("root.crt", "root.crt", 0o644),
                ("lists.crl", "root.crl", 0o644),
            ],
        ),
        (
            "client",
            &[
                ("client.crt", "postgresql.crt", 0o644),
                ("client.key", "postgresql.key", 0o600),
            ],
        ),
        (
            "client, key for the group",
            &[
                ("client.crt", "postgresql.crt", 0o644),
                ("client.key", "postgresql.key", 0o640),
            ],
        ),
        (
            "client, key for all",
            &[
                ("client.crt", "postgresql.crt", 0o644),
                ("client.key", "postgresql.key", 0o644),
            ],
        ),
        (
            "client, executable key",
            &[
                ("client.crt", "postgresql.crt", 0o644),
                ("client.key", "postgresql.key", 0o700),
            ],
        ),
        (
            "client without a key",
            &[("client.crt", "postgresql.crt", 0o644)],
        ),
    ];
    for (what, files) in FILES {
        for more in [
            "sslmode=prefer",
            "sslmode=verify-full",
            "sslmode=require user=cert_user",
            "sslmode=require sslcertmode=require",
            "sslmode=require sslcertmode=require require_auth=oauth",
            "sslmode=require sslcert=@client.crt",
            "sslmode=verify-ca sslrootcert=@root.crt",
        ] {
            let name = format!("home with {what}, {more}");
            let conninfo = world.conninfo("localhost", "127.0.0.1", more);
            compare.story_but(&name, &known_of_home(what, more), |talk| {
                let folder = talk.home().join(".postgresql");
                fs::create_dir(&folder).expect("a folder of our own");
                for (from, to, mode) in files {
                    put(&world.authority.file(from), &folder.join(to), *mode);
                }
                world.talk(talk, &conninfo);
                fs::remove_dir_all(&folder).expect("a folder of our own");
            });
        }
    }
}

fn known_of_home(what: &str, more: &str) -> Vec<But> {
    let has_root = what.contains("root");
    if more == "sslmode=verify-full" && !has_root {
        return vec![But::Before(18, ADVICE)];
    }
    if (what, more) == ("root and lists", "sslmode=prefer") {
        return vec![But::Native("with lists there is no encryption")];
    }
    Vec::new()
}

fn put(from: &Path, to: &Path, mode: u32) {
    fs::copy(from, to).expect("a file of our own");
    fs::set_permissions(to, fs::Permissions::from_mode(mode)).expect("a file of our own");
}
