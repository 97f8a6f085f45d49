//! SCRAM from the client's side. The input is one byte that picks the channel binding, the
//! password, the server's first and its last message, the three separated by newlines. An `N` in
//! the first message stands for the client's nonce.

#![no_main]

use ferropq::auth::saslprep::saslprep;
use ferropq::auth::scram::{ChannelBinding, ScramClient};
use libfuzzer_sys::fuzz_target;

const NONCE: &[u8] = b"fyko+d2lbbFgONRv9qkxdawL";

/// Few, so that the time goes into the parser and not into hashing.
const MAX_ITERATIONS: u32 = 16;

fuzz_target!(|input: &[u8]| {
    let Some((&binding, rest)) = input.split_first() else {
        return;
    };
    let mut parts = rest.splitn(3, |byte| *byte == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    exchange(binding, part(), &with_nonce(part()), part());
});

fn exchange(binding: u8, password: &[u8], server_first: &[u8], server_final: &[u8]) {
    let binding = match binding % 3 {
        0 => ChannelBinding::Unsupported,
        1 => ChannelBinding::NotUsed,
        _ => ChannelBinding::ServerEndPoint(vec![binding; 32]),
    };
    let prepared = saslprep(password);
    assert_eq!(prepared.is_empty(), password.is_empty());

    let nonce = String::from_utf8(NONCE.to_vec()).ok();
    let client = ScramClient::new(password, binding, nonce).expect("no random bytes are needed");
    let mut client = client.max_iterations(MAX_ITERATIONS);
    assert!(client.client_first().ends_with(NONCE));
    if let Ok(answer) = client.client_final(server_first) {
        assert!(server_first.starts_with(&[b"r=", NONCE].concat()));
        assert!(answer.starts_with(b"c="));
    }
    // Only who knows the password can make the signature, and no input can know it.
    assert!(client.verify(server_final).is_err());
    assert!(!client.is_finished());
}

fn with_nonce(message: &[u8]) -> Vec<u8> {
    match message.iter().position(|byte| *byte == b'N') {
        Some(at) => [&message[..at], NONCE, &message[at + 1..]].concat(),
        None => message.to_vec(),
    }
}
