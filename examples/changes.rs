//! Follows the changes to a table as they are committed, by logical replication.
//!
//! Connects to `DATABASE_URL`, or to where the environment of libpq leads, as a superuser or a role
//! with REPLICATION; the server has to run with `wal_level = logical`.

use ferropq::replication::pgoutput::{Decoder, Message, TupleData};
use ferropq::replication::{Event, ReplicationStream, Table};
use ferropq::{Client, Config, Error};
use std::collections::HashMap;
use std::env;
use std::time::Duration;

/// How many transactions are followed.
const TRANSACTIONS: usize = 2;

fn main() -> Result<(), Error> {
    let mut config: Config = env::var("DATABASE_URL").unwrap_or_default().parse()?;
    let mut client = config.connect()?;
    client.batch_execute(
        "CREATE TABLE account (owner text PRIMARY KEY, cents int);
         CREATE PUBLICATION accounts FOR TABLE account",
    )?;
    let followed = follow(&mut client, &mut config);
    client.batch_execute("DROP PUBLICATION accounts; DROP TABLE account")?;
    followed
}

fn follow(client: &mut Client, config: &mut Config) -> Result<(), Error> {
    let mut receiver = config.set("replication", "database").connect()?;
    // A slot that is not temporary keeps what is not confirmed until one comes back for it.
    receiver.batch_execute("CREATE_REPLICATION_SLOT follower TEMPORARY LOGICAL pgoutput")?;
    let mut stream = receiver.replicate(
        "START_REPLICATION SLOT follower LOGICAL 0/0 \
         (proto_version '1', publication_names 'accounts')",
    )?;

    client.batch_execute("INSERT INTO account VALUES ('Ferris', 500), ('Corro', 0)")?;
    let mut transaction = client.transaction()?;
    let transfer = "UPDATE account SET cents = cents + $1 WHERE owner = $2";
    transaction.execute(transfer, &[&-200, &"Ferris"])?;
    transaction.execute(transfer, &[&200, &"Corro"])?;
    transaction.commit()?;

    show(&mut stream)?;
    stream.finish()
}

fn show(stream: &mut ReplicationStream<'_>) -> Result<(), Error> {
    let mut decoder = Decoder::new(1).expect("a version that there is");
    let mut tables: HashMap<u32, Table> = HashMap::new();
    let mut seen = 0;
    while seen < TRANSACTIONS {
        let piece = match stream.next(Some(Duration::from_secs(1)))? {
            Event::Data(piece) => piece,
            Event::Idle => continue,
            Event::End => break,
        };
        match decoder.decode(piece.data)? {
            Message::Begin(begin) => println!("transaction {}", begin.xid),
            Message::Relation(relation) => {
                tables.insert(relation.oid, Table::from(&relation));
            }
            Message::Insert(insert) => {
                println!("  insert {}", row(&tables[&insert.relation], &insert.new));
            }
            Message::Update(update) => {
                println!("  update {}", row(&tables[&update.relation], &update.new));
            }
            Message::Commit(commit) => {
                println!("committed at {}", commit.commit_lsn);
                // Once all is safe here; the server does not send it again.
                stream.confirm(commit.end_lsn);
                seen += 1;
            }
            _ => {}
        }
    }
    Ok(())
}

fn row(table: &Table, tuple: &TupleData<'_>) -> String {
    let columns = table.columns.iter().zip(tuple.values);
    let shown: Vec<String> = columns
        .map(|(column, value)| format!("{}={}", column.name, value.as_text().unwrap_or("?")))
        .collect();
    format!("{}: {}", table.name, shown.join(", "))
}
