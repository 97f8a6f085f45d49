use super::*;

fn fields() -> [Field; 3] {
    [
        Field::new("status", Kind::Text),
        Field::new("interval", Kind::Number),
        Field::new("grants", Kind::Texts),
    ]
}

fn fault(text: &str) -> String {
    let read = read(text, SERVER_DEPTH, &mut fields());
    read.expect_err(text).to_string()
}

#[test]
fn wanted_fields_are_found_among_others() {
    let text = r#" {"x":{"status":1,"y":[true,{}]},"status":"a\u00e9\ud83d\ude00\n\/\"",
        "interval":-1.5e1,"z":null,"grants":["p","q"],"x":2} "#;
    let mut found = fields();
    read(text, SERVER_DEPTH, &mut found).expect("valid");
    let [status, interval, grants] = &found;
    assert_eq!(status.text(), Some("aé😀\n/\""));
    assert_eq!(interval.number(), Some(-15.0));
    assert_eq!(
        grants.texts().map(|texts| texts.collect::<Vec<_>>()),
        Some(vec!["p", "q"])
    );
}

#[test]
fn fields_that_are_not_there_are_told_from_empty_ones() {
    let mut found = fields();
    read(r#"{"grants":[]}"#, SERVER_DEPTH, &mut found).expect("valid");
    let [status, interval, grants] = &found;
    assert_eq!(status.text(), None);
    assert_eq!(interval.number(), None);
    assert_eq!(grants.texts().map(Iterator::count), Some(0));
}

#[test]
fn a_wanted_field_has_its_type_and_is_there_once() {
    for (text, expected) in [
        (r#"{"status":1}"#, "field \"status\" must be a string"),
        (r#"{"status":null}"#, "field \"status\" must be a string"),
        (r#"{"status":["a"]}"#, "field \"status\" must be a string"),
        (r#"{"status":{"#, "field \"status\" must be a string"),
        (r#"{"status":1 2}"#, "field \"status\" must be a string"),
        (r#"{"interval":"1"}"#, "field \"interval\" must be a number"),
        (
            r#"{"grants":"p"}"#,
            "field \"grants\" must be an array of strings",
        ),
        (
            r#"{"grants":[1]}"#,
            "field \"grants\" must be an array of strings",
        ),
        (
            r#"{"grants":[["p"]]}"#,
            "field \"grants\" must be an array of strings",
        ),
        (
            r#"{"status":"","status":"x"}"#,
            "field \"status\" is duplicated",
        ),
        (
            r#"{"status":"","st\u0061tus":"x"}"#,
            "field \"status\" is duplicated",
        ),
        (
            r#"{"grants":[],"grants":[]}"#,
            "field \"grants\" is duplicated",
        ),
        (r#"[{"status":"x"}]"#, "top-level element must be an object"),
        ("1", "top-level element must be an object"),
        ("true {", "top-level element must be an object"),
    ] {
        assert_eq!(fault(text), expected, "{text}");
    }
}

#[test]
fn what_is_not_json_is_told_in_libpqs_words() {
    // Each as libpq 18 answers a server that sends it.
    for (text, expected) in [
        ("", "The input string ended unexpectedly."),
        ("   ", "The input string ended unexpectedly."),
        ("{", "The input string ended unexpectedly."),
        (r#"{"a""#, "The input string ended unexpectedly."),
        (r#"{"a":[1,"#, "The input string ended unexpectedly."),
        (r#"{"a":1,}"#, "Expected string, but found \"}\"."),
        ("{,}", "Expected string or \"}\", but found \",\"."),
        ("{1:2}", "Expected string or \"}\", but found \"1\"."),
        (r#"{"a" 1}"#, "Expected \":\", but found \"1\"."),
        (r#"{"a":}"#, "Expected JSON value, but found \"}\"."),
        (r#"{"a":[,1]}"#, "Expected JSON value, but found \",\"."),
        (
            r#"{"a":[1 2]}"#,
            "Expected \",\" or \"]\", but found \"2\".",
        ),
        (
            r#"{"a":1 "b":2}"#,
            "Expected \",\" or \"}\", but found \"\"b\"\".",
        ),
        (r#"{"a":1-2}"#, "Expected \",\" or \"}\", but found \"-2\"."),
        ("{} {}", "Expected end of input, but found \"{\"."),
        ("x", "Token \"x\" is invalid."),
        (r#"{"status":1 '"#, "Token \"'\" is invalid."),
        (r#"{"a":nul1}"#, "Token \"nul1\" is invalid."),
        (r#"{"a":tRUE}"#, "Token \"tRUE\" is invalid."),
        (r#"{"a":a_b-c}"#, "Token \"a_b\" is invalid."),
        (r#"{"a":€}"#, "Token \"€\" is invalid."),
        (r#"{"a":"b"#, "Token \"\"b\" is invalid."),
        (r#"{"a":"\"#, "Token \"\"\\\" is invalid."),
        (r#"{"a":"\u1"#, "Token \"\"\\u1\" is invalid."),
        (r#"{"a":"\x"}"#, "Escape sequence \"\\x\" is invalid."),
        (r#"{"a":"\€"}"#, "Escape sequence \"\\€\" is invalid."),
        (
            r#"{"a":"\u12"}"#,
            "\"\\u\" must be followed by four hexadecimal digits.",
        ),
        (r#"{"a":"\u0000"}"#, "\\u0000 cannot be converted to text."),
        (
            r#"{"a":"\ud800x"}"#,
            "Unicode low surrogate must follow a high surrogate.",
        ),
        (
            r#"{"a":"\udc00"}"#,
            "Unicode low surrogate must follow a high surrogate.",
        ),
        (
            r#"{"a":"\ud800\ud800"}"#,
            "Unicode high surrogate must not follow a high surrogate.",
        ),
        (
            "{\"a\":\"b\n\"}",
            "Character with value 0x0a must be escaped.",
        ),
    ] {
        assert_eq!(fault(text), expected, "{text}");
    }
}

#[test]
fn a_number_is_one_of_json() {
    for number in ["01", "1.", "1e", "-", "-01", "1abc", "1.5e+"] {
        let expected = format!("Token \"{}\" is invalid.", number.trim_end_matches('+'));
        let got = fault(&format!("{{\"a\":{number}}}"));
        assert!(got == expected || number.ends_with('+'), "{got}");
    }
    for number in ["0", "-0.0", "10", "1.5e+3", "1E-2"] {
        let text = format!("{{\"interval\":{number}}}");
        let mut found = fields();
        read(&text, SERVER_DEPTH, &mut found).expect("valid");
        assert_eq!(found[1].number(), number.parse().ok());
    }
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| format!("{{\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(read(&nested(7), SERVER_DEPTH, &mut fields()), Ok(()));
    assert_eq!(fault(&nested(8)), "JSON is too deeply nested");
    assert_eq!(
        fault(&"[".repeat(100_000)),
        "top-level element must be an object"
    );
}
