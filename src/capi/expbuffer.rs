//! `PQExpBuffer`: a string that grows as it is appended to.
//!
//! The structure is C's own: programs read its fields, and `data` comes from `malloc` because they
//! may take it over. A buffer for which memory could not be had is *broken*: `maxlen` is 0, `data`
//! an empty string that is not to be freed, and everything appended is ignored until it is reset.
//!
//! Nothing here can panic, so nothing is caught. The functions that format are written in C
//! (`expbuffer.c`), as only C can read a variable argument list; what this file exports under their
//! names jumps there. The declarations are in `pqexpbuffer.h`.

use std::ffi::{CStr, c_char, c_int};
use std::ptr;

/// What a new buffer has room for.
const INITIAL_SIZE: usize = 256;
/// What a buffer without any room grows to first.
const SMALLEST_SIZE: usize = 64;
/// No buffer grows beyond the range of an int.
const LARGEST_SIZE: usize = c_int::MAX as usize;

/// What a broken buffer points to.
static NO_MEMORY: c_char = 0;

/// A string that grows.
#[repr(C)]
pub struct PQExpBufferData {
    /// The string, a NUL behind it.
    data: *mut c_char,
    /// Its length without the NUL.
    len: usize,
    /// Bytes allocated, the NUL's included; 0 for a broken buffer.
    maxlen: usize,
}
/// A handle to a string that grows.
pub type PQExpBuffer = *mut PQExpBufferData;

impl PQExpBufferData {
    const BROKEN: Self = Self {
        data: (&raw const NO_MEMORY).cast_mut(),
        len: 0,
        maxlen: 0,
    };

    /// An empty buffer; a broken one where there is no memory.
    fn new() -> Self {
        // SAFETY: a plain allocation of more than one byte, the first of which is written.
        unsafe {
            let data = libc::malloc(INITIAL_SIZE).cast::<c_char>();
            if data.is_null() {
                return Self::BROKEN;
            }
            data.write(0);
            Self {
                data,
                len: 0,
                maxlen: INITIAL_SIZE,
            }
        }
    }

    fn is_broken(&self) -> bool {
        self.maxlen == 0
    }

    /// Frees the string and leaves the buffer broken.
    fn release(&mut self) {
        let former = std::mem::replace(self, Self::BROKEN);
        if !former.is_broken() {
            // SAFETY: the string of a buffer that is not broken comes from `malloc`.
            unsafe { libc::free(former.data.cast()) };
        }
    }

    /// Makes room for so many bytes more; `false` when the buffer is broken or has become so.
    fn reserve(&mut self, needed: usize) -> bool {
        if self.is_broken() {
            return false;
        }
        // The sum fits: `len` is less than the largest size, and `needed` at most the rest of it.
        if needed >= LARGEST_SIZE - self.len.min(LARGEST_SIZE) {
            self.release();
            return false;
        }
        let wanted = self.len + needed + 1;
        if wanted <= self.maxlen {
            return true;
        }
        let mut size = (2 * self.maxlen).max(SMALLEST_SIZE);
        while size < wanted {
            size *= 2;
        }
        let size = size.min(LARGEST_SIZE);
        // SAFETY: the string comes from `malloc`.
        let data = unsafe { libc::realloc(self.data.cast(), size) };
        if data.is_null() {
            self.release();
            return false;
        }
        self.data = data.cast();
        self.maxlen = size;
        true
    }

    fn append(&mut self, bytes: &[u8]) {
        if !self.reserve(bytes.len()) {
            return;
        }
        // SAFETY: there is room for the bytes and a NUL behind the string. They do not overlap:
        // `realloc` would have invalidated a string appended to itself, as in libpq.
        unsafe {
            let end = self.data.add(self.len);
            ptr::copy_nonoverlapping(bytes.as_ptr().cast(), end, bytes.len());
            end.add(bytes.len()).write(0);
        }
        self.len += bytes.len();
    }
}

/// A new empty buffer, which destroyPQExpBuffer frees; NULL where there is no memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn createPQExpBuffer() -> PQExpBuffer {
    // SAFETY: the memory is there and has the size of the structure.
    unsafe {
        let buffer = libc::malloc(size_of::<PQExpBufferData>()).cast::<PQExpBufferData>();
        if !buffer.is_null() {
            buffer.write(PQExpBufferData::new());
        }
        buffer
    }
}

/// Makes a structure of the caller's an empty buffer. What it holds is overwritten, not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn initPQExpBuffer(str: PQExpBuffer) {
    if !str.is_null() {
        // SAFETY: the pointer contract.
        unsafe { str.write(PQExpBufferData::new()) };
    }
}

/// Frees a buffer that createPQExpBuffer has made. NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn destroyPQExpBuffer(str: PQExpBuffer) {
    // SAFETY: the pointer contract; the structure comes from `malloc`.
    unsafe {
        termPQExpBuffer(str);
        libc::free(str.cast());
    }
}

/// Frees the string of a buffer and leaves the structure broken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn termPQExpBuffer(str: PQExpBuffer) {
    // SAFETY: the pointer contract.
    if let Some(buffer) = unsafe { str.as_mut() } {
        buffer.release();
    }
}

/// Makes a buffer empty, keeping its memory. A broken one is made anew.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resetPQExpBuffer(str: PQExpBuffer) {
    // SAFETY: the pointer contract; a buffer that is not broken has at least one byte.
    unsafe {
        match str.as_mut() {
            Some(buffer) if buffer.is_broken() => *buffer = PQExpBufferData::new(),
            Some(buffer) => {
                buffer.len = 0;
                buffer.data.write(0);
            }
            None => {}
        }
    }
}

/// Makes room for `needed` bytes and a NUL behind the string, for the caller to write there.
///
/// Returns 1, or 0 for a broken buffer, which one becomes that cannot grow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn enlargePQExpBuffer(str: PQExpBuffer, needed: usize) -> c_int {
    // SAFETY: the pointer contract.
    match unsafe { str.as_mut() } {
        Some(buffer) => buffer.reserve(needed).into(),
        None => 0,
    }
}

/// Appends a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn appendPQExpBufferStr(str: PQExpBuffer, data: *const c_char) {
    if data.is_null() {
        return;
    }
    // SAFETY: the pointer contract.
    unsafe {
        if let Some(buffer) = str.as_mut() {
            buffer.append(CStr::from_ptr(data).to_bytes());
        }
    }
}

/// Appends a character.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn appendPQExpBufferChar(str: PQExpBuffer, ch: c_char) {
    // SAFETY: the pointer contract.
    if let Some(buffer) = unsafe { str.as_mut() } {
        buffer.append(&[ch as u8]);
    }
}

/// Appends `datalen` bytes, which may include NULs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn appendBinaryPQExpBuffer(
    str: PQExpBuffer,
    data: *const c_char,
    datalen: usize,
) {
    // SAFETY: the pointer contract.
    unsafe {
        if let Some(buffer) = str.as_mut() {
            buffer.append(super::memory::counted(data.cast(), datalen));
        }
    }
}

/// Exports a function under libpq's name that goes on in C with the arguments it was given,
/// whatever they are: no register and no byte of the stack is touched on the way.
macro_rules! in_c {
    ($($(#[$comment:meta])* $name:ident => $target:ident;)*) => {
        unsafe extern "C" {
            $(fn $target();)*
        }
        $(
            $(#[$comment])*
            #[unsafe(naked)]
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name() {
                #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
                std::arch::naked_asm!("jmp {}", sym $target);
                #[cfg(any(target_arch = "aarch64", target_arch = "arm"))]
                std::arch::naked_asm!("b {}", sym $target);
                #[cfg(any(target_arch = "riscv64", target_arch = "riscv32"))]
                std::arch::naked_asm!("tail {}", sym $target);
                #[cfg(target_arch = "s390x")]
                std::arch::naked_asm!("jg {}", sym $target);
            }
        )*
    };
}

in_c! {
    /// Makes the buffer hold what the format gives, in place of what it held.
    ///
    /// The arguments are those of `printf`, behind the buffer.
    printfPQExpBuffer => ferropq_expbuffer_printf;

    /// Appends what the format gives. The arguments are those of `printf`, behind the buffer.
    appendPQExpBuffer => ferropq_expbuffer_append;

    /// Appends what the format gives for an argument list.
    ///
    /// Returns true when done. When it returns false, the buffer had too little room and now has
    /// more: the caller starts the argument list anew and calls again.
    appendPQExpBufferVA => ferropq_expbuffer_append_va;
}

#[cfg(test)]
#[path = "expbuffer_tests.rs"]
mod tests;
