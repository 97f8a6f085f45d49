//! Messages whose length cannot be, and those that are longer than we take.
//!
//! What differs from libpq, on purpose: there is a limit, and a message over it is skipped by its
//! length; the answer that it belongs to fails, and the connection stays usable.

use crate::wire::tag::backend as tag;

use super::Connection;
use super::input::{Head, Input};
use super::state::{CommandKind, Phase, PipelineStatus};

/// A longer message of a type that is short by nature means that the stream is out of step.
const LONGEST_SHORT_MESSAGE: i32 = 30_000;

impl Head {
    /// Whether messages of this type can be of any length.
    fn is_long_by_nature(self) -> bool {
        matches!(
            self.tag,
            tag::ROW_DESCRIPTION
                | tag::DATA_ROW
                | tag::COPY_DATA
                | tag::FUNCTION_CALL_RESPONSE
                | tag::ERROR_RESPONSE
                | tag::NOTICE_RESPONSE
                | tag::NOTIFICATION_RESPONSE
                | tag::PARAMETER_DESCRIPTION
        )
    }

    /// Whether no message of this type has this length.
    pub(super) fn is_senseless(self) -> bool {
        self.length < 4 || (self.length > LONGEST_SHORT_MESSAGE && !self.is_long_by_nature())
    }
}

impl Connection {
    /// Gives up a connection on which nobody knows where the next message begins.
    pub(super) fn lose_sync(&mut self, input: &mut Input, head: Head) -> bool {
        let shown = char::from(head.tag);
        let length = head.length;
        self.give_up(&format!(
            "lost synchronization with server: got message type \"{shown}\", length {length}"
        ));
        input.clear();
        input.forget_rows();
        false
    }

    /// Whether the length of a message is to be looked at more closely.
    #[inline]
    pub(super) fn is_odd(&self, head: Head) -> bool {
        !(4..=LONGEST_SHORT_MESSAGE).contains(&head.length) || self.has_limit()
    }

    /// Whether a message is over the limit. Types that are short by nature have one of their own.
    pub(super) fn is_too_long(&self, head: Head) -> bool {
        head.is_long_by_nature() && head.size() > self.limits.message
    }

    /// Whether there are messages over the limit.
    pub(super) fn has_limit(&self) -> bool {
        self.limits.message < i32::MAX as usize
    }

    /// Whether a message of this type is dealt with in the present phase.
    pub(super) fn is_due(&self, message: u8) -> bool {
        matches!(message, tag::NOTICE_RESPONSE | tag::NOTIFICATION_RESPONSE)
            || matches!(self.phase, Phase::Idle | Phase::Busy)
    }

    /// Throws a message over the limit away, as far as it has arrived, and reports it.
    pub(super) fn skip_too_long(&mut self, input: &mut Input, head: Head) {
        let limit = self.limits.message;
        let size = head.size();
        let fault = format!(
            "message of {size} bytes from the server is larger than the limit of {limit} bytes"
        );
        let beside = matches!(head.tag, tag::NOTICE_RESPONSE | tag::NOTIFICATION_RESPONSE);
        if beside || self.phase == Phase::Idle {
            self.internal_notice(&fault);
        } else {
            self.fail_answer(&fault);
            input.forget_rows();
            self.phase = self.phase_without(head.tag);
        }
        input.skip_message(head);
    }

    /// The phase that follows a message of this type, which fails the answer by its absence.
    fn phase_without(&mut self, message: u8) -> Phase {
        let describing = self.current_kind() == Some(CommandKind::Describe);
        match message {
            tag::ERROR_RESPONSE => {
                if self.pipeline != PipelineStatus::Off {
                    self.pipeline = PipelineStatus::Aborted;
                }
                Phase::Ready
            }
            tag::FUNCTION_CALL_RESPONSE => Phase::Ready,
            tag::ROW_DESCRIPTION if describing => Phase::Ready,
            _ => Phase::Busy,
        }
    }
}
