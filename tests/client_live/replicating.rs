//! Streaming replication.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use ferropq::replication::pgoutput::{Decoder, Message};
use ferropq::replication::{Event, Lsn, ReplicationStream, Table};
use ferropq::{Client, Config, ErrorKind, SimpleQueryMessage};
use support::{SUPERUSER, Server, Via, each_server, require_server};

const SOON: Option<Duration> = Some(Duration::from_millis(50));

fn connect_to(server: &Server, replication: &str) -> Client {
    let mut config: Config = server.conninfo(SUPERUSER, Via::Unix).parse().unwrap();
    if !replication.is_empty() {
        config.set("replication", replication);
    }
    config.connect().unwrap()
}

/// A stream of what is published under this name, from now on.
fn subscribe<'a>(client: &'a mut Client, name: &str) -> ReplicationStream<'a> {
    client
        .batch_execute(&format!(
            "CREATE_REPLICATION_SLOT {name} TEMPORARY LOGICAL pgoutput"
        ))
        .unwrap();
    client
        .replicate(&format!(
            "START_REPLICATION SLOT {name} LOGICAL 0/0 (proto_version '1', publication_names '{name}')"
        ))
        .unwrap()
}

/// The changes up to a commit, as text, and where the commit ends.
fn transaction(
    stream: &mut ReplicationStream<'_>,
    decoder: &mut Decoder,
    tables: &mut HashMap<u32, Table>,
) -> (Vec<String>, Lsn) {
    let mut changes = Vec::new();
    let give_up = Instant::now() + Duration::from_secs(30);
    while Instant::now() < give_up {
        let piece = match stream.next(SOON).unwrap() {
            Event::Data(piece) => piece,
            Event::Idle => continue,
            Event::End => break,
        };
        let table = |oid: u32, tables: &HashMap<u32, Table>| tables[&oid].name.clone();
        match decoder.decode(piece.data).unwrap() {
            Message::Relation(relation) => {
                tables.insert(relation.oid, Table::from(&relation));
            }
            Message::Insert(insert) => {
                let values: Vec<_> = insert.new.values.iter().map(|v| v.as_text()).collect();
                changes.push(format!("{} + {values:?}", table(insert.relation, tables)));
            }
            Message::Update(update) => {
                let values: Vec<_> = update.new.values.iter().map(|v| v.as_text()).collect();
                changes.push(format!("{} = {values:?}", table(update.relation, tables)));
            }
            Message::Delete(delete) => {
                let key = delete.old.tuple().values.iter().next().unwrap().as_text();
                changes.push(format!("{} - {key:?}", table(delete.relation, tables)));
            }
            Message::Commit(commit) => return (changes, commit.end_lsn),
            _ => {}
        }
    }
    panic!("no commit has come");
}

#[test]
fn changes_are_streamed_as_they_are_committed() {
    for server in each_server() {
        let mut client = connect_to(server, "");
        client
            .batch_execute(
                "CREATE TABLE streamed (id int PRIMARY KEY, name text);
                 CREATE TABLE kept_back (id int);
                 CREATE PUBLICATION changes FOR TABLE streamed",
            )
            .unwrap();
        let mut receiver = connect_to(server, "database");
        let mut stream = subscribe(&mut receiver, "changes");
        assert_eq!(stream.next(SOON).unwrap(), Event::Idle);
        client
            .batch_execute(
                "BEGIN; INSERT INTO streamed VALUES (1, 'a'), (2, NULL); INSERT INTO kept_back VALUES (1);
                 UPDATE streamed SET name = 'b' WHERE id = 2; DELETE FROM streamed WHERE id = 1; COMMIT",
            )
            .unwrap();
        let (mut decoder, mut tables) = (Decoder::new(1).unwrap(), HashMap::new());
        let (changes, end) = transaction(&mut stream, &mut decoder, &mut tables);
        assert_eq!(
            changes,
            [
                "streamed + [Some(\"1\"), Some(\"a\")]",
                "streamed + [Some(\"2\"), None]",
                "streamed = [Some(\"2\"), Some(\"b\")]",
                "streamed - Some(\"1\")"
            ]
        );
        let table = tables.values().next().unwrap();
        assert_eq!((&*table.schema, table.columns.len()), ("public", 2));
        assert!(table.columns[0].is_key && !table.columns[1].is_key);
        stream.confirm(end);
        stream.finish().unwrap();

        // The session goes on, and the slot knows what was confirmed.
        let sql = "SELECT confirmed_flush_lsn >= '0/0' FROM pg_replication_slots WHERE slot_name = 'changes'";
        let told = client.query_one(&sql.replace("0/0", &end.to_string()), &[]);
        assert!(told.unwrap().get::<_, bool>(0));
        let known = receiver.simple_query("IDENTIFY_SYSTEM").unwrap();
        assert!(matches!(known[0], SimpleQueryMessage::Row(_)));
        drop(receiver);
        client
            .batch_execute("DROP PUBLICATION changes; DROP TABLE streamed, kept_back")
            .unwrap();
    }
}

#[test]
fn what_others_write_does_not_hold_a_slot_back() {
    let Some(server) = require_server() else {
        return;
    };
    let mut client = connect_to(server, "");
    client
        .batch_execute(
            "CREATE TABLE watched (id int); CREATE PUBLICATION watching FOR TABLE watched",
        )
        .unwrap();
    let mut receiver = connect_to(server, "database");
    let mut stream = subscribe(&mut receiver, "watching");
    stream.set_status_interval(Duration::from_millis(20));
    let (mut decoder, mut tables) = (Decoder::new(1).unwrap(), HashMap::new());
    client
        .batch_execute("INSERT INTO watched VALUES (1)")
        .unwrap();
    let (_, end) = transaction(&mut stream, &mut decoder, &mut tables);

    // Not confirmed, it stays where it is.
    let current = |client: &mut Client| -> Lsn {
        let sql = "CREATE TABLE other AS SELECT 1; DROP TABLE other; SELECT pg_current_wal_lsn()";
        let answers = client.simple_query(sql).unwrap();
        let row = answers.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        row.unwrap().parse().unwrap()
    };
    let position = current(&mut client);
    for _ in 0..4 {
        while let Event::Data(piece) = stream.next(SOON).unwrap() {
            decoder.decode(piece.data).unwrap();
        }
    }
    assert!(stream.confirmed() < end);

    stream.confirm(end);
    let give_up = Instant::now() + Duration::from_secs(30);
    while stream.confirmed() < position && Instant::now() < give_up {
        current(&mut client);
        if let Event::Data(piece) = stream.next(SOON).unwrap()
            && let Message::Commit(commit) = decoder.decode(piece.data).unwrap()
        {
            stream.confirm(commit.end_lsn);
        }
    }
    assert!(stream.confirmed() >= position);
    drop(stream);
    assert!(receiver.simple_query("IDENTIFY_SYSTEM").is_ok());
    drop(receiver);
    client
        .batch_execute("DROP PUBLICATION watching; DROP TABLE watched")
        .unwrap();
}

#[test]
fn the_log_itself_is_streamed() {
    let Some(server) = require_server() else {
        return;
    };
    let mut client = connect_to(server, "true");
    let answer = client.simple_query("IDENTIFY_SYSTEM").unwrap();
    let SimpleQueryMessage::Row(row) = &answer[0] else {
        panic!("a row");
    };
    let start: Lsn = row.get_by_name("xlogpos").unwrap().parse().unwrap();
    let mut stream = client
        .replicate(&format!("START_REPLICATION {start}"))
        .unwrap();
    connect_to(server, "")
        .batch_execute("CREATE TABLE logged AS SELECT 1; DROP TABLE logged")
        .unwrap();
    let give_up = Instant::now() + Duration::from_secs(30);
    let mut bytes = 0;
    while bytes == 0 && Instant::now() < give_up {
        if let Event::Data(piece) = stream.next(SOON).unwrap() {
            assert!(piece.wal_start >= start);
            bytes += piece.data.len();
        }
    }
    assert!(bytes > 0);
}

#[test]
fn what_is_no_replication_is_refused() {
    let Some(server) = require_server() else {
        return;
    };
    let mut client = connect_to(server, "database");
    for sql in ["SELECT 1", "COPY (SELECT 1) TO STDOUT"] {
        assert_eq!(client.replicate(sql).unwrap_err().kind(), ErrorKind::Usage);
    }
    let error = client
        .replicate("START_REPLICATION SLOT absent LOGICAL 0/0")
        .unwrap_err();
    assert_eq!(error.code(), Some("42704"));
    assert!(client.simple_query("SELECT 1").is_ok());
}

#[test]
fn the_end_of_the_server_process_is_told() {
    let Some(server) = require_server() else {
        return;
    };
    let mut client = connect_to(server, "");
    client.batch_execute("CREATE PUBLICATION nothing").unwrap();
    let mut receiver = connect_to(server, "database");
    let pid = receiver.backend_pid();
    let mut stream = subscribe(&mut receiver, "nothing");
    client
        .execute("SELECT pg_terminate_backend($1)", &[&pid])
        .unwrap();
    let give_up = Instant::now() + Duration::from_secs(30);
    let error = loop {
        match stream.next(SOON) {
            Ok(Event::End) => break None,
            Ok(_) => assert!(Instant::now() < give_up),
            Err(error) => break Some(error),
        }
    };
    assert_eq!(error.unwrap().code(), Some("57P01"));
    assert_eq!(stream.next(SOON).unwrap(), Event::End);
    drop(stream);
    assert!(receiver.is_closed());
    client.batch_execute("DROP PUBLICATION nothing").unwrap();
}
