use super::*;

const ISSUER: &str = "https://i.example";

fn options() -> Options {
    Options {
        discovery: format!("{ISSUER}/.well-known/openid-configuration"),
        issuer: ISSUER.to_owned(),
        client_id: Zeroizing::new("me & you".to_owned()),
        client_secret: None,
        scope: "openid a/b".to_owned(),
        is_unsafe: false,
    }
}

fn json(status: u16, body: &str) -> Response {
    Response {
        status,
        content_type: Some("application/json; charset=utf-8".to_owned()),
        body: Zeroizing::new(body.as_bytes().to_vec()),
    }
}

fn provider() -> Response {
    json(
        200,
        r#"{"issuer":"https://i.example","token_endpoint":"https://i.example/token",
            "device_authorization_endpoint":"https://i.example/device",
            "grant_types_supported":["x","urn:ietf:params:oauth:grant-type:device_code"]}"#,
    )
}

fn authorization(rest: &str) -> Response {
    let body = format!(
        r#"{{"device_code":"dev","user_code":"AB-CD","verification_uri":"https://i.example/go",
            "expires_in":600{rest}}}"#
    );
    json(200, &body)
}

fn pending() -> Response {
    json(400, r#"{"error":"authorization_pending"}"#)
}

fn granted() -> Response {
    json(200, r#"{"access_token":"tok","token_type":"Bearer"}"#)
}

/// The URL, form and authorization of the request that is to be sent.
#[track_caller]
fn sent(action: Action) -> (String, String, Option<String>) {
    match action {
        Action::Send(request) => (
            request.url,
            request
                .form
                .map(|form| form.to_string())
                .unwrap_or_default(),
            request.authorization.map(|value| value.to_string()),
        ),
        _ => panic!("nothing to send"),
    }
}

#[track_caller]
fn waits(action: Action) -> u64 {
    match action {
        Action::Wait(time) => time.as_secs(),
        _ => panic!("no time to wait"),
    }
}

/// A flow that has been given these answers; what it says to the last.
fn after(options: Options, answers: &[Response]) -> (Device, Result<Action, String>) {
    let (mut device, action) = Device::start(options);
    let mut outcome = Ok(action);
    for answer in answers {
        outcome = device.receive(answer);
    }
    (device, outcome)
}

fn fails(answers: &[Response]) -> String {
    match after(options(), answers).1 {
        Err(reason) => reason,
        Ok(_) => panic!("it goes on"),
    }
}

#[test]
fn the_flow_goes_from_the_discovery_document_to_the_token() {
    let (mut device, action) = Device::start(options());
    let document = "https://i.example/.well-known/openid-configuration";
    assert_eq!(sent(action), (document.to_owned(), String::new(), None));

    let action = device.receive(&provider()).unwrap();
    let form = "scope=openid+a%2Fb&client_id=me+%26+you";
    let expected = ("https://i.example/device".to_owned(), form.to_owned(), None);
    assert_eq!(sent(action), expected);

    let action = device.receive(&authorization(r#","interval":2"#)).unwrap();
    let form = "device_code=dev&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code\
        &client_id=me+%26+you";
    let expected = ("https://i.example/token".to_owned(), form.to_owned(), None);
    assert_eq!(sent(action), expected);

    let Ok(Action::Prompt(prompt)) = device.receive(&pending()) else {
        panic!("no prompt");
    };
    assert_eq!(prompt.verification_uri.as_c_str(), c"https://i.example/go");
    assert_eq!(prompt.user_code.as_c_str(), c"AB-CD");
    assert_eq!(prompt.verification_uri_complete, None);
    assert_eq!(prompt.expires_in, 600);
    assert_eq!(waits(device.go_on()), 2);
    assert_eq!(sent(device.go_on()), expected);
    assert_eq!(waits(device.receive(&pending()).unwrap()), 2);
    assert_eq!(sent(device.go_on()), expected);
    let Ok(Action::Done(token)) = device.receive(&granted()) else {
        panic!("no token");
    };
    assert_eq!(&token[..], b"tok");
}

#[test]
fn a_client_with_a_secret_proves_who_it_is() {
    let options = Options {
        client_secret: Some(Zeroizing::new("s:é".to_owned())),
        scope: String::new(),
        ..options()
    };
    let (_, action) = after(options, &[provider()]);
    let (_, form, authorization) = sent(action.unwrap());
    assert_eq!(form, "");
    // me+%26+you:s%3A%C3%A9
    let expected = "Basic bWUrJTI2K3lvdTpzJTNBJUMzJUE5";
    assert_eq!(authorization.as_deref(), Some(expected));
}

#[test]
fn the_pace_is_the_issuers() {
    for (interval, expected) in [
        ("", 5),
        (r#","interval":0"#, 1),
        (r#","interval":-3"#, 1),
        (r#","interval":1.2"#, 2),
        (r#","interval":1e99"#, i32::MAX as u64),
    ] {
        let answers = [provider(), authorization(interval), pending()];
        let (mut device, _) = after(options(), &answers);
        assert_eq!(waits(device.go_on()), expected, "{interval}");
    }
    let slow_down = json(400, r#"{"error":"slow_down"}"#);
    let answers = [provider(), authorization(""), slow_down.clone()];
    let (mut device, _) = after(options(), &answers);
    assert_eq!(waits(device.go_on()), 10);
    device.go_on();
    assert_eq!(waits(device.receive(&slow_down).unwrap()), 15);
    device.go_on();
    assert_eq!(waits(device.receive(&pending()).unwrap()), 15);
}

#[test]
fn nobody_waits_for_a_code_that_is_no_longer_good() {
    let answers = [provider(), authorization(r#","interval":400"#), pending()];
    let (mut device, _) = after(options(), &answers);
    for _ in 0..2 {
        assert_eq!(waits(device.go_on()), 400);
        device.go_on();
    }
    let reason = device.receive(&pending()).err();
    let expected = "failed to obtain access token: the user code has expired";
    assert_eq!(reason.as_deref(), Some(expected));
}

#[test]
fn an_issuer_is_the_trusted_one_and_can_do_it() {
    let told = |fields: &str| fails(&[json(200, &format!("{{{fields}}}"))]);
    let device = r#""device_authorization_endpoint":"https://i.example/device""#;
    let token = r#""token_endpoint":"https://i.example/token""#;
    for (fields, reason) in [
        (
            format!(r#""issuer":"https://j.example",{token},{device}"#),
            "the issuer identifier (https://j.example) does not match oauth_issuer \
             (https://i.example)",
        ),
        (
            format!(r#""issuer":"{ISSUER}",{token}"#),
            "issuer \"https://i.example\" does not provide a device authorization endpoint",
        ),
        (
            format!(r#""issuer":"{ISSUER}",{token},{device},"grant_types_supported":["x"]"#),
            "issuer \"https://i.example\" does not support device code grants",
        ),
        (
            format!(r#""issuer":"{ISSUER}","token_endpoint":"http://i.example",{device}"#),
            "endpoint \"http://i.example\" must use HTTPS",
        ),
    ] {
        let expected = format!("cannot run OAuth device authorization: {reason}");
        assert_eq!(told(&fields), expected);
    }
}

#[test]
fn answers_that_will_not_do_are_told_by_what_was_asked() {
    let mut html = json(200, "{}");
    html.content_type = Some("text/html".to_owned());
    let mut bare = json(200, "{}");
    bare.content_type = None;
    let fetching = "failed to fetch OpenID discovery document";
    for (answer, reason) in [
        (json(404, "{}"), "unexpected response code 404"),
        (html, "unexpected content type: \"text/html\""),
        (bare, "no content type was provided"),
        (json(200, "{}"), "field \"issuer\" is missing"),
        (
            json(200, "{"),
            "failed to parse response: The input string ended unexpectedly.",
        ),
    ] {
        assert_eq!(fails(&[answer]), format!("{fetching}: {reason}"));
    }
    for (answer, reason) in [
        (json(400, r#"{"error":"invalid_scope"}"#), "(invalid_scope)"),
        (
            json(
                401,
                r#"{"error":"invalid_client","error_description":"Who?"}"#,
            ),
            "Who? (invalid_client)",
        ),
        (json(503, ""), "unexpected response code 503"),
        (json(200, "{}"), "field \"expires_in\" is missing"),
    ] {
        let expected = format!("failed to obtain device authorization: {reason}");
        assert_eq!(fails(&[provider(), answer]), expected);
    }
    for (answer, reason) in [
        (json(400, r#"{"error":"expired_token"}"#), "(expired_token)"),
        (
            json(
                400,
                r#"{"error":"access_denied","error_description":"No."}"#,
            ),
            "No. (access_denied)",
        ),
        (
            json(200, r#"{"access_token":"tok","token_type":"mac"}"#),
            "the token is not a bearer token",
        ),
        (
            json(200, r#"{"token_type":"bearer"}"#),
            "field \"access_token\" is missing",
        ),
    ] {
        let expected = format!("failed to obtain access token: {reason}");
        assert_eq!(fails(&[provider(), authorization(""), answer]), expected);
    }
}
