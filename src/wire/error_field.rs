//! The codes of the fields in ErrorResponse and NoticeResponse.
//!
//! Manual: "Error and Notice Message Fields".

/// ERROR, FATAL, PANIC, WARNING, NOTICE, DEBUG, INFO or LOG, perhaps translated.
pub const SEVERITY: u8 = b'S';
/// The same, never translated; sent since PostgreSQL 9.6.
pub const SEVERITY_NONLOCALIZED: u8 = b'V';
/// The SQLSTATE.
pub const SQLSTATE: u8 = b'C';
/// The primary message.
pub const MESSAGE: u8 = b'M';
/// More about the problem.
pub const DETAIL: u8 = b'D';
/// A suggestion of what to do.
pub const HINT: u8 = b'H';
/// Where in the query the problem is: characters, the first being 1.
pub const POSITION: u8 = b'P';
/// The same within the internally made query.
pub const INTERNAL_POSITION: u8 = b'p';
/// The text of the internally made query.
pub const INTERNAL_QUERY: u8 = b'q';
/// The context in which the problem arose, such as a call stack of a procedural language.
pub const WHERE: u8 = b'W';
/// The schema of the object the problem is about.
pub const SCHEMA: u8 = b's';
/// The table the problem is about.
pub const TABLE: u8 = b't';
/// The column the problem is about.
pub const COLUMN: u8 = b'c';
/// The data type the problem is about.
pub const DATA_TYPE: u8 = b'd';
/// The constraint the problem is about.
pub const CONSTRAINT: u8 = b'n';
/// The server's source file that reported the problem.
pub const FILE: u8 = b'F';
/// The line in that file.
pub const LINE: u8 = b'L';
/// The server's routine that reported the problem.
pub const ROUTINE: u8 = b'R';
