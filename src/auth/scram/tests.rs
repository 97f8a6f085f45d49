//! Published vectors, exchanges recorded with PostgreSQL 15, and what a server must not get away
//! with.

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{ChannelBinding, KEY_LEN, ScramClient, ScramKeys};
use crate::error::{Error, ErrorKind};

const PASSWORD: &str = "p\u{E4}ss\u{A0}w\u{F6}rd";
const NONCE: &str = "fyko+d2lbbFgONRv9qkxdawL";
const SERVER_FIRST: &str = "r=fyko+d2lbbFgONRv9qkxdawLykWmtvVfO8Buy4El375Eavl2,\
    s=oTtSV/HomVBg3ScK0MiIFg==,i=4096";
const CLIENT_FINAL: &str = "c=biws,r=fyko+d2lbbFgONRv9qkxdawLykWmtvVfO8Buy4El375Eavl2,\
    p=Nwv3mmC+R6eKTUqZiohHQmbzjIARKfwo7gJeIluurqg=";
const SERVER_FINAL: &str = "v=QdbNw/p+O3co9yKqIzd/ICizmjNd9gIVNv43Yo6mmqI=";

fn client(binding: ChannelBinding) -> ScramClient {
    ScramClient::new(PASSWORD.as_bytes(), binding, Some(NONCE.into())).unwrap()
}

fn started() -> ScramClient {
    let mut client = client(ChannelBinding::Unsupported);
    assert_eq!(client.client_first(), format!("n,,n=,r={NONCE}").as_bytes());
    client
}

fn proved() -> ScramClient {
    let mut client = started();
    let answer = client.client_final(SERVER_FIRST.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(answer).unwrap(), CLIENT_FINAL);
    client
}

fn message(result: Result<impl Sized, Error>) -> String {
    let error = result.err().expect("must be refused");
    assert_eq!(error.kind(), ErrorKind::Auth);
    error.message().to_owned()
}

fn first_refused(server_first: impl AsRef<[u8]>) -> String {
    message(started().client_final(server_first.as_ref()))
}

fn final_refused(server_final: impl AsRef<[u8]>) -> String {
    let mut client = proved();
    let message = message(client.verify(server_final.as_ref()));
    assert!(!client.is_finished());
    message
}

#[test]
fn the_vector_of_rfc_7677_holds() {
    let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
    let keys = ScramKeys::derive(b"pencil", &salt, 4096);
    let auth_message: [&[u8]; 3] = [
        b"n=user,r=rOprNGfwEbeRWgbNEkqO,",
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
          s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,",
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
    ];
    let proof = STANDARD.encode(keys.client_proof(&auth_message));
    let signature = STANDARD.encode(keys.server_signature(&auth_message));
    assert_eq!(proof, "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    assert_eq!(signature, "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

#[test]
fn a_recorded_exchange_succeeds() {
    let mut client = proved();
    assert!(!client.awaits_challenge());
    assert!(!client.is_finished());
    client.verify(SERVER_FINAL.as_bytes()).unwrap();
    assert!(client.is_finished());
    assert!(!client.is_channel_bound());
}

#[test]
fn a_recorded_exchange_with_channel_binding_succeeds() {
    let hash = [
        0x40, 0x06, 0x04, 0x06, 0x2a, 0xfd, 0x0b, 0x60, 0x61, 0x45, 0x0f, 0x5d, 0xd7, 0xee, 0x4d,
        0x27, 0x1e, 0x14, 0x5b, 0x0e, 0xbe, 0xb5, 0xa9, 0x73, 0xc1, 0xce, 0x4e, 0x56, 0xfc, 0x11,
        0xbc, 0x2f,
    ];
    let mut client = client(ChannelBinding::ServerEndPoint(hash.to_vec()));
    let first = format!("p=tls-server-end-point,,n=,r={NONCE}");
    assert_eq!(client.client_first(), first.as_bytes());
    let server_first = b"r=fyko+d2lbbFgONRv9qkxdawLFdHtaF+4oA2b5DaxOytMjpeP,\
        s=oTtSV/HomVBg3ScK0MiIFg==,i=4096";
    let answer = client.client_final(server_first).unwrap();
    assert_eq!(
        String::from_utf8(answer).unwrap(),
        "c=cD10bHMtc2VydmVyLWVuZC1wb2ludCwsQAYEBir9C2BhRQ9d1+5NJx4UWw6+talzwc5OVvwRvC8=,\
         r=fyko+d2lbbFgONRv9qkxdawLFdHtaF+4oA2b5DaxOytMjpeP,\
         p=r8KX3tKs2NZQMQn7dDs13B5pmkjP/VMw25VHSwcV3bY="
    );
    assert!(!client.is_channel_bound());
    let server_final = b"v=3KPVzbCWoej/zyKd18BsTx8Stlca4/bknydYIt664fQ=";
    client.verify(server_final).unwrap();
    assert!(client.is_channel_bound());
}

#[test]
fn a_client_that_could_bind_says_so() {
    let mut client = client(ChannelBinding::NotUsed);
    assert!(client.client_first().starts_with(b"y,,n=,r="));
    let answer = client.client_final(SERVER_FIRST.as_bytes()).unwrap();
    assert!(answer.starts_with(b"c=eSws,r="));
}

#[test]
fn keys_serve_in_place_of_the_password() {
    let salt = STANDARD.decode("oTtSV/HomVBg3ScK0MiIFg==").unwrap();
    let keys = ScramKeys::derive("p\u{E4}ss w\u{F6}rd".as_bytes(), &salt, 4096);
    let keys = ScramKeys::new(&keys.client, keys.server_key());
    let nonce = Some(NONCE.to_owned());
    let mut client = ScramClient::with_keys(keys, ChannelBinding::Unsupported, nonce).unwrap();
    client.client_first();
    let answer = client.client_final(SERVER_FIRST.as_bytes()).unwrap();
    assert_eq!(answer, CLIENT_FINAL.as_bytes());
    client.verify(SERVER_FINAL.as_bytes()).unwrap();
}

#[test]
fn random_nonces_are_24_characters_and_differ() {
    let first = || {
        let client = ScramClient::new(b"", ChannelBinding::Unsupported, None);
        client.unwrap().client_first()
    };
    assert_eq!(first().len(), "n,,n=,r=".len() + 24);
    assert_ne!(first(), first());
}

#[test]
fn a_nonce_that_does_not_begin_with_ours_is_refused() {
    let mismatch = "invalid SCRAM response (nonce mismatch)";
    let rest = "s=oTtSV/HomVBg3ScK0MiIFg==,i=4096";
    assert_eq!(first_refused(format!("r=x{NONCE},{rest}")), mismatch);
    assert_eq!(
        first_refused(format!("r={},{rest}", &NONCE[..23])),
        mismatch
    );
    assert_eq!(first_refused(format!("r=,{rest}")), mismatch);
    let tampered = SERVER_FIRST.replacen("fyko", "Fyko", 1);
    assert_eq!(first_refused(tampered), mismatch);
}

#[test]
fn a_nonce_that_no_server_may_send_is_refused() {
    let refused = |nonce: &str| first_refused(format!("r={NONCE}{nonce},s=AAAA,i=1"));
    let malformed = "malformed SCRAM message (invalid nonce)";
    assert_eq!(refused(" "), malformed);
    assert_eq!(refused("\u{E9}"), malformed);
    assert_eq!(refused(&"x".repeat(2000)), malformed);
}

#[test]
fn attributes_missing_or_out_of_order_are_refused() {
    let refused = |message: &str| first_refused(message.replace('N', &format!("r={NONCE}x")));
    for (message, complaint) in [
        ("", "empty message"),
        ("x", "attribute \"r\" expected"),
        ("r", "expected character \"=\" for attribute \"r\""),
        ("m=a,N,s=AAAA,i=1", "attribute \"r\" expected"),
        ("s=AAAA,N,i=1", "attribute \"r\" expected"),
        ("e=other-error", "attribute \"r\" expected"),
        ("N", "attribute \"s\" expected"),
        ("N,", "attribute \"s\" expected"),
        ("N,i=1,s=AAAA", "attribute \"s\" expected"),
        ("N,s", "expected character \"=\" for attribute \"s\""),
        ("N,s=AAAA", "attribute \"i\" expected"),
        ("N,s=AAAA,", "attribute \"i\" expected"),
        ("N,s=AAAA,i=1\0", "length mismatch"),
        ("N,s=AAAA\0,i=1", "length mismatch"),
        (
            "N,s=AAAA,i=1,garbage",
            "garbage at end of server-first-message",
        ),
        ("N,s=AAAA,i=1,,", "garbage at end of server-first-message"),
        ("N,s=AAAA,i=1,=x", "garbage at end of server-first-message"),
    ] {
        assert_eq!(
            refused(message),
            format!("malformed SCRAM message ({complaint})")
        );
    }
}

#[test]
fn a_salt_that_is_not_base64_or_too_long_or_empty_is_refused() {
    let long = STANDARD.encode([7; 1025]);
    for salt in ["!!!!", "AAA", "AB==", "AA AA", "AAAAA", "", &long] {
        assert_eq!(
            first_refused(format!("r={NONCE}x,s={salt},i=1")),
            "malformed SCRAM message (invalid salt)"
        );
    }
}

#[test]
fn an_iteration_count_that_is_no_positive_number_is_refused() {
    for count in [
        "", "0", "00", "-1", "+1", " 1", "1 ", "1x", "0x10", "4096.0",
    ] {
        assert_eq!(
            first_refused(format!("r={NONCE}x,s=AAAA,i={count}")),
            "malformed SCRAM message (invalid iteration count)"
        );
    }
}

#[test]
fn ten_million_iterations_are_refused_at_once() {
    let start = Instant::now();
    for count in [
        "10000000",
        "1000001",
        "4294967295",
        "99999999999999999999999",
    ] {
        let message = first_refused(format!("r={NONCE}x,s=AAAA,i={count}"));
        assert!(message.starts_with("server asks for "), "{message}");
        assert!(
            message.ends_with("but at most 1000000 are allowed"),
            "{message}"
        );
    }
    assert!(start.elapsed().as_secs() < 5, "iterations were computed");
}

#[test]
fn the_limit_on_iterations_can_be_set() {
    let client = client(ChannelBinding::Unsupported).max_iterations(4095);
    let mut client = client;
    client.client_first();
    let message = message(client.client_final(SERVER_FIRST.as_bytes()));
    let expected = "server asks for 4096 SCRAM iterations, but at most 4095 are allowed";
    assert_eq!(message, expected);
}

#[test]
fn extensions_are_ignored_but_signed() {
    let mut client = started();
    let extended = format!("{SERVER_FIRST},x=new,Y=1");
    let answer = client.client_final(extended.as_bytes()).unwrap();
    assert_ne!(answer, CLIENT_FINAL.as_bytes());
    let mut client = proved();
    client
        .verify(format!("{SERVER_FINAL},x=new").as_bytes())
        .unwrap();
}

#[test]
fn a_wrong_server_signature_is_refused() {
    let signature = STANDARD.decode(&SERVER_FINAL[2..]).unwrap();
    for byte in 0..KEY_LEN {
        let mut wrong = signature.clone();
        wrong[byte] ^= 1;
        let wrong = format!("v={}", STANDARD.encode(wrong));
        assert_eq!(final_refused(wrong), "incorrect server signature");
    }
}

#[test]
fn a_malformed_server_final_message_is_refused() {
    let short = format!("v={}", STANDARD.encode([0; KEY_LEN - 1]));
    let long = format!("v={}", STANDARD.encode([0; KEY_LEN + 1]));
    let tail = format!("{SERVER_FINAL},garbage");
    let nul = format!("{SERVER_FINAL}\0");
    for (message, complaint) in [
        ("", "empty message"),
        ("x=1", "attribute \"v\" expected"),
        ("v", "expected character \"=\" for attribute \"v\""),
        ("e", "expected character \"=\" for attribute \"e\""),
        ("v=", "invalid server signature"),
        ("v=!!!!", "invalid server signature"),
        (&short, "invalid server signature"),
        (&long, "invalid server signature"),
        (&tail, "garbage at end of server-final-message"),
        (&nul, "length mismatch"),
    ] {
        assert_eq!(
            final_refused(message),
            format!("malformed SCRAM message ({complaint})")
        );
    }
}

#[test]
fn what_the_server_reports_is_passed_on() {
    let message = "error received from server in SCRAM exchange: invalid-proof";
    assert_eq!(final_refused("e=invalid-proof"), message);
    assert_eq!(final_refused("e=invalid-proof,x=1"), message);
}

#[test]
fn steps_out_of_order_are_refused() {
    let invalid = "invalid SCRAM exchange state";
    let first = SERVER_FIRST.as_bytes();
    let last = SERVER_FINAL.as_bytes();
    let mut fresh = client(ChannelBinding::Unsupported);
    assert_eq!(message(fresh.client_final(first)), invalid);
    assert_eq!(message(started().verify(last)), invalid);
    assert_eq!(message(proved().client_final(first)), invalid);
    let mut finished = proved();
    finished.verify(last).unwrap();
    assert_eq!(message(finished.verify(last)), invalid);
    assert!(!finished.is_finished());
}

#[test]
fn a_failed_exchange_stays_failed() {
    let mut client = started();
    assert!(client.client_final(b"r=other,s=AAAA,i=1").is_err());
    assert!(client.client_final(SERVER_FIRST.as_bytes()).is_err());
    let mut client = proved();
    assert!(client.verify(b"v=AAAA").is_err());
    assert!(client.verify(SERVER_FINAL.as_bytes()).is_err());
}

#[test]
fn secrets_are_not_shown() {
    let keys = ScramKeys::new(&[0xAB; KEY_LEN], &[0xCD; KEY_LEN]);
    assert_eq!(format!("{keys:?}"), "ScramKeys { .. }");
}
