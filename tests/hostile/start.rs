//! What a broken or hostile server says before the session begins.

use support::scripted::{
    authentication_ok, backend_key_data, error_fields, message, message_with_length,
    parameter_status, ready,
};

use crate::case::{Case, When, run};

const fn start(name: &'static str, words: fn() -> Vec<u8>, story: &'static [&'static str]) -> Case {
    Case::new(name, When::Start, words, story)
}

const fn ssl(name: &'static str, words: fn() -> Vec<u8>, story: &'static [&'static str]) -> Case {
    Case::new(name, When::SslRequest, words, story).with("sslmode=require")
}

fn request(code: i32, rest: &[u8]) -> Vec<u8> {
    message(b'R', &[&code.to_be_bytes(), rest].concat())
}

fn negotiate(version: (u16, u16), options: &[&str]) -> Vec<u8> {
    let mut body = version.0.to_be_bytes().to_vec();
    body.extend(version.1.to_be_bytes());
    body.extend((options.len() as i32).to_be_bytes());
    for option in options {
        body.extend(option.bytes());
        body.push(0);
    }
    message(b'v', &body)
}

fn session(parts: &[Vec<u8>]) -> Vec<u8> {
    [&[authentication_ok()], parts, &[ready(b'I')]]
        .concat()
        .concat()
}

const NEWEST: &str = "max_protocol_version=latest";

const BEARER: &[u8] = b"OAUTHBEARER\0\0";

/// A server that wants a token, and refuses whatever it gets with these words.
fn refusal(words: &[u8]) -> Vec<u8> {
    [request(10, BEARER), request(11, words)].concat()
}

const OAUTH: &str = "oauth_issuer=https://i.example oauth_client_id=c";
const OAUTH_ONLY: &str = "oauth_issuer=https://i.example oauth_client_id=c require_auth=oauth";

const START: &[Case] = &[
    start("nothing", Vec::new, &["refused: server closed the connection unexpectedly / This probably means the server terminated abnormally / before or while processing the request."]),
    start("http", || b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), &["refused: expected authentication request from server, but received H"]),
    start(
        "ssh",
        || b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n".to_vec(),
        &["refused: expected authentication request from server, but received S"],
    ),
    start("smtp", || b"220 mail ESMTP\r\n".to_vec(), &["refused: expected authentication request from server, but received 2"]),
    start("one byte", || b"R".to_vec(), &["refused: server closed the connection unexpectedly / This probably means the server terminated abnormally / before or while processing the request."]),
    start("zeros", || vec![0; 64], &["refused: expected authentication request from server, but received "]),
    start("length 0", || message_with_length(b'R', 0, &[0; 8]), &["refused: received invalid authentication request"]),
    start("length 3", || message_with_length(b'R', 3, &[0; 8]), &["refused: received invalid authentication request"]),
    start("length -1", || message_with_length(b'R', -1, &[0; 8]), &["refused: received invalid authentication request"]),
    start(
        "length 2 GiB",
        || message_with_length(b'R', i32::MAX, &[0; 8]),
        &["refused: received invalid authentication request"],
    ),
    start(
        "length least",
        || message_with_length(b'R', i32::MIN, &[0; 8]),
        &["refused: received invalid authentication request"],
    ),
    start("empty request", || message(b'R', b""), &["refused: received invalid authentication request"]),
    start("short request", || message(b'R', b"\0\0"), &["refused: received invalid authentication request"]),
    start("unknown request", || request(77, b""), &["refused: authentication method 77 not supported"]),
    start("negative request", || request(-1, b""), &["refused: authentication method 4294967295 not supported"]),
    start("kerberos 4", || request(1, b""), &["refused: Kerberos 4 authentication not supported"]),
    start("kerberos 5", || request(2, b""), &["refused: Kerberos 5 authentication not supported"]),
    start("crypt", || request(4, b"ab"), &["refused: Crypt authentication not supported"]),
    start("md5 without salt", || request(5, b""), &["refused: received invalid authentication request"]).differs("libpq asks for the password first"),
    start("md5 with a long salt", || request(5, b"12345678"), &["refused: received invalid authentication request"])
        .with("password=x")
        .differs("libpq takes the rest for the next message"),
    start("long ok", || request(0, b"more"), &["refused: received invalid authentication request"])
        .differs("libpq takes the rest for the next message"),
    start("a token without an issuer", || request(10, BEARER), &["refused: server requires OAuth authentication, but oauth_issuer and oauth_client_id are not both set"]),
    start("a token that is not wanted", || request(10, BEARER), &["refused: authentication method requirement \"!oauth\" failed: server requested OAUTHBEARER authentication"]).with("require_auth=!oauth"),
    start("a token, and success before it", || [request(10, BEARER), authentication_ok()].concat(), &["refused: authentication method requirement \"oauth\" failed: server did not complete authentication"]).with(OAUTH_ONLY),
    start("a token, no words", || refusal(b""), &["refused: failed to parse server's error response: The input string ended unexpectedly."]).with(OAUTH),
    start("a token, broken words", || refusal(b"{\"status\":\"\\ud800\"}"), &["refused: failed to parse server's error response: Unicode low surrogate must follow a high surrogate."]).with(OAUTH),
    start("a token, nested words", || refusal(&[b"{\"x\":".as_slice(), &[b'['; 1000]].concat()), &["refused: failed to parse server's error response: JSON is too deeply nested"]).with(OAUTH),
    start("a token, words twice", || refusal(b"{\"status\":\"\",\"status\":\"\"}"), &["refused: failed to parse server's error response: field \"status\" is duplicated"]).with(OAUTH),
    start("a token, a NUL", || refusal(b"{\"status\":\"\0\"}"), &["refused: server's error message contained an embedded NULL, and was discarded"]).with(OAUTH),
    start("a token, no UTF-8", || refusal(b"{\"status\":\"\xff\"}"), &["refused: server's error response is not valid UTF-8"]).with(OAUTH),
    start("a token of another issuer", || refusal(b"{\"status\":\"invalid_token\",\"openid-configuration\":\"https://j.example/.well-known/openid-configuration\"}"), &["refused: server's discovery document at https://j.example/.well-known/openid-configuration (issuer \"https://j.example\") is incompatible with oauth_issuer (https://i.example)"]).with(OAUTH),
    start("a token by http", || refusal(b"{\"status\":\"invalid_token\",\"openid-configuration\":\"http://i.example/.well-known/openid-configuration\"}"), &["refused: OAuth discovery URI \"http://i.example/.well-known/openid-configuration\" must use HTTPS"]).with(OAUTH),
    start("a token, another reason", || refusal(b"{\"status\":\"insufficient_scope\"}"), &["refused: server rejected OAuth bearer token: insufficient_scope"]).with(OAUTH),
    start("a token, and the end before it", || [request(10, BEARER), request(12, b"")].concat(), &["refused: server sent unexpected additional OAuth data"]).with(OAUTH),
    start("sasl without mechanisms", || request(10, b""), &["refused: fe_sendauth: invalid authentication request from server: invalid list of authentication mechanisms"]).with("password=x"),
    start("sasl, empty list", || request(10, b"\0"), &["refused: none of the server's SASL authentication mechanisms are supported"]).with("password=x"),
    start("sasl, no terminator", || request(10, b"SCRAM-SHA-256"), &["refused: fe_sendauth: invalid authentication request from server: invalid list of authentication mechanisms"]).with("password=x"),
    start("sasl, unknown mechanism", || request(10, b"ROT13\0\0"), &["refused: none of the server's SASL authentication mechanisms are supported"]).with("password=x"),
    start(
        "sasl plus without tls",
        || request(10, b"SCRAM-SHA-256-PLUS\0\0"),
        &["refused: server offered SCRAM-SHA-256-PLUS authentication over a non-SSL connection"],
    )
    .with("password=x"),
    start(
        "sasl continue first",
        || request(11, b"r=x,s=eA==,i=1"),
        &["refused: fe_sendauth: invalid authentication request from server: AUTH_REQ_SASL_CONT without AUTH_REQ_SASL"],
    )
    .with("password=x"),
    start("sasl final first", || request(12, b"v=eA=="), &["refused: fe_sendauth: invalid authentication request from server: AUTH_REQ_SASL_CONT without AUTH_REQ_SASL"]).with("password=x"),
    start(
        "sasl twice",
        || {
            [
                request(10, b"SCRAM-SHA-256\0\0"),
                request(10, b"SCRAM-SHA-256\0\0"),
            ]
            .concat()
        },
        &["refused: duplicate SASL authentication request"],
    )
    .with("password=x"),
    start(
        "ok within scram",
        || [request(10, b"SCRAM-SHA-256\0\0"), request(0, b"")].concat(),
        &["refused: server reported success before it completed SCRAM authentication"],
    )
    .with("password=x")
    .differs("libpq believes a server that leaves its proof out"),
    start(
        "final within scram",
        || [request(10, b"SCRAM-SHA-256\0\0"), request(12, b"v=eA==")].concat(),
        &["refused: malformed SCRAM message (attribute \"r\" expected)"],
    )
    .with("password=x"),
    start(
        "nonce of its own",
        || {
            [
                request(10, b"SCRAM-SHA-256\0\0"),
                request(11, b"r=other,s=eHh4eA==,i=4096"),
            ]
            .concat()
        },
        &["refused: invalid SCRAM response (nonce mismatch)"],
    )
    .with("password=x"),
    start(
        "scram error",
        || {
            [
                request(10, b"SCRAM-SHA-256\0\0"),
                request(11, b"e=other-error"),
            ]
            .concat()
        },
        &["refused: malformed SCRAM message (attribute \"r\" expected)"],
    )
    .with("password=x"),
    start(
        "scram empty",
        || [request(10, b"SCRAM-SHA-256\0\0"), request(11, b"")].concat(),
        &["refused: malformed SCRAM message (empty message)"],
    )
    .with("password=x"),
    start("ok twice", || session(&[authentication_ok()]), &["refused: unexpected response from server; first received character was \"R\""]).goes_on(),
    start(
        "password request after ok",
        || session(&[request(3, b"")]),
        &["refused: unexpected response from server; first received character was \"R\""],
    )
    .goes_on()
    .with("password=x"),
    start("ok, required scram", || session(&[]), &["refused: authentication method requirement \"scram-sha-256\" failed: server did not complete authentication"])
        .goes_on()
        .with("require_auth=scram-sha-256 password=x"),
    start("ok, required md5", || session(&[]), &["refused: authentication method requirement \"md5\" failed: server did not complete authentication"])
        .goes_on()
        .with("require_auth=md5 password=x"),
    start("cleartext, required scram", || request(3, b""), &["refused: authentication method requirement \"scram-sha-256\" failed: server requested a cleartext password"])
        .goes_on()
        .with("require_auth=scram-sha-256 password=x"),
    start("ok, required binding", || session(&[]), &["refused: channel binding required, but server authenticated client without channel binding"])
        .goes_on()
        .with("channel_binding=require password=x"),
    start("cleartext, required binding", || request(3, b""), &["refused: channel binding required but not supported by server's authentication request"])
        .goes_on()
        .with("channel_binding=require password=x"),
    start(
        "scram, required binding",
        || request(10, b"SCRAM-SHA-256\0\0"),
        &["refused: channel binding required, but SSL not in use"],
    )
    .goes_on()
    .with("channel_binding=require password=x"),
    start("ready before ok", || ready(b'I'), &["refused: expected authentication request from server, but received Z"]).goes_on(),
    start("parameter before ok", || parameter_status("a", "b"), &["refused: expected authentication request from server, but received S"]).goes_on(),
    start(
        "notice before ok",
        || {
            [
                error_fields(b'N', &[(b'S', "NOTICE"), (b'M', "hi")]),
                session(&[]),
            ]
            .concat()
        },
        &["refused: expected authentication request from server, but received N"],
    )
    .goes_on(),
    start(
        "error",
        || error_fields(b'E', &[(b'S', "FATAL"), (b'C', "28000"), (b'M', "no")]),
        &["refused: FATAL:  no"],
    ),
    start(
        "error without terminator",
        || message(b'E', b"SFATAL\0Mno"),
        &["refused: received invalid error message"],
    ),
    start("error without fields", || message(b'E', b"\0"), &["refused: received invalid error message"]).differs("libpq says nothing"),
    start(
        "error of an old server",
        || b"ESorry, too many clients already\n\0".to_vec(),
        &["refused: Sorry, too many clients already"],
    ),
    start(
        "error of an old server, cut",
        || b"ESorry, too many clients alre".to_vec(),
        &["refused: server closed the connection unexpectedly / This probably means the server terminated abnormally / before or while processing the request."],
    ),
    start(
        "long error",
        || error_fields(b'E', &[(b'S', "FATAL"), (b'M', &"x".repeat(40_000))]),
        &["refused: received invalid error message"],
    )
    .differs("libpq says nothing"),
    start(
        "error, length 0",
        || message_with_length(b'E', 0, b"SFATAL\0"),
        &["refused: received invalid error message"],
    )
    .differs("libpq says nothing"),
    start(
        "error after ok",
        || {
            [
                authentication_ok(),
                error_fields(b'E', &[(b'S', "FATAL"), (b'C', "57P03"), (b'M', "no")]),
            ]
            .concat()
        },
        &["refused: FATAL:  no"],
    ),
    start("row after ok", || session(&[message(b'D', b"\0\0")]), &["refused: server sent data (\"D\" message) without prior row description (\"T\" message)"])
        .goes_on()
        .differs("libpq drops the error and connects"),
    start(
        "completion after ok",
        || session(&[message(b'C', b"SELECT 1\0")]),
        &["refused: unexpected message from server during startup"],
    )
    .goes_on(),
    start(
        "copy after ok",
        || session(&[message(b'G', b"\0\0\0")]),
        &["refused: unexpected message from server during startup"],
    )
    .goes_on()
    .differs("libpq says nothing"),
    start(
        "unknown type after ok",
        || session(&[message(b'?', b"")]),
        &["refused: unexpected response from server; first received character was \"?\""],
    )
    .goes_on(),
    start(
        "length 3 after ok",
        || session(&[message_with_length(b'S', 3, b"a\0b\0")]),
        &["refused: lost synchronization with server: got message type \"S\", length 3"],
    )
    .goes_on(),
    start(
        "negative length after ok",
        || session(&[message_with_length(b'D', -5, b"a\0b\0")]),
        &["refused: lost synchronization with server: got message type \"D\", length -5"],
    )
    .goes_on(),
    start(
        "long parameter after ok",
        || session(&[message_with_length(b'S', 30_001, b"a\0b\0")]),
        &["refused: lost synchronization with server: got message type \"S\", length 30001"],
    )
    .goes_on(),
    start(
        "parameter without end",
        || session(&[message(b'S', b"name")]),
        &["refused: message contents do not agree with length in message type \"S\""],
    )
    .goes_on(),
    start(
        "parameter with more behind",
        || session(&[message(b'S', b"a\0b\0c\0")]),
        &["refused: message contents do not agree with length in message type \"S\""],
    )
    .goes_on(),
    start(
        "key of 0 bytes",
        || session(&[backend_key_data(1, &[])]),
        &["refused: received invalid BackendKeyData message: cancel key with length 0 not allowed in protocol version 3.0 (must be 4 bytes)"],
    )
    .goes_on(),
    start(
        "key of 3 bytes",
        || session(&[backend_key_data(1, &[1; 3])]),
        &["refused: received invalid BackendKeyData message: cancel key with length 3 not allowed in protocol version 3.0 (must be 4 bytes)"],
    )
    .goes_on(),
    start(
        "key of 5 bytes",
        || session(&[backend_key_data(1, &[1; 5])]),
        &["refused: received invalid BackendKeyData message: cancel key with length 5 not allowed in protocol version 3.0 (must be 4 bytes)"],
    )
    .goes_on(),
    start("no pid", || session(&[message(b'K', b"\0")]), &["refused: received invalid BackendKeyData message: cancel key with length -3 not allowed in protocol version 3.0 (must be 4 bytes)"]).goes_on(),
    start(
        "key of 3 bytes, 3.2",
        || session(&[backend_key_data(1, &[1; 3])]),
        &["refused: received invalid BackendKeyData message: cancel key with length 3 is too short (minimum 4 bytes)"],
    )
    .goes_on()
    .with(NEWEST),
    start(
        "key of 256 bytes, 3.2",
        || session(&[backend_key_data(1, &[1; 256])]),
        &["connected"],
    )
    .goes_on()
    .with(NEWEST),
    start(
        "key of 257 bytes, 3.2",
        || session(&[backend_key_data(1, &[1; 257])]),
        &["refused: received invalid BackendKeyData message: cancel key with length 257 is too long (maximum 256 bytes)"],
    )
    .goes_on()
    .with(NEWEST),
    start(
        "two keys",
        || session(&[backend_key_data(1, &[1; 4]), backend_key_data(2, &[2; 4])]),
        &["connected"],
    )
    .goes_on(),
    start(
        "negotiated 3.0",
        || [negotiate((3, 0), &[]), session(&[])].concat(),
        &["connected"],
    )
    .goes_on()
    .with(NEWEST),
    start(
        "negotiated, nothing to change",
        || [negotiate((3, 0), &[]), session(&[])].concat(),
        &["refused: received invalid protocol negotiation message: server negotiated but asks for no changes"],
    )
    .goes_on(),
    start("negotiated 2.0", || negotiate((2, 0), &[]), &["refused: received invalid protocol negotiation message: server requested downgrade to pre-3.0 protocol version"]).with(NEWEST),
    start("negotiated 3.1", || negotiate((3, 1), &[]), &["refused: received invalid protocol negotiation message: server requested downgrade to non-existent 3.1 protocol version"]).with(NEWEST),
    start("negotiated 3.9999", || negotiate((3, 9999), &[]), &["refused: received invalid protocol negotiation message: server requested downgrade to a higher-numbered version"]).with(NEWEST),
    start("negotiated 4.0", || negotiate((4, 0), &[]), &["refused: received invalid protocol negotiation message: server requested downgrade to a higher-numbered version"]).with(NEWEST),
    start("negotiated below the least", || negotiate((3, 0), &[]), &["refused: server only supports protocol version 3.0, but \"min_protocol_version\" was set to 3.2"])
        .with("max_protocol_version=3.2 min_protocol_version=3.2"),
    start(
        "negotiated twice",
        || [negotiate((3, 0), &[]), negotiate((3, 0), &[])].concat(),
        &["refused: received duplicate protocol negotiation message"],
    )
    .with(NEWEST),
    start(
        "unknown option",
        || negotiate((3, 0), &["_pq_.command"]),
        &["refused: received invalid protocol negotiation message: server reported an unsupported parameter that was not requested (\"_pq_.command\")"],
    )
    .with(NEWEST),
    start("option that is none", || negotiate((3, 0), &["user"]), &["refused: received invalid protocol negotiation message: server reported unsupported parameter name without a \"_pq_.\" prefix (\"user\")"]).with(NEWEST),
    start(
        "negotiation cut short",
        || message(b'v', b"\0\x03\0\0\0\0"),
        &["refused: received invalid protocol negotiation message: message too short"],
    )
    .with(NEWEST),
    start(
        "negotiation, negative count",
        || message(b'v', b"\0\x03\0\0\xff\xff\xff\xff"),
        &["refused: received invalid protocol negotiation message: server reported negative number of unsupported parameters"],
    )
    .with(NEWEST),
    start(
        "negotiation, count too large",
        || message(b'v', b"\0\x03\0\0\x7f\xff\xff\xff_pq_.a\0"),
        &["refused: received invalid protocol negotiation message: message too short"],
    )
    .with(NEWEST)
    .differs("libpq reads on behind the end of the message"),
    start(
        "negotiation, more behind",
        || message(b'v', b"\0\x03\0\0\0\0\0\0more\0"),
        &["refused: received invalid protocol negotiation message: message too short"],
    )
    .with(NEWEST)
    .differs("libpq takes the rest for the next message"),
    start(
        "negotiation after ok",
        || session(&[negotiate((3, 0), &[])]),
        &["refused: unexpected response from server; first received character was \"v\""],
    )
    .goes_on()
    .with(NEWEST),
    start(
        "garbage as status",
        || [authentication_ok(), ready(b'?')].concat(),
        &["connected"],
    )
    .goes_on(),
    start(
        "ready without status",
        || [authentication_ok(), message(b'Z', b"")].concat(),
        &["refused: message contents do not agree with length in message type \"Z\" / connection cannot go on without a valid ReadyForQuery message"],
    )
    .goes_on()
    .differs("libpq waits for the rest"),
];

const SSL: &[Case] = &[
    ssl(
        "no answer",
        Vec::new,
        &[
            "refused: server closed the connection unexpectedly / This probably means the server terminated abnormally / before or while processing the request.",
        ],
    ),
    ssl(
        "refused",
        || b"N".to_vec(),
        &["refused: server does not support SSL, but SSL was required"],
    ),
    ssl(
        "refused and more",
        || b"Nabc".to_vec(),
        &["refused: server does not support SSL, but SSL was required"],
    ),
    ssl(
        "accepted and more",
        || b"S\x16\x03\x01garbage".to_vec(),
        &["refused: received unencrypted data after SSL response"],
    )
    .differs("libpq leaves it to the TLS library"),
    ssl(
        "error",
        || error_fields(b'E', &[(b'S', "FATAL"), (b'M', "secret words")]),
        &["refused: server sent an error response during SSL exchange"],
    ),
    ssl(
        "http",
        || b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        &["refused: received invalid response to SSL negotiation: H"],
    ),
    ssl(
        "other byte",
        || b"x".to_vec(),
        &["refused: received invalid response to SSL negotiation: x"],
    ),
    ssl(
        "zero byte",
        || b"\0".to_vec(),
        &["refused: received invalid response to SSL negotiation: "],
    ),
    ssl(
        "high byte",
        || b"\xff".to_vec(),
        &["refused: received invalid response to SSL negotiation: ÿ"],
    )
    .differs("libpq shows the byte as it is, in no encoding"),
];

#[test]
fn a_session_that_cannot_begin_is_refused_clearly() {
    run(START);
}

#[test]
fn answers_to_the_ssl_request_are_not_trusted() {
    run(SSL);
}
