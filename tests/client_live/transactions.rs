//! Transactions and savepoints.

use ferropq::{ErrorKind, IsolationLevel};

use super::{client, ids};

#[test]
fn transactions_are_committed_or_undone() {
    let mut client = client!();
    client
        .batch_execute("CREATE TEMP TABLE t (id int)")
        .unwrap();
    let insert = "INSERT INTO t VALUES ($1)";

    let mut transaction = client.transaction().unwrap();
    transaction.execute(insert, &[&1]).unwrap();
    let mut inner = transaction.transaction().unwrap();
    inner.execute(insert, &[&2]).unwrap();
    let mut innermost = inner.savepoint("my \"point\"").unwrap();
    innermost.execute(insert, &[&3]).unwrap();
    innermost.rollback().unwrap();
    inner.commit().unwrap();
    {
        let mut undone = transaction.transaction().unwrap();
        undone.execute(insert, &[&4]).unwrap();
        assert!(undone.execute("nonsense", &[]).is_err());
    }
    transaction.commit().unwrap();
    assert_eq!(ids(&mut client), [1, 2]);

    {
        let mut dropped = client.transaction().unwrap();
        dropped.execute(insert, &[&5]).unwrap();
    }
    assert!(!client.in_transaction());
    assert_eq!(ids(&mut client), [1, 2]);
}

#[test]
fn a_failed_transaction_cannot_be_committed() {
    let mut client = client!();
    let mut transaction = client.transaction().unwrap();
    assert!(transaction.execute("nonsense", &[]).is_err());
    assert_eq!(
        transaction.execute("SELECT 1", &[]).unwrap_err().code(),
        Some("25P02")
    );
    let error = transaction.commit().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("rolled back instead of committed"),
        "{error}"
    );
    assert!(!client.in_transaction());

    client.batch_execute("BEGIN").unwrap();
    assert_eq!(client.transaction().unwrap_err().kind(), ErrorKind::Usage);
    client.batch_execute("ROLLBACK").unwrap();
}

#[test]
fn transactions_begin_as_they_are_built() {
    let mut client = client!();
    let mut transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::Serializable)
        .read_only(true)
        .deferrable(true)
        .start()
        .unwrap();
    let row = transaction
        .query_one("SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only'), current_setting('transaction_deferrable')", &[])
        .unwrap();
    let modes: [&str; 3] = [row.get(0), row.get(1), row.get(2)];
    assert_eq!(modes, ["serializable", "on", "on"]);
}
