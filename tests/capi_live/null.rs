//! What is answered where there is no connection.

use std::ptr;

use ferropq::capi::conn::PGconn;
use ferropq::capi::conn_status::*;
use ferropq::capi::connect::*;
use ferropq::capi::encoding::*;
use ferropq::capi::escape::*;
use ferropq::capi::events::*;
use ferropq::capi::exec::*;
use ferropq::capi::notice::*;
use ferropq::capi::password::*;
use ferropq::capi::reset::*;
use ferropq::capi::ssl::*;
use ferropq::capi::types::*;

use crate::callbacks::{ask_back, count};
use crate::handles::*;

#[test]
fn null_connections_are_answered() {
    let conn: *mut PGconn = ptr::null_mut();
    let name = c"x".as_ptr();
    unsafe {
        assert_eq!(text(PQerrorMessage(conn)), "connection pointer is NULL\n");
        assert_eq!(PQstatus(conn), ConnStatusType::CONNECTION_BAD);
        assert_eq!(
            PQtransactionStatus(conn),
            PGTransactionStatusType::PQTRANS_UNKNOWN
        );
        assert_eq!(
            PQconnectPoll(conn),
            PostgresPollingStatusType::PGRES_POLLING_FAILED
        );
        assert_eq!(
            PQresetPoll(conn),
            PostgresPollingStatusType::PGRES_POLLING_FAILED
        );
        let strings = [
            PQdb, PQuser, PQpass, PQhost, PQhostaddr, PQport, PQtty, PQoptions,
        ];
        assert!(strings.iter().all(|read| read(conn).is_null()));
        let zeros = [
            PQprotocolVersion,
            PQfullProtocolVersion,
            PQserverVersion,
            PQbackendPID,
        ];
        assert!(zeros.iter().all(|read| read(conn) == 0));
        let flags = [
            PQconnectionNeedsPassword,
            PQconnectionUsedPassword,
            PQconnectionUsedGSSAPI,
        ];
        assert!(flags.iter().all(|read| read(conn) == 0));
        assert_eq!((PQsocket(conn), PQclientEncoding(conn)), (-1, -1));
        assert_eq!(PQsetClientEncoding(conn, name), -1);
        assert!(PQexec(conn, name).is_null() && PQdescribePrepared(conn, name).is_null());
        assert!(
            PQclosePrepared(conn, name).is_null() && PQchangePassword(conn, name, name).is_null()
        );
        assert!(PQescapeLiteral(conn, name, 1).is_null());
        assert!(PQencryptPasswordConn(conn, name, name, name).is_null());
        assert!(PQsetNoticeReceiver(conn, Some(ask_back), ptr::null_mut()).is_none());
        assert_eq!(
            PQregisterEventProc(conn, Some(count), name, ptr::null_mut()),
            0
        );
        assert_eq!(
            (PQresetStart(conn), PQsslInUse(conn), PQgssEncInUse(conn)),
            (0, 0, 0)
        );
        PQreset(conn);
        PQfinish(conn);
    }
}
