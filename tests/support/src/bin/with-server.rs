//! Runs a command beside a throw-away PostgreSQL server, with the environment that leads to it.
//!
//! `with-server [--kerberos] COMMAND [ARGUMENT]...`
//!
//! Sets `DATABASE_URL`, `PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD`, `PGDATABASE`, `PGSSLMODE` and
//! `PGSSLROOTCERT`: SCRAM over TLS, the server's identity verified; `FERROPQ_SOCKET_FOLDER` names
//! the folder of its Unix socket. Where `DATABASE_URL` is set already, no server is started and
//! nothing is changed.
//!
//! `--kerberos` starts a KDC besides, where one is installed: `KRB5_CONFIG` and `KRB5CCNAME` lead to
//! it, and to a ticket with which the role `peer_user` is let in by GSSAPI.

use std::env;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode};
use std::time::Duration;
use support::{Kdc, SCRAM_USER, Server, ServerOptions, require_kdc, servers};

/// Whoever has a ticket is let in.
const HBA: &str = "host all peer_user all gss map=anyone include_realm=0\n";
const TICKET_LIFETIME: Duration = Duration::from_secs(3600);

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1).peekable();
    let kerberos = arguments.next_if(|word| word == "--kerberos").is_some();
    let Some(program) = arguments.next() else {
        eprintln!("usage: with-server [--kerberos] COMMAND [ARGUMENT]...");
        return ExitCode::from(2);
    };
    let mut command = Command::new(program);
    command.args(arguments);
    end_with_us(&mut command);

    let server = match server_for(&mut command, kerberos) {
        Ok(server) => server,
        Err(message) => {
            eprintln!("with-server: {message}");
            return ExitCode::FAILURE;
        }
    };
    let status = command.status();
    drop(server);
    match status {
        Ok(status) => {
            let code = status
                .code()
                .or_else(|| Some(128 + status.signal()?))
                .unwrap_or(1);
            ExitCode::from(u8::try_from(code).unwrap_or(1))
        }
        Err(error) => {
            eprintln!(
                "with-server: {}: {error}",
                command.get_program().to_string_lossy()
            );
            ExitCode::from(127)
        }
    }
}

/// Makes the kernel end the command when we are killed: its server will be gone by then.
#[cfg(target_os = "linux")]
fn end_with_us(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    let ask_for_signal = || {
        // SAFETY: prctl with these arguments touches no memory.
        match unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM) } {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        }
    };
    // SAFETY: between fork and exec the closure makes one system call and allocates nothing.
    unsafe { command.pre_exec(ask_for_signal) };
}

#[cfg(not(target_os = "linux"))]
fn end_with_us(_command: &mut Command) {}

/// Starts a server, unless the caller has one, and tells the command about it.
fn server_for(
    command: &mut Command,
    kerberos: bool,
) -> Result<Option<(Server, Option<Kdc>)>, String> {
    if env::var_os("DATABASE_URL").is_some_and(|url| !url.is_empty()) {
        return Ok(None);
    }
    let found = servers();
    let installation = found
        .first()
        .ok_or("no PostgreSQL server is installed; see scripts/setup")?;
    let kdc = match kerberos && installation.system {
        true => require_kdc(),
        false => None,
    };
    let options = kdc.as_ref().map(options_with).unwrap_or_default();
    let server = Server::start(installation, &options)
        .map_err(|error| format!("PostgreSQL {}: {error}", installation.major))?;
    if let Some(kdc) = &kdc {
        let cache = kdc
            .log_in("alice", TICKET_LIFETIME)
            .map_err(|error| format!("the ticket: {error}"))?;
        command
            .env("KRB5_CONFIG", kdc.file("krb5.conf"))
            .env("KRB5CCNAME", cache);
    }
    let (name, password) = (SCRAM_USER.name, SCRAM_USER.password.unwrap_or_default());
    let port = server.port().to_string();
    let root = server.certificate("root.crt");
    let url = format!(
        "postgresql://{name}:{}@localhost:{port}/postgres?sslmode=verify-full&sslrootcert={root}",
        password.replace(' ', "%20")
    );
    command
        .env("DATABASE_URL", url)
        .env("PGHOST", "localhost")
        .env("PGPORT", port)
        .env("PGUSER", name)
        .env("PGPASSWORD", password)
        .env("PGDATABASE", "postgres")
        .env("PGSSLMODE", "verify-full")
        .env("PGSSLROOTCERT", root)
        .env("FERROPQ_SOCKET_FOLDER", server.socket_folder());
    Ok(Some((server, kdc)))
}

/// What a server has to know of the KDC.
fn options_with(kdc: &Kdc) -> ServerOptions {
    ServerOptions {
        hba: HBA.to_owned(),
        settings: vec![("krb_server_keyfile", "server.keytab".to_owned())],
        environment: vec![
            ("KRB5_CONFIG", kdc.file("krb5.conf").display().to_string()),
            ("KRB5RCACHETYPE", "none".to_owned()),
        ],
        files: vec![("server.keytab", kdc.file("server.keytab"))],
        ..ServerOptions::default()
    }
}
