//! `PQExpBuffer`.

use std::ffi::CStr;

use libc::{c_char, c_int};

use crate::api::Api;
use crate::case::{Area, Table};
use crate::raw::PQExpBufferData;
use crate::transcript::Transcript;

type Formatter = unsafe extern "C" fn(*mut PQExpBufferData, *const c_char, ...);

/// A buffer made by `createPQExpBuffer`.
struct Buffer<'a> {
    api: &'a Api,
    raw: *mut PQExpBufferData,
}

impl<'a> Buffer<'a> {
    fn new(api: &'a Api) -> Self {
        // SAFETY: takes nothing.
        let raw = unsafe { api.createPQExpBuffer() };
        Self { api, raw }
    }

    fn append(&self, text: &CStr) {
        // SAFETY: a live buffer and string.
        unsafe { self.api.appendPQExpBufferStr(self.raw, text.as_ptr()) }
    }

    /// The variadic function of this name.
    fn formatter(&self, name: &'static str) -> Formatter {
        let address = self.api.need(name);
        // SAFETY: both functions that cases ask for have this prototype.
        unsafe { std::mem::transmute::<*mut libc::c_void, Formatter>(address) }
    }

    fn write(&self, t: &mut Transcript, label: &str) {
        // SAFETY: a live buffer, whose data has `len` bytes and a NUL behind them.
        let (bytes, end, room) = unsafe {
            let data = &*self.raw;
            let bytes = std::slice::from_raw_parts(data.data.cast::<u8>(), data.len + 1);
            (
                &bytes[..data.len],
                bytes[data.len],
                data.maxlen > data.len || data.maxlen == 0,
            )
        };
        t.section(label, |t| {
            t.value("length", bytes.len());
            t.bytes("text", &bytes[..bytes.len().min(100)]);
            t.value("ends in NUL with room", end == 0 && room);
        });
    }
}

impl Drop for Buffer<'_> {
    fn drop(&mut self) {
        // SAFETY: live, and destroyed nowhere else.
        unsafe { self.api.destroyPQExpBuffer(self.raw) }
    }
}

pub(crate) fn add(table: &mut Table) {
    table.add(Area::Buffer, "appending", |ctx, t| {
        let buffer = Buffer::new(ctx.api);
        buffer.write(t, "new");
        buffer.append(c"text");
        buffer.append(c"");
        // SAFETY: a live buffer; the data is as long as it says.
        unsafe {
            ctx.api.appendPQExpBufferChar(buffer.raw, b'!' as c_char);
            ctx.api
                .appendBinaryPQExpBuffer(buffer.raw, c"ab".as_ptr(), 1);
            ctx.api
                .appendBinaryPQExpBuffer(buffer.raw, b"x\0y".as_ptr().cast(), 3);
        }
        buffer.write(t, "appended");
        for _ in 0..1000 {
            buffer.append(c"0123456789");
        }
        buffer.write(t, "grown");
        // SAFETY: a live buffer.
        unsafe { ctx.api.resetPQExpBuffer(buffer.raw) };
        buffer.write(t, "reset");
    });
    table.add(Area::Buffer, "formatting", |ctx, t| {
        let buffer = Buffer::new(ctx.api);
        let (print, append) = (
            buffer.formatter("printfPQExpBuffer"),
            buffer.formatter("appendPQExpBuffer"),
        );
        let long = "z".repeat(5000) + "\0";
        // SAFETY: a live buffer; every format gets the arguments it names.
        unsafe {
            print(
                buffer.raw,
                c"%d %s %c %5.2f %%".as_ptr(),
                42 as c_int,
                c"word".as_ptr(),
                c_int::from(b'c'),
                2.5_f64,
            );
            buffer.write(t, "printed");
            append(
                buffer.raw,
                c"%s|%ld|%05x".as_ptr(),
                long.as_ptr(),
                i64::MIN,
                48_879 as c_int,
            );
            buffer.write(t, "appended");
            print(buffer.raw, c"replaced".as_ptr());
            buffer.write(t, "printed again");
            append(
                buffer.raw,
                c"%d%d%d%d%d%d%d%d%d%d".as_ptr(),
                1 as c_int,
                2 as c_int,
                3 as c_int,
                4 as c_int,
                5 as c_int,
                6 as c_int,
                7 as c_int,
                8 as c_int,
                9 as c_int,
                10 as c_int,
            );
            append(
                buffer.raw,
                c" %f %f %f %f %f %f %f %f %f %f".as_ptr(),
                1.0,
                2.0,
                3.0,
                4.0,
                5.0,
                6.0,
                7.0,
                8.0,
                9.0,
                10.0,
            );
        }
        buffer.write(t, "many arguments");
    });
    table.add(Area::Buffer, "enlarging", |ctx, t| {
        let buffer = Buffer::new(ctx.api);
        // SAFETY: a live buffer.
        unsafe {
            t.value("some", ctx.api.enlargePQExpBuffer(buffer.raw, 10_000));
            t.value("room", (*buffer.raw).maxlen > 10_000);
            t.value("none", ctx.api.enlargePQExpBuffer(buffer.raw, 0));
            buffer.append(c"kept");
            t.value(
                "too much",
                ctx.api.enlargePQExpBuffer(buffer.raw, usize::MAX),
            );
            t.value("broken length", (*buffer.raw).maxlen);
            buffer.append(c"ignored");
            buffer.write(t, "broken");
            ctx.api.resetPQExpBuffer(buffer.raw);
            buffer.append(c"works again");
        }
        buffer.write(t, "reset");
    });
    table.add(Area::Buffer, "in place", |ctx, t| {
        // SAFETY: a struct that the library initialises; NULL is accepted by destroy.
        unsafe {
            let mut data: PQExpBufferData = std::mem::zeroed();
            ctx.api.initPQExpBuffer(&raw mut data);
            ctx.api
                .appendPQExpBufferStr(&raw mut data, c"here".as_ptr());
            t.value("length", data.len);
            ctx.api.termPQExpBuffer(&raw mut data);
            t.value("length after", data.len);
            t.value("room after", data.maxlen);
            ctx.api.destroyPQExpBuffer(std::ptr::null_mut());
        }
        t.line("alive");
    });
}
