//! Rows: indexing, terminators, wide rows, copies, edits.

use super::*;

/// A DataRow message.
fn message(values: &[Option<&[u8]>]) -> Vec<u8> {
    let mut body = (values.len() as u16).to_be_bytes().to_vec();
    for value in values {
        let length = value.map_or(-1, |bytes| bytes.len() as i32);
        body.extend(length.to_be_bytes());
        body.extend_from_slice(value.unwrap_or_default());
    }
    let mut message = vec![b'D'];
    message.extend((body.len() as i32 + 4).to_be_bytes());
    message.extend(body);
    message
}

/// A set that has taken these messages, with a chunk of its own below it.
fn taken(columns: usize, messages: &[Vec<u8>]) -> RowSet {
    let bytes: Vec<u8> = messages.concat();
    let chunk = Chunk::with_capacity(bytes.len() + 6).unwrap();
    let base = chunk.as_ptr();
    let mut rows = RowSet::new(columns);
    // SAFETY: the chunk has room for the bytes and one message more, and is given to the set.
    let (position, stop) = unsafe {
        base.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        base.add(bytes.len())
            .copy_from_nonoverlapping(b"Z\0\0\0\x05".as_ptr(), 5);
        rows.take_messages(base, 0, bytes.len() + 5, usize::MAX)
    };
    assert_eq!((position, stop), (bytes.len(), Stop::Message));
    // SAFETY: inside the chunk; this is what consuming the next message does.
    unsafe { *base.add(position) = 0 };
    rows.keep(chunk);
    rows
}

fn check(rows: &RowSet, row: usize, expected: &[Option<&[u8]>]) {
    for (column, value) in expected.iter().enumerate() {
        assert_eq!(
            rows.get(row, column),
            Some(*value),
            "row {row} column {column}"
        );
        assert_eq!(rows.is_null(row, column), Some(value.is_none()));
        let length = value.map_or(0, <[u8]>::len);
        assert_eq!(rows.length(row, column), Some(length));
        let start = rows.value_ptr(row, column).unwrap();
        // SAFETY: every value has a NUL behind it.
        let behind = unsafe { *start.add(length) };
        assert_eq!(behind, 0, "row {row} column {column}");
    }
}

#[test]
fn values_are_found_and_end_with_a_nul() {
    let first: &[Option<&[u8]>] = &[Some(b"one"), None, Some(b""), Some(b"two")];
    let second: &[Option<&[u8]>] = &[None, None, Some(b"xyz"), None];
    let rows = taken(4, &[message(first), message(second), message(first)]);
    assert_eq!(rows.len(), 3);
    check(&rows, 0, first);
    check(&rows, 1, second);
    check(&rows, 2, first);
}

#[test]
fn fields_outside_the_rows_are_none() {
    let rows = taken(1, &[message(&[Some(b"x")])]);
    for (row, column) in [(1, 0), (0, 1), (usize::MAX, 0), (0, usize::MAX)] {
        assert_eq!(rows.get(row, column), None);
        assert_eq!(rows.value_ptr(row, column), None);
        assert_eq!(rows.length(row, column), None);
        assert_eq!(rows.is_null(row, column), None);
    }
}

#[test]
fn rows_without_columns_are_counted() {
    let rows = taken(0, &[message(&[]), message(&[])]);
    assert_eq!(rows.len(), 2);
    assert_eq!(rows.get(0, 0), None);
}

#[test]
fn wide_rows_and_narrow_ones_stand_side_by_side() {
    for size in [65_510usize, 65_522, 65_523, 65_524, 65_525, 70_000] {
        let big = vec![b'b'; size];
        let wide: &[Option<&[u8]>] = &[Some(&big), None, Some(b"end")];
        let last: &[Option<&[u8]>] = &[Some(b"x"), Some(&big), None];
        let narrow: &[Option<&[u8]>] = &[Some(b"1"), Some(b"2"), None];
        let rows = taken(
            3,
            &[
                message(narrow),
                message(wide),
                message(last),
                message(narrow),
            ],
        );
        check(&rows, 0, narrow);
        check(&rows, 1, wide);
        check(&rows, 2, last);
        check(&rows, 3, narrow);
    }
}

#[test]
fn an_incomplete_row_waits_at_every_length() {
    let whole = message(&[Some(b"abc"), None]);
    for length in 0..whole.len() {
        let mut bytes = whole[..length].to_vec();
        let mut rows = RowSet::new(2);
        // SAFETY: the bytes outlive the set, which takes no row from them.
        let taken = unsafe { rows.take_messages(bytes.as_mut_ptr(), 0, length, usize::MAX) };
        assert_eq!(taken, (0, Stop::Incomplete));
    }
}

#[test]
fn broken_rows_are_refused_where_they_begin() {
    let good = message(&[Some(b"abc")]);
    let with = |position: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[position] = byte;
        bytes
    };
    let short = vec![b'D', 0, 0, 0, 5, 0];
    let wide = [message(&[Some(&[b'x'; 70_000])]), vec![0]].concat();
    let mut wide_count = wide.clone();
    wide_count[6] = 2;
    let mut wide_length = wide.clone();
    wide_length[9] = 0;
    for bytes in [
        with(6, 2),
        with(6, 0),
        with(10, 4),
        with(10, 2),
        with(7, 0x80),
        short,
        wide_count,
        wide_length,
    ] {
        let mut all = [good.clone(), bytes].concat();
        let mut rows = RowSet::new(1);
        let end = all.len();
        // SAFETY: the bytes outlive the set.
        let (position, stop) = unsafe { rows.take_messages(all.as_mut_ptr(), 0, end, usize::MAX) };
        assert_eq!((position, rows.len()), (good.len(), 1));
        assert!(matches!(stop, Stop::Malformed(_)), "{stop:?}");
    }
}

#[test]
fn no_more_rows_are_taken_than_asked_for() {
    let mut bytes = [
        message(&[Some(b"1")]),
        message(&[Some(b"2")]),
        message(&[Some(b"3")]),
    ]
    .concat();
    let mut rows = RowSet::new(1);
    let end = bytes.len();
    // SAFETY: the bytes outlive the set.
    let (_, stop) = unsafe { rows.take_messages(bytes.as_mut_ptr(), 0, end, 2) };
    assert_eq!((rows.len(), stop), (2, Stop::Message));
}

#[test]
fn a_copy_does_not_need_the_bytes_it_was_made_from() {
    let big = vec![b'q'; 66_000];
    let wide: &[Option<&[u8]>] = &[Some(&big), None];
    let narrow: &[Option<&[u8]>] = &[Some(b"value"), Some(b"")];
    let mut bytes = [message(narrow), message(wide), message(narrow)].concat();
    let end = bytes.len();
    let mut rows = RowSet::new(2);
    // SAFETY: the rows are copied before the bytes go.
    unsafe {
        rows.take_messages(bytes.as_mut_ptr(), 0, end, usize::MAX);
        rows.copy_rows_from(0, bytes.as_ptr(), 0, end).unwrap();
    }
    drop(bytes);
    rows.trim();
    check(&rows, 0, narrow);
    check(&rows, 1, wide);
    check(&rows, 2, narrow);
}

#[test]
fn later_rows_are_copied_and_earlier_ones_stay() {
    let value: &[Option<&[u8]>] = &[Some(b"kept")];
    let mut rows = taken(1, &[message(value), message(value)]);
    let later: &[Option<&[u8]>] = &[Some(b"copied")];
    let mut bytes = message(later);
    let end = bytes.len();
    // SAFETY: the row is copied before the bytes go.
    unsafe {
        rows.take_messages(bytes.as_mut_ptr(), 0, end, usize::MAX);
        rows.copy_rows_from(2, bytes.as_ptr(), 0, end).unwrap();
    }
    drop(bytes);
    check(&rows, 0, value);
    check(&rows, 1, value);
    check(&rows, 2, later);
}

#[test]
fn one_row_alone_is_copied_from_its_message() {
    let big = vec![b'w'; 80_000];
    for values in [&[Some(&b"v"[..]), None][..], &[None, Some(&big)]] {
        let rows = RowSet::from_message(2, &message(values)).unwrap();
        assert_eq!(rows.len(), 1);
        check(&rows, 0, values);
    }
    assert!(RowSet::from_message(3, &message(&[None])).is_err());
}

#[test]
fn a_few_rows_are_copied_from_their_messages() {
    let big = vec![b'w'; 80_000];
    let rows: [&[Option<&[u8]>]; 4] = [
        &[Some(b"v"), None],
        &[Some(b""), Some(b"x")],
        &[None, Some(&big)],
        &[None, None],
    ];
    let messages: Vec<u8> = rows.iter().flat_map(|row| message(row)).collect();
    let mut set = RowSet::new(2);
    set.copy_messages(&messages, rows.len()).unwrap();
    assert_eq!(set.len(), rows.len());
    for (number, values) in rows.iter().enumerate() {
        check(&set, number, values);
    }
    set.set(rows.len(), 1, Some(b"added")).unwrap();
    check(&set, rows.len(), &[None, Some(b"added")]);
    check(&set, 3, rows[3]);
}

#[test]
fn a_set_stays_empty_where_one_message_is_broken() {
    let good = message(&[Some(b"v"), None]);
    let mut long = good.clone();
    *long.last_mut().unwrap() = 9;
    for bad in [
        message(&[None]),
        long,
        b"D\0\0\0\x04".to_vec(),
        good[..9].to_vec(),
    ] {
        let mut set = RowSet::new(2);
        let messages = [good.clone(), bad].concat();
        assert!(set.copy_messages(&messages, 2).is_err());
        assert!(set.is_empty());
        set.copy_messages(&good, 1).unwrap();
        check(&set, 0, &[Some(b"v"), None]);
    }
}

#[test]
fn many_rows_use_many_segments() {
    let count = if cfg!(miri) { 200 } else { 300_000 };
    let messages: Vec<_> = (0..count)
        .map(|n: u32| message(&[Some(n.to_string().as_bytes()), None]))
        .collect();
    let mut rows = taken(2, &messages);
    rows.trim();
    for n in (0..count).step_by(997).chain([count - 1]) {
        let text = n.to_string();
        check(&rows, n as usize, &[Some(text.as_bytes()), None]);
    }
    rows.set(count as usize, 1, Some(b"added")).unwrap();
    check(&rows, count as usize, &[None, Some(b"added")]);
    check(
        &rows,
        count as usize - 1,
        &[Some((count - 1).to_string().as_bytes()), None],
    );
}

#[test]
fn a_field_set_replaces_the_received_one() {
    let mut rows = taken(2, &[message(&[Some(b"old"), Some(b"keep")])]);
    rows.set(0, 0, Some(b"newer value")).unwrap();
    check(&rows, 0, &[Some(b"newer value"), Some(b"keep")]);
    rows.set(0, 0, None).unwrap();
    check(&rows, 0, &[None, Some(b"keep")]);
    rows.set(1, 0, Some(b"second")).unwrap();
    check(&rows, 1, &[Some(b"second"), None]);
}

#[test]
fn rows_can_be_built_from_nothing() {
    let mut rows = RowSet::new(2);
    for n in 0..100 {
        rows.set(n, n % 2, Some(n.to_string().as_bytes())).unwrap();
    }
    let mut copy = RowSet::new(2);
    copy.copy_from(&rows).unwrap();
    drop(rows);
    for n in 0..100 {
        let text = n.to_string();
        let mut expected: [Option<&[u8]>; 2] = [None, None];
        expected[n % 2] = Some(text.as_bytes());
        check(&copy, n, &expected);
    }
}
