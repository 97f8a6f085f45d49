//! The character sets that PostgreSQL knows, and the escaping of values inside SQL text.
//!
//! An [`Encoding`] is one of the 42 of the manual's "Character Set Support", under the number that
//! libpq gives it. It knows how long a character is, how wide it shows, and whether it is valid.
//! The escaping functions need it because in some encodings a quote or a backslash may be the
//! second byte of a character.

mod bytea;
mod encoding;
mod escape;
mod length;
mod literal;
mod locale;
mod names;
mod sink;
mod verify;
mod width;
mod width_table;

pub use bytea::{escape_bytea, unescape_bytea, write_bytea, write_unescaped_bytea};
pub use encoding::Encoding;
pub use escape::{INCOMPLETE_CHARACTER, INVALID_CHARACTER, escape_string};
pub use literal::{escape_identifier, escape_literal, write_identifier, write_literal};
pub use locale::{from_codeset, from_environment, from_locale};
pub use sink::Sink;
