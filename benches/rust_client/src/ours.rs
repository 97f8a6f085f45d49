//! The cases by ferropq.

use std::io::{BufRead, Write};

use ferropq::{Client, Error, Statement};

use crate::cases::{Face, INSERT, ONE};
use crate::measure::Seen;
use crate::options::Options;

/// A client and its statements.
pub(crate) struct Ours {
    client: Client,
    one: Statement,
    insert: Statement,
}

impl Face for Ours {
    type Error = Error;

    fn connect(options: &Options) -> Result<Self, Error> {
        let mut client = Client::connect(&options.conninfo())?;
        let one = client.prepare(ONE)?;
        let insert = client.prepare(INSERT)?;
        Ok(Self {
            client,
            one,
            insert,
        })
    }

    fn rows(&mut self, sql: &str, read: Option<&mut Seen>) -> Result<usize, Error> {
        let rows = self.client.query(sql, &[])?;
        if let Some(seen) = read {
            for row in &rows {
                for column in 0..row.len() {
                    seen.value(row.get(column));
                }
            }
        }
        Ok(rows.len())
    }

    fn one(&mut self, parameter: i32, seen: &mut Seen) -> Result<(), Error> {
        let rows = self.client.query(&self.one, &[&parameter])?;
        seen.value(rows.row(0).get(0));
        Ok(())
    }

    fn one_by_text(&mut self, parameter: i32, seen: &mut Seen) -> Result<(), Error> {
        let rows = self.client.query(ONE, &[&parameter])?;
        seen.value(rows.row(0).get(0));
        Ok(())
    }

    fn insert(&mut self, number: i32, text: &str) -> Result<u64, Error> {
        self.client.execute(&self.insert, &[&number, &text])
    }

    fn copy_out(&mut self, sql: &str) -> Result<u64, Box<dyn std::error::Error>> {
        let mut reader = self.client.copy_out(sql)?;
        let mut bytes = 0;
        loop {
            let count = reader.fill_buf()?.len();
            if count == 0 {
                return Ok(bytes);
            }
            bytes += count as u64;
            reader.consume(count);
        }
    }

    fn copy_in(&mut self, row: &[u8], times: u64) -> Result<(), Box<dyn std::error::Error>> {
        let mut writer = self.client.copy_in("copyin")?;
        for _ in 0..times {
            writer.write_all(row)?;
        }
        writer.finish()?;
        Ok(())
    }

    fn insert_together(&mut self, count: u64, text: &str) -> Result<u64, Error> {
        let mut batch = self.client.batch(&self.insert)?;
        for number in 0..count {
            batch.add(&[&(number as i32), &text])?;
        }
        batch.finish()
    }
}
