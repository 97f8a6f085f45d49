//! A queue of jobs in a table: workers wait for a notification, and take one job each with
//! `FOR UPDATE SKIP LOCKED`.
//!
//! Connects to `DATABASE_URL`, or to where the environment of libpq leads.

use ferropq::{Client, Error};
use std::env;
use std::thread;
use std::time::Duration;

const TABLE: &str = "
    CREATE TABLE job (id serial PRIMARY KEY, task text NOT NULL, done_by int);
    CREATE FUNCTION announce() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NOTIFY job; RETURN NULL; END $$;
    CREATE TRIGGER announce AFTER INSERT ON job EXECUTE PROCEDURE announce()";

const TAKE: &str = "
    SELECT id, task FROM job WHERE done_by IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED";

/// Looks for jobs at least so often, whatever has been notified.
const LOOK: Duration = Duration::from_millis(500);

fn connect() -> Result<Client, Error> {
    Client::connect(&env::var("DATABASE_URL").unwrap_or_default())
}

/// Does one job; `None` where there is none, otherwise whether it was the last.
fn work(client: &mut Client, worker: i32) -> Result<Option<bool>, Error> {
    // Where the work fails the transaction is dropped: somebody else gets the job.
    let mut transaction = client.transaction()?;
    let Some(job) = transaction.query_opt(TAKE, &[])? else {
        return Ok(None);
    };
    let (id, task): (i32, &str) = (job.get("id"), job.get("task"));
    println!("worker {worker}: {task}");
    transaction.execute("UPDATE job SET done_by = $1 WHERE id = $2", &[&worker, &id])?;
    transaction.commit()?;
    Ok(Some(task == "go home"))
}

fn run(worker: i32) -> Result<(), Error> {
    let mut client = connect()?;
    client.batch_execute("LISTEN job")?;
    loop {
        match work(&mut client, worker)? {
            Some(true) => return Ok(()),
            Some(false) => {}
            None => {
                let mut notifications = client.notifications().timeout_iter(LOOK);
                notifications.next().transpose()?;
            }
        }
    }
}

fn main() -> Result<(), Error> {
    let mut client = connect()?;
    client.batch_execute(TABLE)?;
    let workers: Vec<_> = (1..=2)
        .map(|worker| thread::spawn(move || run(worker)))
        .collect();
    for number in 1..=8 {
        client.execute(
            "INSERT INTO job (task) VALUES ($1)",
            &[&format!("job {number}")],
        )?;
    }
    client.execute(
        "INSERT INTO job (task) VALUES ('go home'), ('go home')",
        &[],
    )?;
    for worker in workers {
        worker.join().expect("no panic")?;
    }
    let left = client.query("SELECT FROM job WHERE done_by IS NULL", &[])?;
    assert!(left.is_empty());
    client.batch_execute("DROP TABLE job; DROP FUNCTION announce()")
}
