use super::*;
use crate::conninfo::{DEFAULT_SOCKET_DIR, FixedEnvironment, HostTarget};

fn joe() -> FixedEnvironment {
    FixedEnvironment::new().with_user("joe")
}

fn resolve_in(conninfo: &str, environment: &FixedEnvironment) -> Result<Settings, Error> {
    let info = ConnInfo::parse(conninfo.as_bytes())?.with_defaults_from(environment)?;
    Settings::resolve_with(&info, environment)
}

fn resolve(conninfo: &str) -> Settings {
    resolve_in(conninfo, &joe()).expect(conninfo)
}

fn fault(conninfo: &str) -> String {
    let error = resolve_in(conninfo, &joe()).expect_err(conninfo);
    error.message().to_owned()
}

#[test]
fn defaults_lead_to_the_local_server() {
    let settings = resolve("");
    assert_eq!(settings.user.as_c_str(), c"joe");
    assert_eq!(settings.dbname.as_c_str(), c"joe");
    let expected = HostTarget::UnixSocket(DEFAULT_SOCKET_DIR.to_owned());
    assert_eq!(settings.hosts[0].target, expected);
    assert_eq!(settings.hosts[0].port().expect("valid"), 5432);
    assert_eq!(settings.max_protocol_version, ProtocolVersion::V3_0);
    assert_eq!(settings.application_name, None);
    assert_eq!(settings.connect_timeout().expect("valid"), None);
    assert!(settings.sslsni && !settings.gssdelegation);
}

#[test]
fn options_without_defaults_resolve_too() {
    let settings = Settings::resolve_with(&ConnInfo::new(), &joe()).expect("valid");
    assert_eq!(settings.target_session_attrs, TargetSessionAttrs::Any);
    assert_eq!(settings.hosts.len(), 1);
}

#[test]
fn database_is_named_after_the_user_and_reported() {
    let settings = resolve("user=ann dbname=''");
    assert_eq!(settings.dbname.as_c_str(), c"ann");
    assert_eq!(settings.info.get(OptionId::Dbname), Some(c"ann"));
    assert_eq!(resolve("user=''").user.as_c_str(), c"joe");
}

#[test]
fn unknown_user_is_an_error_only_where_none_is_given() {
    let nobody = FixedEnvironment::new();
    assert!(resolve_in("user=ann", &nobody).is_ok());
    let error = resolve_in("sslmode=x", &nobody).expect_err("no user");
    assert_eq!(error.message(), "local user does not exist");
}

#[test]
fn words_that_are_not_values_are_refused() {
    for keyword in [
        "sslmode",
        "sslnegotiation",
        "sslcertmode",
        "channel_binding",
        "gssencmode",
        "target_session_attrs",
        "load_balance_hosts",
        "min_protocol_version",
        "max_protocol_version",
    ] {
        for value in ["x", ""] {
            let text = fault(&format!("{keyword}='{value}'"));
            assert_eq!(text, format!("invalid {keyword} value: \"{value}\""));
        }
    }
}

#[test]
fn faults_are_reported_in_libpq_s_order() {
    let faults = [
        ("host=a,b hostaddr=c", "could not match 2 host names"),
        ("require_auth=x", "invalid require_auth value"),
        ("channel_binding=x", "invalid channel_binding value"),
        ("sslmode=x", "invalid sslmode value"),
        ("sslnegotiation=x", "invalid sslnegotiation value"),
        ("ssl_min_protocol_version=x", "invalid \"ssl_min_protocol"),
        ("ssl_max_protocol_version=x", "invalid \"ssl_max_protocol"),
        ("sslcertmode=x", "invalid sslcertmode value"),
        ("gssencmode=x", "invalid gssencmode value"),
        ("target_session_attrs=x", "invalid target_session_attrs"),
        ("scram_client_key=x", "invalid SCRAM client key"),
        ("scram_server_key=x", "invalid SCRAM server key"),
        ("load_balance_hosts=x", "invalid load_balance_hosts value"),
        ("min_protocol_version=x", "invalid min_protocol_version"),
        ("max_protocol_version=x", "invalid max_protocol_version"),
    ];
    for first in 0..faults.len() {
        let all: Vec<_> = faults[first..]
            .iter()
            .rev()
            .map(|(text, _)| *text)
            .collect();
        let text = fault(&all.join(" "));
        assert!(text.starts_with(faults[first].1), "{all:?}: {text}");
    }
}

#[test]
#[cfg(any(feature = "native-tls", feature = "openssl"))]
fn weak_modes_do_not_go_with_direct_tls_or_system_roots() {
    let direct = "may not be used with sslnegotiation=direct (use \"require\", \"verify-ca\", or \
                  \"verify-full\")";
    for mode in ["disable", "allow", "prefer"] {
        assert_eq!(
            fault(&format!("sslnegotiation=direct sslmode={mode}")),
            format!("weak sslmode \"{mode}\" {direct}")
        );
    }
    assert!(fault("sslnegotiation=direct sslrootcert=system sslmode=allow").ends_with(direct));
    resolve("sslnegotiation=direct sslmode=require");
    let settings = resolve("sslnegotiation=direct sslrootcert=system");
    assert_eq!(settings.sslmode, SslMode::VerifyFull);
    assert_eq!(
        fault("sslrootcert=system sslmode=verify-ca"),
        "weak sslmode \"verify-ca\" may not be used with sslrootcert=system (use \"verify-full\")"
    );
}

#[test]
#[cfg(not(any(feature = "native-tls", feature = "openssl")))]
fn tls_is_refused_by_a_build_without_it() {
    assert_eq!(resolve("").sslmode, SslMode::Disable);
    for setting in [
        "sslmode=require",
        "sslnegotiation=direct",
        "sslrootcert=system",
        "sslcertmode=require",
    ] {
        let text = fault(setting);
        assert!(text.ends_with("invalid when SSL support is not compiled in"));
    }
}

#[test]
fn tls_version_range_must_not_be_empty() {
    assert_eq!(
        fault("ssl_max_protocol_version=TLSv1.1"),
        "invalid SSL protocol version range"
    );
    let settings = resolve("ssl_min_protocol_version='' ssl_max_protocol_version=tlsv1.1");
    assert_eq!(settings.ssl_min_protocol_version, None);
    assert_eq!(settings.ssl_max_protocol_version, Some(TlsVersion::V1_1));
}

#[test]
fn gss_encryption_is_preferred() {
    for (options, mode) in [
        ("", GssEncMode::Prefer),
        ("gssencmode=disable", GssEncMode::Disable),
        ("gssencmode=require", GssEncMode::Require),
    ] {
        assert_eq!(resolve(options).gssencmode, mode);
    }
}

#[test]
fn scram_keys_are_32_bytes_in_base64() {
    let key = "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg=";
    let settings = resolve(&format!("scram_client_key={key} scram_server_key={key}"));
    assert_eq!(settings.scram_client_key, Some([b'x'; 32]));
    assert_eq!(settings.scram_server_key, Some([b'x'; 32]));
    assert_eq!(
        fault("scram_client_key=''"),
        "invalid SCRAM client key length: 0"
    );
    assert_eq!(
        fault("scram_server_key=abcd"),
        "invalid SCRAM server key length: 3"
    );
    assert_eq!(fault("scram_server_key=abc"), "invalid SCRAM server key");
}

#[test]
fn newest_protocol_is_asked_for_only_where_the_oldest_needs_it() {
    let versions = |conninfo: &str| {
        let settings = resolve(conninfo);
        (settings.min_protocol_version, settings.max_protocol_version)
    };
    let (old, new) = (ProtocolVersion::V3_0, ProtocolVersion::V3_2);
    assert_eq!(versions(""), (old, old));
    assert_eq!(versions("min_protocol_version=3.0"), (old, old));
    assert_eq!(versions("min_protocol_version=3.2"), (new, new));
    assert_eq!(versions("max_protocol_version=latest"), (old, new));
    assert_eq!(
        fault("min_protocol_version=latest max_protocol_version=3.0"),
        "\"min_protocol_version\" is greater than \"max_protocol_version\""
    );
}

#[test]
fn empty_application_name_suppresses_the_fallback() {
    let name = |conninfo: &str| resolve(conninfo).application_name;
    assert_eq!(name("fallback_application_name=f").as_deref(), Some(c"f"));
    let both = "application_name=a fallback_application_name=f";
    assert_eq!(name(both).as_deref(), Some(c"a"));
    assert_eq!(
        name("application_name='' fallback_application_name=f"),
        None
    );
}

#[test]
fn client_encoding_may_be_left_to_the_locale_or_the_server() {
    let encoding = |conninfo: &str| resolve(conninfo).client_encoding;
    assert_eq!(encoding(""), ClientEncoding::ServerDefault);
    assert_eq!(
        encoding("client_encoding=''"),
        ClientEncoding::ServerDefault
    );
    // The locale of a program that has set none.
    let locale = ClientEncoding::Named(c"SQL_ASCII".to_owned());
    assert_eq!(encoding("client_encoding=auto"), locale);
    let info = resolve("client_encoding=auto").info;
    assert_eq!(info.get(OptionId::ClientEncoding), Some(c"SQL_ASCII"));
    let named = ClientEncoding::Named(c"AUTO".to_owned());
    assert_eq!(encoding("client_encoding=AUTO"), named);
}

#[test]
fn defaults_before_the_option_at_fault_stay_filled_in() {
    let filled = |conninfo: &str| {
        let mut info = ConnInfo::parse(conninfo.as_bytes()).expect(conninfo);
        Settings::resolve_in(&mut info, &mut Vec::new(), &joe().with_home("/home/joe"))
            .expect_err(conninfo);
        [OptionId::Dbname, OptionId::Passfile, OptionId::Sslcertmode].map(|id| info.is_set(id))
    };
    assert_eq!(filled("port=1,2"), [false, false, false]);
    assert_eq!(filled("require_auth=x"), [true, true, false]);
    assert_eq!(filled("target_session_attrs=x"), [true, true, true]);
}

#[test]
fn session_defaults_come_from_the_environment() {
    let environment = joe()
        .with_var("PGDATESTYLE", "Default")
        .with_var("PGTZ", "")
        .with_var("PGGEQO", "off");
    let settings = resolve_in("", &environment).expect("valid");
    let expected = [("timezone", c"".to_owned()), ("geqo", c"off".to_owned())];
    assert_eq!(settings.session_defaults, expected);
}

#[test]
fn numbers_are_judged_when_they_are_needed() {
    let settings = resolve("connect_timeout=x keepalives=y port=z");
    assert_eq!(
        settings.connect_timeout().expect_err("x").message(),
        "invalid integer value \"x\" for connection option \"connect_timeout\""
    );
    assert!(settings.tcp_options().is_err() && settings.hosts[0].port().is_err());
    let timeout = |conninfo: &str| resolve(conninfo).connect_timeout().expect("valid");
    assert_eq!(timeout("connect_timeout=1"), Some(Duration::from_secs(1)));
    assert_eq!(timeout("connect_timeout=0"), None);
    assert_eq!(timeout("connect_timeout=-1"), None);
}

mod passwords {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn home_with(content: &str) -> (tempfile::TempDir, FixedEnvironment) {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join(".pgpass");
        fs::write(&path, content).expect("write");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("chmod");
        let environment = joe().with_home(folder.path());
        (folder, environment)
    }

    fn passwords(settings: &Settings) -> Vec<Option<&CStr>> {
        let hosts = settings.hosts.iter();
        hosts.map(|host| settings.password_for(host)).collect()
    }

    #[test]
    fn each_host_has_its_own_line() {
        let (_folder, environment) = home_with("a:*:*:*:pa\nlocalhost:5:joe:*:pl\n");
        let settings = resolve_in("host=a,b, port=1,2,5", &environment).expect("valid");
        assert_eq!(passwords(&settings), [Some(c"pa"), None, Some(c"pl")]);
        let passfile = settings.info.get(OptionId::Passfile).expect("filled in");
        assert!(passfile.to_bytes().ends_with(b"/.pgpass"));
        assert!(settings.passfile.is_some());
    }

    #[test]
    fn given_password_makes_the_file_unneeded() {
        let (_folder, environment) = home_with("*:*:*:*:file\n");
        let settings = resolve_in("password=given", &environment).expect("valid");
        assert_eq!(passwords(&settings), [Some(c"given")]);
        assert_eq!(settings.info.get(OptionId::Passfile), None);
        let settings = resolve_in("password=''", &environment).expect("valid");
        assert_eq!(passwords(&settings), [Some(c"file")]);
    }

    #[test]
    fn debug_output_hides_the_password() {
        let (_folder, environment) = home_with("*:*:*:*:s3cret\n");
        let settings = resolve_in("", &environment).expect("valid");
        assert!(!format!("{settings:?}").contains("s3cret"));
    }
}
