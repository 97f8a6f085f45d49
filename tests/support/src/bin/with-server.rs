//! Runs a command beside a throw-away PostgreSQL server, with the environment that leads to it.
//!
//! `with-server COMMAND [ARGUMENT]...`
//!
//! Sets `DATABASE_URL`, `PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD`, `PGDATABASE`, `PGSSLMODE` and
//! `PGSSLROOTCERT`: SCRAM over TLS, the server's identity verified. Where `DATABASE_URL` is set
//! already, no server is started and nothing is changed.

use std::env;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode};
use support::{SCRAM_USER, Server, ServerOptions, servers};

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let Some(program) = arguments.next() else {
        eprintln!("usage: with-server COMMAND [ARGUMENT]...");
        return ExitCode::from(2);
    };
    let mut command = Command::new(program);
    command.args(arguments);
    end_with_us(&mut command);

    let server = match server_for(&mut command) {
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
fn server_for(command: &mut Command) -> Result<Option<Server>, String> {
    if env::var_os("DATABASE_URL").is_some_and(|url| !url.is_empty()) {
        return Ok(None);
    }
    let found = servers();
    let installation = found
        .first()
        .ok_or("no PostgreSQL server is installed; see scripts/setup")?;
    let server = Server::start(installation, &ServerOptions::default())
        .map_err(|error| format!("PostgreSQL {}: {error}", installation.major))?;
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
        .env("PGSSLROOTCERT", root);
    Ok(Some(server))
}
