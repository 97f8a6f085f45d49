//! diesel over pq-sys at work; prints what must be the same on every libpq.

use diesel::connection::{LoadConnection, SimpleConnection};
use diesel::pg::{CopyFormat, PgRowByRowLoadingMode};
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool};
use diesel::result::Error;
use diesel::{copy_from, copy_to, sql_query, sql_types};
use std::io::Read;
use std::thread;

diesel::table! {
    items (id) {
        id -> Integer,
        name -> Text,
        body -> Nullable<Binary>,
        data -> Nullable<Jsonb>,
        at -> Nullable<Timestamp>,
        key -> Nullable<Uuid>,
        tags -> Array<Nullable<Text>>,
    }
}

#[derive(Debug, Clone, Queryable, Insertable, Selectable)]
#[diesel(table_name = items, treat_none_as_default_value = false)]
struct Item {
    id: i32,
    name: String,
    body: Option<Vec<u8>>,
    data: Option<serde_json::Value>,
    at: Option<chrono::NaiveDateTime>,
    key: Option<uuid::Uuid>,
    tags: Vec<Option<String>>,
}

fn item(id: i32) -> Item {
    Item {
        id,
        name: format!("ünï {id}"),
        body: (id % 2 == 0).then(|| vec![0, 255, b'\'', b'\\']),
        data: Some(serde_json::json!({ "n": id })),
        at: chrono::DateTime::from_timestamp(981_173_106, 0).map(|at| at.naive_utc()),
        key: Some(uuid::Uuid::from_u128(77)),
        tags: vec![Some("a".into()), None],
    }
}

fn writing(conn: &mut PgConnection) -> QueryResult<()> {
    conn.batch_execute(
        "CREATE TABLE items (id int PRIMARY KEY, name text UNIQUE NOT NULL, body bytea, data jsonb,
         at timestamp, key uuid, tags text[] NOT NULL)",
    )?;
    let rows: Vec<Item> = (1..=300).map(item).collect();
    println!("inserted {}", diesel::insert_into(items::table).values(&rows).execute(conn)?);
    println!("{:?}", items::table.order(items::id).limit(2).load::<Item>(conn)?);
    let changed = diesel::update(items::table.filter(items::id.lt(10)))
        .set(items::name.eq("same ".into_sql::<sql_types::Text>().concat(items::name)))
        .returning(items::name)
        .get_results::<String>(conn)?;
    println!("{changed:?}");
    println!("{:?}", diesel::insert_into(items::table).values(item(1)).execute(conn));
    let upserted = diesel::insert_into(items::table)
        .values(item(2))
        .on_conflict(items::id)
        .do_update()
        .set(items::name.eq("upserted"))
        .execute(conn)?;
    println!("upserted {upserted}");
    Ok(())
}

fn reading(conn: &mut PgConnection) -> QueryResult<()> {
    let mut sum = 0;
    for row in LoadConnection::<PgRowByRowLoadingMode>::load(conn, items::table.select(items::id))? {
        let _ = row?;
        sum += 1;
    }
    println!("row by row {sum}");
    let count: i64 = items::table.filter(items::name.like("%1%")).count().get_result(conn)?;
    println!("count {count}");
    // A connection of its own: diesel leaves the end of a COPY TO unread.
    let mut conn = PgConnection::establish("").expect("a connection");
    let mut text = String::new();
    copy_to(items::table)
        .with_format(CopyFormat::Csv)
        .load_raw(&mut conn)?
        .read_to_string(&mut text)
        .map_err(|error| Error::DeserializationError(error.into()))?;
    println!("copied out {} bytes", text.len());
    Ok(())
}

fn copying(conn: &mut PgConnection) -> QueryResult<()> {
    let rows: Vec<Item> = (1000..6000).map(item).collect();
    println!("copied in {}", copy_from(items::table).from_insertable(rows).execute(conn)?);
    let again = copy_from(items::table).from_insertable(vec![item(7)]).execute(conn);
    println!("{again:?}");
    Ok(())
}

fn failures(conn: &mut PgConnection) -> QueryResult<()> {
    for sql in ["SELECT 1/0", "SELECT 'ünï', nothing", "SELEC"] {
        match sql_query(sql).execute(conn) {
            Err(Error::DatabaseError(kind, info)) => println!(
                "{kind:?} {} {:?} {:?} {:?}",
                info.message(), info.details(), info.hint(), info.statement_position(),
            ),
            other => println!("{other:?}"),
        }
    }
    let outcome: QueryResult<()> = conn.transaction(|conn| {
        diesel::delete(items::table).execute(conn)?;
        let inner: QueryResult<()> = conn.transaction(|conn| sql_query("SELECT 1/0").execute(conn).map(drop));
        println!("inner {inner:?}");
        Err(Error::RollbackTransaction)
    });
    println!("outer {outer:?} {count:?}", outer = outcome, count = items::table.count().get_result::<i64>(conn));
    let serializable = conn.build_transaction().serializable().read_only().run(|conn| diesel::delete(items::table).execute(conn));
    println!("{serializable:?}");
    for url in ["dbname=nowhere", "port=1", "bogus=1"] {
        println!("{:?}", PgConnection::establish(url).err());
    }
    Ok(())
}

fn notifying(conn: &mut PgConnection) -> QueryResult<()> {
    sql_query("LISTEN news").execute(conn)?;
    sql_query("NOTIFY news, 'påyload'").execute(conn)?;
    for notification in conn.notifications_iter() {
        let notification = notification?;
        println!("{} {}", notification.channel, notification.payload);
    }
    Ok(())
}

fn pooled() {
    let pool = Pool::builder().max_size(4).build(ConnectionManager::<PgConnection>::new("")).expect("a pool");
    let workers: Vec<_> = (1..=8)
        .map(|worker| {
            let pool = pool.clone();
            thread::spawn(move || {
                (0..50)
                    .map(|n| {
                        let mut conn = pool.get().expect("a connection");
                        diesel::select((worker * n).into_sql::<sql_types::Integer>()).get_result::<i32>(&mut *conn).expect("a row")
                    })
                    .sum::<i32>()
            })
        })
        .collect();
    let sums: Vec<i32> = workers.into_iter().map(|worker| worker.join().expect("no panic")).collect();
    println!("pooled {sums:?}");
}

fn main() -> QueryResult<()> {
    let mut conn = PgConnection::establish("").expect("a connection");
    let conn = &mut conn;
    writing(conn)?;
    reading(conn)?;
    copying(conn)?;
    failures(conn)?;
    notifying(conn)?;
    pooled();
    Ok(())
}
