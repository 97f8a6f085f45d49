//! COPY in both directions.

use std::io::{BufRead, Read, Write};
use std::time::SystemTime;

use ferropq::types::Type;
use ferropq::{BinaryCopyInWriter, Client, ErrorKind};

use super::{client, connect, ids};

#[test]
fn data_is_copied_both_ways() {
    let mut client = client!();
    client
        .batch_execute("CREATE TEMP TABLE t (id int, name text)")
        .unwrap();
    let mut writer = client.copy_in("COPY t FROM STDIN").unwrap();
    for id in 0..20_000 {
        writeln!(writer, "{id}\tname {id}").unwrap();
    }
    let large = format!("-1\t{}\n", "x".repeat(200_000));
    writer.write_all(large.as_bytes()).unwrap();
    writer.flush().unwrap();
    assert_eq!(writer.finish().unwrap(), 20_001);

    let reader = client
        .copy_out("COPY (SELECT * FROM t ORDER BY id) TO STDOUT")
        .unwrap();
    let lines: Vec<String> = reader.lines().map(Result::unwrap).collect();
    assert_eq!(lines.len(), 20_001);
    assert_eq!(lines[0].len(), 200_003);
    assert_eq!(lines[20_000], "19999\tname 19999");

    let mut all = String::new();
    client
        .copy_out("COPY (SELECT 1, NULL) TO STDOUT")
        .unwrap()
        .read_to_string(&mut all)
        .unwrap();
    assert_eq!(all, "1\t\\N\n");

    let mut reader = client.copy_out("COPY t TO STDOUT").unwrap();
    assert_eq!(reader.next_row().unwrap(), Some(&b"0\tname 0\n"[..]));
    drop(reader);
    let mut reader = client
        .copy_out("COPY (SELECT * FROM generate_series(1, 2)) TO STDOUT")
        .unwrap();
    assert_eq!(reader.next_row().unwrap(), Some(&b"1\n"[..]));
    assert_eq!(reader.next_row().unwrap(), Some(&b"2\n"[..]));
    assert_eq!(reader.next_row().unwrap(), None);
    assert_eq!(reader.next_row().unwrap(), None);
    drop(reader);
    client
        .copy_out("COPY t TO STDOUT")
        .unwrap()
        .finish()
        .unwrap();
}

#[test]
fn rows_of_values_are_copied_in_binary() {
    let mut client = client!();
    client
        .batch_execute("CREATE TEMP TABLE t (id int, name text, tags text[], at timestamptz)")
        .unwrap();
    let types = [Type::INT4, Type::TEXT, Type::TEXT_ARRAY, Type::TIMESTAMPTZ];
    let copy = "COPY t FROM STDIN (FORMAT binary)";
    let writer = client.copy_in(copy).unwrap();
    let mut rows = BinaryCopyInWriter::new(writer, &types).unwrap();
    let now = SystemTime::UNIX_EPOCH;
    for id in 0..10_000 {
        let name = (id % 3 > 0).then(|| format!("name\t{id}"));
        rows.write(&[&id, &name, &vec!["a", "b"], &now]).unwrap();
    }
    // A row that does not fit is left out whole.
    let error = rows.write(&[&1, &"x", &"y", &now]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value);
    assert!(
        error.to_string().starts_with("the value of column 3 "),
        "{error}"
    );
    assert_eq!(rows.write(&[&1]).unwrap_err().kind(), ErrorKind::Usage);
    assert_eq!(rows.finish().unwrap(), 10_000);
    let row = client
        .query_one(
            "SELECT count(name), max(name), max(tags[2]), max(at) FROM t",
            &[],
        )
        .unwrap();
    assert_eq!(row.get::<_, i64>(0), 6666);
    assert_eq!(row.get::<_, &str>(1), "name\t9998");
    assert_eq!(row.get::<_, &str>(2), "b");
    assert_eq!(row.get::<_, SystemTime>(3), now);

    let writer = client.copy_in(copy).unwrap();
    drop(BinaryCopyInWriter::new(writer, &types).unwrap());
    let writer = client.copy_in(copy).unwrap();
    let error = BinaryCopyInWriter::new(writer, &types[1..]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    let writer = client.copy_in("COPY t FROM STDIN").unwrap();
    let error = BinaryCopyInWriter::new(writer, &types).unwrap_err();
    assert!(error.to_string().contains("(FORMAT binary)"), "{error}");
    assert_eq!(ids(&mut client).len(), 10_000);
}

#[test]
fn an_error_of_a_copy_keeps_its_code_by_way_of_io() {
    fn copy(client: &mut Client) -> Result<u64, ferropq::Error> {
        let mut writer = client.copy_in("COPY t FROM STDIN")?;
        loop {
            writeln!(writer, "not a number")?;
        }
    }
    let mut client = client!();
    client
        .batch_execute("CREATE TEMP TABLE t (id int)")
        .unwrap();
    assert_eq!(copy(&mut client).unwrap_err().code(), Some("22P02"));
}

#[test]
fn a_copy_that_fails_leaves_the_connection_usable() {
    let mut client = client!();
    client
        .batch_execute("CREATE TEMP TABLE t (id int)")
        .unwrap();
    let mut writer = client.copy_in("COPY t FROM STDIN").unwrap();
    writer.write_all(b"1\nx\n").unwrap();
    assert_eq!(writer.finish().unwrap_err().code(), Some("22P02"));

    let mut writer = client.copy_in("COPY t FROM STDIN").unwrap();
    writer.write_all(b"1\n").unwrap();
    drop(writer);
    assert!(ids(&mut client).is_empty());

    assert_eq!(
        client.copy_in("SELECT 1").unwrap_err().kind(),
        ErrorKind::Usage
    );
    assert_eq!(
        client.copy_in("COPY t TO STDOUT").unwrap_err().kind(),
        ErrorKind::Usage
    );
    assert_eq!(
        client.copy_out("COPY t FROM STDIN").unwrap_err().kind(),
        ErrorKind::Usage
    );
    assert_eq!(
        client
            .copy_in("COPY absent FROM STDIN")
            .err()
            .unwrap()
            .code(),
        Some("42P01")
    );
    for sql in ["COPY t FROM STDIN", "COPY t TO STDOUT"] {
        assert_eq!(client.query(sql, &[]).unwrap_err().kind(), ErrorKind::Usage);
        assert_eq!(
            client.batch_execute(sql).unwrap_err().kind(),
            ErrorKind::Usage
        );
    }
    let mut reader = client
        .copy_out("COPY (SELECT 1/(3-n) FROM generate_series(1, 5) n) TO STDOUT")
        .unwrap();
    let mut error = None;
    while error.is_none() {
        match reader.next_row() {
            Ok(row) => assert!(row.is_some()),
            Err(found) => error = Some(found),
        }
    }
    drop(reader);
    assert_eq!(error.unwrap().code(), Some("22012"));
    let copy = client.prepare("COPY t FROM STDIN").unwrap();
    let mut writer = client.copy_in(&copy).unwrap();
    writer.write_all(b"7\n").unwrap();
    assert_eq!(writer.finish().unwrap(), 1);
    assert_eq!(ids(&mut client), [7]);
}

#[test]
fn a_copy_whose_server_process_ends_says_why() {
    let mut client = client!();
    let mut other = connect().unwrap();
    client
        .batch_execute("CREATE TEMP TABLE t (id int)")
        .unwrap();
    let pid = client.backend_pid();
    let mut writer = client.copy_in("COPY t FROM STDIN").unwrap();
    other
        .execute("SELECT pg_terminate_backend($1)", &[&pid])
        .unwrap();
    let error = loop {
        if let Err(error) = writer.write_all(b"1\n") {
            break ferropq::Error::from(error);
        }
    };
    assert!(
        error
            .to_string()
            .starts_with("FATAL:  terminating connection"),
        "{error}"
    );
    assert_eq!(
        writer.write(b"1\n").unwrap_err().kind(),
        std::io::ErrorKind::Other
    );
    assert_eq!(writer.finish().unwrap_err().kind(), ErrorKind::Usage);
    assert!(client.is_closed());
}
