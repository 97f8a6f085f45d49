//! Notifications and notices.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ferropq::{ErrorKind, sqlstate};

use super::{client, connect};

#[test]
fn notifications_arrive() {
    let mut client = client!();
    let mut other = connect().unwrap();
    client.batch_execute("LISTEN news").unwrap();
    assert!(client.notifications().iter().next().is_none());
    let begun = Instant::now();
    let limit = Duration::from_millis(50);
    assert!(client.notifications().timeout_iter(limit).next().is_none());
    assert!(begun.elapsed() >= limit);

    other
        .batch_execute("NOTIFY news, 'first'; NOTIFY news")
        .unwrap();
    let mut blocking = client.notifications().blocking_iter();
    let first = blocking.next().unwrap().unwrap();
    assert_eq!((first.channel(), first.payload()), ("news", "first"));
    assert_eq!(first.process_id(), other.backend_pid());
    assert_eq!(blocking.next().unwrap().unwrap().payload(), "");

    other.batch_execute("NOTIFY news, 'x'").unwrap();
    client.batch_execute("SELECT pg_sleep(0.01)").unwrap();
    let all: Vec<_> = client
        .notifications()
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(all.len(), 1);
}

#[test]
fn the_loss_of_the_connection_ends_the_wait_for_notifications() {
    let mut client = client!();
    let mut other = connect().unwrap();
    other
        .execute("SELECT pg_terminate_backend($1)", &[&client.backend_pid()])
        .unwrap();
    let mut blocking = client.notifications().blocking_iter();
    let error = blocking.next().unwrap().unwrap_err();
    assert_eq!(error.code(), Some(sqlstate::ADMIN_SHUTDOWN));
    assert!(blocking.next().is_none());
    assert!(client.is_closed());
    let error = client.execute("SELECT 1", &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
}

#[test]
fn notices_are_handed_over() {
    let mut client = client!();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = seen.clone();
    client.on_notice(move |notice| {
        sink.lock()
            .unwrap()
            .push((notice.code().to_owned(), notice.message().to_owned()))
    });
    client
        .batch_execute("DROP TABLE IF EXISTS absent; DO $$ BEGIN RAISE WARNING 'careful'; END $$")
        .unwrap();
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].0, "00000");
    assert_eq!(seen[1].1, "careful");
}
