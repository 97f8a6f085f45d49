//! Calling a function by its OID.
//!
//! Manual: "The Fast-Path Interface", "Function Call".

use crate::result::QueryResult;
use crate::wire::{frontend, tag::backend as tag};

use super::Connection;
use super::query::Refused;
use super::state::{CommandKind, ConnStatus, Phase, PipelineStatus};

/// An argument: its bytes in binary format, or `None` for NULL.
pub type Argument<'a> = Option<&'a [u8]>;

/// What a function returned, in binary format; `None` for NULL.
pub type FunctionResult = Option<Vec<u8>>;

impl Connection {
    /// Whether a function may be called now.
    pub fn check_function_callable(&mut self) -> Result<(), Refused> {
        if self.pipeline != PipelineStatus::Off {
            return self.refuse("PQfn not allowed in pipeline mode");
        }
        if self.status != ConnStatus::Ok || self.phase != Phase::Idle || self.result.is_some() {
            return self.refuse("connection in wrong state");
        }
        Ok(())
    }

    /// Sends a call; arguments and result are in binary format.
    pub fn send_function_call(
        &mut self,
        oid: u32,
        arguments: &[Argument<'_>],
    ) -> Result<(), Refused> {
        self.check_function_callable()?;
        self.clear_answer();
        self.function_value = None;
        let arguments = arguments.iter().copied();
        self.encode(|out| frontend::function_call(out, oid, &[1], arguments, 1))?;
        self.enqueue(CommandKind::Function, None)
    }

    /// A message that has no place in the answer to a call: the call has failed, whatever follows.
    pub(super) fn refuse_in_call(&mut self, message: u8) {
        if !self.failed {
            self.fail_answer(&format!("protocol error: id=0x{message:x}"));
        }
    }

    /// The result of a call that the server has answered with neither a value nor an error.
    pub(super) fn no_function_result(&mut self) -> Box<QueryResult> {
        self.fail_answer("protocol error: no function result");
        self.take_answer()
    }

    /// The value that the last call returned.
    pub fn take_function_value(&mut self) -> FunctionResult {
        self.function_value.take()
    }
}

/// Whether a message may be part of the answer to a call; those that come at any time are not asked
/// about here.
pub(super) fn answers_call(message: u8) -> bool {
    matches!(
        message,
        tag::FUNCTION_CALL_RESPONSE
            | tag::ERROR_RESPONSE
            | tag::READY_FOR_QUERY
            | tag::PARAMETER_STATUS
    )
}
