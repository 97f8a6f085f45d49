use super::*;
use crate::wire::Lsn;
use crate::wire::pgoutput::{OldTuple, ReplicaIdentity, TupleData, TupleValue};
use crate::wire::testing::exact;

const LSN_1: &[u8] = b"\0\0\0\0\0\0\0\x01";
const LSN_2: &[u8] = b"\0\0\0\0\0\0\0\x02";
const TIME_3: &[u8] = b"\0\0\0\0\0\0\0\x03";
const TIME_4: &[u8] = b"\0\0\0\0\0\0\0\x04";
const XID_5: &[u8] = b"\0\0\0\x05";
const OID_6: &[u8] = b"\0\0\0\x06";

/// The newest version, inside or outside a stream.
fn decoder(in_stream: bool) -> Decoder {
    Decoder {
        version: 4,
        in_stream,
    }
}

type Decode = for<'a> fn(&'a [u8]) -> Result<Message<'a>, Malformed>;

fn outside(data: &[u8]) -> Result<Message<'_>, Malformed> {
    decoder(false).decode(data)
}

fn inside(data: &[u8]) -> Result<Message<'_>, Malformed> {
    decoder(true).decode(data)
}

/// Checks that the parts make exactly this message.
macro_rules! assert_message {
    ($parts:expr, $decode:expr, $pattern:pat $(if $guard:expr)?) => {{
        let parts: &[&[u8]] = &$parts;
        let data = parts.concat();
        let message = exact!(&data, $decode);
        assert!(matches!(message, $pattern $(if $guard)?), "{message:?}");
    }};
}

#[test]
fn only_versions_1_to_4_are_known() {
    assert!(Decoder::new(0).is_none());
    assert!((1..=4).all(|version| Decoder::new(version).is_some()));
    assert!(Decoder::new(5).is_none());
}

#[test]
fn begin_and_commit() {
    let expected = Begin {
        final_lsn: Lsn(1),
        commit_time: 3,
        xid: 5,
    };
    let parts = [b"B", LSN_1, TIME_3, XID_5];
    // Neither has the transaction's id in front, not even inside a stream.
    for decode in [outside, inside] {
        assert_message!(parts, decode, Message::Begin(begin) if begin == expected);
    }
    let expected = Commit {
        flags: 0,
        commit_lsn: Lsn(1),
        end_lsn: Lsn(2),
        commit_time: 3,
    };
    let parts = [b"C", &b"\0"[..], LSN_1, LSN_2, TIME_3];
    assert_message!(parts, outside, Message::Commit(commit) if commit == expected);
}

#[test]
fn origin() {
    let expected = Origin {
        commit_lsn: Lsn(1),
        name: b"node",
    };
    let parts = [b"O", LSN_1, b"node\0"];
    for decode in [outside, inside] {
        assert_message!(parts, decode, Message::Origin(origin) if origin == expected);
    }
}

#[test]
fn logical_messages_have_a_prefix_and_a_content() {
    let mut expected = LogicalMessage {
        xid: None,
        flags: 1,
        lsn: Lsn(1),
        prefix: b"app",
        content: b"\0hi",
    };
    assert!(expected.is_transactional());
    let tail = [b"\x01", LSN_1, b"app\0", b"\0\0\0\x03\0hi"].concat();
    let parts = [b"M", &tail[..]];
    assert_message!(parts, outside, Message::Message(message) if message == expected);
    expected.xid = Some(5);
    let parts = [b"M", XID_5, &tail];
    assert_message!(parts, inside, Message::Message(message) if message == expected);
}

#[test]
fn a_relation_lists_its_columns() {
    let columns = b"\x01id\0\0\0\0\x17\xff\xff\xff\xff\0name\0\0\0\x04\x13\0\0\0\x24";
    let tail = [OID_6, b"public\0t\0", b"d\0\x02", columns].concat();
    for (decode, xid, data) in [
        (outside as Decode, None, [b"R", &tail[..]].concat()),
        (inside, Some(5), [b"R", XID_5, &tail[..]].concat()),
    ] {
        let Message::Relation(relation) = exact!(&data, decode) else {
            panic!("not a relation");
        };
        assert_eq!((relation.xid, relation.oid), (xid, 6));
        assert_eq!(
            (relation.namespace, relation.name),
            (&b"public"[..], &b"t"[..])
        );
        assert_eq!(relation.replica_identity, ReplicaIdentity::Default);
        let columns: Vec<_> = relation.columns.iter().collect();
        assert_eq!(columns.len(), 2);
        assert!(columns[0].is_key() && !columns[1].is_key());
        assert_eq!(
            (columns[0].name, columns[1].name),
            (&b"id"[..], &b"name"[..])
        );
        assert_eq!((columns[0].type_oid, columns[1].type_oid), (23, 1043));
        assert_eq!((columns[0].type_mod, columns[1].type_mod), (-1, 36));
    }
}

#[test]
fn each_replica_identity_has_its_letter() {
    for (letter, expected) in [
        (b'd', ReplicaIdentity::Default),
        (b'n', ReplicaIdentity::Nothing),
        (b'f', ReplicaIdentity::Full),
        (b'i', ReplicaIdentity::Index),
    ] {
        let parts = [b"R", OID_6, b"\0t\0", &[letter], b"\0\0"];
        assert_message!(
            parts,
            outside,
            Message::Relation(relation) if relation.replica_identity == expected
        );
    }
    assert!(outside(b"R\0\0\0\x06\0t\0x\0\0").is_err());
}

#[test]
fn type_definition() {
    let mut expected = Type {
        xid: None,
        oid: 6,
        namespace: b"public",
        name: b"mood",
    };
    let parts = [b"Y", OID_6, b"public\0mood\0"];
    assert_message!(parts, outside, Message::Type(found) if found == expected);
    expected.xid = Some(5);
    let parts = [b"Y", XID_5, OID_6, b"public\0mood\0"];
    assert_message!(parts, inside, Message::Type(found) if found == expected);
}

const ROW: &[u8] = b"\0\x04nut\0\0\0\x02hib\0\0\0\x01\0";
const KEY: &[u8] = b"\0\x01t\0\0\0\x011";

fn is_row(tuple: &TupleData<'_>) -> bool {
    tuple.values.iter().eq([
        TupleValue::Null,
        TupleValue::UnchangedToast,
        TupleValue::Text(b"hi"),
        TupleValue::Binary(b"\0"),
    ])
}

fn is_key(tuple: &TupleData<'_>) -> bool {
    tuple.values.iter().eq([TupleValue::Text(b"1")])
}

#[test]
fn an_insert_has_the_new_row() {
    for (decode, xid, data) in [
        (outside as Decode, None, [b"I", OID_6, b"N", ROW].concat()),
        (inside, Some(5), [b"I", XID_5, OID_6, b"N", ROW].concat()),
    ] {
        let Message::Insert(insert) = exact!(&data, decode) else {
            panic!("not an insert");
        };
        assert_eq!((insert.xid, insert.relation), (xid, 6));
        assert!(is_row(&insert.new));
    }
    assert!(outside(&[b"I", OID_6, b"K", KEY].concat()).is_err());
}

#[test]
fn an_update_may_have_the_old_row_or_its_key() {
    let parts = [b"U", OID_6, b"N", ROW];
    assert_message!(
        parts,
        outside,
        Message::Update(Update { xid: None, relation: 6, old: None, new }) if is_row(&new)
    );
    let parts = [b"U", OID_6, b"K", KEY, b"N", ROW];
    assert_message!(
        parts,
        outside,
        Message::Update(Update { old: Some(OldTuple::Key(key)), new, .. })
            if is_key(&key) && is_row(&new)
    );
    let parts = [b"U", XID_5, OID_6, b"O", ROW, b"N", ROW];
    assert_message!(
        parts,
        inside,
        Message::Update(Update { xid: Some(5), old: Some(OldTuple::Full(old)), new, .. })
            if is_row(&old) && is_row(&new)
    );
    // Never both.
    let both = [b"U", OID_6, b"K", KEY, b"O", ROW, b"N", ROW].concat();
    assert!(outside(&both).is_err());
}

#[test]
fn a_delete_has_the_old_row_or_its_key() {
    let parts = [b"D", OID_6, b"K", KEY];
    assert_message!(
        parts,
        outside,
        Message::Delete(Delete { xid: None, relation: 6, old: OldTuple::Key(key) })
            if is_key(&key)
    );
    let parts = [b"D", XID_5, OID_6, b"O", ROW];
    assert_message!(
        parts,
        inside,
        Message::Delete(Delete { xid: Some(5), relation: 6, old }) if is_row(old.tuple())
    );
    assert!(outside(&[b"D", OID_6, b"N", ROW].concat()).is_err());
}

#[test]
fn a_truncate_names_its_tables() {
    let parts = [b"T", &b"\0\0\0\x02\x03"[..], OID_6, b"\0\0\0\x07"];
    assert_message!(
        parts,
        outside,
        Message::Truncate(truncate) if truncate.xid.is_none()
            && truncate.is_cascade()
            && truncate.restarts_identity()
            && truncate.relations.iter().eq([6, 7])
    );
    let parts = [b"T", XID_5, b"\0\0\0\x01\0", OID_6];
    assert_message!(
        parts,
        inside,
        Message::Truncate(truncate) if truncate.xid == Some(5)
            && !truncate.is_cascade()
            && !truncate.restarts_identity()
    );
}

#[test]
fn lengths_and_counts_that_lie_are_refused() {
    let refused = |data| outside(data).unwrap_err();
    let negative_tables = b"T\xff\xff\xff\xff\0";
    assert_eq!(refused(negative_tables), Malformed::NEGATIVE_COUNT);
    let many_tables = b"T\x7f\xff\xff\xff\0";
    assert_eq!(refused(many_tables), Malformed::INSUFFICIENT);
    let negative_columns = b"I\0\0\0\x06N\xff\xff";
    assert_eq!(refused(negative_columns), Malformed::NEGATIVE_COUNT);
    let negative_value = b"I\0\0\0\x06N\0\x01t\xff\xff\xff\xff";
    assert_eq!(refused(negative_value), Malformed::INVALID_LENGTH);
    let unknown_value = b"I\0\0\0\x06N\0\x01x";
    assert!(outside(unknown_value).is_err());
}

#[test]
fn stream_start_and_stop() {
    let start = [b"S", XID_5, b"\x01"];
    assert_message!(
        start,
        outside,
        Message::StreamStart(StreamStart {
            xid: 5,
            first_segment: true
        })
    );
    assert_message!([b"E"], inside, Message::StreamStop);
    assert!(inside(&start.concat()).is_err());
    assert!(outside(b"E").is_err());
}

#[test]
fn a_stream_is_left_as_it_was_entered() {
    let mut decoder = Decoder::new(2).unwrap();
    let plain = [b"I", OID_6, b"N", KEY].concat();
    let streamed = [b"I", XID_5, OID_6, b"N", KEY].concat();
    assert!(decoder.decode(&plain).is_ok());
    assert!(decoder.decode(b"S\0\0\0\x05\x01").is_ok());
    assert!(decoder.decode(&streamed).is_ok());
    assert!(decoder.decode(&plain).is_err());
    assert!(decoder.decode(b"E").is_ok());
    assert!(decoder.decode(&plain).is_ok());
}

#[test]
fn stream_commit() {
    let expected = StreamCommit {
        xid: 5,
        flags: 0,
        commit_lsn: Lsn(1),
        end_lsn: Lsn(2),
        commit_time: 3,
    };
    let parts = [b"c", XID_5, b"\0", LSN_1, LSN_2, TIME_3];
    assert_message!(parts, outside, Message::StreamCommit(commit) if commit == expected);
}

#[test]
fn a_stream_abort_has_its_position_from_version_4() {
    let short = [b"A", XID_5, OID_6].concat();
    let long = [&short[..], LSN_1, TIME_3].concat();
    for version in 2..=4 {
        let decode = |data| match Decoder::new(version).unwrap().decode(data) {
            Ok(Message::StreamAbort(abort)) => Ok(abort),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error),
        };
        let mut expected = StreamAbort {
            xid: 5,
            subxid: 6,
            abort: None,
        };
        assert_eq!(decode(&short), Ok(expected));
        expected.abort = Some((Lsn(1), 3));
        let from_4 = if version == 4 {
            Ok(expected)
        } else {
            Err(Malformed::EXTRANEOUS)
        };
        assert_eq!(decode(&long), from_4);
        for len in 0..long.len() {
            assert_eq!(decode(&long[..len]).is_ok(), len == short.len());
        }
    }
}

#[test]
fn prepared_transactions() {
    let gid = b"gid\0";
    let expected = BeginPrepare {
        prepare_lsn: Lsn(1),
        end_lsn: Lsn(2),
        prepare_time: 3,
        xid: 5,
        gid: b"gid",
    };
    let tail = [LSN_1, LSN_2, TIME_3, XID_5, gid].concat();
    let parts = [b"b", &tail[..]];
    assert_message!(parts, outside, Message::BeginPrepare(begin) if begin == expected);

    let expected = Prepare {
        flags: 0,
        prepare_lsn: Lsn(1),
        end_lsn: Lsn(2),
        prepare_time: 3,
        xid: 5,
        gid: b"gid",
    };
    let parts = [b"P\0", &tail[..]];
    assert_message!(parts, outside, Message::Prepare(prepare) if prepare == expected);
    let parts = [b"p\0", &tail[..]];
    assert_message!(parts, outside, Message::StreamPrepare(prepare) if prepare == expected);

    let expected = CommitPrepared {
        flags: 0,
        commit_lsn: Lsn(1),
        end_lsn: Lsn(2),
        commit_time: 3,
        xid: 5,
        gid: b"gid",
    };
    let parts = [b"K\0", &tail[..]];
    assert_message!(parts, outside, Message::CommitPrepared(commit) if commit == expected);

    let expected = RollbackPrepared {
        flags: 0,
        prepare_end_lsn: Lsn(1),
        rollback_end_lsn: Lsn(2),
        prepare_time: 3,
        rollback_time: 4,
        xid: 5,
        gid: b"gid",
    };
    let parts = [b"r\0", LSN_1, LSN_2, TIME_3, TIME_4, XID_5, gid];
    assert_message!(parts, outside, Message::RollbackPrepared(found) if found == expected);
}

#[test]
fn messages_of_newer_versions_are_refused() {
    let prepare = [b"P\0", LSN_1, LSN_2, TIME_3, XID_5, b"gid\0"].concat();
    let decode = |version, data| Decoder::new(version).unwrap().decode(data).map(|_| ());
    assert!(decode(1, b"S\0\0\0\x05\x01").is_err());
    assert!(decode(2, b"S\0\0\0\x05\x01").is_ok());
    assert!(decode(2, &prepare).is_err());
    assert!(decode(3, &prepare).is_ok());
}

#[test]
fn unknown_messages_are_refused() {
    for kind in 0..=u8::MAX {
        if !b"BMCORYIUDTSEcAbPKrp".contains(&kind) {
            assert_eq!(outside(&[kind]).unwrap_err(), UNKNOWN);
        }
    }
}
