//! The C bindings of RFC 2744, as far as they are used.

use std::ffi::c_void;

/// `OM_uint32`: a status, a set of flags or a time.
pub(super) type Uint32 = u32;

/// `gss_name_t`, `gss_cred_id_t` and `gss_ctx_id_t`: pointers to what only the library knows.
pub(super) type Handle = *mut c_void;

/// `gss_buffer_desc`.
#[repr(C)]
pub(super) struct BufferDesc {
    pub(super) length: usize,
    pub(super) value: *mut c_void,
}

impl BufferDesc {
    /// `GSS_C_EMPTY_BUFFER`.
    pub(super) const EMPTY: Self = Self {
        length: 0,
        value: std::ptr::null_mut(),
    };

    /// Describes bytes for the library to read. They must live as long as the description is used.
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self {
            length: bytes.len(),
            value: bytes.as_ptr().cast_mut().cast(),
        }
    }
}

/// `gss_OID_desc`. Apple's headers pack it.
#[cfg_attr(target_vendor = "apple", repr(C, packed(2)))]
#[cfg_attr(not(target_vendor = "apple"), repr(C))]
pub(super) struct OidDesc {
    pub(super) length: Uint32,
    pub(super) elements: *mut c_void,
}

/// `GSS_C_NT_HOSTBASED_SERVICE`, a name of the form `service@host`: 1.2.840.113554.1.2.1.4.
pub(super) const HOSTBASED_SERVICE: &[u8] = b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x04";

/// `GSS_C_INITIATE`.
pub(super) const INITIATE: i32 = 1;
/// `GSS_C_GSS_CODE`: a status is a major one.
pub(super) const GSS_CODE: i32 = 1;
/// `GSS_C_MECH_CODE`: a status is a minor one.
pub(super) const MECH_CODE: i32 = 2;

/// `GSS_S_COMPLETE`.
pub(super) const COMPLETE: Uint32 = 0;
/// `GSS_S_CONTINUE_NEEDED`.
pub(super) const CONTINUE_NEEDED: Uint32 = 1;

/// The bits of a context's request flags.
pub(super) mod flag {
    use super::Uint32;

    pub(in super::super) const DELEGATE: Uint32 = 1;
    pub(in super::super) const MUTUAL: Uint32 = 2;
    pub(in super::super) const REPLAY: Uint32 = 4;
    pub(in super::super) const SEQUENCE: Uint32 = 8;
    pub(in super::super) const CONFIDENTIAL: Uint32 = 16;
    pub(in super::super) const INTEGRITY: Uint32 = 32;
}

pub(super) type ImportName = unsafe extern "C" fn(
    minor: *mut Uint32,
    name: *mut BufferDesc,
    name_type: *mut OidDesc,
    output: *mut Handle,
) -> Uint32;

pub(super) type AcquireCred = unsafe extern "C" fn(
    minor: *mut Uint32,
    name: Handle,
    time: Uint32,
    mechanisms: *mut c_void,
    usage: i32,
    output: *mut Handle,
    actual_mechanisms: *mut *mut c_void,
    time_left: *mut Uint32,
) -> Uint32;

pub(super) type InitSecContext = unsafe extern "C" fn(
    minor: *mut Uint32,
    credential: Handle,
    context: *mut Handle,
    target: Handle,
    mechanism: *mut OidDesc,
    flags: Uint32,
    time: Uint32,
    channel_bindings: *mut c_void,
    input: *mut BufferDesc,
    actual_mechanism: *mut *mut OidDesc,
    output: *mut BufferDesc,
    granted_flags: *mut Uint32,
    time_left: *mut Uint32,
) -> Uint32;

pub(super) type Wrap = unsafe extern "C" fn(
    minor: *mut Uint32,
    context: Handle,
    confidential: i32,
    quality: Uint32,
    input: *mut BufferDesc,
    is_confidential: *mut i32,
    output: *mut BufferDesc,
) -> Uint32;

pub(super) type Unwrap = unsafe extern "C" fn(
    minor: *mut Uint32,
    context: Handle,
    input: *mut BufferDesc,
    output: *mut BufferDesc,
    is_confidential: *mut i32,
    quality: *mut Uint32,
) -> Uint32;

pub(super) type WrapSizeLimit = unsafe extern "C" fn(
    minor: *mut Uint32,
    context: Handle,
    confidential: i32,
    quality: Uint32,
    output_size: Uint32,
    input_size: *mut Uint32,
) -> Uint32;

pub(super) type DisplayStatus = unsafe extern "C" fn(
    minor: *mut Uint32,
    status: Uint32,
    status_type: i32,
    mechanism: *mut OidDesc,
    message_context: *mut Uint32,
    text: *mut BufferDesc,
) -> Uint32;

/// `gss_release_name` and `gss_release_cred`.
pub(super) type Release = unsafe extern "C" fn(minor: *mut Uint32, handle: *mut Handle) -> Uint32;

pub(super) type DeleteSecContext = unsafe extern "C" fn(
    minor: *mut Uint32,
    context: *mut Handle,
    output: *mut BufferDesc,
) -> Uint32;

pub(super) type ReleaseBuffer =
    unsafe extern "C" fn(minor: *mut Uint32, buffer: *mut BufferDesc) -> Uint32;
