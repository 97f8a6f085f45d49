//! What kind of answer a result is.

/// The status of a result, with the numbers of libpq's `ExecStatusType`.
///
/// Manual: "PQresultStatus".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum ExecStatus {
    /// The string sent to the server was empty.
    EmptyQuery = 0,
    /// A command that returns no rows is done.
    CommandOk = 1,
    /// A command that returns rows is done.
    TuplesOk = 2,
    /// Copy out of the server has begun.
    CopyOut = 3,
    /// Copy into the server has begun.
    CopyIn = 4,
    /// The server's answer was not understood.
    BadResponse = 5,
    /// A notice or warning; only notice receivers see it.
    NonfatalError = 6,
    /// The command failed.
    FatalError = 7,
    /// Copy in both directions has begun (streaming replication).
    CopyBoth = 8,
    /// One row of a larger answer.
    SingleTuple = 9,
    /// A synchronisation point of a pipeline.
    PipelineSync = 10,
    /// A command skipped because an earlier one of its pipeline failed.
    PipelineAborted = 11,
    /// Some rows of a larger answer.
    TuplesChunk = 12,
}

impl ExecStatus {
    /// The status with this number.
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// All of them, by number.
    pub const ALL: [Self; 13] = [
        Self::EmptyQuery,
        Self::CommandOk,
        Self::TuplesOk,
        Self::CopyOut,
        Self::CopyIn,
        Self::BadResponse,
        Self::NonfatalError,
        Self::FatalError,
        Self::CopyBoth,
        Self::SingleTuple,
        Self::PipelineSync,
        Self::PipelineAborted,
        Self::TuplesChunk,
    ];

    /// The name C programs know it by.
    pub const fn name(self) -> &'static std::ffi::CStr {
        match self {
            Self::EmptyQuery => c"PGRES_EMPTY_QUERY",
            Self::CommandOk => c"PGRES_COMMAND_OK",
            Self::TuplesOk => c"PGRES_TUPLES_OK",
            Self::CopyOut => c"PGRES_COPY_OUT",
            Self::CopyIn => c"PGRES_COPY_IN",
            Self::BadResponse => c"PGRES_BAD_RESPONSE",
            Self::NonfatalError => c"PGRES_NONFATAL_ERROR",
            Self::FatalError => c"PGRES_FATAL_ERROR",
            Self::CopyBoth => c"PGRES_COPY_BOTH",
            Self::SingleTuple => c"PGRES_SINGLE_TUPLE",
            Self::PipelineSync => c"PGRES_PIPELINE_SYNC",
            Self::PipelineAborted => c"PGRES_PIPELINE_ABORTED",
            Self::TuplesChunk => c"PGRES_TUPLES_CHUNK",
        }
    }

    /// Whether copying is what follows this result.
    pub fn is_copy(self) -> bool {
        matches!(self, Self::CopyIn | Self::CopyOut | Self::CopyBoth)
    }
}
