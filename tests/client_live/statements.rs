//! Statements, and the errors they end in.

use std::error::Error as _;

use ferropq::types::Type;
use ferropq::{Client, ErrorKind, SimpleQueryMessage};

use super::{client, connect, round_trip};

#[test]
fn errors_of_the_server_have_their_fields() {
    let mut client = client!();
    client
        .batch_execute("CREATE TEMP TABLE t (id int CONSTRAINT one_id PRIMARY KEY)")
        .unwrap();
    assert_eq!(
        client.execute("INSERT INTO t VALUES ($1)", &[&1]).unwrap(),
        1
    );
    let error = client
        .execute("INSERT INTO t VALUES ($1)", &[&1])
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_eq!(error.code(), Some("23505"));
    let server = error.server().unwrap();
    assert_eq!(server.constraint(), Some("one_id"));
    assert_eq!(server.severity(), "ERROR");
    assert!(server.detail().unwrap().contains("(id)=(1)"));
    assert!(error.to_string().starts_with("ERROR:  duplicate key value"));

    let error = client.query("SELECT nothing FROM t", &[]).unwrap_err();
    assert_eq!(error.code(), Some("42703"));
    assert_eq!(error.server().unwrap().position(), Some(8));
    assert!(error.to_string().contains("LINE 1: SELECT nothing FROM t"));
    assert!(error.source().is_none());
    let error = client.batch_execute("SELECT 'a\0b'").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(!client.is_closed());
}

#[test]
fn one_row_is_asked_for_and_counted() {
    let mut client = client!();
    let count = |client: &mut Client, n: i32| {
        client.query_opt("SELECT 1 FROM generate_series(1, $1)", &[&n])
    };
    assert!(count(&mut client, 0).unwrap().is_none());
    assert!(count(&mut client, 1).unwrap().is_some());
    assert_eq!(
        count(&mut client, 2).unwrap_err().kind(),
        ErrorKind::RowCount
    );
    let error = client.query_one("SELECT 1 WHERE false", &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RowCount);
    assert!(client.query_one("SELECT", &[]).unwrap().is_empty());
}

#[test]
fn statements_are_prepared_once_and_closed_when_dropped() {
    let mut client = client!();
    let count = "SELECT count(*) FROM pg_prepared_statements";
    let prepared = |client: &mut Client| client.query_one(count, &[]).unwrap().get::<_, i64>(0);
    for n in 0..3 {
        round_trip(&mut client, "SELECT $1::int4", n);
    }
    assert_eq!(prepared(&mut client), 1);
    let statement = client
        .prepare("SELECT $1::text AS t, $2::int4 AS n")
        .unwrap();
    assert_eq!(statement.params(), [Type::TEXT, Type::INT4]);
    assert_eq!(statement.columns()[1].name(), "n");
    assert_eq!(prepared(&mut client), 2);
    drop(statement);
    assert_eq!(prepared(&mut client), 1);
    client.clear_statement_cache();
    client.batch_execute("SELECT 1").unwrap();
    assert_eq!(prepared(&mut client), 0);
    client.set_statement_cache_capacity(2);
    for n in 0..5 {
        client
            .query(&format!("SELECT $1::int4 + {n}"), &[&n])
            .unwrap();
    }
    assert_eq!(prepared(&mut client), 2);
    client.set_statement_cache_capacity(0);
    round_trip(&mut client, "SELECT $1::int4", 1);
    assert_eq!(prepared(&mut client), 0);
}

#[test]
fn a_statement_belongs_to_its_client() {
    let mut client = client!();
    let mut other = connect().unwrap();
    let statement = client.prepare("SELECT 1").unwrap();
    assert_eq!(
        other.query(&statement, &[]).unwrap_err().kind(),
        ErrorKind::Usage
    );
    assert_eq!(
        client.query_one(&statement, &[]).unwrap().get::<_, i32>(0),
        1
    );
}

#[test]
fn a_kept_statement_follows_a_changed_table() {
    let mut client = client!();
    client
        .batch_execute("CREATE TEMP TABLE t (a int); INSERT INTO t VALUES (1)")
        .unwrap();
    let sql = "SELECT * FROM t WHERE a = $1";
    assert_eq!(client.query_one(sql, &[&1]).unwrap().len(), 1);
    client
        .batch_execute("ALTER TABLE t ADD b text DEFAULT 'new'")
        .unwrap();
    assert_eq!(
        client.query_one(sql, &[&1]).unwrap().get::<_, &str>("b"),
        "new"
    );

    client.batch_execute("ALTER TABLE t DROP b").unwrap();
    let mut transaction = client.transaction().unwrap();
    let error = transaction.query(sql, &[&1]).unwrap_err();
    assert_eq!(error.code(), Some("0A000"));
    transaction.rollback().unwrap();
    assert_eq!(client.query_one(sql, &[&1]).unwrap().len(), 1);

    client.batch_execute("ALTER TABLE t ADD c int; ").unwrap();
    assert_eq!(client.stream(sql, &[&1]).unwrap().columns().len(), 2);
    client.batch_execute("DISCARD ALL").unwrap();
    assert_eq!(client.query("SELECT $1::int4", &[&1]).unwrap().len(), 1);
    client.batch_execute("DEALLOCATE ALL").unwrap();
    assert_eq!(client.query("SELECT $1::int4", &[&1]).unwrap().len(), 1);
}

#[test]
fn types_given_beforehand_need_no_preparing() {
    let mut client = client!();
    let rows = client
        .query_typed("SELECT $1, $2", &[(&"a", Type::TEXT), (&2i32, Type::INT4)])
        .unwrap();
    assert_eq!(rows.row(0).get::<_, &str>(0), "a");
    assert_eq!(rows.row(0).get::<_, i32>(1), 2);
    let statement = client.prepare_typed("SELECT $1", &[Type::INT8]).unwrap();
    assert_eq!(statement.params(), [Type::INT8]);
}

#[test]
fn texts_of_several_statements() {
    let mut client = client!();
    let messages = client
        .simple_query("CREATE TEMP TABLE t (a int); INSERT INTO t VALUES (1), (NULL); SELECT a FROM t; SELECT 'x' AS b")
        .unwrap();
    let shown: Vec<String> = messages
        .iter()
        .map(|message| match message {
            SimpleQueryMessage::Row(row) => format!("{:?}={:?}", row.column_name(0), row.get(0)),
            SimpleQueryMessage::CommandComplete(rows) => rows.to_string(),
            _ => String::new(),
        })
        .collect();
    assert_eq!(
        shown,
        [
            "0",
            "2",
            "Some(\"a\")=Some(\"1\")",
            "Some(\"a\")=None",
            "2",
            "Some(\"b\")=Some(\"x\")",
            "1"
        ]
    );
    let SimpleQueryMessage::Row(row) = &messages[5] else {
        panic!("a row");
    };
    assert_eq!(
        (row.get_by_name("b"), row.get_by_name("c"), row.get(1)),
        (Some("x"), None, None)
    );
    assert!(client.simple_query("").unwrap().is_empty());

    let error = client
        .batch_execute("INSERT INTO t VALUES (2); SELECT 1/0; SELECT 3")
        .unwrap_err();
    assert_eq!(error.code(), Some("22012"));
    assert_eq!(client.query("SELECT a FROM t", &[]).unwrap().len(), 2);
}
