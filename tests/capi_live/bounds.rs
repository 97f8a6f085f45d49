//! Answers that are larger than the memory for them: a server is not believed in what it sends.

use std::ptr;

use ferropq::capi::conn_status::PQerrorMessage;
use ferropq::capi::exec::PQexec;
use ferropq::capi::function_call::PQfn;
use ferropq::capi::large_object::{lo_read, lo_tell, lo_tell64};
use ferropq::capi::result::{PQclear, PQresultStatus};
use ferropq::capi::result_error::PQresultErrorMessage;
use support::scripted::{
    Peer, Scripted, command_complete, data_row, message, ready, row_description,
};

use crate::handles::*;

/// What nobody may write over.
const GUARD: u8 = 0xa5;

/// FunctionCallResponse of these bytes.
fn value(bytes: &[u8]) -> Vec<u8> {
    let length = i32::try_from(bytes.len()).expect("small").to_be_bytes();
    [message(b'V', &[&length[..], bytes].concat()), ready(b'I')].concat()
}

/// Tells which functions there are for large objects, where that is asked, and answers a call.
fn answer(peer: &mut Peer, bytes: &[u8]) {
    loop {
        match peer.message() {
            (b'F', _) => return peer.send(&value(bytes)),
            (tag, _) => assert_eq!(char::from(tag), 'Q'),
        }
        let names = [
            "lo_open",
            "lo_close",
            "lo_creat",
            "lo_create",
            "lo_unlink",
            "lo_lseek",
            "lo_lseek64",
            "lo_tell",
            "lo_tell64",
            "lo_truncate",
            "lo_truncate64",
            "loread",
            "lowrite",
        ];
        let mut rows = row_description(&["proname", "oid"]);
        for name in names {
            rows.extend(data_row(&[Some(name.as_bytes()), Some(b"1000")]));
        }
        peer.send(&[rows, command_complete("SELECT 13"), ready(b'I')].concat());
    }
}

/// A connection to a server that answers calls of functions with these, and a query in the end.
fn answering(values: &'static [&'static [u8]]) -> (Scripted, Conn) {
    let server = Scripted::run(move |peer| {
        peer.accept();
        for bytes in values {
            answer(peer, bytes);
        }
        peer.expect(b'Q');
        peer.send(&[command_complete("DONE"), ready(b'I')].concat());
        peer.wait_for_close();
    });
    let conn = Conn::ready(&server.conninfo());
    (server, conn)
}

/// The connection is as good as before.
fn finish(server: Scripted, conn: Conn) {
    unsafe {
        let result = PQexec(conn.0, c"SELECT 1".as_ptr());
        assert_eq!(PQresultStatus(result) as i32, 1);
        PQclear(result);
    }
    drop(conn);
    server.finish();
}

#[test]
fn a_large_object_gives_no_more_bytes_than_there_is_room_for() {
    let (server, conn) = answering(&[b"0123456789", b"0123456789x", b"", &[b'y'; 5000]]);
    let mut buffer = [GUARD; 32];
    for (wanted, shown) in [
        (10, b"0123456789".as_slice()),
        (-1, b""),
        (0, b""),
        (-1, b""),
    ] {
        buffer.fill(GUARD);
        let count = unsafe { lo_read(conn.0, 0, buffer.as_mut_ptr().cast(), 10) };
        assert_eq!(count, wanted);
        assert_eq!(&buffer[..shown.len()], shown);
        assert!(buffer[shown.len()..].iter().all(|&byte| byte == GUARD));
        let error = text(unsafe { PQerrorMessage(conn.0) });
        let tells = "server returned more bytes of a large object than were asked for\n";
        assert_eq!(error, if wanted < 0 { tells } else { "" });
    }
    finish(server, conn);
}

#[test]
fn a_number_of_another_size_is_refused_and_written_nowhere() {
    const SIZES: &[&[u8]] = &[
        b"\0\0\0\x07",
        b"\0\x07",
        b"",
        b"\x07",
        b"12345678",
        &[b'z'; 100],
    ];
    let (server, conn) = answering(SIZES);
    for size in SIZES {
        let mut buffer = [i32::MIN; 4];
        let mut length = 77;
        unsafe {
            let number = buffer.as_mut_ptr();
            let result = PQfn(conn.0, 1000, number, &raw mut length, 1, ptr::null(), 0);
            let fits = [2, 4].contains(&size.len());
            assert_eq!(
                PQresultStatus(result) as i32,
                if fits { 1 } else { 7 },
                "{size:?}"
            );
            assert_eq!(buffer[0], if fits { 7 } else { i32::MIN });
            assert_eq!(buffer[1..], [i32::MIN; 3]);
            assert_eq!(length, if fits { size.len() as i32 } else { 0 });
            assert_eq!(text(PQresultErrorMessage(result)).is_empty(), fits);
            PQclear(result);
        }
    }
    finish(server, conn);
}

#[test]
fn a_position_of_another_size_is_refused() {
    let (server, conn) = answering(&[
        b"\0\0\0\x07",
        b"12345678",
        b"\0\0\0\0\0\0\0\x07",
        b"\0\0\0\x07",
    ]);
    unsafe {
        assert_eq!(lo_tell(conn.0, 0), 7);
        assert_eq!(lo_tell(conn.0, 0), -1);
        assert_eq!(lo_tell64(conn.0, 0), 7);
        assert_eq!(lo_tell64(conn.0, 0), -1);
    }
    finish(server, conn);
}
