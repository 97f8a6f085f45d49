//! The line that a trace has for a message: direction, length, name and contents.
//!
//! The format is libpq's, byte by byte, AuthenticationOk left out included. Where libpq 18 does not
//! know a message to its end and says that lengths do not match (AuthenticationMD5Password, the
//! long key of protocol 3.2), the message is shown to its end here.

use std::io::Write;

use crate::wire::{Cursor, Malformed, error_field};
use crate::wire::{tag::backend, tag::frontend};

/// What kind of message has been sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// One that begins with its type.
    Message,
    /// A start-up packet or one that takes its place, which has none.
    Packet,
    /// A password.
    Password,
    /// The first message of a SASL exchange.
    SaslInitial,
    /// A later one.
    Sasl,
    /// A token of a GSSAPI exchange.
    Gss,
}

impl Sent {
    /// Bytes in front of the length word.
    pub(super) fn tag_size(self) -> usize {
        usize::from(self != Self::Packet)
    }
}

/// A line being written.
pub(super) struct TraceLine<'a> {
    out: &'a mut Vec<u8>,
}

/// The contents of one message, and how they are shown.
struct Contents<'a, 'l> {
    out: &'l mut Vec<u8>,
    left: Cursor<'a>,
    regress: bool,
}

type Shown = Result<(), Malformed>;

impl<'l> TraceLine<'l> {
    pub(super) fn new(out: &'l mut Vec<u8>) -> Self {
        Self { out }
    }

    /// The line of a message that the server has sent, its type and length word included.
    pub(super) fn received(&mut self, message: &[u8], regress: bool) {
        let tag = message[0];
        let varies = matches!(tag, backend::ERROR_RESPONSE | backend::NOTICE_RESPONSE);
        self.head('B', &message[1..], regress && varies);
        self.contents(&message[1..], regress, |contents| contents.received(tag));
    }

    /// The line of a message that has been sent.
    pub(super) fn sent(&mut self, message: &[u8], sent: Sent, regress: bool) {
        let body = &message[sent.tag_size()..];
        self.head('F', body, false);
        self.contents(body, regress, |contents| match sent {
            Sent::Message => contents.sent(message[0]),
            Sent::Packet => contents.packet(),
            Sent::Password => contents.name("PasswordMessage").text(),
            Sent::SaslInitial => contents.sasl_initial(),
            Sent::Sasl => contents.name("SASLResponse").rest(),
            Sent::Gss => contents.name("GSSResponse").rest(),
        });
    }

    /// The line of a single byte that answers a request for encryption.
    pub(super) fn reply(&mut self, name: &str, reply: u8) {
        let _ = writeln!(self.out, "B\t1\t{name}\t {}", char::from(reply));
    }

    /// Direction and length; `body` begins with the length word.
    fn head(&mut self, direction: char, body: &[u8], hidden: bool) {
        let _ = if hidden {
            write!(self.out, "{direction}\tNN\t")
        } else {
            write!(self.out, "{direction}\t{}\t", body.len())
        };
    }

    /// Name and contents, and a complaint when they do not fill the message.
    fn contents(
        &mut self,
        body: &[u8],
        regress: bool,
        show: impl FnOnce(&mut Contents<'_, '_>) -> Shown,
    ) {
        let mut contents = Contents {
            out: self.out,
            left: Cursor::new(body.get(4..).unwrap_or_default()),
            regress,
        };
        // A message that ends early is shown as far as it goes.
        let ended_early = show(&mut contents).is_err();
        let consumed = body.len() - contents.left.remaining();
        let out = contents.out;
        out.push(b'\n');
        if ended_early || consumed != body.len() {
            let _ = writeln!(
                out,
                "mismatched message length: consumed {consumed}, expected {}",
                body.len()
            );
        }
    }
}

impl Contents<'_, '_> {
    fn print(&mut self, text: std::fmt::Arguments<'_>) {
        let _ = self.out.write_fmt(text);
    }

    /// The message's name and, where contents follow, a tab.
    fn name(&mut self, name: &str) -> &mut Self {
        self.out.extend_from_slice(name.as_bytes());
        if self.left.remaining() > 0 {
            self.out.push(b'\t');
        }
        self
    }

    fn byte(&mut self) -> Result<u8, Malformed> {
        let byte = self.left.u8()?;
        self.out.push(b' ');
        self.character(byte);
        Ok(byte)
    }

    fn character(&mut self, byte: u8) {
        if byte == b' ' || byte.is_ascii_graphic() {
            self.out.push(byte);
        } else {
            self.print(format_args!("\\x{byte:02x}"));
        }
    }

    fn int16(&mut self) -> Result<usize, Malformed> {
        let number = self.left.u16()?;
        self.print(format_args!(" {number}"));
        Ok(usize::from(number))
    }

    fn int32(&mut self) -> Result<i32, Malformed> {
        let number = self.left.i32()?;
        self.print(format_args!(" {number}"));
        Ok(number)
    }

    /// A number that differs from run to run.
    fn varying(&mut self) -> Shown {
        if !self.regress {
            return self.int32().map(drop);
        }
        self.left.i32()?;
        self.out.extend_from_slice(b" NNNN");
        Ok(())
    }

    fn text(&mut self) -> Shown {
        let text = self.left.cstr()?;
        self.out.extend_from_slice(b" \"");
        self.out.extend_from_slice(text);
        self.out.push(b'"');
        Ok(())
    }

    fn quoted(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(b" '");
        for &byte in bytes {
            self.character(byte);
        }
        self.out.push(b'\'');
    }

    /// A length and so many bytes; -1 stands alone.
    fn value(&mut self) -> Shown {
        if let Ok(length) = usize::try_from(self.int32()?) {
            let bytes = self.left.take(length)?;
            self.quoted(bytes);
        }
        Ok(())
    }

    /// All bytes that are left; they may hold anything.
    fn rest(&mut self) -> Shown {
        let bytes = self.left.rest();
        if self.regress {
            self.out.extend_from_slice(b" 'BBBB'");
        } else {
            self.quoted(bytes);
        }
        Ok(())
    }

    /// A count of two bytes, and so many things.
    fn several(&mut self, mut show: impl FnMut(&mut Self) -> Shown) -> Shown {
        for _ in 0..self.int16()? {
            show(self)?;
        }
        Ok(())
    }

    fn int16_each(&mut self) -> Shown {
        self.several(|c| c.int16().map(drop))
    }

    fn sent(&mut self, tag: u8) -> Shown {
        match tag {
            frontend::BIND => self.bind(),
            frontend::CLOSE => self.name("Close").target(),
            frontend::DESCRIBE => self.name("Describe").target(),
            frontend::EXECUTE => {
                self.name("Execute").text()?;
                self.int32().map(drop)
            }
            frontend::FLUSH => self.nothing("Flush"),
            frontend::FUNCTION_CALL => self.function_call(),
            frontend::PARSE => {
                self.name("Parse").text()?;
                self.text()?;
                self.several(Self::varying)
            }
            frontend::QUERY => self.name("Query").text(),
            frontend::SYNC => self.nothing("Sync"),
            frontend::TERMINATE => self.nothing("Terminate"),
            frontend::COPY_DATA => self.name("CopyData").rest(),
            frontend::COPY_DONE => self.nothing("CopyDone"),
            frontend::COPY_FAIL => self.name("CopyFail").text(),
            other => self.unknown(other),
        }
    }

    fn received(&mut self, tag: u8) -> Shown {
        match tag {
            backend::PARSE_COMPLETE => self.nothing("ParseComplete"),
            backend::BIND_COMPLETE => self.nothing("BindComplete"),
            backend::CLOSE_COMPLETE => self.nothing("CloseComplete"),
            backend::NO_DATA => self.nothing("NoData"),
            backend::PORTAL_SUSPENDED => self.nothing("PortalSuspended"),
            backend::EMPTY_QUERY_RESPONSE => self.nothing("EmptyQueryResponse"),
            backend::COPY_DONE => self.nothing("CopyDone"),
            backend::COMMAND_COMPLETE => self.name("CommandComplete").text(),
            backend::COPY_DATA => self.name("CopyData").rest(),
            backend::DATA_ROW => self.name("DataRow").several(Self::value),
            backend::ERROR_RESPONSE => self.name("ErrorResponse").report(),
            backend::NOTICE_RESPONSE => self.name("NoticeResponse").report(),
            backend::COPY_IN_RESPONSE => self.name("CopyInResponse").copy_response(),
            backend::COPY_OUT_RESPONSE => self.name("CopyOutResponse").copy_response(),
            backend::COPY_BOTH_RESPONSE => self.name("CopyBothResponse").copy_response(),
            backend::BACKEND_KEY_DATA => self.name("BackendKeyData").key(),
            backend::AUTHENTICATION => self.authentication(),
            backend::ROW_DESCRIPTION => self.name("RowDescription").several(Self::column),
            backend::FUNCTION_CALL_RESPONSE => self.name("FunctionCallResponse").value(),
            backend::READY_FOR_QUERY => self.name("ReadyForQuery").byte().map(drop),
            backend::PARAMETER_DESCRIPTION => {
                self.name("ParameterDescription").several(Self::varying)
            }
            backend::PARAMETER_STATUS => {
                self.name("ParameterStatus").text()?;
                self.text()
            }
            backend::NOTIFICATION_RESPONSE => {
                self.name("NotificationResponse").varying()?;
                self.text()?;
                self.text()
            }
            backend::NEGOTIATE_PROTOCOL_VERSION => self.negotiation(),
            other => self.unknown(other),
        }
    }

    fn nothing(&mut self, name: &str) -> Shown {
        self.out.extend_from_slice(name.as_bytes());
        Ok(())
    }

    fn unknown(&mut self, tag: u8) -> Shown {
        self.print(format_args!("Unknown message: {tag:02x}"));
        Ok(())
    }

    /// `S` or `P`, and the name of the statement or portal.
    fn target(&mut self) -> Shown {
        self.byte()?;
        self.text()
    }

    fn bind(&mut self) -> Shown {
        self.name("Bind").text()?;
        self.text()?;
        self.int16_each()?;
        self.several(Self::value)?;
        self.int16_each()
    }

    fn function_call(&mut self) -> Shown {
        self.name("FunctionCall").varying()?;
        self.int16_each()?;
        self.several(Self::value)?;
        self.int16().map(drop)
    }

    fn copy_response(&mut self) -> Shown {
        self.byte()?;
        self.int16_each()
    }

    fn column(&mut self) -> Shown {
        self.text()?;
        self.varying()?;
        self.int16()?;
        self.varying()?;
        self.int16()?;
        self.int32()?;
        self.int16().map(drop)
    }

    fn report(&mut self) -> Shown {
        loop {
            let code = self.byte()?;
            if code == 0 {
                return Ok(());
            }
            let varies = matches!(
                code,
                error_field::LINE | error_field::FILE | error_field::ROUTINE
            );
            if self.regress && varies {
                self.left.cstr()?;
                self.out.extend_from_slice(b" \"SSSS\"");
            } else {
                self.text()?;
            }
        }
    }

    fn key(&mut self) -> Shown {
        self.varying()?;
        if self.left.remaining() == 4 {
            return self.varying();
        }
        let key = self.left.rest();
        if self.regress {
            self.out.extend_from_slice(b" NNNN");
        } else {
            self.quoted(key);
        }
        Ok(())
    }

    fn negotiation(&mut self) -> Shown {
        self.name("NegotiateProtocolVersion").int32()?;
        for _ in 0..self.int32()? {
            self.text()?;
        }
        Ok(())
    }

    fn authentication(&mut self) -> Shown {
        let request = self.left.i32()?;
        match request {
            0 => self.nothing("AuthenticationOk"),
            2 => self.nothing("AuthenticationKerberosV5"),
            3 => self.nothing("AuthenticationCleartextPassword"),
            5 => {
                self.left.take(4)?;
                self.nothing("AuthenticationMD5Password")
            }
            7 => self.nothing("AuthenticationGSS"),
            8 => self.name("AuthenticationGSSContinue").rest(),
            9 => self.nothing("AuthenticationSSPI"),
            10 => {
                self.name("AuthenticationSASL");
                while self.left.remaining() > 0 {
                    self.text()?;
                }
                Ok(())
            }
            11 => self.name("AuthenticationSASLContinue").rest(),
            12 => self.name("AuthenticationSASLFinal").rest(),
            other => {
                self.print(format_args!("Unknown authentication message {other}"));
                Ok(())
            }
        }
    }

    fn sasl_initial(&mut self) -> Shown {
        self.name("SASLInitialResponse").text()?;
        if self.int32()? >= 0 {
            self.rest()?;
        }
        Ok(())
    }

    /// A packet without a type: its first number tells what it is.
    fn packet(&mut self) -> Shown {
        let mut ahead = self.left;
        let (major, minor) = (ahead.u16()?, ahead.u16()?);
        let name = match (major, minor) {
            (1234, 5678) => "CancelRequest",
            (1234, 5679) => "SSLRequest",
            (1234, 5680) => "GSSENCRequest",
            _ => "StartupMessage",
        };
        self.name(name).int16()?;
        self.int16()?;
        match name {
            "CancelRequest" => self.key(),
            "StartupMessage" => {
                while self.left.remaining() > 1 {
                    self.text()?;
                }
                self.left.u8().map(drop)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(message: &[u8], regress: bool) -> String {
        let mut out = Vec::new();
        TraceLine::new(&mut out).received(message, regress);
        String::from_utf8(out).unwrap()
    }

    fn message(tag: u8, body: &[u8]) -> Vec<u8> {
        let length = (body.len() + 4) as u32;
        [&[tag], &length.to_be_bytes()[..], body].concat()
    }

    #[test]
    fn a_row_shows_lengths_and_values() {
        let row = message(b'D', b"\0\x03\0\0\0\x02a\n\xff\xff\xff\xff\0\0\0\0");
        assert_eq!(
            received(&row, false),
            "B\t20\tDataRow\t 3 2 'a\\x0a' -1 0 ''\n"
        );
    }

    #[test]
    fn regress_mode_hides_what_varies() {
        let error = message(b'E', b"SERROR\0L17\0Rf\0\0");
        assert_eq!(
            received(&error, true),
            "B\tNN\tErrorResponse\t S \"ERROR\" L \"SSSS\" R \"SSSS\" \\x00\n"
        );
        assert_eq!(
            received(&error, false),
            "B\t19\tErrorResponse\t S \"ERROR\" L \"17\" R \"f\" \\x00\n"
        );
        let key = message(b'K', &[0, 0, 0, 9, 1, 2, 3, 4]);
        assert_eq!(received(&key, true), "B\t12\tBackendKeyData\t NNNN NNNN\n");
    }

    #[test]
    fn a_message_that_ends_early_or_late_is_complained_about() {
        assert_eq!(
            received(&message(b'D', &[0, 2, 0]), false),
            "B\t7\tDataRow\t 2\nmismatched message length: consumed 6, expected 7\n"
        );
        assert_eq!(
            received(&message(b'Z', b"Ix"), false),
            "B\t6\tReadyForQuery\t I\nmismatched message length: consumed 5, expected 6\n"
        );
        assert_eq!(
            received(&message(b'@', b""), false),
            "B\t4\tUnknown message: 40\n"
        );
    }

    #[test]
    fn packets_without_a_type_are_told_apart() {
        let sent = |bytes: &[u8]| {
            let mut out = Vec::new();
            TraceLine::new(&mut out).sent(bytes, Sent::Packet, false);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(
            sent(&[0, 0, 0, 8, 4, 210, 22, 47]),
            "F\t8\tSSLRequest\t 1234 5679\n"
        );
        assert_eq!(
            sent(b"\0\0\0\x11\0\x03\0\0user\0me\0\0"),
            "F\t17\tStartupMessage\t 3 0 \"user\" \"me\"\n"
        );
    }
}
