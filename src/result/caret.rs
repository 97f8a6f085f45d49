//! The excerpt of a query with a caret below the place of an error.

use crate::charset::Encoding;

/// Columns of the query shown at the most.
const WIDTH: usize = 60;
/// Columns shown right of the caret, at the least, before the left side is cut.
const RIGHT: usize = 10;

/// One character of the query: where it begins and on which column of the screen.
#[derive(Clone, Copy)]
struct Place {
    byte: usize,
    column: usize,
}

/// The line of the query that holds the error.
struct Line {
    /// Its number, the first being 1.
    number: usize,
    /// Its characters, and one place more for its end.
    places: Vec<Place>,
    /// The index of the character the error is at.
    at: usize,
}

/// Appends `LINE n: …` and the caret line; `position` counts characters, the first being 1.
pub(super) fn append(out: &mut Vec<u8>, query: &[u8], position: usize, encoding: Encoding) {
    let Some(target) = position.checked_sub(1) else {
        return;
    };
    let Some(line) = find_line(query, target, encoding) else {
        return;
    };
    let (first, last) = window(&line);
    let head = format!("LINE {}: ", line.number);
    let cut_left = if first > 0 { "..." } else { "" };
    let cut_right = if last + 1 < line.places.len() {
        "..."
    } else {
        ""
    };
    let excerpt = &query[line.places[first].byte..line.places[last].byte];

    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(cut_left.as_bytes());
    out.extend(excerpt.iter().map(|&b| if b == b'\t' { b' ' } else { b }));
    out.extend_from_slice(cut_right.as_bytes());
    out.push(b'\n');
    let indent = line.places[line.at].column - line.places[first].column;
    out.resize(out.len() + head.len() + cut_left.len() + indent, b' ');
    out.extend_from_slice(b"^\n");
}

/// Finds the line with character number `target` (from 0) and measures it.
fn find_line(query: &[u8], target: usize, encoding: Encoding) -> Option<Line> {
    let mut line = Line {
        number: 1,
        places: Vec::new(),
        at: 0,
    };
    let (mut byte, mut column, mut character) = (0, 0, 0);
    let mut found = false;
    loop {
        if character == target {
            line.at = line.places.len();
            found = true;
        }
        line.places.push(Place { byte, column });
        let Some(&first) = query.get(byte) else {
            return found.then_some(line);
        };
        let ends_line = first == b'\n' || first == b'\r';
        if ends_line && found {
            return Some(line);
        }
        let (length, width) = measure(&query[byte..], encoding);
        byte += length;
        column += width;
        character += 1;
        if ends_line {
            // A carriage return and a newline end one line together.
            let pair = first == b'\r' && query.get(byte) == Some(&b'\n');
            line.number += usize::from(!pair);
            line.places.clear();
        }
    }
}

/// Bytes and columns of the first character.
fn measure(text: &[u8], encoding: Encoding) -> (usize, usize) {
    if encoding.max_char_len() == 1 || text[0] < 0x80 {
        return (1, 1);
    }
    let length = encoding.mblen(text).clamp(1, text.len());
    let width = usize::try_from(encoding.dsplen(text)).unwrap_or(1).max(1);
    (length, width)
}

/// The part of the line to show: the indices of its first character and of the end.
fn window(line: &Line) -> (usize, usize) {
    let column = |index: usize| line.places[index].column;
    let (mut first, mut last) = (0, line.places.len() - 1);
    if column(last) - column(first) <= WIDTH {
        return (first, last);
    }
    let caret = column(line.at);
    if caret + RIGHT <= column(first) + WIDTH {
        while column(last) - column(first) > WIDTH {
            last -= 1;
        }
    } else {
        while column(last) > caret + RIGHT {
            last -= 1;
        }
        while column(last) - column(first) > WIDTH {
            first += 1;
        }
    }
    (first, last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(query: &str, position: usize) -> String {
        let mut out = Vec::new();
        append(&mut out, query.as_bytes(), position, Encoding::UTF8);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_caret_stands_below_the_character() {
        assert_eq!(
            excerpt("select x", 8),
            "LINE 1: select x\n               ^\n"
        );
    }

    #[test]
    fn lines_are_counted_and_tabs_are_one_column() {
        assert_eq!(
            excerpt("select 1,\n\tx\nfrom y", 12),
            "LINE 2:  x\n         ^\n"
        );
        assert_eq!(excerpt("a\r\nb\rc", 6), "LINE 3: c\n        ^\n");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(excerpt("日本x", 3), "LINE 1: 日本x\n            ^\n");
    }

    #[test]
    fn a_long_line_is_cut_around_the_caret() {
        let query = format!("{}x{}", "a".repeat(100), "b".repeat(100));
        let shown = excerpt(&query, 101);
        assert_eq!(
            shown,
            format!(
                "LINE 1: ...{}x{}...\n{}^\n",
                "a".repeat(50),
                "b".repeat(9),
                " ".repeat(61)
            )
        );
    }

    #[test]
    fn a_position_behind_the_end_shows_nothing() {
        assert_eq!(excerpt("select", 9), "");
        assert_eq!(excerpt("select", 0), "");
        assert_eq!(excerpt("select", 7), "LINE 1: select\n              ^\n");
    }
}
