//! Connection strings: parsing, defaults, environment, what a connection was made of.

use std::fs;

use crate::case::{Area, Table};
use crate::conn::Conn;
use crate::environment::with_environment;
use crate::options::OptionList;
use crate::text::cstring;
use crate::transcript::Text;

/// One case for each string that `PQconninfoParse` must understand or refuse.
const STRINGS: &[(&str, &str)] = &[
    ("empty", ""),
    ("blank", "  \t\n "),
    ("pairs", "host=a port=5433 dbname=d user=u"),
    ("spaces around equals", "host = a   port\t=\n5433"),
    ("quoted value", "password='two words' host=x"),
    ("quoted empty value", "password='' host=x"),
    ("empty value", "password= host=x"),
    ("empty value at the end", "host="),
    ("escapes in quotes", r"password='it\'s \\ here \a'"),
    ("escapes outside of quotes", r"password=it\'s\ here\\"),
    ("escape at the end", r"password=abc\"),
    ("quote inside of a word", "password=a'b"),
    ("text behind a quoted value", "password='a'b host=x"),
    ("unterminated quote", "host='abc"),
    ("unterminated quote by escape", r"host='abc\'"),
    ("no equals", "host"),
    ("no equals after a pair", "host=a port"),
    ("no equals but a word", "host a"),
    ("equals first", "=a"),
    ("unknown key", "hots=a"),
    ("upper-case key", "HOST=a"),
    ("key twice", "host=a host=b"),
    ("debug options", "sslmode=require tty=x"),
    ("multibyte value", "application_name=żółw"),
    ("multibyte key", "höst=a"),
    (
        "every option",
        "service=s user=u password=p passfile=f channel_binding=disable connect_timeout=3 dbname=d host=h \
      hostaddr=1.2.3.4 port=1 client_encoding=UTF8 options=-cx=y application_name=n fallback_application_name=f \
      keepalives=0 keepalives_idle=1 keepalives_interval=2 keepalives_count=3 tcp_user_timeout=4 sslmode=disable \
      sslcompression=0 sslcert=c sslkey=k sslpassword=w sslrootcert=r sslcrl=l sslcrldir=e sslsni=0 requirepeer=q \
      ssl_min_protocol_version=TLSv1.2 ssl_max_protocol_version=TLSv1.3 gssencmode=disable krbsrvname=z \
      replication=database target_session_attrs=any",
    ),
    (
        "newer options",
        "require_auth=none sslnegotiation=direct min_protocol_version=3.0 max_protocol_version=latest \
      load_balance_hosts=random sslcertmode=allow gssdelegation=1 sslkeylogfile=f scram_client_key=a \
      scram_server_key=b oauth_issuer=i",
    ),
    ("service file as an option", "service=s servicefile=f"),
    (
        "bad values are not judged",
        "port=abc sslmode=maybe connect_timeout=never",
    ),
    ("uri empty", "postgresql://"),
    ("uri short scheme", "postgres://"),
    ("uri upper-case scheme", "PostgreSQL://h"),
    (
        "uri whole",
        "postgresql://user:secret@host:5433/db?sslmode=require&application_name=x",
    ),
    ("uri host only", "postgresql://host"),
    ("uri host and slash", "postgresql://host/"),
    ("uri port only", "postgresql://:5433"),
    ("uri user only", "postgresql://user@"),
    ("uri user and password", "postgresql://user:pw@/db"),
    ("uri empty user", "postgresql://@host"),
    ("uri empty password", "postgresql://user:@host"),
    ("uri colon without user", "postgresql://:pw@host"),
    ("uri password with at", "postgresql://user:p@ss@host/db"),
    ("uri password with slash", "postgresql://user:p/ss@host/db"),
    ("uri database only", "postgresql:///db"),
    ("uri parameters only", "postgresql:///?host=/tmp&port=5"),
    ("uri parameters without slash", "postgresql://host?dbname=x"),
    ("uri ipv6", "postgresql://[::1]:5433/db"),
    ("uri ipv6 with user", "postgresql://u@[fe80::1%25eth0]/db"),
    ("uri ipv6 unterminated", "postgresql://[::1/db"),
    ("uri ipv6 empty", "postgresql://[]:5433/db"),
    ("uri ipv6 then text", "postgresql://[::1]z/db"),
    ("uri several hosts", "postgresql://a:1,b,c:3/db"),
    ("uri several ipv6 hosts", "postgresql://[::1]:1,[::2]:2/db"),
    ("uri empty host in list", "postgresql://a,,c/db"),
    ("uri unix socket", "postgresql://%2Fvar%2Frun:5433/db"),
    (
        "uri percent in every part",
        "postgresql://us%65r:p%40ss@h%6fst/d%62?application_name=%61%20b",
    ),
    ("uri percent in key", "postgresql://h?h%6fst=b"),
    ("uri percent bad", "postgresql://h/d%zz"),
    ("uri percent cut", "postgresql://h/d%4"),
    ("uri percent zero", "postgresql://h/d%00"),
    ("uri plus is plus", "postgresql://h/db?application_name=a+b"),
    ("uri parameter without value", "postgresql://h/db?sslmode"),
    ("uri parameter empty value", "postgresql://h/db?sslmode="),
    (
        "uri parameter with two equals",
        "postgresql://h/db?options=-c=x",
    ),
    ("uri parameter unknown", "postgresql://h/db?nope=1"),
    ("uri parameter twice", "postgresql://h/db?user=a&user=b"),
    ("uri ampersand at the end", "postgresql://h/db?user=a&"),
    ("uri question mark at the end", "postgresql://h/db?"),
    ("uri two question marks", "postgresql://h/db?a?b=1"),
    ("uri ssl=true", "postgresql://h/db?ssl=true"),
    ("uri ssl=false", "postgresql://h/db?ssl=false"),
    ("uri jdbc", "jdbc:postgresql://h/db"),
    ("uri slash in database", "postgresql://h/a/b"),
    ("uri space", "postgresql://h /db"),
    ("uri port of letters", "postgresql://h:abc/db"),
    ("uri colon at the end", "postgresql://h:"),
    ("uri multibyte", "postgresql://żółw@h/日本"),
    ("uri only a scheme", "postgresql:"),
    ("uri one slash", "postgresql:/h"),
    ("uri fragment", "postgresql://h/db#part"),
];

/// Environment variables, each with a value that shows.
const VARIABLES: &[(&str, &str)] = &[
    ("PGHOST", "env-host"),
    ("PGHOSTADDR", "10.0.0.1"),
    ("PGPORT", "6000"),
    ("PGDATABASE", "env-db"),
    ("PGUSER", "env-user"),
    ("PGPASSWORD", "env-password"),
    ("PGPASSFILE", "/env/passfile"),
    ("PGOPTIONS", "-c a=b"),
    ("PGAPPNAME", "env-app"),
    ("PGSSLMODE", "disable"),
    ("PGCONNECT_TIMEOUT", "9"),
    ("PGCLIENTENCODING", "LATIN1"),
    ("PGTARGETSESSIONATTRS", "any"),
    ("PGCHANNELBINDING", "disable"),
    ("PGREQUIREPEER", "peer"),
    ("PGSSLCERT", "c"),
    ("PGSSLKEY", "k"),
    ("PGSSLROOTCERT", "r"),
    ("PGSSLCRL", "l"),
    ("PGKRBSRVNAME", "krb"),
    ("PGSSLSNI", "0"),
];

pub(crate) fn add(table: &mut Table) {
    for &(name, text) in STRINGS {
        let case = table.add(Area::Conninfo, name, move |ctx, t| {
            let (options, message) = OptionList::parse(ctx.api, &cstring(text));
            options.write(t);
            t.text("message", &message);
            t.value(
                "quietly",
                !OptionList::parse_quietly(ctx.api, &cstring(text)).is_null(),
            );
        });
        match name {
            "text behind a quoted value" => {
                case.ours_differs("what may be part of a password is not repeated", "***");
            }
            "service file as an option" => {
                case.ours_differs("an option that libpq 19 adds", "servicefile = \"f\"");
            }
            "newer options" => {
                case.differs_before(18, "options that libpq 16, 17 and 18 added");
            }
            "uri space" => {
                case.differs_before(18, "libpq 18 drops spaces at the end of a part");
            }
            _ => {}
        }
    }
    add_tables(table);
    add_connected(table);
}

fn add_tables(table: &mut Table) {
    table
        .add(Area::Conninfo, "option table", |ctx, t| {
            for option in OptionList::defaults(ctx.api).entries() {
                if is_of_19(&option.name()) {
                    continue;
                }
                t.section(option.name(), |t| {
                    t.text("variable", &option.envvar);
                    if !depends_on_gss(&option.name()) {
                        t.text("compiled", &option.compiled);
                        t.text("value", &option.value);
                    }
                    t.text("label", &option.label);
                    t.text("display", &option.dispchar);
                    t.value("size", option.dispsize);
                });
            }
        })
        .differs_before(18, "options that libpq 16, 17 and 18 added");
    table
        .add(Area::Conninfo, "parsed table has every option", |ctx, t| {
            for option in OptionList::parse(ctx.api, c"host=a").0.entries() {
                if !is_of_19(&option.name()) {
                    t.text(option.name(), &option.value);
                }
            }
        })
        .differs_before(18, "options that libpq 16, 17 and 18 added");
    table.add(Area::Conninfo, "defaults from the environment", |ctx, t| {
        with_environment(VARIABLES, || {
            for option in OptionList::defaults(ctx.api)
                .entries()
                .iter()
                .filter(|option| option.envvar.is_some())
            {
                let variable =
                    String::from_utf8_lossy(option.envvar.as_deref().unwrap_or_default())
                        .into_owned();
                if VARIABLES.iter().any(|(name, _)| *name == variable) {
                    t.text(option.name(), &option.value);
                }
            }
        });
    });
    table
        .add(Area::Conninfo, "every variable by itself", |ctx, t| {
            let text = |text: Text| String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
            let every = OptionList::defaults(ctx.api).entries();
            for option in every
                .iter()
                .filter(|option| option.envvar.is_some() && !is_of_19(&option.name()))
            {
                let variable = text(option.envvar.clone());
                with_environment(&[(&variable, "of the environment")], || {
                    let defaults = OptionList::defaults(ctx.api).entries();
                    let found = defaults
                        .into_iter()
                        .filter(|found| found.name() == option.name());
                    let values: Vec<String> = found.map(|found| text(found.value)).collect();
                    t.value(&variable, values.join(", "));
                });
            }
        })
        .differs_before(18, "options that libpq 16, 17 and 18 added");
    table.add(Area::Conninfo, "PGREQUIRESSL", |ctx, t| {
        for (requires, mode) in [("1", None), ("0", None), ("1", Some("allow")), ("", None)] {
            let mut variables = vec![("PGREQUIRESSL", requires)];
            variables.extend(mode.map(|mode| ("PGSSLMODE", mode)));
            with_environment(&variables, || {
                let defaults = OptionList::defaults(ctx.api);
                let sslmode = defaults
                    .entries()
                    .into_iter()
                    .find(|option| option.name() == "sslmode");
                t.text(
                    format_args!("{requires} {mode:?}"),
                    &sslmode.and_then(|option| option.value),
                );
            });
        }
    });
    table.add(Area::Conninfo, "service file", |ctx, t| {
        let file = format!("{}/service.conf", ctx.server.scratch);
        let text = "# comment\n[first]\nhost=service-host\nport=7000\n\n[second]\ndbname=service-db\n  user=spaced\n\
            [broken]\nnonsense\n[unknown]\nhots=a\n[nested]\nservice=first\n[spaces]\nhost = a b\n[empty]\n";
        fs::write(&file, text).expect("a file of our own");
        with_environment(&[("PGSERVICEFILE", &file)], || {
            for service in ["first", "second", "broken", "unknown", "nested", "missing", "spaces", "empty", ""] {
                let conn = Conn::open(ctx.api, &cstring(format!("service='{service}' hostaddr=127.0.0.1 port=1")));
                t.section(format_args!("service {service}"), |t| {
                    t.text("host", &conn.host());
                    t.text("database", &conn.db());
                    t.text("user", &conn.user());
                    t.text("message", &conn.error_message());
                });
            }
        });
        with_environment(&[("PGSERVICEFILE", "/nonexistent")], || {
            let conn = Conn::open(ctx.api, c"service=first hostaddr=127.0.0.1 port=1");
            t.text("no file", &conn.error_message());
        });
    });
    add_service_places(table);
    table.add(Area::Conninfo, "service by variable", |ctx, t| {
        let file = format!("{}/service2.conf", ctx.server.scratch);
        fs::write(&file, "[s]\nport=7001\ndbname=from-service\n").expect("a file of our own");
        with_environment(
            &[
                ("PGSERVICEFILE", &file),
                ("PGSERVICE", "s"),
                ("PGDATABASE", "from-env"),
            ],
            || {
                for option in OptionList::defaults(ctx.api).entries() {
                    if ["port", "dbname", "service"].contains(&option.name().as_str()) {
                        t.text(option.name(), &option.value);
                    }
                }
            },
        );
    });
}

/// The user's own file, the one in the home directory and the system's, and which is asked when.
fn add_service_places(table: &mut Table) {
    table.add(Area::Conninfo, "service files in their places", |ctx, t| {
        let folder = format!("{}/places", ctx.server.scratch);
        let long = format!("[long]\nhost=a\n#{}\n", "x".repeat(1100));
        let files = [
            (
                "own.conf",
                "[own]\nhost=of-own\n[both]\nhost=of-own\n".to_owned(),
            ),
            (
                "home/.pg_service.conf",
                "[home]\nhost=of-home\n[both]\nhost=of-home\n".to_owned(),
            ),
            (
                "etc/pg_service.conf",
                "[system]\nhost=of-system\n[both]\nhost=of-system\n[bad]\n\n# x\nnonsense\n"
                    .to_owned(),
            ),
            ("long.conf", long),
            (
                "unknown.conf",
                "[u]\nhost=a\nport=1\nunknown=x\n".to_owned(),
            ),
            ("nested.conf", "[n]\n\nservice=own\n".to_owned()),
        ];
        for (name, content) in &files {
            let path = format!("{folder}/{name}");
            let parent = std::path::Path::new(&path).parent().expect("a folder");
            fs::create_dir_all(parent).expect("a folder of our own");
            fs::write(&path, content).expect("a file of our own");
        }
        let file = |name: &str| format!("{folder}/{name}");
        let (home, etc) = (file("home"), file("etc"));
        for own in [
            "own.conf",
            "long.conf",
            "unknown.conf",
            "nested.conf",
            "none.conf",
            "",
        ] {
            let own_file = file(own);
            let mut variables = vec![("HOME", &home[..]), ("PGSYSCONFDIR", &etc[..])];
            if !own.is_empty() {
                variables.push(("PGSERVICEFILE", &own_file[..]));
            }
            with_environment(&variables, || {
                for service in [
                    "own", "home", "system", "both", "bad", "long", "u", "n", "none",
                ] {
                    let text = format!("service={service} hostaddr=127.0.0.1 port=1 user=u");
                    let conn = Conn::open(ctx.api, &cstring(text));
                    t.section(format_args!("{own}, {service}"), |t| {
                        t.text("host", &conn.host());
                        t.text("message", &conn.error_message());
                    });
                }
            });
        }
    });
}

fn add_connected(table: &mut Table) {
    let write = |t: &mut crate::transcript::Transcript, conn: &Conn<'_>| {
        let newer = [
            "sslcertmode",
            "sslnegotiation",
            "gssdelegation",
            "load_balance_hosts",
            "require_auth",
            "min_protocol_version",
            "max_protocol_version",
        ];
        let list = conn.conninfo();
        t.value("there", !list.is_null());
        for option in list
            .entries()
            .iter()
            .filter(|option| option.value.is_some())
        {
            let name = option.name();
            if !newer.contains(&name.as_str()) && !depends_on_gss(&name) {
                t.text(option.name(), &option.value);
            }
        }
    };
    table.add(Area::Conninfo, "of a connection", move |ctx, t| {
        let conn = ctx.connect_with(
            t,
            "application_name=app password=x connect_timeout=11 options='-c geqo=off'",
        );
        write(t, &conn);
    });
    table.add(Area::Conninfo, "of a failed connection", move |ctx, t| {
        write(
            t,
            &Conn::open(
                ctx.api,
                c"host=/nonexistent,/other port=1,2 user=u dbname=d",
            ),
        );
    });
    table.add(Area::Conninfo, "of a bad string", move |ctx, t| {
        write(t, &Conn::open(ctx.api, c"host='unterminated"));
        write(t, &Conn::null(ctx.api));
    });
    table
        .add(Area::Conninfo, "of a connection all options", |ctx, t| {
            let conn = ctx.connect(t);
            for option in conn.conninfo().entries() {
                if !depends_on_gss(&option.name()) && !is_of_19(&option.name()) {
                    t.text(option.name(), &option.value);
                }
            }
        })
        .differs_before(18, "options that libpq 16, 17 and 18 added");
}

/// The packaged libpq 18 is built without GSSAPI, unlike Debian's library and ours.
fn depends_on_gss(option: &str) -> bool {
    option == "gssencmode"
}

/// An option that ours has from libpq 19.
fn is_of_19(option: &str) -> bool {
    option == "servicefile"
}
