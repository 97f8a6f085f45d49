//! One connection: start-up, then questions and prepared answers until the client leaves.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use openssl::ssl::SslAcceptor;

use crate::answer::{Answer, Block, parameters};
use crate::frame::{Fields, cstr, message};
use crate::scram::{MECHANISM, Verifier};
use crate::tls;

const CODE_CANCEL: u32 = 80_877_102;
const CODE_SSL: u32 = 80_877_103;
const CODE_GSS: u32 = 80_877_104;
const INPUT_BYTES: usize = 256 << 10;
const OUTPUT_BYTES: usize = 64 << 10;
const LARGEST_MESSAGE: usize = 64 << 20;

/// What a PostgreSQL 18 server reports at start-up.
const PARAMETERS: [(&str, &str); 15] = [
    ("in_hot_standby", "off"),
    ("integer_datetimes", "on"),
    ("TimeZone", "Etc/UTC"),
    ("IntervalStyle", "postgres"),
    ("search_path", "\"$user\", public"),
    ("is_superuser", "off"),
    ("application_name", ""),
    ("default_transaction_read_only", "off"),
    ("scram_iterations", "4096"),
    ("DateStyle", "ISO, MDY"),
    ("standard_conforming_strings", "on"),
    ("session_authorization", "bench"),
    ("client_encoding", "UTF8"),
    ("server_version", "18.0"),
    ("server_encoding", "UTF8"),
];

/// What every connection draws from: answers and password verifiers are made once.
#[derive(Default)]
pub(crate) struct Shared {
    blocks: Mutex<HashMap<Answer, Option<Arc<Block>>>>,
    verifiers: Mutex<HashMap<String, Arc<Verifier>>>,
    connections: AtomicU64,
    tls: OnceLock<SslAcceptor>,
}

impl Shared {
    fn block(&self, answer: Answer) -> Option<Arc<Block>> {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        blocks
            .entry(answer)
            .or_insert_with(|| answer.block().map(Arc::new))
            .clone()
    }

    fn tls(&self) -> &SslAcceptor {
        self.tls.get_or_init(tls::acceptor)
    }

    fn verifier(&self, user: &str) -> Arc<Verifier> {
        let mut verifiers = self
            .verifiers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let verifier = verifiers.entry(user.to_owned());
        Arc::clone(verifier.or_insert_with(|| Arc::new(Verifier::new(user))))
    }
}

/// Serves one client until it leaves; an unexpected end is the client's right.
pub(crate) fn serve(stream: impl Read + Write, shared: &Shared) {
    let served = match negotiate(stream, shared) {
        Ok(Begun::Plain(stream, packet)) => Session::new(stream, shared, &packet).run(),
        Ok(Begun::Secure(stream)) => Session::new(stream, shared, &[]).run(),
        Err(error) => Err(error),
    };
    if let Err(error) = served
        && error.kind() == ErrorKind::InvalidData
    {
        eprintln!("canned-server: {error}");
    }
}

/// A stream on which a startup packet comes, or has begun to.
enum Begun<S> {
    Plain(S, [u8; 8]),
    Secure(tls::Stream<S>),
}

/// Answers what a client asks for before its startup packet.
fn negotiate<S: Read + Write>(mut stream: S, shared: &Shared) -> io::Result<Begun<S>> {
    loop {
        let mut head = [0; 8];
        stream.read_exact(&mut head)?;
        match Fields(&head[4..]).int() {
            Some(CODE_SSL) => {
                stream.write_all(b"S")?;
                return tls::accept(shared.tls(), stream).map(Begun::Secure);
            }
            Some(CODE_GSS) => stream.write_all(b"N")?,
            _ => return Ok(Begun::Plain(stream, head)),
        }
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what.to_owned())
}

struct Session<'a, S> {
    stream: S,
    shared: &'a Shared,
    /// What has arrived and is not dealt with yet lies between `start` and `end`.
    input: Vec<u8>,
    start: usize,
    end: usize,
    /// What is not sent yet: sent once nothing more has arrived, or when there is much of it.
    output: Vec<u8>,
    statements: HashMap<String, Statement>,
    portals: HashMap<String, Answer>,
}

struct Statement {
    answer: Answer,
    parameters: Vec<u32>,
}

impl<'a, S: Read + Write> Session<'a, S> {
    /// A session of which the first bytes have been read already.
    fn new(stream: S, shared: &'a Shared, first: &[u8]) -> Self {
        let mut input = vec![0; INPUT_BYTES];
        input[..first.len()].copy_from_slice(first);
        Self {
            stream,
            shared,
            input,
            start: 0,
            end: first.len(),
            output: Vec::with_capacity(2 * OUTPUT_BYTES),
            statements: HashMap::new(),
            portals: HashMap::new(),
        }
    }

    fn run(&mut self) -> io::Result<()> {
        if !self.start_up()? {
            return Ok(());
        }
        loop {
            let (tag, body) = self.next_message()?;
            if tag == b'X' {
                return Ok(());
            }
            self.handle(tag, &body)
                .transpose()?
                .ok_or_else(|| broken("a message is too short"))?;
        }
    }

    /// True once the client may ask, false where it came for something else.
    fn start_up(&mut self) -> io::Result<bool> {
        self.fill(4)?;
        let length = u32::from_be_bytes(self.peek(4).try_into().expect("four bytes"));
        let packet = self.take_bytes(length as usize)?;
        let mut fields = Fields(&packet[4..]);
        let user = match fields.int() {
            Some(CODE_CANCEL) | None => return Ok(false),
            // Minor versions differ in nothing that is measured here.
            Some(version) if version >> 16 == 3 => user_of(&mut fields),
            Some(_) => return Err(broken("unknown protocol version")),
        };
        if user.starts_with("scram") && !self.authenticate(&user)? {
            return Ok(false);
        }
        let id = self.shared.connections.fetch_add(1, Ordering::Relaxed) as u32;
        self.authentication(0, b"");
        for (name, value) in PARAMETERS {
            message(&mut self.output, b'S', |body| {
                cstr(body, name);
                cstr(body, value);
            });
        }
        message(&mut self.output, b'K', |body| {
            body.extend_from_slice(&(id & 0x7fff_ffff).to_be_bytes());
            body.extend_from_slice(b"key!");
        });
        self.ready();
        Ok(true)
    }

    fn authenticate(&mut self, user: &str) -> io::Result<bool> {
        let verifier = self.shared.verifier(user);
        self.authentication(10, format!("{MECHANISM}\0\0").as_bytes());
        let (_, body) = self.next_message()?;
        let mut fields = Fields(&body);
        let (_, _) = (fields.cstr(), fields.int());
        let nonce = self.shared.connections.fetch_add(1, Ordering::Relaxed);
        let first = std::str::from_utf8(fields.0).ok();
        let exchange = first.and_then(|first| verifier.first(first, nonce));
        let exchange = exchange.ok_or_else(|| broken("no SCRAM message"))?;
        self.authentication(11, exchange.message.as_bytes());
        let (_, body) = self.next_message()?;
        match std::str::from_utf8(&body)
            .ok()
            .and_then(|last| exchange.last(last))
        {
            Some(proof) => {
                self.authentication(12, proof.as_bytes());
                Ok(true)
            }
            None => {
                message(&mut self.output, b'E', |body| {
                    for (field, text) in [
                        (b'S', "FATAL"),
                        (b'V', "FATAL"),
                        (b'C', "28P01"),
                        (b'M', "password authentication failed"),
                    ] {
                        body.push(field);
                        cstr(body, text);
                    }
                    body.push(0);
                });
                self.flush()?;
                Ok(false)
            }
        }
    }

    fn authentication(&mut self, kind: u32, rest: &[u8]) {
        message(&mut self.output, b'R', |body| {
            body.extend_from_slice(&kind.to_be_bytes());
            body.extend_from_slice(rest);
        });
    }

    fn ready(&mut self) {
        message(&mut self.output, b'Z', |body| body.push(b'I'));
    }

    /// Answers one message; `None` where it is malformed.
    fn handle(&mut self, tag: u8, body: &[u8]) -> Option<io::Result<()>> {
        let mut fields = Fields(body);
        match tag {
            b'Q' => {
                let answer = Answer::parse(fields.cstr()?);
                return Some(self.simple(answer));
            }
            b'P' => {
                let name = fields.cstr()?.to_owned();
                let sql = fields.cstr()?;
                let statement = Statement {
                    answer: Answer::parse(sql),
                    parameters: parameters(sql).collect(),
                };
                self.statements.insert(name, statement);
                message(&mut self.output, b'1', |_| ());
            }
            b'B' => {
                let portal = fields.cstr()?;
                let answer = self.statements.get(fields.cstr()?)?.answer;
                match self.portals.get_mut(portal) {
                    Some(bound) => *bound = answer,
                    None => drop(self.portals.insert(portal.to_owned(), answer)),
                }
                message(&mut self.output, b'2', |_| ());
            }
            b'D' => self.describe(fields.byte()?, fields.cstr()?)?,
            b'E' => {
                let answer = *self.portals.get(fields.cstr()?)?;
                return Some(self.data(answer));
            }
            b'C' => message(&mut self.output, b'3', |_| ()),
            b'S' => self.ready(),
            b'H' => return Some(self.flush()),
            _ => return None,
        }
        Some(Ok(()))
    }

    fn describe(&mut self, target: u8, name: &str) -> Option<()> {
        let answer = if target == b'S' {
            let statement = self.statements.get(name)?;
            message(&mut self.output, b't', |body| {
                body.extend_from_slice(&(statement.parameters.len() as u16).to_be_bytes());
                for parameter in &statement.parameters {
                    body.extend_from_slice(&parameter.to_be_bytes());
                }
            });
            statement.answer
        } else {
            *self.portals.get(name)?
        };
        answer.describe(&mut self.output);
        Some(())
    }

    fn simple(&mut self, answer: Answer) -> io::Result<()> {
        if matches!(answer, Answer::Rows { .. } | Answer::SelectOne) {
            answer.describe(&mut self.output);
        }
        self.data(answer)?;
        self.ready();
        Ok(())
    }

    /// The data of an answer and the message that ends it.
    fn data(&mut self, answer: Answer) -> io::Result<()> {
        match answer {
            Answer::CopyOut { .. } => {
                message(&mut self.output, b'H', |body| body.extend([0, 0, 0]))
            }
            Answer::CopyIn => {
                message(&mut self.output, b'G', |body| body.extend([0, 0, 0]));
                self.copy_in()?;
            }
            _ => {}
        }
        if let Some(block) = self.shared.block(answer) {
            match block.small() {
                Some(bytes) => self.output.extend_from_slice(bytes),
                None => {
                    self.flush()?;
                    block.write(&mut self.stream)?;
                }
            }
        }
        if matches!(answer, Answer::CopyOut { .. }) {
            message(&mut self.output, b'c', |_| ());
        }
        answer.complete(&mut self.output);
        if self.output.len() >= OUTPUT_BYTES {
            self.flush()
        } else {
            Ok(())
        }
    }

    /// Takes COPY data as fast as it comes, until the client is done.
    fn copy_in(&mut self) -> io::Result<()> {
        loop {
            self.fill(5)?;
            let (tag, length) = self.peek_header();
            self.start += 5;
            let mut left = length - 4;
            while left > 0 {
                self.fill(1)?;
                let here = left.min(self.end - self.start);
                self.start += here;
                left -= here;
            }
            match tag {
                b'd' | b'H' | b'S' => {}
                b'c' | b'f' => return Ok(()),
                _ => return Err(broken("not a message of COPY IN")),
            }
        }
    }

    fn peek(&self, count: usize) -> &[u8] {
        &self.input[self.start..self.start + count]
    }

    fn peek_header(&self) -> (u8, usize) {
        let mut fields = Fields(self.peek(5));
        let tag = fields.byte().expect("five bytes");
        (tag, (fields.int().expect("five bytes") as usize).max(4))
    }

    fn next_message(&mut self) -> io::Result<(u8, Vec<u8>)> {
        self.fill(5)?;
        let (tag, length) = self.peek_header();
        self.start += 1;
        let mut body = self.take_bytes(length)?;
        body.drain(..4);
        Ok((tag, body))
    }

    fn take_bytes(&mut self, count: usize) -> io::Result<Vec<u8>> {
        if !(4..=LARGEST_MESSAGE).contains(&count) {
            return Err(broken("a message of an impossible length"));
        }
        self.fill(count)?;
        let bytes = self.peek(count).to_vec();
        self.start += count;
        Ok(bytes)
    }

    /// Waits until `count` bytes are there, sending first what the client may be waiting for.
    fn fill(&mut self, count: usize) -> io::Result<()> {
        while self.end - self.start < count {
            self.flush()?;
            self.input.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            if self.input.len() < count {
                self.input.resize(count, 0);
            }
            let received = self.stream.read(&mut self.input[self.end..])?;
            self.end += received;
            if received == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.output.is_empty() {
            self.stream.write_all(&self.output)?;
            self.output.clear();
        }
        Ok(())
    }
}

fn user_of(fields: &mut Fields) -> String {
    while let Some(name) = fields.cstr().filter(|name| !name.is_empty()) {
        let value = fields.cstr().unwrap_or_default();
        if name == "user" {
            return value.to_owned();
        }
    }
    String::new()
}
