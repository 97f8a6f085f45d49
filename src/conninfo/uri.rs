//! Connection strings of the form `postgresql://user:password@host:port,.../dbname?name=value&...`.
//!
//! Manual: "Connection URIs".

use super::secret::{holds_secret, quoted_unless, resembles_keyword};
use super::{ConnInfo, MASK, OptionId, invalid, shown};
use crate::error::Error;

const SCHEMES: [&[u8]; 2] = [b"postgresql://", b"postgres://"];

/// What follows the scheme, where the text begins with one.
pub(super) fn without_scheme(text: &[u8]) -> Option<&[u8]> {
    SCHEMES.iter().find_map(|scheme| text.strip_prefix(*scheme))
}

/// Parses a whole URI; its parts are decoded and stored from left to right.
pub(super) fn parse(uri: &[u8]) -> Result<ConnInfo, Error> {
    let mut info = ConnInfo::new();
    let text = without_scheme(uri).unwrap_or(uri);
    let (userinfo, rest) = split_userinfo(text);
    if let Some(userinfo) = userinfo {
        store_userinfo(&mut info, userinfo)?;
    }
    // Without a user in front of it, an `@` may be what is left of one whose password broke.
    let is_broken = userinfo.is_none() && text.contains(&b'@');
    let (hosts, rest) = split_hosts(uri, rest)?;
    let mut store = |id, part: &[u8]| store_part(&mut info, id, part, is_broken);
    store(OptionId::Host, &hosts.names)?;
    store(OptionId::Port, &hosts.ports)?;
    let (path, query) = split_at_any(rest, b"?");
    if let Some(dbname) = path.strip_prefix(b"/") {
        store(OptionId::Dbname, dbname)?;
    }
    if let Some(query) = query.strip_prefix(b"?") {
        store_query(&mut info, query, is_broken)?;
    }
    Ok(info)
}

/// The text before the first byte of `ends`, and the rest from that byte on.
fn split_at_any<'a>(text: &'a [u8], ends: &[u8]) -> (&'a [u8], &'a [u8]) {
    let found = text.iter().position(|byte| ends.contains(byte));
    text.split_at(found.unwrap_or(text.len()))
}

/// What stands before an `@` that comes before any slash, and the rest after it.
fn split_userinfo(text: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let (userinfo, rest) = split_at_any(text, b"@/");
    match rest.strip_prefix(b"@") {
        Some(rest) => (Some(userinfo), rest),
        None => (None, text),
    }
}

fn store_userinfo(info: &mut ConnInfo, userinfo: &[u8]) -> Result<(), Error> {
    let (user, password) = split_at_any(userinfo, b":");
    store_part(info, OptionId::User, user, false)?;
    let password = password.get(1..).unwrap_or(b"");
    store_part(info, OptionId::Password, password, true)
}

/// Decodes and stores a part of the URI; an empty part leaves the option unset.
fn store_part(info: &mut ConnInfo, id: OptionId, part: &[u8], hidden: bool) -> Result<(), Error> {
    if part.is_empty() {
        return Ok(());
    }
    info.set(id, &decode(part, hidden)?)
}

/// The lists of the host part, still encoded, their items separated by commas.
#[derive(Default)]
struct Hosts {
    names: Vec<u8>,
    ports: Vec<u8>,
}

fn split_hosts<'a>(uri: &[u8], mut rest: &'a [u8]) -> Result<(Hosts, &'a [u8]), Error> {
    let mut hosts = Hosts::default();
    loop {
        let (name, after) = match rest.strip_prefix(b"[") {
            Some(address) => split_bracketed(uri, address)?,
            None => split_at_any(rest, b":/?,"),
        };
        hosts.names.extend_from_slice(name);
        rest = after;
        if let Some(port) = rest.strip_prefix(b":") {
            let (port, after) = split_at_any(port, b"/?,");
            hosts.ports.extend_from_slice(port);
            rest = after;
        }
        let Some(next) = rest.strip_prefix(b",") else {
            return Ok((hosts, rest));
        };
        hosts.names.push(b',');
        hosts.ports.push(b',');
        rest = next;
    }
}

/// The address inside brackets, of which the opening one has been consumed.
fn split_bracketed<'a>(uri: &[u8], text: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), Error> {
    let (address, rest) = split_at_any(text, b"]");
    let Some(rest) = rest.strip_prefix(b"]") else {
        let uri = masked(uri);
        return Err(invalid(format!(
            "end of string reached when looking for matching \"]\" in IPv6 host address in URI: \
             \"{uri}\""
        )));
    };
    if address.is_empty() {
        let uri = masked(uri);
        return Err(invalid(format!(
            "IPv6 host address may not be empty in URI: \"{uri}\""
        )));
    }
    if let Some(byte) = rest.first().filter(|byte| !b":/?,".contains(byte)) {
        // Whatever follows is a suffix of the URI, so that its place is known from its length.
        let position = uri.len() - rest.len() + 1;
        let (byte, uri) = (shown(std::slice::from_ref(byte)), masked(uri));
        return Err(invalid(format!(
            "unexpected character \"{byte}\" at position {position} in URI \
             (expected \":\" or \"/\"): \"{uri}\""
        )));
    }
    Ok((address, rest))
}

/// `hidden`: all of it may be the rest of a password, as may be what follows one whose ampersand
/// should have been encoded.
fn store_query(info: &mut ConnInfo, mut query: &[u8], hidden: bool) -> Result<(), Error> {
    let mut hidden = hidden;
    while !query.is_empty() {
        let (parameter, rest) = split_at_any(query, b"&");
        let (keyword, value) = split_parameter(parameter, hidden)?;
        let encoded = keyword;
        let keyword = decode(keyword, hidden || holds_secret(encoded))?;
        let is_secret = OptionId::from_keyword(&keyword).is_some_and(OptionId::is_secret);
        let value = decode(value, hidden || is_secret || holds_secret(&keyword))?;
        store_parameter(info, &keyword, &value, hidden)?;
        hidden |= is_secret;
        query = rest.get(1..).unwrap_or(b"");
    }
    Ok(())
}

/// Splits at the only equals sign. `hidden`: the text may belong to a password.
fn split_parameter(parameter: &[u8], hidden: bool) -> Result<(&[u8], &[u8]), Error> {
    let (keyword, value) = split_at_any(parameter, b"=");
    let hidden = hidden || holds_secret(keyword);
    let Some(value) = value.strip_prefix(b"=") else {
        let keyword = quoted_unless(keyword, hidden);
        return Err(invalid(format!(
            "missing key/value separator \"=\" in URI query parameter: \"{keyword}\""
        )));
    };
    if value.contains(&b'=') {
        let keyword = quoted_unless(keyword, hidden);
        return Err(invalid(format!(
            "extra key/value separator \"=\" in URI query parameter: \"{keyword}\""
        )));
    }
    Ok((keyword, value))
}

fn store_parameter(
    info: &mut ConnInfo,
    keyword: &[u8],
    value: &[u8],
    hidden: bool,
) -> Result<(), Error> {
    if keyword == b"ssl" && value == b"true" {
        // As JDBC's URIs write it.
        return info.set(OptionId::Sslmode, b"require");
    }
    info.store(keyword, value).map_err(|_| {
        let hidden = (hidden || holds_secret(keyword)) && !resembles_keyword(keyword);
        let keyword = quoted_unless(keyword, hidden);
        invalid(format!("invalid URI query parameter: \"{keyword}\""))
    })?;
    Ok(())
}

/// Resolves percent-encoding and drops spaces at both ends; spaces inside must be encoded.
fn decode(text: &[u8], is_secret: bool) -> Result<Vec<u8>, Error> {
    let quoted = || quoted_unless(text, is_secret);
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = skip_blanks(text);
    while let Some((&byte, after)) = rest.split_first() {
        match byte {
            b' ' => break,
            b'%' => {
                let Some(value) = hex_pair(after) else {
                    let token = quoted();
                    return Err(invalid(format!(
                        "invalid percent-encoded token: \"{token}\""
                    )));
                };
                if value == 0 {
                    let token = quoted();
                    return Err(invalid(format!(
                        "forbidden value %00 in percent-encoded value: \"{token}\""
                    )));
                }
                decoded.push(value);
                rest = &after[2..];
            }
            _ => {
                decoded.push(byte);
                rest = after;
            }
        }
    }
    if !skip_blanks(rest).is_empty() {
        let token = quoted();
        return Err(invalid(format!(
            "unexpected spaces found in \"{token}\", use percent-encoded spaces (%20) instead"
        )));
    }
    Ok(decoded)
}

fn skip_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| **byte == b' ').count();
    &text[blanks..]
}

fn hex_pair(text: &[u8]) -> Option<u8> {
    let digit = |index: usize| {
        let byte = *text.get(index)?;
        char::from(byte).to_digit(16)
    };
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

/// The URI as a message may quote it: without its password and other secrets.
fn masked(uri: &[u8]) -> String {
    let text = without_scheme(uri).unwrap_or(uri);
    let (scheme, _) = uri.split_at(uri.len() - text.len());
    let mut out = shown(scheme).into_owned();
    let (userinfo, rest) = split_userinfo(text);
    if let (None, Some(at)) = (userinfo, memchr::memrchr(b'@', text)) {
        out.push_str(MASK);
        out.push_str(&shown(&text[at..]));
        return out;
    }
    if let Some(userinfo) = userinfo {
        let (user, password) = split_at_any(userinfo, b":");
        out.push_str(&shown(user));
        if password.len() > 1 {
            out.push(':');
            out.push_str(MASK);
        } else {
            out.push_str(&shown(password));
        }
        out.push('@');
    }
    let (path, query) = split_at_any(rest, b"?");
    out.push_str(&shown(path));
    for (index, parameter) in query.split(|byte| *byte == b'&').enumerate() {
        if index > 0 {
            out.push('&');
        }
        out.push_str(&masked_parameter(parameter));
    }
    out
}

fn masked_parameter(parameter: &[u8]) -> String {
    let (keyword, value) = split_at_any(parameter, b"=");
    let bare = keyword.strip_prefix(b"?").unwrap_or(keyword);
    // A keyword that cannot be decoded might be a secret's: hide its value too.
    let hide = match decode(bare, false) {
        Ok(keyword) => OptionId::from_keyword(&keyword).is_some_and(OptionId::is_secret),
        Err(_) => true,
    };
    let keyword = shown(keyword);
    if hide && !value.is_empty() {
        format!("{keyword}={MASK}")
    } else {
        format!("{keyword}{}", shown(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(uri: &str) -> String {
        let error = parse(uri.as_bytes()).expect_err(uri);
        error.message().to_owned()
    }

    #[test]
    fn all_parts_are_found() {
        let uri = b"postgresql://u%20x:p%40@[::1]:5,h/d%2Fb?connect_timeout=3&ssl=true";
        let info = parse(uri).expect("valid");
        for (id, value) in [
            (OptionId::User, c"u x"),
            (OptionId::Password, c"p@"),
            (OptionId::Host, c"::1,h"),
            (OptionId::Port, c"5,"),
            (OptionId::Dbname, c"d/b"),
            (OptionId::ConnectTimeout, c"3"),
            (OptionId::Sslmode, c"require"),
        ] {
            assert_eq!(info.get(id), Some(value), "{}", id.keyword());
        }
    }

    #[test]
    fn no_message_shows_a_password() {
        for uri in [
            "postgresql://u:s3cret%zz@h",
            "postgresql://u:s3cret%00@h",
            "postgresql://u:s3cret s3cret@h",
            "postgresql://u:s3cret@[",
            "postgresql://u:s3cret@[]",
            "postgresql://u:s3cret@[::1]x",
            "postgresql://u@[::1]x?password=s3cret",
            "postgresql://u@[::1]x?user=a&sslpassword=s3cret&port=1",
            "postgresql://u@[::1]x?p%61ssword=s3cret",
            "postgresql://u@[::1]x?p%zssword=s3cret",
            "postgresql://h?password=s3cret%zz",
            "postgresql://h?password=s3cret s3cret",
            "postgresql://h?password=a&s3cret",
            "postgresql://h?password=s3cret=s3cret",
            "postgresql://h?oauth_client_secret=s3cret%00",
        ] {
            let text = message(uri);
            assert!(!text.contains("s3cret"), "{uri}: {text}");
        }
    }

    #[test]
    fn masked_uri_keeps_what_is_not_secret() {
        assert_eq!(
            message("postgres://u:p@[::1]x/d?user=a&password=q&port=1"),
            "unexpected character \"x\" at position 21 in URI (expected \":\" or \"/\"): \
             \"postgres://u:***@[::1]x/d?user=a&password=***&port=1\""
        );
    }
}
