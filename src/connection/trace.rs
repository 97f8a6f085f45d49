//! Tracing: a line for each message, in both directions.
//!
//! A message that is sent is traced when it is queued, one that is received when it is acted upon.
//! A connection that is not traced pays for one look at a pointer per message.
//!
//! Manual: "Control Functions", `PQtrace`.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use super::Connection;
use super::input::{Head, Input};
use super::trace_line::{Sent, TraceLine};

/// What trace lines leave out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TraceFlags {
    /// The time of each message.
    pub suppress_timestamps: bool,
    /// What differs from run to run: OIDs, process IDs, positions in the server's source.
    pub regress_mode: bool,
}

/// Where the lines of a connection go.
pub(super) struct Trace {
    out: Box<dyn Write + Send>,
    flags: TraceFlags,
    line: Vec<u8>,
}

impl Connection {
    /// Starts tracing to `out`, each line in one write. Whether a write succeeds is not looked at.
    pub fn trace(&mut self, out: Box<dyn Write + Send>) {
        self.untrace();
        self.output.skip_trace();
        self.trace = Some(Box::new(Trace {
            out,
            flags: TraceFlags::default(),
            line: Vec::new(),
        }));
    }

    /// Stops tracing and flushes what has been traced.
    pub fn untrace(&mut self) {
        if let Some(mut trace) = self.trace.take() {
            let _ = trace.out.flush();
        }
    }

    /// Sets what lines leave out. Does nothing while the connection is not traced.
    pub fn set_trace_flags(&mut self, flags: TraceFlags) {
        if let Some(trace) = &mut self.trace {
            trace.flags = flags;
        }
    }

    /// Whether the connection is traced.
    pub(super) fn is_traced(&self) -> bool {
        self.trace.is_some()
    }

    /// Traces the messages that have been encoded since the last call.
    #[inline]
    pub(super) fn trace_sent(&mut self) {
        if self.is_traced() {
            self.trace_sent_as(Sent::Message);
        }
    }

    /// The same where the messages do not tell what they are.
    #[cold]
    pub(super) fn trace_sent_as(&mut self, sent: Sent) {
        if let Some(trace) = &mut self.trace {
            trace.sent(self.output.take_untraced(), sent);
        }
    }

    /// Traces the message at the beginning of the input, once it has arrived in full.
    #[inline]
    pub(super) fn trace_received(&mut self, input: &Input, head: Head) {
        if self.is_traced() {
            self.show_received(input, head);
        }
    }

    #[cold]
    fn show_received(&mut self, input: &Input, head: Head) {
        if let Some(trace) = &mut self.trace
            && let Some(message) = input.bytes().get(..head.size())
        {
            trace.write(|line, regress| line.received(message, regress));
        }
    }

    /// Traces the one byte with which a server answers a request for encryption.
    pub(super) fn trace_reply(&mut self, name: &str, reply: u8) {
        if let Some(trace) = &mut self.trace {
            trace.write(|line, _| line.reply(name, reply));
        }
    }
}

impl Trace {
    fn sent(&mut self, mut messages: &[u8], sent: Sent) {
        let tag = sent.tag_size();
        while let Some(length) = messages.get(tag..).and_then(|m| m.first_chunk::<4>()) {
            let size = tag + u32::from_be_bytes(*length) as usize;
            let (message, rest) = messages.split_at(size.min(messages.len()));
            self.write(|line, regress| line.sent(message, sent, regress));
            messages = rest;
        }
    }

    /// Writes one line that `fill` makes.
    fn write(&mut self, fill: impl FnOnce(&mut TraceLine<'_>, bool)) {
        self.line.clear();
        if !self.flags.suppress_timestamps {
            timestamp(&mut self.line);
        }
        fill(&mut TraceLine::new(&mut self.line), self.flags.regress_mode);
        // Tracing must not disturb what is traced.
        let _ = self.out.write_all(&self.line);
    }
}

/// The local time to the microsecond, and a tab.
fn timestamp(line: &mut Vec<u8>) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default();
    let seconds = now.as_secs() as _;
    // SAFETY: an all-zero `tm` is valid, and `localtime_r` fills it in.
    let time = unsafe {
        let mut time = std::mem::zeroed::<libc::tm>();
        libc::localtime_r(&raw const seconds, &raw mut time);
        time
    };
    let _ = write!(
        line,
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}\t",
        time.tm_year + 1900,
        time.tm_mon + 1,
        time.tm_mday,
        time.tm_hour,
        time.tm_min,
        time.tm_sec,
        now.subsec_micros()
    );
}
