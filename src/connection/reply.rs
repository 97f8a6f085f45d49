//! Building the answer to a command from the server's messages.

use std::ffi::CString;
use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::result::{Column, Columns, ExecStatus, QueryResult, Report};
use crate::wire::backend::{
    CopyResponse, ErrorFields, FunctionCallResponse, NotificationResponse, ParameterDescription,
    ParameterStatus,
};
use crate::wire::{Malformed, error_field};

use super::Connection;
use super::dispatch::Next;
use super::notification::Notification;
use super::state::{CommandKind, CopyState, Phase, PipelineStatus};

/// So many notices wait for delivery at the most; far more than arrive in one piece, as a rule.
const MOST_NOTICES: usize = 50_000;

/// An idle connection shall not hold on to more than this of its last answer.
const LONGEST_KEPT_DESCRIPTION: usize = 2 << 10;

impl Connection {
    /// A result of this kind in the session's encoding.
    pub(super) fn new_result(&self, status: ExecStatus) -> Box<QueryResult> {
        Box::new(QueryResult::new(status, self.session.encoding))
    }

    /// Moves a result out of its box to where it is to stand; the box is kept for the next one.
    #[inline]
    pub fn unbox_into(&mut self, result: Box<QueryResult>, place: &mut MaybeUninit<QueryResult>) {
        let start = Box::into_raw(result);
        // SAFETY: the result is moved once and the box made of the same memory; a box of
        // `MaybeUninit` drops nothing but the memory.
        unsafe {
            place.as_mut_ptr().copy_from_nonoverlapping(start, 1);
            self.spare = Some(Box::from_raw(start.cast()));
        }
    }

    /// Makes a result of this kind unless the answer has one, or has failed, already.
    pub(super) fn ensure_result(&mut self, status: ExecStatus) {
        if self.result.is_none() && !self.failed {
            self.result = Some(self.new_result(status));
        }
    }

    /// The kind of the command whose answer is being received.
    pub(super) fn current_kind(&self) -> Option<CommandKind> {
        self.queue.front().map(|command| command.kind)
    }

    /// Makes the answer an error whose text is what the connection has gathered.
    pub(super) fn save_error(&mut self) {
        self.result = None;
        self.failed = true;
    }

    /// Notes what went wrong and makes the answer an error.
    pub(super) fn fail_answer(&mut self, message: &str) {
        self.error.push(message);
        self.save_error();
    }

    /// Forgets the answer, whatever it has come to.
    pub(super) fn clear_answer(&mut self) {
        self.result = None;
        self.partial = None;
        self.failed = false;
        self.suspended = false;
        self.tag_reported = false;
        self.input.forget_rows();
    }

    /// Takes the finished answer.
    pub(super) fn take_answer(&mut self) -> Box<QueryResult> {
        if self.failed {
            self.failed = false;
            return self.unreported_failure();
        }
        match self.result.take() {
            Some(result) => result,
            None => self.unreported_failure(),
        }
    }

    /// An error result of what no result has reported yet.
    pub(super) fn unreported_failure(&mut self) -> Box<QueryResult> {
        let text = match self.error.take_unreported() {
            [] => b"no error text available\n".to_vec(),
            text => text.to_vec(),
        };
        Box::new(QueryResult::failure(text, self.session.encoding))
    }

    /// RowDescription: the columns of rows that follow, or of a statement that was asked about.
    pub(super) fn take_row_description(&mut self, body: &[u8]) -> Result<Next, Malformed> {
        // Behind the one answer to a command of the extended protocol no rows can follow.
        let kind = self.current_kind();
        let describing = matches!(kind, Some(CommandKind::Describe) | None);
        if self.failed
            || self
                .result
                .as_ref()
                .is_some_and(|r| r.status == ExecStatus::FatalError)
        {
            if describing {
                self.phase = Phase::Ready;
            }
            return Ok(Next::Consume);
        }
        if self.result.is_some() && !describing {
            // The answer to the next statement of the query begins.
            self.phase = Phase::Ready;
            return Ok(Next::Leave);
        }
        let columns = self.columns_of(body)?;
        if describing {
            self.ensure_result(ExecStatus::CommandOk);
            if let Some(result) = &mut self.result {
                result.set_columns(columns);
            }
            self.phase = Phase::Ready;
        } else {
            let encoding = self.session.encoding;
            let result = QueryResult::with_columns(ExecStatus::TuplesOk, encoding, columns);
            let result = Box::new(result);
            self.result = Some(result);
        }
        Ok(Next::Consume)
    }

    /// The columns that a RowDescription tells of: those of the last one where it says the same, as
    /// it does when a statement is executed again and again.
    fn columns_of(&mut self, body: &[u8]) -> Result<Arc<Columns>, Malformed> {
        if let Some(last) = self.last_columns.as_ref().filter(|last| last.is_from(body)) {
            return Ok(Arc::clone(last));
        }
        let columns = Arc::new(Columns::from_row_description(body).map_err(Malformed)?);
        if body.len() <= LONGEST_KEPT_DESCRIPTION {
            self.last_columns = Some(Arc::clone(&columns));
        }
        Ok(columns)
    }

    /// ParameterDescription: the types of a prepared statement's parameters.
    pub(super) fn take_parameter_description(&mut self, body: &[u8]) -> Result<(), Malformed> {
        let description = ParameterDescription::decode(body)?;
        let mut result = self.new_result(ExecStatus::CommandOk);
        result.parameters = description.types.iter().collect();
        self.result = Some(result);
        Ok(())
    }

    /// CopyInResponse, CopyOutResponse, CopyBothResponse.
    pub(super) fn start_copy(&mut self, body: &[u8], status: ExecStatus) -> Result<(), Malformed> {
        let response = CopyResponse::decode(body)?;
        let columns = response.column_formats.iter().map(|format| {
            let mut column = Column::default();
            column.format = i32::from(format);
            column
        });
        let encoding = self.session.encoding;
        let columns = Arc::new(Columns::nameless(columns));
        let mut result = Box::new(QueryResult::with_columns(status, encoding, columns));
        result.binary = response.overall_format != 0;
        self.copy = CopyState {
            binary: result.binary,
            taken: 0,
        };
        self.result = Some(result);
        self.phase = match status {
            ExecStatus::CopyIn => Phase::CopyIn,
            ExecStatus::CopyOut => Phase::CopyOut,
            _ => Phase::CopyBoth,
        };
        Ok(())
    }

    /// FunctionCallResponse: the value, and the answer is complete.
    pub(super) fn take_function_result(&mut self, body: &[u8]) -> Result<(), Malformed> {
        let response = FunctionCallResponse::decode(body)?;
        self.function_value = response.value.map(<[u8]>::to_vec);
        self.ensure_result(ExecStatus::CommandOk);
        self.phase = Phase::Ready;
        Ok(())
    }

    /// ErrorResponse: the answer is an error; what follows in a pipeline is skipped.
    pub(super) fn take_error(&mut self, body: &[u8]) -> Result<(), Malformed> {
        if self.pipeline != PipelineStatus::Off {
            self.pipeline = PipelineStatus::Aborted;
        }
        let result = self.report_result(ExecStatus::FatalError, body)?;
        if let Some(report) = &result.report {
            self.error.push(report.text().to_bytes());
            self.error.take_unreported();
        }
        self.failed = false;
        self.partial = None;
        self.result = Some(result);
        self.phase = Phase::Ready;
        Ok(())
    }

    /// NoticeResponse, at any time; it waits for whoever drives the connection to deliver it.
    pub(super) fn take_notice(&mut self, body: &[u8]) -> Result<Next, Malformed> {
        if self.has_room_for_notice() {
            let result = self.report_result(ExecStatus::NonfatalError, body)?;
            self.notices.push_back(result);
        }
        Ok(Next::Consume)
    }

    /// Whether another notice may wait; the first one that may not is told of.
    fn has_room_for_notice(&mut self) -> bool {
        if self.notices.len() == MOST_NOTICES {
            self.push_notice("too many notices at once; some are left out");
        }
        self.notices.len() < MOST_NOTICES
    }

    /// A notice of our own.
    pub(super) fn internal_notice(&mut self, message: &str) {
        if self.has_room_for_notice() {
            self.push_notice(message);
        }
    }

    fn push_notice(&mut self, message: &str) {
        let mut result = self.new_result(ExecStatus::NonfatalError);
        result.report = Some(Box::new(Report::notice(message)));
        self.notices.push_back(result);
    }

    /// A result that carries the fields of an error or notice, and their text.
    pub(super) fn report_result(
        &self,
        status: ExecStatus,
        body: &[u8],
    ) -> Result<Box<QueryResult>, Malformed> {
        let fields = ErrorFields::decode(body)?;
        let query = match fields.field(error_field::POSITION) {
            Some(_) => self.queue.front().and_then(|command| command.query.clone()),
            None => None,
        };
        let fields = fields.iter().map(|(code, value)| (code, value.to_vec()));
        let mut report = Report::from_fields(fields, query);
        let encoding = self.session.encoding;
        let is_error = status == ExecStatus::FatalError;
        report.set_text(report.render(self.style, is_error, encoding));
        let mut result = self.new_result(status);
        result.report = Some(Box::new(report));
        Ok(result)
    }

    /// NotificationResponse, at any time.
    pub(super) fn take_notification(&mut self, body: &[u8]) -> Result<Next, Malformed> {
        let notification = NotificationResponse::decode(body)?;
        let waiting = self.notifications.push(Notification {
            pid: notification.pid,
            channel: CString::new(notification.channel).unwrap_or_default(),
            payload: CString::new(notification.payload).unwrap_or_default(),
        });
        if waiting > self.limits.notifications {
            // Leaving some out would be worse: the program would rely on having seen them all.
            self.give_up("too many notifications wait to be fetched");
        }
        Ok(Next::Consume)
    }

    /// ParameterStatus, at any time.
    pub(super) fn take_parameter(&mut self, body: &[u8]) -> Result<Next, Malformed> {
        let parameter = ParameterStatus::decode(body)?;
        if self
            .session
            .set_parameter(parameter.name, parameter.value)
            .is_err()
        {
            self.give_up("server reports too many parameters");
        }
        Ok(Next::Consume)
    }
}
