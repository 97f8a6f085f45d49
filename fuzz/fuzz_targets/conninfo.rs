//! Connection strings and the files that they lead to.
//!
//! The input is up to three parts, separated by NUL bytes, which none of them may contain: a
//! connection string, a service file, a password file. The service is `s` unless the string says
//! otherwise.

#![no_main]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use ferropq::conninfo::{ConnInfo, FixedEnvironment, OptionId, Settings};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(3, |byte| *byte == 0);
    let conninfo = parts.next().unwrap_or_default();
    let parsed = ConnInfo::parse(conninfo);
    if let Err(error) = &parsed {
        assert!(!error.message().is_empty() && !error.message().ends_with('\n'));
    }
    if let Ok(info) = &parsed {
        assert_eq!(values(info), values(&parse_again(info)));
    }
    let pairs = [(&b"dbname"[..], conninfo), (b"user", b"u")];
    let mut environment = FixedEnvironment::new().with_user("u");
    let _ = ConnInfo::from_params_with(pairs, true, &environment);
    if let Some(content) = parts.next() {
        environment = environment
            .with_var("PGSERVICEFILE", file("service", content))
            .with_var("PGSERVICE", "s");
    }
    if let Some(content) = parts.next() {
        environment = environment.with_var("PGPASSFILE", file("password", content));
    }
    if let Ok(info) = parsed.and_then(|info| info.with_defaults_from(&environment)) {
        resolve(&info, &environment);
    }
});

fn resolve(info: &ConnInfo, environment: &FixedEnvironment) {
    // A password file of the input's own choice might be anything, a device among others.
    let mut info = info.clone();
    if let Some(path) = environment_passfile(environment) {
        info.put(OptionId::Passfile, path);
    }
    let Ok(settings) = Settings::resolve_with(&info, environment) else {
        return;
    };
    assert!(!settings.hosts.is_empty() && !settings.user.is_empty());
    for host in &settings.hosts {
        assert!(host.port().is_ok_and(|port| port != 0) || host.port().is_err());
        assert!(!host.shown_host().is_empty());
        let _ = settings.password_for(host);
    }
    let _ = (settings.connect_timeout(), settings.tcp_options());
}

fn environment_passfile(environment: &FixedEnvironment) -> Option<std::ffi::CString> {
    use ferropq::conninfo::Environment;
    let none = || Some(c"/nonexistent".to_owned());
    environment.var("PGPASSFILE").or_else(none)
}

/// The values as a string of the other form, parsed once more.
fn parse_again(info: &ConnInfo) -> ConnInfo {
    let mut text = Vec::new();
    for (id, value) in info.iter() {
        let Some(value) = value else { continue };
        text.extend_from_slice(id.keyword().as_bytes());
        text.extend_from_slice(b" = '");
        for byte in value.to_bytes() {
            if matches!(byte, b'\'' | b'\\') {
                text.push(b'\\');
            }
            text.push(*byte);
        }
        text.push(b'\'');
    }
    ConnInfo::parse(&text).expect("quoted values are valid")
}

fn values(info: &ConnInfo) -> Vec<Option<Vec<u8>>> {
    let bytes = |value: &std::ffi::CStr| value.to_bytes().to_vec();
    info.iter().map(|(_, value)| value.map(bytes)).collect()
}

/// A file with this content, one for each process and name.
fn file(name: &str, content: &[u8]) -> PathBuf {
    let process = std::process::id();
    let path = std::env::temp_dir().join(format!("ferropq-fuzz-{process}-{name}"));
    fs::write(&path, content).expect("write a temporary file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("chmod");
    path
}
