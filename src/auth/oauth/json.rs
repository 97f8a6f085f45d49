//! Reading the JSON of servers and issuers that are not trusted yet: an object, of which some
//! fields are wanted and the rest is only checked.
//!
//! What is wrong is told in libpq's words. Nothing is kept but the wanted fields, nesting has a
//! limit, and a field that is there twice is refused: two readers must not see two things.

use std::fmt;
use std::ops::Range;

use zeroize::Zeroizing;

/// How deep a server's JSON may nest, the outermost object included.
pub const SERVER_DEPTH: usize = 8;

/// What a field must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// A number.
    Number,
    /// An array of strings.
    Texts,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Number => "a number",
            Self::Texts => "an array of strings",
        }
    }
}

/// A field that is wanted, and what has been found.
#[derive(Debug)]
pub struct Field {
    name: &'static str,
    kind: Kind,
    found: bool,
    texts: Vec<Zeroizing<String>>,
    number: f64,
}

impl Field {
    /// A field to look for.
    pub fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            found: false,
            texts: Vec::new(),
            number: 0.0,
        }
    }

    /// The string, where the field was there.
    pub fn text(&self) -> Option<&str> {
        self.texts.first().map(|text| text.as_str())
    }

    /// The array of strings, where the field was there.
    pub fn texts(&self) -> Option<impl Iterator<Item = &str>> {
        self.found
            .then(|| self.texts.iter().map(|text| text.as_str()))
    }

    /// The number, where the field was there.
    pub fn number(&self) -> Option<f64> {
        self.found.then_some(self.number)
    }
}

/// What is wrong with a text, in libpq's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault(String);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads an object and fills in the fields that are wanted of it.
pub fn read(text: &str, depth: usize, fields: &mut [Field]) -> Result<(), Fault> {
    let mut reader = Reader {
        text,
        next: Token::End,
        span: 0..0,
        value: Zeroizing::default(),
        room: depth,
        fields,
    };
    reader.advance()?;
    reader.document()
}

/// The smallest parts of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Punctuation(u8),
    Text,
    Number,
    /// `true`, `false` or `null`.
    Word,
    End,
}

/// What the value that comes next is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The whole text.
    Top,
    /// The field with this index, or an element of its array.
    Field(usize),
    Element(usize),
    /// Nothing that is wanted.
    Elsewhere,
}

struct Reader<'a> {
    text: &'a str,
    /// The next token, and where it is.
    next: Token,
    span: Range<usize>,
    /// What the next token says, where it is a string.
    value: Zeroizing<String>,
    /// How much deeper the text may nest.
    room: usize,
    fields: &'a mut [Field],
}

impl Reader<'_> {
    fn document(&mut self) -> Result<(), Fault> {
        self.read_value(Place::Top)?;
        match self.next {
            Token::End => Ok(()),
            _ => Err(self.unexpected("end of input")),
        }
    }

    fn read_value(&mut self, place: Place) -> Result<(), Fault> {
        match self.next {
            Token::Punctuation(b'{') => {
                if place != Place::Top {
                    self.check_type(place, None)?;
                }
                self.nested(|reader| reader.read_object(place == Place::Top))
            }
            Token::Punctuation(b'[') => {
                let elements = match place {
                    Place::Field(index) if self.fields[index].kind == Kind::Texts => {
                        self.claim(index)?;
                        Place::Element(index)
                    }
                    _ => {
                        self.check_type(place, None)?;
                        Place::Elsewhere
                    }
                };
                self.nested(|reader| reader.read_array(elements))
            }
            Token::Text | Token::Number | Token::Word => self.read_scalar(place),
            _ => Err(self.unexpected("JSON value")),
        }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        let Some(room) = self.room.checked_sub(1) else {
            return Err(Fault("JSON is too deeply nested".to_owned()));
        };
        self.room = room;
        self.advance()?;
        read(self)?;
        self.room += 1;
        self.advance()
    }

    fn read_object(&mut self, top: bool) -> Result<(), Fault> {
        if self.next == Token::Punctuation(b'}') {
            return Ok(());
        }
        let mut wanted = "string or \"}\"";
        loop {
            if self.next != Token::Text {
                return Err(self.unexpected(wanted));
            }
            let name = std::mem::take(&mut self.value);
            self.advance()?;
            if self.next != Token::Punctuation(b':') {
                return Err(self.unexpected("\":\""));
            }
            self.advance()?;
            let known = self.fields.iter().position(|field| field.name == *name);
            self.read_value(match known {
                Some(index) if top => Place::Field(index),
                _ => Place::Elsewhere,
            })?;
            match self.next {
                Token::Punctuation(b',') => self.advance()?,
                Token::Punctuation(b'}') => return Ok(()),
                _ => return Err(self.unexpected("\",\" or \"}\"")),
            }
            wanted = "string";
        }
    }

    fn read_array(&mut self, elements: Place) -> Result<(), Fault> {
        if self.next == Token::Punctuation(b']') {
            return Ok(());
        }
        loop {
            self.read_value(elements)?;
            match self.next {
                Token::Punctuation(b',') => self.advance()?,
                Token::Punctuation(b']') => return Ok(()),
                _ => return Err(self.unexpected("\",\" or \"]\"")),
            }
        }
    }

    /// A string, a number or a word. It is judged once what follows it is known to be a token.
    fn read_scalar(&mut self, place: Place) -> Result<(), Fault> {
        let (token, span) = (self.next, self.span.clone());
        let value = std::mem::take(&mut self.value);
        self.advance()?;
        let kind = match token {
            Token::Text => Some(Kind::Text),
            Token::Number => Some(Kind::Number),
            _ => None,
        };
        self.check_type(place, kind)?;
        match place {
            Place::Field(index) => self.claim(index)?,
            Place::Element(_) => {}
            Place::Top | Place::Elsewhere => return Ok(()),
        }
        let (Place::Field(index) | Place::Element(index)) = place else {
            return Ok(());
        };
        let field = &mut self.fields[index];
        match token {
            Token::Text => field.texts.push(value),
            // Every number of JSON is one of Rust.
            _ => field.number = self.text[span].parse().unwrap_or_default(),
        }
        Ok(())
    }

    /// Whether a value of this kind, `None` for one that no field wants, may stand here.
    fn check_type(&self, place: Place, kind: Option<Kind>) -> Result<(), Fault> {
        let (field, wanted) = match place {
            Place::Elsewhere => return Ok(()),
            Place::Top => return Err(Fault("top-level element must be an object".to_owned())),
            Place::Field(index) => (&self.fields[index], self.fields[index].kind),
            Place::Element(index) => (&self.fields[index], Kind::Text),
        };
        if kind == Some(wanted) {
            return Ok(());
        }
        let (name, wanted) = (field.name, field.kind.name());
        Err(Fault(format!("field \"{name}\" must be {wanted}")))
    }

    /// Notes that the field is there.
    fn claim(&mut self, index: usize) -> Result<(), Fault> {
        let field = &mut self.fields[index];
        if std::mem::replace(&mut field.found, true) {
            return Err(Fault(format!("field \"{}\" is duplicated", field.name)));
        }
        Ok(())
    }

    fn unexpected(&self, wanted: &str) -> Fault {
        if self.next == Token::End {
            return Fault("The input string ended unexpectedly.".to_owned());
        }
        let found = &self.text[self.span.clone()];
        Fault(format!("Expected {wanted}, but found \"{found}\"."))
    }

    /// Goes on to the next token.
    fn advance(&mut self) -> Result<(), Fault> {
        let bytes = self.text.as_bytes();
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let begin = self.span.end;
        let start = begin + bytes[begin..].iter().take_while(|b| is_space(b)).count();
        self.span = start..start + 1;
        self.next = match bytes.get(start) {
            None => {
                self.span = start..start;
                Token::End
            }
            Some(byte @ (b'{' | b'}' | b'[' | b']' | b',' | b':')) => Token::Punctuation(*byte),
            Some(b'"') => self.take_string(start)?,
            Some(b'-' | b'0'..=b'9') => self.take_number(start)?,
            Some(byte) if is_word(*byte) => {
                self.span.end = word_end(bytes, start);
                match &self.text[self.span.clone()] {
                    "true" | "false" | "null" => Token::Word,
                    _ => return Err(self.invalid(self.span.end)),
                }
            }
            Some(_) => return Err(self.invalid(start + 1)),
        };
        Ok(())
    }

    fn take_number(&mut self, start: usize) -> Result<Token, Fault> {
        let bytes = self.text.as_bytes();
        let digits = |at: usize| {
            let rest = bytes.get(at..).unwrap_or_default();
            rest.iter().take_while(|b| b.is_ascii_digit()).count()
        };
        let mut end = start + usize::from(bytes[start] == b'-');
        let whole = digits(end);
        let leading_zero = bytes.get(end) == Some(&b'0');
        let mut valid = whole == 1 || whole > 1 && !leading_zero;
        end += if leading_zero { 1 } else { whole };
        if valid && bytes.get(end) == Some(&b'.') {
            let fraction = digits(end + 1);
            valid = fraction > 0;
            end += 1 + fraction;
        }
        if valid && matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let exponent = digits(end + 1 + sign);
            valid = exponent > 0;
            end += 1 + sign + exponent;
        }
        let word = word_end(bytes, end);
        if !valid || word > end {
            return Err(self.invalid(word));
        }
        self.span = start..end;
        Ok(Token::Number)
    }

    fn take_string(&mut self, start: usize) -> Result<Token, Fault> {
        let mut chars = self.text[start + 1..].char_indices();
        let mut value = Zeroizing::new(String::new());
        loop {
            let Some((at, character)) = chars.next() else {
                return Err(self.invalid(self.text.len()));
            };
            match character {
                '"' => {
                    self.span = start..start + 1 + at + 1;
                    self.value = value;
                    return Ok(Token::Text);
                }
                '\0'..='\x1f' => {
                    let code = u32::from(character);
                    return Err(Fault(format!(
                        "Character with value 0x{code:02x} must be escaped."
                    )));
                }
                '\\' => {
                    let rest = chars.as_str();
                    let (character, length) = self.unescape(rest)?;
                    value.push(character);
                    chars.nth(rest[..length].chars().count() - 1);
                }
                other => value.push(other),
            }
        }
    }

    /// The character that an escape sequence stands for, and how many bytes it has behind its
    /// backslash.
    fn unescape(&self, rest: &str) -> Result<(char, usize), Fault> {
        let character = match rest.chars().next() {
            None => return Err(self.invalid(self.text.len())),
            Some('u') => return self.unescape_unicode(rest),
            Some(plain @ ('"' | '\\' | '/')) => plain,
            Some('b') => '\x08',
            Some('f') => '\x0c',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some(other) => {
                return Err(Fault(format!("Escape sequence \"\\{other}\" is invalid.")));
            }
        };
        Ok((character, 1))
    }

    fn unescape_unicode(&self, rest: &str) -> Result<(char, usize), Fault> {
        const LONE: &str = "Unicode low surrogate must follow a high surrogate.";
        let first = self.hex(&rest[1..])?;
        match first {
            0 => return Err(Fault("\\u0000 cannot be converted to text.".to_owned())),
            0xdc00..=0xdfff => return Err(Fault(LONE.to_owned())),
            0xd800..=0xdbff => {}
            // Not a surrogate, so a character.
            code => return Ok((char::from_u32(code).unwrap_or_default(), 5)),
        }
        let Some(second) = rest[5..].strip_prefix("\\u") else {
            return Err(match &rest[5..] {
                "" | "\\" => self.invalid(self.text.len()),
                _ => Fault(LONE.to_owned()),
            });
        };
        match self.hex(second)? {
            low @ 0xdc00..=0xdfff => {
                let code = 0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00);
                Ok((char::from_u32(code).unwrap_or_default(), 11))
            }
            0xd800..=0xdbff => Err(Fault(
                "Unicode high surrogate must not follow a high surrogate.".to_owned(),
            )),
            _ => Err(Fault(LONE.to_owned())),
        }
    }

    /// Four hexadecimal digits.
    fn hex(&self, text: &str) -> Result<u32, Fault> {
        let mut code = 0;
        let mut characters = text.chars();
        for _ in 0..4 {
            let Some(character) = characters.next() else {
                return Err(self.invalid(self.text.len()));
            };
            let Some(digit) = character.to_digit(16) else {
                return Err(Fault(
                    "\"\\u\" must be followed by four hexadecimal digits.".to_owned(),
                ));
            };
            code = code * 16 + digit;
        }
        Ok(code)
    }

    /// What stands from the beginning of the token to here is none.
    fn invalid(&self, end: usize) -> Fault {
        let found = &self.text[self.span.start..end];
        Fault(format!("Token \"{found}\" is invalid."))
    }
}

/// Whether words and numbers, valid or not, go on with this byte.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn word_end(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    start + rest.iter().take_while(|byte| is_word(**byte)).count()
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
