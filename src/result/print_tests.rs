use std::sync::Arc;

use super::*;
use crate::charset::Encoding;
use crate::result::{Column, Columns, ExecStatus};

fn result(names: &[&str], rows: &[&[Option<&str>]]) -> QueryResult {
    let columns = names
        .iter()
        .map(|name| (name.as_bytes(), Column::default()));
    let columns = Arc::new(Columns::build(columns));
    let mut result = QueryResult::with_columns(ExecStatus::TuplesOk, Encoding::UTF8, columns);
    for (index, row) in rows.iter().enumerate() {
        for (column, value) in row.iter().enumerate() {
            let value = value.map(str::as_bytes);
            result.rows.set(index, column, value).unwrap();
        }
    }
    result
}

fn items() -> QueryResult {
    result(
        &["id", "name", "code"],
        &[
            &[Some("1"), Some("bolt"), None],
            &[Some("20"), Some("nut x"), Some("E")],
        ],
    )
}

fn printed(result: &QueryResult, options: PrintOptions<'_>) -> String {
    let options = PrintOptions {
        separator: b"|",
        ..options
    };
    String::from_utf8(print(result, &options)).unwrap()
}

#[test]
fn fields_are_separated() {
    let options = PrintOptions {
        header: true,
        ..PrintOptions::default()
    };
    assert_eq!(
        printed(&items(), options),
        "id|name|code\n------------\n1|bolt|\n20|nut x|E\n(2 rows)\n\n"
    );
}

#[test]
fn aligned_numbers_stand_at_the_right() {
    let mut options = PrintOptions {
        header: true,
        align: true,
        ..PrintOptions::default()
    };
    assert_eq!(
        printed(&items(), options),
        "id|name |code\n--+-----+----\n 1|bolt |    \n20|nut x|E   \n(2 rows)\n\n"
    );
    options.standard = true;
    assert_eq!(
        printed(&result(&["n"], &[&[Some("12345")]]), options),
        "+-------+\n|     n |\n+-------+\n| 12345 |\n+-------+\n(1 row)\n\n"
    );
}

#[test]
fn a_number_ends_in_a_digit_and_begins_with_no_letter() {
    for number in ["", "1", "-1.5", "1e5", "1 2", "1.2.3", ".5"] {
        assert!(is_number(number.as_bytes()), "{number}");
    }
    for text in ["e5", "E", "5.", "1e", "-", "+5", "1 ", "x", "1x1"] {
        assert!(!is_number(text.as_bytes()), "{text}");
    }
}

#[test]
fn expanded_records_leave_empty_fields_out() {
    let options = PrintOptions {
        align: true,
        expanded: true,
        ..PrintOptions::default()
    };
    assert_eq!(
        printed(&items(), options),
        "-- RECORD 0 --\nid  | 1\nname| bolt\n\
         -- RECORD 1 --\nid  | 20\nname| nut x\ncode| E\n"
    );
}

#[test]
fn html_has_rows_of_cells() {
    let options = PrintOptions {
        header: true,
        align: true,
        html: true,
        table_attributes: b"border=1",
        ..PrintOptions::default()
    };
    assert_eq!(
        printed(&result(&["a", "b"], &[&[Some("1"), Some("x")]]), options),
        "<table border=1><caption align=\"top\">Retrieved 1 rows * 2 fields</caption>\n\
         <tr><th align=\"right\">a</th><th align=\"left\">b</th></tr>\n\
         <tr><td align=\"right\">1</td><td align=\"left\">x</td></tr>\n</table>\n"
    );
}

#[test]
fn a_result_without_columns_prints_nothing() {
    let options = PrintOptions {
        header: true,
        ..PrintOptions::default()
    };
    assert_eq!(printed(&result(&[], &[]), options), "");
}

#[test]
fn display_puts_a_separator_behind_each_field() {
    let options = DisplayOptions {
        fill: true,
        separator: b"|",
        header: true,
        quiet: false,
    };
    let shown = display_tuples(&items(), &options);
    assert_eq!(
        String::from_utf8(shown).unwrap(),
        "id |name  |code |\n---|------|-----|\n1  |bolt  |     |\n20 |nut x |E    |\n\n\
         Query returned 2 rows.\n"
    );
}

#[test]
fn tuples_stand_between_lines_unless_terse() {
    let shown = print_tuples(&result(&["a"], &[&[Some("1")]]), true, false, 3);
    assert_eq!(
        String::from_utf8(shown).unwrap(),
        "--------------\n| a  |\n--------------\n| 1  |\n--------------\n"
    );
    let shown = print_tuples(&result(&["a"], &[&[Some("1")]]), false, true, 0);
    assert_eq!(String::from_utf8(shown).unwrap(), " 1\n");
}
