//! Rows at the sizes where the way they are kept changes.

use std::sync::Arc;

use ferropq::connection::blocking;
use ferropq::result::{ExecStatus, QueryResult, RowSet};
use support::scripted::{
    Scripted, command_complete, data_row, error_fields, ready, row_description,
};

use crate::client::Client;

type Row = Vec<Option<Vec<u8>>>;

const COLUMNS: [&str; 3] = ["a", "b", "c"];

/// How rows are asked for.
#[derive(Clone, Copy, Debug)]
enum Mode {
    All,
    Single,
    Chunks(usize),
}

fn serve(rows: Arc<[Row]>, piece: usize) -> Scripted {
    Scripted::run(move |peer| {
        peer.accept();
        peer.expect(b'Q');
        let mut words = row_description(&COLUMNS);
        for row in rows.iter() {
            let values: Vec<Option<&[u8]>> = row.iter().map(Option::as_deref).collect();
            words.extend(data_row(&values));
        }
        words.extend(command_complete("SELECT"));
        words.extend(ready(b'I'));
        for bytes in words.chunks(piece) {
            peer.send(bytes);
        }
        peer.wait_for_close();
    })
}

fn check(rows: &[Row], set: &RowSet, from: usize) {
    for index in 0..set.len() {
        for (column, value) in rows[from + index].iter().enumerate() {
            let got = set.get(index, column).expect("a field");
            assert_eq!(
                got,
                value.as_deref(),
                "row {} column {column}",
                from + index
            );
            let length = value.as_ref().map_or(0, Vec::len);
            let start = set.value_ptr(index, column).expect("a field");
            // SAFETY: C is promised a NUL behind every value.
            assert_eq!(unsafe { *start.add(length) }, 0, "the NUL behind the value");
        }
    }
}

fn fetch(rows: &Arc<[Row]>, mode: Mode, piece: usize) {
    let server = serve(Arc::clone(rows), piece);
    let mut client = Client::connect(&server.conninfo());
    client.engine.send_query(b"rows").expect("sent");
    match mode {
        Mode::All => {}
        Mode::Single => assert!(client.engine.set_single_row_mode()),
        Mode::Chunks(size) => assert!(client.engine.set_chunked_rows_mode(size)),
    }
    let mut results: Vec<QueryResult> = Vec::new();
    while let Some(result) = blocking::get_result(&mut client) {
        results.push(result);
    }
    assert!(client.is_alive());
    drop(client);
    server.finish();
    // All of them at the end: what came later must not have disturbed what came before.
    let mut from = 0;
    for result in &results {
        assert_ne!(result.status, ExecStatus::FatalError, "{mode:?}");
        check(rows, &result.rows, from);
        from += result.rows.len();
    }
    assert_eq!(from, rows.len(), "{mode:?}");
}

/// A row whose message has this many bytes, with the long value at this place.
fn row_of(size: usize, place: usize, others: Option<&[u8]>) -> Row {
    let header = 7 + 4 * COLUMNS.len();
    let short = others.map_or(0, <[u8]>::len) * (COLUMNS.len() - 1);
    let long: Vec<u8> = (0..size - header - short)
        .map(|index| b'a' + (index % 26) as u8)
        .collect();
    let mut row = vec![others.map(<[u8]>::to_vec); COLUMNS.len()];
    row[place] = Some(long);
    row
}

#[test]
fn rows_around_64_kib_are_read_in_every_mode() {
    for others in [None, Some(&b""[..]), Some(b"xyz")] {
        let mut rows = Vec::new();
        for size in 65_523..=65_540 {
            for place in 0..COLUMNS.len() {
                rows.push(row_of(size, place, others));
                rows.push(row_of(100, place, others));
            }
        }
        let rows: Arc<[Row]> = rows.into();
        for mode in [Mode::All, Mode::Single, Mode::Chunks(1), Mode::Chunks(7)] {
            fetch(&rows, mode, usize::MAX);
        }
        fetch(&rows, Mode::All, 60_001);
    }
}

#[test]
fn values_around_16_mib_are_read_with_null_neighbours() {
    const LARGE: usize = 16 << 20;
    for size in [LARGE - 1, LARGE, LARGE + 1] {
        let value: Vec<u8> = (0..size).map(|index| 1 + (index % 255) as u8).collect();
        let rows: Arc<[Row]> = vec![
            vec![None, None, None],
            vec![None, Some(value.clone()), None],
            vec![Some(b"x".to_vec()), Some(value), None],
            vec![None, None, Some(Vec::new())],
        ]
        .into();
        for mode in [Mode::All, Mode::Single, Mode::Chunks(2)] {
            fetch(&rows, mode, usize::MAX);
        }
    }
}

#[test]
fn rows_are_read_byte_by_byte_in_every_mode() {
    let rows: Arc<[Row]> = (0..40)
        .map(|index| vec![Some(vec![b'x'; index]), None, Some(b"end".to_vec())])
        .collect();
    for mode in [Mode::All, Mode::Single, Mode::Chunks(3), Mode::Chunks(40)] {
        fetch(&rows, mode, 1);
    }
}

#[test]
fn a_million_rows_and_then_a_cut_are_one_error() {
    let server = Scripted::run(|peer| {
        peer.accept();
        peer.expect(b'Q');
        peer.send(&row_description(&["a"]));
        let thousand = data_row(&[Some(b"12345678")]).repeat(1000);
        for _ in 0..1000 {
            peer.send(&thousand);
        }
        peer.close();
    });
    let mut client = Client::connect(&server.conninfo());
    let failure = client.failure("rows");
    assert!(
        failure.starts_with("server closed the connection unexpectedly"),
        "{failure}"
    );
    assert!(!client.is_alive());
    server.finish();
}

#[test]
fn rows_of_a_part_survive_the_error_behind_them() {
    let server = Scripted::run(|peer| {
        peer.accept();
        peer.expect(b'Q');
        let mut words = row_description(&["a"]);
        words.extend(data_row(&[Some(b"kept")]).repeat(5));
        words.extend(error_fields(b'E', &[(b'S', "ERROR"), (b'M', "no")]));
        words.extend(ready(b'I'));
        peer.send(&words);
        peer.wait_for_close();
    });
    let mut client = Client::connect(&server.conninfo());
    client.engine.send_query(b"rows").expect("sent");
    assert!(client.engine.set_chunked_rows_mode(3));
    let part = blocking::get_result(&mut client).expect("a part");
    let failure = blocking::get_result(&mut client).expect("the error");
    assert!(blocking::get_result(&mut client).is_none());
    assert_eq!((part.status, part.rows.len()), (ExecStatus::TuplesChunk, 3));
    assert_eq!(part.rows.get(2, 0), Some(Some(&b"kept"[..])));
    assert_eq!(failure.status, ExecStatus::FatalError);
    assert!(client.is_alive());
    drop(client);
    server.finish();
}
