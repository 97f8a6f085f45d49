//! The operating system's words for its error numbers.

use std::io;

/// What the operating system says of this error, such as `Connection refused`.
///
/// `io::Error` prints the number behind the text; messages that people and programs already know
/// from libpq have the text alone. An error that does not come from the system is printed as it is.
pub fn text(error: &io::Error) -> String {
    let whole = error.to_string();
    let Some(code) = error.raw_os_error() else {
        return whole;
    };
    match whole.strip_suffix(&format!(" (os error {code})")) {
        Some(text) => text.to_owned(),
        None => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_error_is_told_without_its_number() {
        let error = io::Error::from_raw_os_error(libc::ECONNREFUSED);
        assert_eq!(text(&error), "Connection refused");
    }

    #[test]
    fn other_errors_keep_their_words() {
        assert_eq!(text(&io::Error::other("a (os error 4)")), "a (os error 4)");
    }
}
