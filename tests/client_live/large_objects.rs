//! Large objects.

use std::io::{BufReader, Read, Seek, SeekFrom, Write};

use ferropq::{Error, LargeObjectMode, sqlstate};

use super::client;

#[test]
fn a_large_object_is_a_file() {
    let mut client = client!();
    let mut transaction = client.transaction().unwrap();
    let oid = transaction.create_large_object().unwrap();
    let contents: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
    let mut object = transaction
        .open_large_object(oid, LargeObjectMode::ReadWrite)
        .unwrap();
    object.write_all(&contents).unwrap();
    object.flush().unwrap();
    assert_eq!(object.stream_position().unwrap(), 3_000_000);
    object.seek(SeekFrom::End(-10)).unwrap();
    let mut tail = Vec::new();
    object.read_to_end(&mut tail).unwrap();
    assert_eq!(tail, contents[2_999_990..]);
    object.seek(SeekFrom::Start(5)).unwrap();
    object.write_all(b"five").unwrap();
    object.set_len(2_000_000).unwrap();
    object.close().unwrap();
    transaction.commit().unwrap();

    let mut transaction = client.transaction().unwrap();
    let object = transaction
        .open_large_object(oid, LargeObjectMode::Read)
        .unwrap();
    let mut read = Vec::new();
    BufReader::with_capacity(1 << 20, object)
        .read_to_end(&mut read)
        .unwrap();
    assert_eq!(read.len(), 2_000_000);
    assert_eq!((&read[..5], &read[5..9]), (&contents[..5], &b"five"[..]));
    assert_eq!(read[9..], contents[9..2_000_000]);
    transaction.commit().unwrap();

    client.unlink_large_object(oid).unwrap();
    let error = client.unlink_large_object(oid).unwrap_err();
    assert_eq!(error.code(), Some(sqlstate::UNDEFINED_OBJECT));
}

#[test]
fn what_cannot_be_done_with_a_large_object_is_told() {
    let mut client = client!();
    let mut transaction = client.transaction().unwrap();
    let error = transaction
        .open_large_object(1, LargeObjectMode::Read)
        .unwrap_err();
    assert_eq!(error.code(), Some(sqlstate::UNDEFINED_OBJECT));
    drop(transaction);

    let mut transaction = client.transaction().unwrap();
    let oid = transaction.create_large_object().unwrap();
    let mut object = transaction
        .open_large_object(oid, LargeObjectMode::Read)
        .unwrap();
    assert!(object.seek(SeekFrom::Start(u64::MAX)).is_err());
    let error = Error::from(object.write_all(b"x").unwrap_err());
    assert!(error.code().is_some(), "{error}");
    drop(object);
    transaction.rollback().unwrap();
    assert_eq!(
        client.unlink_large_object(oid).unwrap_err().code(),
        Some(sqlstate::UNDEFINED_OBJECT)
    );
}
