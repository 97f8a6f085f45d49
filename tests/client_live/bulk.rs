//! Batches, pipelines and streams.

use ferropq::{Client, ErrorKind};

use super::{client, ids};

#[test]
fn many_executions_take_one_round_trip() {
    let mut client = client!();
    client
        .batch_execute("CREATE TEMP TABLE t (id int PRIMARY KEY, name text)")
        .unwrap();
    let mut batch = client.batch("INSERT INTO t VALUES ($1, $2)").unwrap();
    for id in 0..10_000 {
        batch.add(&[&id, &format!("name {id}")]).unwrap();
    }
    assert_eq!(batch.finish().unwrap(), 10_000);
    assert_eq!(ids(&mut client).len(), 10_000);
    assert_eq!(client.batch("DELETE FROM t").unwrap().finish().unwrap(), 0);
    assert_eq!(
        client
            .query_one("SELECT count(*) FROM t", &[])
            .unwrap()
            .get::<_, i64>(0),
        10_000
    );
}

#[test]
fn a_batch_succeeds_or_fails_as_a_whole() {
    let mut client = client!();
    client
        .batch_execute("CREATE TEMP TABLE t (id int PRIMARY KEY)")
        .unwrap();
    let insert = "INSERT INTO t VALUES ($1)";
    let mut batch = client.batch(insert).unwrap();
    for id in [1, 2, 1, 3] {
        batch.add(&[&id]).unwrap();
    }
    let error = batch.finish().unwrap_err();
    assert_eq!(error.code(), Some("23505"));
    assert!(
        error
            .to_string()
            .starts_with("row 3: ERROR:  duplicate key"),
        "{error}"
    );
    assert!(ids(&mut client).is_empty());

    // An error far ahead of the end is noticed while rows are added.
    let mut batch = client.batch(insert).unwrap();
    let failed = (0..1_000_000).find_map(|n| batch.add(&[&(n % 1000)]).err());
    assert_eq!(failed.unwrap().code(), Some("23505"));
    assert_eq!(batch.add(&[&1]).unwrap_err().kind(), ErrorKind::Usage);
    assert_eq!(batch.finish().unwrap_err().kind(), ErrorKind::Usage);

    // Dropped, it is undone, without a word of the server about it.
    client.on_notice(|notice| panic!("{}", notice.message()));
    let mut batch = client.batch(insert).unwrap();
    batch.add(&[&1]).unwrap();
    assert_eq!(batch.add(&[&"x"]).unwrap_err().kind(), ErrorKind::Value);
    drop(batch);
    assert!(ids(&mut client).is_empty());

    let mut transaction = client.transaction().unwrap();
    let mut batch = transaction.batch(insert).unwrap();
    batch.add(&[&1]).unwrap();
    drop(batch);
    assert_eq!(ids(&mut transaction), [1]);
    transaction.commit().unwrap();
    assert_eq!(ids(&mut client), [1]);
}

#[test]
fn a_statement_that_a_batch_finds_stale_is_not_kept() {
    let mut client = client!();
    client
        .batch_execute("CREATE TEMP TABLE t (id int)")
        .unwrap();
    let insert = "INSERT INTO t VALUES ($1) RETURNING *";
    let cached = client.prepare_cached(insert).unwrap();
    let run = |client: &mut Client| {
        let mut batch = client.batch(insert).unwrap();
        batch.add(&[&1]).unwrap();
        batch.finish()
    };
    assert_eq!(run(&mut client).unwrap(), 1);
    client
        .batch_execute("ALTER TABLE t ADD COLUMN name text")
        .unwrap();
    assert_eq!(run(&mut client).unwrap_err().code(), Some("0A000"));
    assert_eq!(run(&mut client).unwrap(), 1);

    client.prepare_cached(insert).unwrap();
    assert!(client.query(&cached, &[&1]).is_err());
    client
        .batch_execute("ALTER TABLE t DROP COLUMN name")
        .unwrap();
    let cached = client.prepare_cached(insert).unwrap();
    assert!(client.query(&cached, &[&1]).is_err());
    let cached = client.prepare_cached(insert).unwrap();
    assert_eq!(client.query(&cached, &[&1]).unwrap().len(), 1);
    client
        .batch_execute("ALTER TABLE t ADD COLUMN name text")
        .unwrap();
    assert!(client.stream(&cached, &[&1]).is_err());
    let cached = client.prepare_cached(insert).unwrap();
    assert!(client.stream(&cached, &[&1]).is_ok());
}

#[test]
fn a_pipeline_gives_every_answer() {
    let mut client = client!();
    let echo = client.prepare("SELECT $1::int4 AS n").unwrap();
    let make = client.prepare("CREATE TEMP TABLE t (id int)").unwrap();
    let many = client
        .prepare("SELECT * FROM generate_series(1, $1::int4) n")
        .unwrap();
    let mut pipeline = client.pipeline().unwrap();
    pipeline.add(&make, &[]).unwrap();
    for n in 0..1000 {
        pipeline.add(&echo, &[&n]).unwrap();
    }
    pipeline.add(&many, &[&5000]).unwrap();
    let answers = pipeline.finish().unwrap();
    assert_eq!(answers.len(), 1002);
    for n in 0..1000 {
        assert_eq!(answers[n + 1].row(0).get::<_, i32>("n"), n as i32);
    }
    assert_eq!(answers[1001].len(), 5000);
    assert!(client.pipeline().unwrap().finish().unwrap().is_empty());

    let copy = client.prepare("COPY t FROM STDIN").unwrap();
    let mut pipeline = client.pipeline().unwrap();
    pipeline.add(&copy, &[]).unwrap();
    pipeline.add(&echo, &[&1]).unwrap();
    assert_eq!(pipeline.finish().unwrap_err().kind(), ErrorKind::Usage);
    assert!(client.is_closed());
}

#[test]
fn large_answers_are_streamed() {
    let mut client = client!();
    let sql = "SELECT n, 'value ' || n AS v FROM generate_series(1, $1::int4) n";
    let mut stream = client.stream(sql, &[&10_500]).unwrap();
    let mut sizes = Vec::new();
    while let Some(rows) = stream.next_chunk().unwrap() {
        sizes.push(rows.len());
    }
    assert_eq!(stream.rows_affected(), 10_500);
    assert!(stream.next_chunk().unwrap().is_none());
    drop(stream);
    assert_eq!(sizes.iter().sum::<usize>(), 10_500);
    assert_eq!((sizes[0], sizes.len()), (1000, 11));

    let mut sum = 0i64;
    for row in client.stream_by(7, sql, &[&100]).unwrap() {
        sum += i64::from(row.unwrap().get::<_, i32>("n"));
    }
    assert_eq!(sum, 5050);

    let mut stream = client.stream(sql, &[&100_000]).unwrap();
    assert!(stream.next_chunk().unwrap().is_some());
    drop(stream);
    let failing = "SELECT 10 / (5000 - n) FROM generate_series(1, $1::int4) n";
    let mut stream = client.stream(failing, &[&10_000]).unwrap().into_iter();
    let error = stream.find_map(Result::err).unwrap();
    assert_eq!(error.code(), Some("22012"));
    assert!(stream.next().is_none());
    drop(stream);
    assert_eq!(
        client.stream("SELECT 1/0", &[]).unwrap_err().code(),
        Some("22012")
    );
    assert_eq!(client.query("SELECT 1", &[]).unwrap().len(), 1);
}
