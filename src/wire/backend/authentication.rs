use std::fmt;

use crate::wire::{Cursor, Malformed};

/// What the server wants for authentication, or that it has had enough.
///
/// Manual: "Message Formats", the messages whose names begin with Authentication.
#[derive(Debug, Clone, Copy)]
pub enum Authentication<'a> {
    /// Authentication has succeeded.
    Ok,
    /// Kerberos V5, which no supported server asks for.
    KerberosV5,
    /// The password in the clear.
    CleartextPassword,
    /// The password hashed with MD5 and this salt.
    Md5Password {
        /// The salt.
        salt: [u8; 4],
    },
    /// SCM credentials, which no supported server asks for.
    ScmCredential,
    /// GSSAPI.
    Gss,
    /// Data for the GSSAPI or SSPI exchange.
    GssContinue(&'a [u8]),
    /// SSPI.
    Sspi,
    /// SASL with one of these mechanisms.
    Sasl(SaslMechanisms<'a>),
    /// The mechanism's challenge.
    SaslContinue(&'a [u8]),
    /// The mechanism's outcome; AuthenticationOk follows.
    SaslFinal(&'a [u8]),
    /// A request with a code that is none of the above.
    Unknown(u32),
}

impl<'a> Authentication<'a> {
    /// Decodes the message's body.
    pub fn decode(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(body);
        let request = match cursor.u32()? {
            0 => Self::Ok,
            2 => Self::KerberosV5,
            3 => Self::CleartextPassword,
            5 => Self::Md5Password {
                salt: cursor.array()?,
            },
            6 => Self::ScmCredential,
            7 => Self::Gss,
            8 => Self::GssContinue(cursor.rest()),
            9 => Self::Sspi,
            10 => Self::Sasl(SaslMechanisms::read(&mut cursor)?),
            11 => Self::SaslContinue(cursor.rest()),
            12 => Self::SaslFinal(cursor.rest()),
            // Nothing is known of what follows the code.
            code => return Ok(Self::Unknown(code)),
        };
        cursor.finish()?;
        Ok(request)
    }
}

/// The names of the SASL mechanisms that the server offers, the one it likes best first.
#[derive(Clone, Copy)]
pub struct SaslMechanisms<'a> {
    names: Cursor<'a>,
}

impl<'a> SaslMechanisms<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        let names = *cursor;
        while !cursor.cstr()?.is_empty() {}
        Ok(Self { names })
    }

    /// The names, in the server's order.
    pub fn iter(&self) -> Self {
        *self
    }
}

impl<'a> Iterator for SaslMechanisms<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let mut ahead = self.names;
        let name = ahead.cstr().ok().filter(|name| !name.is_empty())?;
        self.names = ahead;
        Some(name)
    }
}

impl fmt::Debug for SaslMechanisms<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.map(String::from_utf8_lossy);
        f.debug_list().entries(names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{exact, open_ended};

    #[test]
    fn requests_without_data() {
        for (code, name) in [
            (0, "Ok"),
            (2, "KerberosV5"),
            (3, "CleartextPassword"),
            (6, "ScmCredential"),
            (7, "Gss"),
            (9, "Sspi"),
        ] {
            let body = [0, 0, 0, code];
            let request = exact!(&body, Authentication::decode);
            assert_eq!(format!("{request:?}"), name);
        }
    }

    #[test]
    fn md5_comes_with_its_salt() {
        let request = exact!(b"\0\0\0\x05salt", Authentication::decode);
        assert!(matches!(request, Authentication::Md5Password { salt } if salt == *b"salt"));
    }

    #[test]
    fn sasl_mechanisms_come_in_the_servers_order() {
        let body = b"\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0";
        let Authentication::Sasl(mut names) = exact!(body, Authentication::decode) else {
            panic!("not SASL");
        };
        assert_eq!(
            format!("{names:?}"),
            r#"["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]"#
        );
        assert_eq!(names.iter().count(), 2);
        assert_eq!(names.next(), Some(&b"SCRAM-SHA-256-PLUS"[..]));
        assert_eq!(names.next(), Some(&b"SCRAM-SHA-256"[..]));
        assert_eq!(names.next(), None);
        assert_eq!(names.next(), None);
    }

    #[test]
    fn an_empty_list_of_mechanisms_has_none() {
        let Authentication::Sasl(mut names) = exact!(b"\0\0\0\x0a\0", Authentication::decode)
        else {
            panic!("not SASL");
        };
        assert_eq!(names.next(), None);
    }

    #[test]
    fn exchanges_carry_their_data() {
        let request = open_ended!(b"\0\0\0\x08token", 4, Authentication::decode);
        assert!(matches!(request, Authentication::GssContinue(b"token")));
        let request = open_ended!(b"\0\0\0\x0br=x,s=y,i=1", 4, Authentication::decode);
        assert!(matches!(
            request,
            Authentication::SaslContinue(b"r=x,s=y,i=1")
        ));
        let request = open_ended!(b"\0\0\0\x0cv=z", 4, Authentication::decode);
        assert!(matches!(request, Authentication::SaslFinal(b"v=z")));
    }

    #[test]
    fn an_unknown_request_keeps_its_code() {
        let request = open_ended!(b"\0\0\x01\0whatever", 4, Authentication::decode);
        assert!(matches!(request, Authentication::Unknown(256)));
    }
}
