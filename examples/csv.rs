//! A CSV file into a table and out again, and rows of values by COPY's binary format.
//!
//! Connects to `DATABASE_URL`, or to where the environment of libpq leads.

use ferropq::types::Type;
use ferropq::{BinaryCopyInWriter, Client};
use std::error::Error;
use std::io::{self, Write};
use std::{env, fs};

const BOOKS: &str = "\
title,author,year
The Hunting of the Snark,Lewis Carroll,1876
\"Rosencrantz, Guildenstern\",Tom Stoppard,1966
Njal's Saga,,1280
";

fn main() -> Result<(), Box<dyn Error>> {
    let url = env::var("DATABASE_URL").unwrap_or_default();
    let mut client = Client::connect(&url)?;
    client.batch_execute("CREATE TEMP TABLE book (title text, author text, year int)")?;

    // What the server is sent may come from anything that can be read: here, from the file.
    let file = env::temp_dir().join(format!("books-{}.csv", std::process::id()));
    fs::write(&file, BOOKS)?;
    let mut writer = client.copy_in("COPY book FROM STDIN (FORMAT csv, HEADER)")?;
    io::copy(&mut fs::File::open(&file)?, &mut writer)?;
    println!("{} books from the file", writer.finish()?);
    fs::remove_file(&file)?;

    let writer = client.copy_in("COPY book FROM STDIN (FORMAT binary)")?;
    let mut rows = BinaryCopyInWriter::new(writer, &[Type::TEXT, Type::TEXT, Type::INT4])?;
    for number in 1..=1000 {
        let title = format!("Collected works, volume {number}");
        rows.write(&[&title, &None::<&str>, &(1900 + number % 100)])?;
    }
    println!("{} books from values", rows.finish()?);

    // Where a line is wrong nothing of the copy stays, and the error tells where it is.
    let mut writer = client.copy_in("COPY book FROM STDIN (FORMAT csv)")?;
    writer.write_all(b"Emma,Jane Austen,1815\nSolaris,Stanislaw Lem,unknown\n")?;
    let error = writer.finish().expect_err("the year is no number");
    let said = error.server().ok_or("the server has found it")?;
    println!(
        "{} ({})",
        said.message(),
        said.context().unwrap_or_default()
    );

    let old = "COPY (SELECT * FROM book WHERE year < 1900 ORDER BY year) TO STDOUT (FORMAT csv)";
    io::copy(&mut client.copy_out(old)?, &mut io::stdout())?;
    let books: i64 = client.query_one("SELECT count(*) FROM book", &[])?.get(0);
    assert_eq!(books, 1003);
    Ok(())
}
