//! Protocol versions, and the codes that stand in a version's place in the requests which come
//! before, or instead of, a StartupMessage.
//!
//! Manual: "Protocol Versions".

/// A protocol version as it travels: the major version in the high half, the minor in the low.
pub const fn protocol(major: u16, minor: u16) -> u32 {
    // `u32::from` is not yet usable in constant functions.
    ((major as u32) << 16) | minor as u32
}

/// The major version of a version as it travels.
pub const fn major(version: u32) -> u16 {
    (version >> 16) as u16
}

/// The minor version of a version as it travels.
pub const fn minor(version: u32) -> u16 {
    (version & 0xffff) as u16
}

/// Version 3.0, understood by every server since PostgreSQL 7.4.
pub const PROTOCOL_3_0: u32 = protocol(3, 0);

/// Version 3.2, understood since PostgreSQL 18: cancel keys longer than four bytes.
pub const PROTOCOL_3_2: u32 = protocol(3, 2);

/// Asks to cancel a query of another connection.
pub const CANCEL_REQUEST: u32 = protocol(1234, 5678);

/// Asks whether the server is willing to encrypt with TLS.
pub const SSL_REQUEST: u32 = protocol(1234, 5679);

/// Asks whether the server is willing to encrypt with GSSAPI.
pub const GSSENC_REQUEST: u32 = protocol(1234, 5680);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_manual() {
        assert_eq!(PROTOCOL_3_0, 196_608);
        assert_eq!(PROTOCOL_3_2, 196_610);
        assert_eq!(CANCEL_REQUEST, 80_877_102);
        assert_eq!(SSL_REQUEST, 80_877_103);
        assert_eq!(GSSENC_REQUEST, 80_877_104);
        assert_eq!((major(PROTOCOL_3_2), minor(PROTOCOL_3_2)), (3, 2));
    }
}
