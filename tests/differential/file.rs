//! A C stream to a nameless file, for the functions that print.

use std::ffi::CStr;

use libc::FILE;

/// Open until dropped.
pub(crate) struct CFile(*mut FILE);

impl CFile {
    pub(crate) fn new() -> Self {
        // SAFETY: no preconditions.
        let file = unsafe { libc::tmpfile() };
        assert!(!file.is_null(), "no temporary file");
        Self(file)
    }

    /// A stream that cannot be written to.
    pub(crate) fn read_only() -> Self {
        // SAFETY: live strings.
        let file = unsafe { libc::fopen(c"/dev/null".as_ptr(), c"r".as_ptr()) };
        assert!(!file.is_null(), "no /dev/null");
        Self(file)
    }

    pub(crate) fn pointer(&self) -> *mut FILE {
        self.0
    }

    /// Everything written so far.
    pub(crate) fn contents(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut chunk = [0_u8; 4096];
        // SAFETY: the stream is open, and the buffer has the size that is said.
        unsafe {
            libc::fflush(self.0);
            libc::rewind(self.0);
            loop {
                let count = libc::fread(chunk.as_mut_ptr().cast(), 1, chunk.len(), self.0);
                if count == 0 {
                    break;
                }
                out.extend_from_slice(&chunk[..count]);
            }
            libc::fseek(self.0, 0, libc::SEEK_END);
        }
        out
    }
}

impl Drop for CFile {
    fn drop(&mut self) {
        // A case that stops early may leave a connection that still traces to the stream.
        if !std::thread::panicking() {
            // SAFETY: open, and closed nowhere else.
            unsafe { libc::fclose(self.0) };
        }
    }
}

/// Pointer to a C string that a function takes as `char *` without writing to it.
pub(crate) fn unwritten(text: &CStr) -> *mut libc::c_char {
    text.as_ptr().cast_mut()
}
