//! Whether an answer comes whole or byte by byte must make no difference: only the former is taken
//! in one go.

use std::io::Write;
use std::os::unix::net::UnixStream;

use crate::connection::{Connection, Fetch, Params, Polling, Statement};
use crate::conninfo::ConnInfo;
use crate::result::QueryResult;
use crate::transport::{Socket, Stream};

/// AuthenticationOk, ReadyForQuery.
const STARTED: &[u8] = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I";

const DESCRIPTION: &[u8] = b"T\0\0\0\x1a\0\x01n\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0";
const OTHER_DESCRIPTION: &[u8] =
    b"T\0\0\0\x1a\0\x01m\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0";
const ROW: &[u8] = b"D\0\0\0\x0d\0\x01\0\0\0\x03abc";
const NULL: &[u8] = b"D\0\0\0\x0a\0\x01\xff\xff\xff\xff";
const SELECTED: &[u8] = b"C\0\0\0\x0dSELECT 2\0";
const INSERTED: &[u8] = b"C\0\0\0\x0fINSERT 0 7\0";
const READY: &[u8] = b"Z\0\0\0\x05I";
const IN_TRANSACTION: &[u8] = b"Z\0\0\0\x05T";
const PARSED: &[u8] = b"1\0\0\0\x04";
const BOUND: &[u8] = b"2\0\0\0\x04";
const NO_DATA: &[u8] = b"n\0\0\0\x04";
const NOTICE: &[u8] = b"N\0\0\0\x0bSNOTE\0\0";
const ERROR: &[u8] = b"E\0\0\0\x15SERROR\0MUnlucky\0\0";

/// A session whose server's words this test says.
struct Session {
    engine: Connection,
    server: UnixStream,
}

impl Session {
    fn started() -> Self {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let options = b"host=/nonexistent user=u dbname=d passfile=/dev/null";
        let info = ConnInfo::from_string(options).unwrap();
        let mut session = Self {
            engine: Connection::over(Stream::Plain(Socket::from(ours)), info),
            server: theirs,
        };
        session.say(STARTED);
        while session.engine.connect_poll() != Polling::Ok {}
        session
    }

    fn say(&mut self, words: &[u8]) {
        self.server.write_all(words).unwrap();
    }

    fn send(&mut self, extended: bool) {
        let sent = if extended {
            let statement = Statement::Prepared(b"s");
            self.engine.send_execute(statement, &Params::default())
        } else {
            self.engine.send_query(b"select")
        };
        sent.unwrap();
    }

    /// All that a command comes to, in words.
    fn answer(&mut self, words: &[u8], piece: usize) -> Vec<String> {
        let mut told = Vec::new();
        let mut left = words.chunks(piece);
        let mut over = false;
        while !over {
            let fetched = self.engine.fetch();
            // Of what comes along with a result, notices are delivered first.
            while let Some(notice) = self.engine.pop_notice() {
                told.push(format!("notice {}", describe(&notice)));
            }
            match fetched {
                Fetch::Result(result) => told.push(describe(&result)),
                Fetch::Done => {
                    told.push("done".to_owned());
                    over = true;
                }
                Fetch::Wait => match left.next() {
                    Some(words) => {
                        self.say(words);
                        let _ = self.engine.consume_input();
                    }
                    None => {
                        told.push("waits".to_owned());
                        over = true;
                    }
                },
            }
        }
        told.push(format!("{:?}", self.engine.transaction()));
        told.push(format!("{:?}", self.engine.error().as_c_str()));
        told
    }
}

fn describe(result: &QueryResult) -> String {
    let rows: Vec<_> = (0..result.rows.len())
        .map(|row| {
            let columns = 0..result.rows.columns();
            let values = columns.map(|column| result.rows.get(row, column));
            format!("{values:?}", values = values.collect::<Vec<_>>())
        })
        .collect();
    let names: Vec<_> = (0..result.columns.len())
        .map(|column| result.columns.name(column).map(<_>::to_owned))
        .collect();
    let error = result
        .report
        .as_ref()
        .map(|report| report.text().to_owned());
    format!(
        "{:?} {:?} {names:?} {rows:?} {error:?}",
        result.status,
        result.tag.as_c_str()
    )
}

/// Says these answers, one after the other, to sessions that get them whole or in pieces.
#[track_caller]
fn compare(extended: bool, answers: &[&[&[u8]]]) -> Vec<String> {
    let run = |piece| {
        let mut session = Session::started();
        let mut told = Vec::new();
        for answer in answers {
            session.send(extended);
            told.extend(session.answer(&answer.concat(), piece));
        }
        told
    };
    let whole = run(usize::MAX);
    for piece in [1, 7, 30] {
        assert_eq!(whole, run(piece), "in pieces of {piece}");
    }
    whole
}

/// The same answer to two commands, the second of which may know its columns.
#[track_caller]
fn twice(extended: bool, answer: &[&[u8]]) -> Vec<String> {
    compare(extended, &[answer, answer])
}

#[test]
fn rows_come_as_they_are_whether_their_columns_are_known_or_new() {
    let simple: &[&[u8]] = &[DESCRIPTION, ROW, NULL, SELECTED, READY];
    let other: &[&[u8]] = &[OTHER_DESCRIPTION, ROW, SELECTED, IN_TRANSACTION];
    let told = compare(false, &[simple, simple, other, simple]);
    assert_eq!(told[0], told[4]);
    assert!(told[0].contains("TuplesOk \"SELECT 2\""), "{}", told[0]);
    assert_eq!(told[10], "InTransaction");
    let empty: &[&[u8]] = &[DESCRIPTION, SELECTED, READY];
    compare(false, &[simple, empty, empty]);
    let extended: &[&[u8]] = &[BOUND, DESCRIPTION, NULL, SELECTED, READY];
    compare(true, &[extended, extended, extended]);
    twice(true, &[PARSED, BOUND, DESCRIPTION, ROW, SELECTED, READY]);
}

#[test]
fn commands_without_rows_come_to_their_tag() {
    let told = compare(false, &[&[INSERTED, READY], &[INSERTED, IN_TRANSACTION]]);
    assert!(told[0].contains("CommandOk \"INSERT 0 7\""), "{}", told[0]);
    twice(true, &[BOUND, NO_DATA, INSERTED, READY]);
    twice(true, &[PARSED, BOUND, INSERTED, READY]);
}

#[test]
fn one_query_may_have_many_answers() {
    let many: &[&[u8]] = &[
        DESCRIPTION,
        ROW,
        SELECTED,
        INSERTED,
        DESCRIPTION,
        SELECTED,
        READY,
    ];
    let told = compare(false, &[many, many]);
    assert_eq!(told.len(), 12);
}

#[test]
fn what_stands_between_is_delivered_where_it_stands() {
    twice(false, &[NOTICE, INSERTED, READY]);
    twice(false, &[DESCRIPTION, ROW, NOTICE, ROW, SELECTED, READY]);
    // Behind a whole answer a notice is delivered along with it, and not later.
    let whole = &[DESCRIPTION, ROW, SELECTED, NOTICE, READY].concat();
    let mut session = Session::started();
    for _ in 0..2 {
        session.send(false);
        let told = session.answer(whole, usize::MAX);
        assert!(told[0].starts_with("notice"), "{told:?}");
    }
}

#[test]
fn an_error_after_rows_takes_their_place() {
    let told = twice(false, &[DESCRIPTION, ROW, ERROR, READY]);
    assert!(told[0].contains("FatalError"), "{}", told[0]);
    compare(true, &[&[BOUND, ERROR, READY], &[ERROR, READY]]);
}

#[test]
fn broken_answers_are_refused_all_the_same() {
    let usual: &[&[u8]] = &[DESCRIPTION, ROW, SELECTED, READY];
    let broken: [&[&[u8]]; 5] = [
        // Rows without columns, and of another number of columns.
        &[ROW, SELECTED, READY],
        &[DESCRIPTION, b"D\0\0\0\x06\0\0", SELECTED, READY],
        &[DESCRIPTION, b"D\0\0\0\x0a\0\x01\0\0\0\x03", SELECTED, READY],
        // A tag that does not end, a message that is unknown.
        &[DESCRIPTION, ROW, b"C\0\0\0\x07SEL", READY],
        &[DESCRIPTION, ROW, b"!\0\0\0\x04", SELECTED, READY],
    ];
    for answer in broken {
        compare(false, &[usual, answer]);
    }
}

#[test]
fn an_answer_that_was_not_asked_for_in_this_way_is_not_taken_for_one() {
    // BindComplete where nothing was bound, and none where something was.
    compare(false, &[&[BOUND, INSERTED, READY]]);
    compare(true, &[&[INSERTED, READY]]);
}
