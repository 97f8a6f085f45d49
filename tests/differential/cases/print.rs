//! Tables printed by the library itself.

use std::ffi::CStr;
use std::ptr;

use libc::c_char;

use crate::case::{Area, Ctx, Table};
use crate::file::{CFile, unwritten};
use crate::raw::PQprintOpt;
use crate::result::Res;
use crate::transcript::Transcript;

const RESULTS: &[(&str, &CStr)] = &[
    ("items", c"SELECT id, name, price, code FROM item ORDER BY id"),
    ("no rows", c"SELECT 1 AS a, 2 AS b WHERE false"),
    ("no columns", c"SELECT FROM item"),
    ("wide text", c"SELECT '日本語' AS \"größe\", 'a|b' AS pipe, E'two\\nlines' AS \"two\""),
    ("numbers and text", c"SELECT n, -n * 1.5 AS half, 'x' || n AS name, n::text || 'e' AS exp FROM generate_series(1, 3) AS n"),
    ("error", c"nonsense"),
    ("markup", c"SELECT '<b>&</b>' AS \"<i>\""),
];

/// header, align, standard, html3, expanded
const FLAGS: [[c_char; 5]; 10] = [
    [0, 0, 0, 0, 0],
    [1, 0, 0, 0, 0],
    [1, 1, 0, 0, 0],
    [1, 1, 1, 0, 0],
    [0, 1, 1, 0, 0],
    [1, 0, 0, 1, 0],
    [0, 1, 0, 1, 0],
    [1, 0, 0, 0, 1],
    [1, 1, 1, 0, 1],
    [1, 1, 0, 1, 1],
];

fn print(ctx: &Ctx<'_>, t: &mut Transcript, result: &Res<'_>, flags: [c_char; 5], decorated: bool) {
    let file = CFile::new();
    let [header, align, standard, html3, expanded] = flags;
    let mut names = [unwritten(c"one"), unwritten(c"two"), ptr::null_mut()];
    let text = |text| {
        if decorated {
            unwritten(text)
        } else {
            ptr::null_mut()
        }
    };
    let options = PQprintOpt {
        header,
        align,
        standard,
        html3,
        expanded,
        pager: 0,
        field_sep: unwritten(if decorated { c"::" } else { c"|" }),
        table_opt: text(c"border=3"),
        caption: text(c"the caption"),
        field_name: if decorated {
            names.as_mut_ptr()
        } else {
            ptr::null_mut()
        },
    };
    // SAFETY: an open stream, a live result, and options whose strings live until after the call.
    unsafe {
        ctx.api
            .PQprint(file.pointer(), result.raw, &raw const options)
    };
    t.bytes(format_args!("{flags:?}"), &file.contents());
}

pub(crate) fn add(table: &mut Table) {
    for &(name, sql) in RESULTS {
        for decorated in [false, true] {
            let kind = if decorated { "decorated" } else { "plain" };
            table.add(
                Area::Print,
                format!("print {kind} {name}"),
                move |ctx, t| {
                    let conn = ctx.connect(t);
                    let result = conn.exec(sql);
                    for flags in FLAGS {
                        print(ctx, t, &result, flags, decorated);
                    }
                },
            );
        }
        table.add(
            Area::Print,
            format!("display tuples {name}"),
            move |ctx, t| {
                let conn = ctx.connect(t);
                let result = conn.exec(sql);
                for (fill, separator, header, quiet) in [
                    (0, c"|", 0, 0),
                    (1, c"|", 1, 0),
                    (1, c" ", 1, 1),
                    (0, c"", 1, 1),
                    (1, c"::", 0, 1),
                ] {
                    let file = CFile::new();
                    // SAFETY: an open stream, a live result and string.
                    unsafe {
                        ctx.api.PQdisplayTuples(
                            result.raw,
                            file.pointer(),
                            fill,
                            separator.as_ptr(),
                            header,
                            quiet,
                        )
                    };
                    t.bytes(
                        format_args!("{fill} {separator:?} {header} {quiet}"),
                        &file.contents(),
                    );
                }
            },
        );
        table.add(
            Area::Print,
            format!("print tuples {name}"),
            move |ctx, t| {
                let conn = ctx.connect(t);
                let result = conn.exec(sql);
                for (names, terse, width) in [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 5), (1, 0, 8)]
                {
                    let file = CFile::new();
                    // SAFETY: an open stream and a live result.
                    unsafe {
                        ctx.api
                            .PQprintTuples(result.raw, file.pointer(), names, terse, width)
                    };
                    t.bytes(format_args!("{names} {terse} {width}"), &file.contents());
                }
            },
        );
    }
    table.add(Area::Print, "in another encoding", |ctx, t| {
        let conn = ctx.connect_with(t, "client_encoding=EUC_JP");
        let result = conn.exec(c"SELECT chr(26085) || chr(26412) AS wide, 1 AS n");
        for flags in FLAGS {
            print(ctx, t, &result, flags, false);
        }
    });
    table.add(Area::Print, "empty names", |ctx, t| {
        let conn = ctx.connect(t);
        let result = conn.exec(c"SELECT 1 AS a, 2 AS b, 3 AS c");
        let mut names = [unwritten(c""), unwritten(c"two"), ptr::null_mut()];
        for [header, align, standard, html3, expanded] in FLAGS {
            let file = CFile::new();
            // SAFETY: a struct of numbers and pointers may be zero.
            let mut options: PQprintOpt = unsafe { std::mem::zeroed() };
            (options.header, options.align) = (header, align);
            (options.standard, options.html3) = (standard, html3);
            options.expanded = expanded;
            options.field_sep = unwritten(c"|");
            options.field_name = names.as_mut_ptr();
            // SAFETY: an open stream, a live result and options that are read only.
            unsafe {
                ctx.api
                    .PQprint(file.pointer(), result.raw, &raw const options)
            };
            t.bytes("output", &file.contents());
        }
    });
    table.add(Area::Print, "separator is needed", |ctx, t| {
        let conn = ctx.connect(t);
        let result = conn.exec(c"SELECT 1 AS a, 2 AS b");
        let file = CFile::new();
        // SAFETY: a struct of numbers and pointers may be zero; NULL strings are what is tried.
        let mut options: PQprintOpt = unsafe { std::mem::zeroed() };
        options.header = 1;
        options.field_sep = unwritten(c"");
        // SAFETY: an open stream and a live result.
        unsafe {
            ctx.api
                .PQprint(file.pointer(), result.raw, &raw const options)
        };
        t.bytes("output", &file.contents());
    });
}
