use super::*;

/// The variadic functions as C declares them.
type Format = unsafe extern "C" fn(PQExpBuffer, *const c_char, ...);

fn formatter(function: unsafe extern "C" fn()) -> Format {
    // SAFETY: what the name stands for takes these arguments.
    unsafe { std::mem::transmute(function) }
}

fn text(buffer: PQExpBuffer) -> String {
    // SAFETY: a live buffer.
    let text = unsafe { CStr::from_ptr((*buffer).data) };
    text.to_str().unwrap().to_owned()
}

#[test]
fn a_buffer_grows_by_doubling_and_keeps_what_it_holds() {
    // SAFETY: one live buffer.
    unsafe {
        let buffer = createPQExpBuffer();
        assert_eq!((*buffer).maxlen, INITIAL_SIZE);
        for _ in 0..300 {
            appendPQExpBufferChar(buffer, b'a' as c_char);
        }
        appendPQExpBufferStr(buffer, c"bc".as_ptr());
        appendBinaryPQExpBuffer(buffer, c"dropped".as_ptr(), 1);
        assert_eq!((*buffer).maxlen, 512);
        assert_eq!((*buffer).len, 303);
        assert_eq!(text(buffer), format!("{}bcd", "a".repeat(300)));
        assert_eq!(enlargePQExpBuffer(buffer, 5000), 1);
        assert_eq!((*buffer).maxlen, 8192);
        resetPQExpBuffer(buffer);
        assert_eq!(((*buffer).len, (*buffer).maxlen), (0, 8192));
        assert_eq!(text(buffer), "");
        destroyPQExpBuffer(buffer);
        destroyPQExpBuffer(ptr::null_mut());
    }
}

#[test]
#[cfg_attr(miri, ignore = "Miri runs no C")]
fn formats_are_those_of_c() {
    let print = formatter(printfPQExpBuffer);
    let append = formatter(appendPQExpBuffer);
    // SAFETY: one live buffer, and arguments that fit the formats.
    unsafe {
        let mut data = PQExpBufferData::BROKEN;
        let buffer = &raw mut data;
        initPQExpBuffer(buffer);
        print(buffer, c"%d %s %.2f".as_ptr(), 42, c"text".as_ptr(), 2.5f64);
        assert_eq!(text(buffer), "42 text 2.50");
        append(buffer, c" %5s|%-4d|%c%%".as_ptr(), c"ab".as_ptr(), 7, 88);
        assert_eq!(text(buffer), "42 text 2.50    ab|7   |X%");
        print(buffer, c"%0700d".as_ptr(), 1);
        assert_eq!(text(buffer).len(), 700);
        append(
            buffer,
            c"%d%d%d%d%d%d%d%s".as_ptr(),
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            c"end".as_ptr(),
        );
        assert!(text(buffer).ends_with("11234567end"));
        termPQExpBuffer(buffer);
        assert!(data.is_broken());
    }
}

#[test]
#[cfg_attr(miri, ignore = "Miri runs no C")]
fn a_format_of_the_error_number_survives_growing() {
    let append = formatter(appendPQExpBuffer);
    // SAFETY: one live buffer; glibc's %m takes no argument.
    unsafe {
        let buffer = createPQExpBuffer();
        *libc::__errno_location() = libc::ENOENT;
        append(buffer, c"%0250d %m".as_ptr(), 0);
        assert!(text(buffer).ends_with(" No such file or directory"));
        destroyPQExpBuffer(buffer);
    }
}

#[test]
#[cfg_attr(miri, ignore = "Miri runs no C")]
fn what_cannot_be_had_breaks_the_buffer_until_it_is_reset() {
    // SAFETY: one live buffer.
    unsafe {
        let buffer = createPQExpBuffer();
        appendPQExpBufferStr(buffer, c"kept".as_ptr());
        assert_eq!(enlargePQExpBuffer(buffer, usize::MAX), 0);
        assert_eq!(((*buffer).len, (*buffer).maxlen), (0, 0));
        assert_eq!(text(buffer), "");
        appendPQExpBufferStr(buffer, c"ignored".as_ptr());
        formatter(appendPQExpBuffer)(buffer, c"%d".as_ptr(), 1);
        assert_eq!((*buffer).len, 0);
        resetPQExpBuffer(buffer);
        appendPQExpBufferStr(buffer, c"again".as_ptr());
        assert_eq!(text(buffer), "again");
        destroyPQExpBuffer(buffer);
    }
}

#[test]
fn no_buffer_is_as_good_as_a_broken_one() {
    // SAFETY: NULL is allowed.
    unsafe {
        assert_eq!(enlargePQExpBuffer(ptr::null_mut(), 1), 0);
        appendPQExpBufferStr(ptr::null_mut(), c"x".as_ptr());
        appendPQExpBufferChar(ptr::null_mut(), 1);
        appendBinaryPQExpBuffer(ptr::null_mut(), c"x".as_ptr(), 1);
        resetPQExpBuffer(ptr::null_mut());
        termPQExpBuffer(ptr::null_mut());
    }
}
