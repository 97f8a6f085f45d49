//! The enums and scalar types of the interface, as C declares them.
//!
//! An enum that a function returns is one of these. An enum that C passes in arrives as
//! [`MaybeUninit`], which reads as the same type in the header: C may pass any number, and only
//! [`number`] looks at it.

use std::ffi::{c_int, c_uint};
use std::mem::MaybeUninit;

use crate::connection::{self, Polling};
use crate::result::{ContextVisibility, ExecStatus, Verbosity};

/// An object identifier of the server; `postgres_ext.h` declares it.
///
/// cbindgen:ignore
pub type Oid = c_uint;

/// The object identifier that stands for no object.
///
/// cbindgen:ignore
pub const InvalidOid: Oid = 0;

/// PQsslAttribute tells the TLS library even without a connection.
pub const LIBPQ_HAS_SSL_LIBRARY_DETECTION: c_int = 1;
/// PQchangePassword is there.
pub const LIBPQ_HAS_CHANGE_PASSWORD: c_int = 1;
/// PQclosePrepared and PQclosePortal are there.
pub const LIBPQ_HAS_CLOSE_PREPARED: c_int = 1;
/// PQfullProtocolVersion is there.
pub const LIBPQ_HAS_FULL_PROTOCOL_VERSION: c_int = 1;

/// The most parameters that a statement can have.
pub const PQ_QUERY_PARAM_MAX_LIMIT: c_int = 65535;

/// PQcopyResult: copy the columns.
pub const PG_COPYRES_ATTRS: c_int = 0x01;
/// PQcopyResult: copy the rows, and the columns with them.
pub const PG_COPYRES_TUPLES: c_int = 0x02;
/// PQcopyResult: copy the event procedures.
pub const PG_COPYRES_EVENTS: c_int = 0x04;
/// PQcopyResult: copy the notice receiver and processor.
pub const PG_COPYRES_NOTICEHOOKS: c_int = 0x08;

/// How far a connection is; the values beyond the first two are seen while it is being made.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum pg_ConnStatusType {
    /// Connected and authenticated.
    CONNECTION_OK,
    /// Not connected: the attempt failed, or the connection was lost.
    CONNECTION_BAD,
    /// Waiting for the network connection to be made.
    CONNECTION_STARTED,
    /// The network connection is made; waiting to send.
    CONNECTION_MADE,
    /// Waiting for the server's response.
    CONNECTION_AWAITING_RESPONSE,
    /// Authenticated; waiting for the server to finish starting the session.
    CONNECTION_AUTH_OK,
    /// No longer used.
    CONNECTION_SETENV,
    /// Negotiating TLS encryption.
    CONNECTION_SSL_STARTUP,
    /// About to begin with the next address.
    CONNECTION_NEEDED,
    /// Checking whether the session accepts writes.
    CONNECTION_CHECK_WRITABLE,
    /// Consuming what is left of an internal query.
    CONNECTION_CONSUME,
    /// Negotiating GSSAPI encryption.
    CONNECTION_GSS_STARTUP,
    /// Checking whether the server fits target_session_attrs.
    CONNECTION_CHECK_TARGET,
    /// Checking whether the server is a standby.
    CONNECTION_CHECK_STANDBY,
    /// A cancel request that has not been started.
    CONNECTION_ALLOCATED,
    /// In the middle of authentication.
    CONNECTION_AUTHENTICATING,
}
/// How far a connection is.
pub type ConnStatusType = pg_ConnStatusType;

/// What an attempt to connect waits for.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum pg_PollingStatusType {
    /// The attempt has failed.
    PGRES_POLLING_FAILED,
    /// Call again when the socket is readable.
    PGRES_POLLING_READING,
    /// Call again when the socket is writable.
    PGRES_POLLING_WRITING,
    /// The connection is ready.
    PGRES_POLLING_OK,
    /// No longer used.
    PGRES_POLLING_ACTIVE,
}
/// What an attempt to connect waits for.
pub type PostgresPollingStatusType = pg_PollingStatusType;

/// What kind of answer a result is.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum pg_ExecStatusType {
    /// The string sent to the server was empty.
    PGRES_EMPTY_QUERY,
    /// A command that returns no rows is done.
    PGRES_COMMAND_OK,
    /// A command that returns rows is done; there may be none of them.
    PGRES_TUPLES_OK,
    /// Copy out of the server has begun.
    PGRES_COPY_OUT,
    /// Copy into the server has begun.
    PGRES_COPY_IN,
    /// The server's answer was not understood.
    PGRES_BAD_RESPONSE,
    /// A notice or warning; only notice receivers see it.
    PGRES_NONFATAL_ERROR,
    /// The command failed.
    PGRES_FATAL_ERROR,
    /// Copy in both directions has begun.
    PGRES_COPY_BOTH,
    /// One row of a larger answer.
    PGRES_SINGLE_TUPLE,
    /// A synchronisation point of a pipeline.
    PGRES_PIPELINE_SYNC,
    /// A command skipped because an earlier one of its pipeline failed.
    PGRES_PIPELINE_ABORTED,
    /// Some rows of a larger answer.
    PGRES_TUPLES_CHUNK,
}
/// What kind of answer a result is.
pub type ExecStatusType = pg_ExecStatusType;

/// The transaction state of a session.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum pg_TransactionStatusType {
    /// No transaction.
    PQTRANS_IDLE,
    /// A command is in progress.
    PQTRANS_ACTIVE,
    /// In a transaction block.
    PQTRANS_INTRANS,
    /// In a transaction block that has failed.
    PQTRANS_INERROR,
    /// The connection is bad.
    PQTRANS_UNKNOWN,
}
/// The transaction state of a session.
pub type PGTransactionStatusType = pg_TransactionStatusType;

/// How much the text of an error or notice tells.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum pg_Verbosity {
    /// Severity, message and position, on one line.
    PQERRORS_TERSE,
    /// Detail, hint and context as well.
    PQERRORS_DEFAULT,
    /// All fields.
    PQERRORS_VERBOSE,
    /// Severity and SQLSTATE only.
    PQERRORS_SQLSTATE,
}
/// How much the text of an error or notice tells.
pub type PGVerbosity = pg_Verbosity;

/// When the text of an error or notice shows its context.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum pg_ContextVisibility {
    /// Never.
    PQSHOW_CONTEXT_NEVER,
    /// In errors, not in notices.
    PQSHOW_CONTEXT_ERRORS,
    /// Always.
    PQSHOW_CONTEXT_ALWAYS,
}
/// When the text of an error or notice shows its context.
pub type PGContextVisibility = pg_ContextVisibility;

/// What PQping has found out about a server.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum pg_Ping {
    /// It accepts connections.
    PQPING_OK,
    /// It is alive but rejects connections: starting up, shutting down or recovering.
    PQPING_REJECT,
    /// It could not be contacted.
    PQPING_NO_RESPONSE,
    /// No attempt was made: the arguments are not valid.
    PQPING_NO_ATTEMPT,
}
/// What PQping has found out about a server.
pub type PGPing = pg_Ping;

/// Whether a pipeline is open.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum pg_PipelineStatus {
    /// Not in pipeline mode.
    PQ_PIPELINE_OFF,
    /// In pipeline mode.
    PQ_PIPELINE_ON,
    /// In pipeline mode, and commands are skipped up to the next synchronisation point.
    PQ_PIPELINE_ABORTED,
}
/// Whether a pipeline is open.
pub type PGpipelineStatus = pg_PipelineStatus;

/// The number in an enum argument of C, which need not be one that the enum has.
pub fn number<T>(argument: MaybeUninit<T>) -> c_int {
    const {
        assert!(size_of::<T>() == size_of::<c_int>() && align_of::<T>() == align_of::<c_int>());
    }
    // SAFETY: C's enum is an int in size, checked above, and C has initialised its argument.
    unsafe { argument.as_ptr().cast::<c_int>().read() }
}

/// Conversions of the engine's enums, member by member.
macro_rules! convert {
    ($($from:ty => $to:ident { $($variant:ident => $name:ident,)* })*) => {$(
        impl From<$from> for $to {
            fn from(value: $from) -> Self {
                match value {
                    $(<$from>::$variant => Self::$name,)*
                }
            }
        }
    )*};
}

convert! {
    connection::ConnStatus => pg_ConnStatusType {
        Ok => CONNECTION_OK,
        Bad => CONNECTION_BAD,
        Started => CONNECTION_STARTED,
        Made => CONNECTION_MADE,
        AwaitingResponse => CONNECTION_AWAITING_RESPONSE,
        AuthOk => CONNECTION_AUTH_OK,
        SslStartup => CONNECTION_SSL_STARTUP,
        Needed => CONNECTION_NEEDED,
        CheckWritable => CONNECTION_CHECK_WRITABLE,
        Consume => CONNECTION_CONSUME,
        GssStartup => CONNECTION_GSS_STARTUP,
        CheckTarget => CONNECTION_CHECK_TARGET,
        CheckStandby => CONNECTION_CHECK_STANDBY,
        Allocated => CONNECTION_ALLOCATED,
        Authenticating => CONNECTION_AUTHENTICATING,
    }
    Polling => pg_PollingStatusType {
        Failed => PGRES_POLLING_FAILED,
        Reading => PGRES_POLLING_READING,
        Writing => PGRES_POLLING_WRITING,
        Ok => PGRES_POLLING_OK,
    }
    ExecStatus => pg_ExecStatusType {
        EmptyQuery => PGRES_EMPTY_QUERY,
        CommandOk => PGRES_COMMAND_OK,
        TuplesOk => PGRES_TUPLES_OK,
        CopyOut => PGRES_COPY_OUT,
        CopyIn => PGRES_COPY_IN,
        BadResponse => PGRES_BAD_RESPONSE,
        NonfatalError => PGRES_NONFATAL_ERROR,
        FatalError => PGRES_FATAL_ERROR,
        CopyBoth => PGRES_COPY_BOTH,
        SingleTuple => PGRES_SINGLE_TUPLE,
        PipelineSync => PGRES_PIPELINE_SYNC,
        PipelineAborted => PGRES_PIPELINE_ABORTED,
        TuplesChunk => PGRES_TUPLES_CHUNK,
    }
    connection::Transaction => pg_TransactionStatusType {
        Idle => PQTRANS_IDLE,
        Active => PQTRANS_ACTIVE,
        InTransaction => PQTRANS_INTRANS,
        InError => PQTRANS_INERROR,
        Unknown => PQTRANS_UNKNOWN,
    }
    Verbosity => pg_Verbosity {
        Terse => PQERRORS_TERSE,
        Default => PQERRORS_DEFAULT,
        Verbose => PQERRORS_VERBOSE,
        SqlState => PQERRORS_SQLSTATE,
    }
    ContextVisibility => pg_ContextVisibility {
        Never => PQSHOW_CONTEXT_NEVER,
        Errors => PQSHOW_CONTEXT_ERRORS,
        Always => PQSHOW_CONTEXT_ALWAYS,
    }
    connection::PipelineStatus => pg_PipelineStatus {
        Off => PQ_PIPELINE_OFF,
        On => PQ_PIPELINE_ON,
        Aborted => PQ_PIPELINE_ABORTED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_c_are_those_of_the_engine() {
        for status in ExecStatus::ALL {
            assert_eq!(ExecStatusType::from(status) as c_int, status as c_int);
        }
        for status in [
            connection::ConnStatus::Ok,
            connection::ConnStatus::Bad,
            connection::ConnStatus::AuthOk,
            connection::ConnStatus::SslStartup,
            connection::ConnStatus::Authenticating,
        ] {
            assert_eq!(ConnStatusType::from(status) as c_int, status as c_int);
        }
        for polling in [
            Polling::Failed,
            Polling::Reading,
            Polling::Writing,
            Polling::Ok,
        ] {
            assert_eq!(
                PostgresPollingStatusType::from(polling) as c_int,
                polling as c_int
            );
        }
    }

    #[test]
    fn a_number_that_the_enum_lacks_is_read_as_it_is() {
        // SAFETY: both types have the size of an int.
        let strange: MaybeUninit<PGVerbosity> = unsafe { std::mem::transmute(-77) };
        assert_eq!(number(strange), -77);
        assert_eq!(number(MaybeUninit::new(PGVerbosity::PQERRORS_VERBOSE)), 2);
    }
}
