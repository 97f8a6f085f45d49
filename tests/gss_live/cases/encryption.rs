//! When a connection is encrypted with GSSAPI, and what is done instead.

use crate::World;
use crate::driver::{Protection, connect, connected, refused};
use support::scripted::{Scripted, message};

super::cases! {
    Alice:
        encryption_is_preferred
        encryption_can_be_required_and_disabled
        what_the_server_does_not_encrypt_is_tried_without
        tls_is_next_where_the_server_says_no
        a_server_that_does_not_know_the_question_is_dialled_again
        direct_tls_begins_a_new_connection
        a_local_socket_is_never_encrypted;
    None: without_credentials_the_library_is_not_loaded;
    Missing: without_a_cache_encryption_is_not_tried;
    Expired: expired_tickets_are_tried_and_told;
}

fn protection(world: &World, user: &str, options: &str) -> Protection {
    connected(&world.conninfo(user, options)).protection()
}

fn encryption_is_preferred(world: &World) {
    let mut driver = connected(&world.conninfo("alice", ""));
    assert_eq!(driver.protection(), Protection::Encryption);
    let seen = driver.ask(
        "select concat_ws(' ', gss_authenticated, principal, encrypted) \
         from pg_stat_gssapi where pid = pg_backend_pid()",
    );
    assert_eq!(seen, "t alice@FERROPQ.TEST t");
    // Over TLS too.
    let prefer = protection(world, "alice", "sslmode=prefer");
    assert_eq!(prefer, Protection::Encryption);
    let require = protection(world, "alice", "sslmode=require");
    assert_eq!(require, Protection::Encryption);
}

fn encryption_can_be_required_and_disabled(world: &World) {
    for user in ["alice", "enc_only"] {
        let required = protection(world, user, "gssencmode=require");
        assert_eq!(required, Protection::Encryption);
    }
    let disabled = protection(world, "alice", "gssencmode=disable");
    assert_eq!(disabled, Protection::Authentication);
    let refusal = refused(&world.conninfo("enc_only", "gssencmode=disable"));
    assert!(refusal.contains("no pg_hba.conf entry"), "{refusal}");
}

fn what_the_server_does_not_encrypt_is_tried_without(world: &World) {
    assert_eq!(protection(world, "never_enc", ""), Protection::Plain);
    let tls = protection(world, "never_enc", "sslmode=prefer");
    assert_eq!(tls, Protection::Tls);
    let refusal = refused(&world.conninfo("never_enc", "gssencmode=require sslmode=prefer"));
    assert!(refusal.ends_with("GSS encryption\n"), "{refusal}");
    assert_eq!(refusal.matches("failed: ").count(), 1, "{refusal}");
}

/// GSSENCRequest and SSLRequest.
const ASKS_FOR_GSS: [u8; 4] = 80_877_104_u32.to_be_bytes();
const ASKS_FOR_TLS: [u8; 4] = 80_877_103_u32.to_be_bytes();

fn conninfo(server: &Scripted, options: &str) -> String {
    let port = server.port();
    format!("host=localhost hostaddr=127.0.0.1 port={port} user=u dbname=d {options}")
}

fn tls_is_next_where_the_server_says_no(_: &World) {
    let server = Scripted::run(|peer| {
        assert_eq!(peer.packet(), ASKS_FOR_GSS);
        peer.send(b"N");
        assert_eq!(peer.packet(), ASKS_FOR_TLS);
        peer.send(b"N");
        peer.accept();
        peer.wait_for_close();
    });
    let driver = connected(&conninfo(&server, "sslmode=prefer"));
    assert_eq!(driver.protection(), Protection::Plain);
    drop(driver);
    server.finish();
}

fn a_server_that_does_not_know_the_question_is_dialled_again(_: &World) {
    let server = Scripted::run_all(vec![
        Box::new(|peer| {
            assert_eq!(peer.packet(), ASKS_FOR_GSS);
            peer.send(&message(b'E', b"SFATAL\0C0A000\0Mwhat?\0\0"));
            peer.wait_for_close();
        }),
        Box::new(|peer| {
            peer.accept();
            peer.wait_for_close();
        }),
    ]);
    let driver = connected(&conninfo(&server, "sslmode=disable"));
    assert_eq!(driver.protection(), Protection::Plain);
    assert_eq!(driver.error(), "");
    drop(driver);
    server.finish();
}

fn direct_tls_begins_a_new_connection(_: &World) {
    let server = Scripted::run_all(vec![
        Box::new(|peer| {
            assert_eq!(peer.packet(), ASKS_FOR_GSS);
            peer.send(b"N");
            peer.wait_for_close();
        }),
        Box::new(|peer| {
            let mut first = [0];
            std::io::Read::read_exact(peer.stream(), &mut first).expect("a byte");
            assert_eq!(first, [22], "a TLS handshake");
        }),
    ]);
    let options = "sslmode=require sslnegotiation=direct";
    assert!(connect(&conninfo(&server, options)).is_err());
    server.finish();
}

fn a_local_socket_is_never_encrypted(world: &World) {
    let local = world.superuser();
    assert_eq!(connected(&local).protection(), Protection::Plain);
    let refusal = refused(&format!("{local} gssencmode=require"));
    let reason = "GSSAPI encryption required but it is not supported over a local socket\n";
    assert!(refusal.ends_with(reason), "{refusal}");
}

/// Whether this process has loaded a GSSAPI library.
fn library_is_loaded() -> bool {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    assert!(maps.contains("libc"), "no list of what is loaded");
    maps.contains("libgssapi")
}

fn without_credentials_the_library_is_not_loaded(world: &World) {
    // The user may have tickets after all, or a configuration that leads to them.
    let elsewhere = std::fs::read_to_string("/etc/krb5.conf")
        .is_ok_and(|text| text.contains("include") || text.contains("default_cc"));
    let cache = format!("/tmp/krb5cc_{}", uid());
    if elsewhere || std::path::Path::new(&cache).exists() {
        println!("there may be credentials here: not tested");
        return;
    }
    let preferred = protection(world, "never_enc", "gssencmode=prefer");
    assert_eq!(preferred, Protection::Plain);
    assert!(!library_is_loaded());
    // Who insists makes it look.
    let refusal = refused(&world.conninfo("never_enc", "gssencmode=require"));
    let reason = "GSSAPI encryption required but no credential cache\n";
    assert!(refusal.ends_with(reason), "{refusal}");
    assert!(library_is_loaded());
}

fn uid() -> u32 {
    use std::os::unix::fs::MetadataExt;
    let own = std::fs::metadata("/proc/self").expect("this process");
    own.uid()
}

fn without_a_cache_encryption_is_not_tried(world: &World) {
    assert_eq!(protection(world, "never_enc", ""), Protection::Plain);
    let refusal = refused(&world.conninfo("enc_only", ""));
    assert!(refusal.contains("no encryption\n"), "{refusal}");
}

fn expired_tickets_are_tried_and_told(world: &World) {
    assert_eq!(protection(world, "never_enc", ""), Protection::Plain);
    let refusal = refused(&world.conninfo("enc_only", ""));
    let reason = "could not initiate GSSAPI security context: ";
    assert!(refusal.contains(reason), "{refusal}");
    assert!(refusal.contains("Ticket expired\n"), "{refusal}");
    assert!(refusal.contains("no encryption\n"), "{refusal}");
}
