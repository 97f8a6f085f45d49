//! Who proves to whom who he is.

use crate::World;
use crate::driver::{Driver, Protection, connected, refused};

super::cases! {
    Alice:
        required_methods_are_kept_to
        the_service_s_name_can_be_chosen
        credentials_are_delegated_where_that_is_wanted
        a_server_with_another_key_is_not_trusted;
    Bob: another_s_ticket_does_not_do;
}

fn required_methods_are_kept_to(world: &World) {
    for (options, protection) in [
        (
            "require_auth=gss gssencmode=disable",
            Protection::Authentication,
        ),
        (
            "require_auth=gss gssencmode=require",
            Protection::Encryption,
        ),
        (
            "require_auth=!md5 gssencmode=disable",
            Protection::Authentication,
        ),
    ] {
        let driver = connected(&world.conninfo("alice", options));
        assert_eq!(driver.protection(), protection, "{options}");
        assert!(!driver.0.password_needed());
    }
    // Encryption has proved who the client is, whatever the server makes of it.
    let trusted = world.conninfo("enc_only", "require_auth=gss gssencmode=require");
    assert_eq!(connected(&trusted).protection(), Protection::Encryption);
    for options in ["require_auth=md5", "require_auth=!gss"] {
        let refusal = refused(&world.conninfo("alice", &format!("{options} gssencmode=disable")));
        assert!(
            refusal.ends_with("failed: server requested GSSAPI authentication\n"),
            "{refusal}"
        );
    }
    let plain = refused(&world.conninfo("never_enc", "require_auth=gss"));
    assert!(
        plain.ends_with("failed: server did not complete authentication\n"),
        "{plain}"
    );
}

fn the_service_s_name_can_be_chosen(world: &World) {
    for mode in ["disable", "require"] {
        let options = format!("krbsrvname=other gssencmode={mode}");
        let mut driver = connected(&world.conninfo("alice", &options));
        assert_eq!(driver.ask("select current_user"), "alice");
    }
}

/// How often the KDC has issued a ticket to be handed on: one for itself, asked for with a ticket.
fn forwarded_tickets() -> usize {
    let configuration = std::env::var_os("KRB5_CONFIG").expect("the realm's");
    let log = std::path::Path::new(&configuration).with_file_name("kdc.log");
    let log = std::fs::read_to_string(log).expect("the KDC's log");
    let lines = log.lines().filter(|line| {
        line.contains("TGS_REQ") && line.contains("ISSUE") && line.contains(" krbtgt/FERROPQ.TEST@")
    });
    lines.count()
}

fn credentials_are_delegated_where_that_is_wanted(world: &World) {
    for mode in ["disable", "require"] {
        for (wanted, tickets) in [("", 0), ("gssdelegation=0", 0), ("gssdelegation=1", 1)] {
            let before = forwarded_tickets();
            let options = format!("{wanted} gssencmode={mode}");
            let mut driver = connected(&world.conninfo("alice", &options));
            assert_eq!(driver.ask("select current_user"), "alice");
            assert_eq!(forwarded_tickets() - before, tickets, "{options}");
        }
    }
}

fn another_s_ticket_does_not_do(world: &World) {
    let refusal = refused(&world.conninfo("alice", "gssencmode=disable"));
    assert!(
        refusal.ends_with("FATAL:  GSSAPI authentication failed for user \"alice\"\n"),
        "{refusal}"
    );
    let mut driver = connected(&world.conninfo("bob", "gssencmode=disable"));
    assert_eq!(driver.ask("select current_user"), "bob");
}

/// Makes the server read its key from this file.
fn set_key(superuser: &mut Driver, file: &str) {
    superuser.run(&format!("alter system set krb_server_keyfile = '{file}'"));
    superuser.run("select pg_reload_conf()");
    // New connections may still find the old one for a moment.
    for _ in 0..500 {
        if superuser.ask("show krb_server_keyfile") == file {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("the server does not take the setting");
}

fn a_server_with_another_key_is_not_trusted(world: &World) {
    let mut superuser = connected(&world.superuser());
    set_key(&mut superuser, "other.keytab");
    let conninfo = |options| world.conninfo("alice", options);
    let outcomes = ["gssencmode=require", "gssencmode=disable"]
        .map(|options| crate::driver::connect(&conninfo(options)).err());
    set_key(&mut superuser, "server.keytab");
    let [encryption, authentication] = outcomes.map(|error| error.expect("a refusal"));
    assert!(
        encryption.contains("server closed the connection unexpectedly"),
        "{encryption}"
    );
    assert!(
        authentication.contains("GSSAPI continuation error: "),
        "{authentication}"
    );
}
