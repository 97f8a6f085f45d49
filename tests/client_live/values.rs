//! Values and rows.

use ferropq::types::{FromSql, Kind, ToSql, Type};
use ferropq::{Client, Error, ErrorKind};
use support::{SUPERUSER, Via, each_server};

use super::{client, connect, round_trip};

#[test]
fn values_come_back_as_they_went() {
    let mut client = client!();
    round_trip(&mut client, "SELECT $1::bool", true);
    round_trip(&mut client, "SELECT $1::\"char\"", 65i8);
    round_trip(&mut client, "SELECT $1::int2", i16::MIN);
    round_trip(&mut client, "SELECT $1::int4", i32::MAX);
    round_trip(&mut client, "SELECT $1::int8", i64::MIN);
    round_trip(&mut client, "SELECT $1::oid", u32::MAX);
    round_trip(&mut client, "SELECT $1::float4", 1.5f32);
    round_trip(&mut client, "SELECT $1::float8", f64::MIN_POSITIVE);
    round_trip(&mut client, "SELECT $1::text", "näh 😀".to_owned());
    round_trip(&mut client, "SELECT $1::varchar", String::new());
    round_trip(&mut client, "SELECT $1::bytea", vec![0u8, 255, 39, 92]);
    round_trip(
        &mut client,
        "SELECT $1::int4[]",
        vec![Some(1), None, Some(3)],
    );
    round_trip(
        &mut client,
        "SELECT $1::text[]",
        vec!["a,b".to_owned(), "{}".to_owned()],
    );
    round_trip(&mut client, "SELECT $1::int4", None::<i32>);
    round_trip(&mut client, "SELECT $1::text", Some("x".to_owned()));
}

#[test]
fn values_are_borrowed_from_rows() {
    let mut client = client!();
    let mut seen = Vec::new();
    for row in &client
        .query(
            "SELECT n, 'row ' || n AS name FROM generate_series(1, 3) n",
            &[],
        )
        .unwrap()
    {
        let name: &str = row.get("name");
        let number: i32 = row.get(0);
        seen.push(format!("{number}={name}"));
    }
    assert_eq!(seen, ["1=row 1", "2=row 2", "3=row 3"]);

    let rows = client
        .query("SELECT 'a'::text, '\\x00ff'::bytea", &[])
        .unwrap();
    let (text, bytes): (&str, &[u8]) = (rows.row(0).get(0), rows.row(0).get(1));
    assert_eq!((text, bytes), ("a", &[0, 255][..]));
}

#[test]
fn text_is_read_by_the_short_way_too() {
    let mut client = client!();
    let sql = "SELECT 'a'::text, 'ä'::varchar AS b, NULL::text, 'c'::name, ''::char(2), 'x'";
    let row = client.query_one(sql, &[]).unwrap();
    let read: Vec<Option<&str>> = (0..6).map(|column| row.get_str(column)).collect();
    let (a, b, c) = (Some("a"), Some("ä"), Some("c"));
    assert_eq!(read[..4], [a, b, None, c]);
    assert_eq!(read[4..6], [Some("  "), Some("x")]);
    assert_eq!(row.get_str("b"), b);
}

#[test]
fn rows_can_be_kept() {
    let mut client = client!();
    let kept: Vec<_> = client
        .query("SELECT * FROM generate_series(1, 4)", &[])
        .unwrap()
        .into_iter()
        .rev()
        .collect();
    drop(client);
    let numbers: Vec<i32> = kept.iter().map(|row| row.get(0)).collect();
    assert_eq!(numbers, [4, 3, 2, 1]);
}

#[test]
fn rows_tell_their_columns() {
    let mut client = client!();
    let rows = client
        .query(
            "SELECT relname, oid AS \"Id\", 1::varchar(5) FROM pg_class LIMIT 0",
            &[],
        )
        .unwrap();
    assert!(rows.is_empty() && rows.first().is_none());
    let columns = rows.columns();
    let names: Vec<&str> = columns.iter().map(|column| column.name()).collect();
    assert_eq!(names, ["relname", "Id", "varchar"]);
    assert_eq!(columns[0].type_(), &Type::NAME);
    assert_eq!(columns[0].table_oid(), Some(1259));
    assert_eq!(columns[0].column_id(), Some(2));
    assert_eq!(columns[2].table_oid(), None);
    assert_eq!(columns[2].type_modifier(), 9);

    let row = client
        .query_one("SELECT 1 AS \"Id\", 2 AS id", &[])
        .unwrap();
    assert_eq!(
        (
            row.get::<_, i32>("Id"),
            row.get::<_, i32>("id"),
            row.get::<_, i32>("ID")
        ),
        (1, 2, 1)
    );
}

#[derive(Debug, PartialEq, ToSql, FromSql)]
#[postgres(name = "mood", rename_all = "snake_case")]
enum Mood {
    Happy,
    SoSo,
}

#[derive(Debug, PartialEq, ToSql, FromSql)]
#[postgres(name = "person")]
struct Person {
    name: String,
    mood: Mood,
    tags: Vec<String>,
}

#[test]
fn types_of_the_user_come_back_as_they_went() {
    let mut client = client!();
    client
        .batch_execute(
            "CREATE TYPE pg_temp.mood AS ENUM ('happy', 'so_so');
             CREATE TYPE pg_temp.person AS (name text, mood pg_temp.mood, tags text[]);
             CREATE DOMAIN pg_temp.age AS int CHECK (VALUE > 0);
             CREATE TYPE pg_temp.spanned AS RANGE (subtype = float8);
             CREATE TABLE pg_temp.crowd (people pg_temp.person[], since pg_temp.age);",
        )
        .unwrap();
    round_trip(&mut client, "SELECT $1::pg_temp.mood", Mood::SoSo);
    round_trip(
        &mut client,
        "SELECT $1::pg_temp.mood[]",
        vec![Mood::Happy, Mood::SoSo],
    );
    let person = Person {
        name: "Ferris".into(),
        mood: Mood::Happy,
        tags: vec!["crab".into()],
    };
    round_trip(&mut client, "SELECT $1::pg_temp.person", person);

    let rows = client.query("SELECT 1::pg_temp.age, 'happy'::pg_temp.mood, NULL::pg_temp.crowd, NULL::pg_temp.spanned", &[]).unwrap();
    let types: Vec<&Type> = rows.columns().iter().map(|column| column.type_()).collect();
    // Domains come as what they are made of.
    assert_eq!(types[0], &Type::INT4);
    assert!(matches!(types[1].kind(), Kind::Enum(labels) if labels == &["happy", "so_so"]));
    assert!(matches!(types[2].kind(), Kind::Composite(fields) if fields.len() == 2));
    assert!(matches!(types[3].kind(), Kind::Range(bound) if bound == &Type::FLOAT8));
    let statement = client.prepare("SELECT $1::pg_temp.age").unwrap();
    assert!(matches!(statement.params()[0].kind(), Kind::Domain(base) if base == &Type::INT4));
}

#[test]
fn types_of_the_user_are_found_on_every_version() {
    for server in each_server() {
        let mut client = Client::connect(&server.conninfo(SUPERUSER, Via::Unix)).unwrap();
        let make = "CREATE TYPE pg_temp.spanned AS RANGE (subtype = float8)";
        client.batch_execute(make).unwrap();
        let statement = client.prepare("SELECT $1::pg_temp.spanned").unwrap();
        assert!(matches!(statement.params()[0].kind(), Kind::Range(of) if of == &Type::FLOAT8));
        if server.major() >= 14 {
            let sql = "SELECT $1::pg_temp.spanned_multirange";
            let statement = client.prepare(sql).unwrap();
            let kind = statement.params()[0].kind();
            assert!(
                matches!(kind, Kind::Multirange(of) if of == &Type::FLOAT8),
                "{kind:?}"
            );
        }
    }
}

#[test]
fn unreadable_values_say_what_to_do() {
    let mut client = client!();
    let row = client
        .query_one(
            "SELECT NULL::int4 AS n, 'x'::text AS t, 1::int8 AS big",
            &[],
        )
        .unwrap();
    let told = |error: Error| {
        assert_eq!(error.kind(), ErrorKind::Value);
        error.to_string()
    };
    assert_eq!(
        told(row.try_get::<_, i32>("n").unwrap_err()),
        "column \"n\" of type int4 is NULL: read it as Option<i32>"
    );
    assert!(
        told(row.try_get::<_, i32>("t").unwrap_err())
            .contains("has type text, which cannot be read as i32")
    );
    assert!(told(row.try_get::<_, i32>("big").unwrap_err()).contains("has type int8"));
    assert_eq!(
        told(row.try_get::<_, i32>("m").unwrap_err()),
        "there is no column \"m\": the row has 3, named n, t, big"
    );
    assert!(told(row.try_get::<_, i32>(3).unwrap_err()).starts_with("there is no column 3"));

    let error = client.query("SELECT $1::int4", &[&"x"]).unwrap_err();
    assert!(told(error).contains("parameter $1 cannot be sent as int4"));
    let error = client
        .query("SELECT $1::int4, $2::int4", &[&1])
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the statement takes 2 parameters, and 1 was given"
    );
    assert_eq!(error.kind(), ErrorKind::Usage);
    round_trip(&mut client, "SELECT $1::int4", 5);
}

#[test]
#[should_panic(expected = "there is no column \"absent\"")]
fn get_panics_with_the_reason() {
    let Some(mut client) = connect() else {
        panic!("there is no column \"absent\": no server to ask");
    };
    let row = client.query_one("SELECT 1 AS one", &[]).unwrap();
    let _: i32 = row.get("absent");
}

#[test]
fn big_results_arrive_whole() {
    let mut client = client!();
    let rows = client
        .query(
            "SELECT n, repeat('x', (n % 50)) AS t FROM generate_series(1, 200000) n",
            &[],
        )
        .unwrap();
    assert_eq!(rows.len(), 200_000);
    assert_eq!(rows.rows_affected(), 200_000);
    for (index, row) in rows.iter().enumerate() {
        assert_eq!(row.get::<_, i32>(0), index as i32 + 1);
        assert_eq!(row.get::<_, &str>("t").len(), (index + 1) % 50);
    }
    let row = client
        .query_one("SELECT repeat('y', 50000000)", &[])
        .unwrap();
    assert_eq!(row.get::<_, &str>(0).len(), 50_000_000);
    let value = "z".repeat(5_000_000);
    assert_eq!(
        client
            .query_one("SELECT length($1)", &[&value])
            .unwrap()
            .get::<_, i32>(0),
        5_000_000
    );
}

#[test]
fn the_unusual_names_of_sql_are_quoted() {
    let mut client = client!();
    let name = ferropq::quote_identifier("Odd \"name\"").unwrap();
    let value = ferropq::quote_literal("it's \\ odd").unwrap();
    let row = client
        .query_one(&format!("SELECT {value} AS {name}"), &[])
        .unwrap();
    assert_eq!(row.get::<_, &str>("Odd \"name\""), "it's \\ odd");
}
