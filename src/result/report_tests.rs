//! The text of reports at each verbosity.

use super::*;

fn report(fields: &[(u8, &str)], query: Option<&str>) -> Report {
    let fields = fields
        .iter()
        .map(|(code, value)| (*code, value.as_bytes().to_vec()));
    Report::from_fields(fields, query.map(|q| q.as_bytes().into()))
}

fn text(
    report: &Report,
    verbosity: Verbosity,
    context: ContextVisibility,
    is_error: bool,
) -> String {
    let style = TextStyle { verbosity, context };
    String::from_utf8(report.render(style, is_error, Encoding::UTF8)).unwrap()
}

fn full() -> Report {
    let fields = [
        (b'S', "ERROR"),
        (b'V', "ERROR"),
        (b'C', "23505"),
        (b'M', "duplicate key"),
        (b'D', "Key (a)=(1) already exists."),
        (b'H', "Use another."),
        (b'W', "PL/pgSQL function f()"),
        (b's', "public"),
        (b't', "t"),
        (b'n', "t_pkey"),
        (b'F', "nbtinsert.c"),
        (b'L', "663"),
        (b'R', "_bt_check_unique"),
    ];
    report(&fields, None)
}

#[test]
fn each_verbosity_shows_its_share() {
    use ContextVisibility::Errors;
    let report = full();
    assert_eq!(
        text(&report, Verbosity::SqlState, Errors, true),
        "ERROR:  23505\n"
    );
    assert_eq!(
        text(&report, Verbosity::Terse, Errors, true),
        "ERROR:  duplicate key\n"
    );
    assert_eq!(
        text(&report, Verbosity::Default, Errors, true),
        "ERROR:  duplicate key\nDETAIL:  Key (a)=(1) already exists.\nHINT:  Use another.\n\
         CONTEXT:  PL/pgSQL function f()\n"
    );
    assert_eq!(
        text(&report, Verbosity::Verbose, Errors, true),
        "ERROR:  23505: duplicate key\nDETAIL:  Key (a)=(1) already exists.\nHINT:  Use another.\n\
         CONTEXT:  PL/pgSQL function f()\nSCHEMA NAME:  public\nTABLE NAME:  t\n\
         CONSTRAINT NAME:  t_pkey\nLOCATION:  _bt_check_unique, nbtinsert.c:663\n"
    );
}

#[test]
fn context_is_shown_as_its_visibility_says() {
    let report = full();
    let shown = |visibility, is_error| {
        text(&report, Verbosity::Default, visibility, is_error).contains("CONTEXT")
    };
    assert!(!shown(ContextVisibility::Never, true));
    assert!(shown(ContextVisibility::Errors, true));
    assert!(!shown(ContextVisibility::Errors, false));
    assert!(shown(ContextVisibility::Always, false));
}

#[test]
fn a_position_is_a_caret_where_the_query_is_known_and_a_number_elsewhere() {
    let fields = [
        (b'S', "ERROR"),
        (b'C', "42703"),
        (b'M', "no x"),
        (b'P', "8"),
    ];
    let known = report(&fields, Some("select x"));
    let default = |r: &Report| text(r, Verbosity::Default, ContextVisibility::Errors, true);
    assert_eq!(
        default(&known),
        "ERROR:  no x\nLINE 1: select x\n               ^\n"
    );
    assert_eq!(
        default(&report(&fields, None)),
        "ERROR:  no x at character 8\n"
    );
    let terse = text(&known, Verbosity::Terse, ContextVisibility::Errors, true);
    assert_eq!(terse, "ERROR:  no x at character 8\n");
}

#[test]
fn an_internal_position_points_into_the_internal_query() {
    let fields = [(b'S', "ERROR"), (b'M', "bad"), (b'p', "3"), (b'q', "a b")];
    assert_eq!(
        text(
            &report(&fields, None),
            Verbosity::Default,
            ContextVisibility::Errors,
            true
        ),
        "ERROR:  bad\nLINE 1: a b\n          ^\nQUERY:  a b\n"
    );
}

#[test]
fn without_fields_the_text_itself_is_told() {
    let style = TextStyle::default();
    let own = Report::internal("no connection\n");
    assert_eq!(own.render(style, true, Encoding::UTF8), b"no connection\n");
    let none = Report::default();
    assert_eq!(
        none.render(style, true, Encoding::UTF8),
        b"no error message available\n"
    );
}

#[test]
fn a_report_becomes_an_error_with_its_code() {
    let mut report = full();
    report.set_text(report.render(TextStyle::default(), true, Encoding::UTF8));
    let error = report.to_error(ErrorKind::Server);
    assert_eq!(error.code(), Some("23505"));
    assert!(
        error
            .message()
            .starts_with("ERROR:  duplicate key\nDETAIL:")
    );
    assert_eq!(error.server().unwrap().constraint(), Some("t_pkey"));
}
