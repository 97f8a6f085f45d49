//! Keys in the keeping of OpenSSL's loadable modules ("engines").
//!
//! Engines are deprecated and newer versions of OpenSSL lack them: the functions are looked for when
//! they are needed, so that their absence is an error of the one connection that wants them.

use std::ffi::{CString, c_char, c_int, c_void};
use std::mem::transmute;
use std::ptr;

use ::openssl::error::ErrorStack;
use ::openssl::pkey::{PKey, Private};
use foreign_types::ForeignType;
use openssl_sys as ffi;

use super::failure;
use super::library::Library;
use crate::error::Error;
use crate::transport::tls::tls_error;

type Engine = *mut c_void;

type ById = unsafe extern "C" fn(*const c_char) -> Engine;
type Change = unsafe extern "C" fn(Engine) -> c_int;
type LoadKey =
    unsafe extern "C" fn(Engine, *const c_char, *mut c_void, *mut c_void) -> *mut ffi::EVP_PKEY;

/// The functions of OpenSSL that deal with engines.
struct Functions {
    by_id: ById,
    init: Change,
    load_private_key: LoadKey,
    finish: Change,
    free: Change,
}

impl Functions {
    fn find() -> Option<Self> {
        let library = Library::get().ok()?;
        let symbol = |name| library.symbol(name);
        let by_id = symbol(c"ENGINE_by_id")?;
        let init = symbol(c"ENGINE_init")?;
        let load_private_key = symbol(c"ENGINE_load_private_key")?;
        let finish = symbol(c"ENGINE_finish")?;
        let free = symbol(c"ENGINE_free")?;
        // SAFETY: these are the types that OpenSSL documents for the functions of these names.
        unsafe {
            Some(Self {
                by_id: transmute::<*mut c_void, ById>(by_id),
                init: transmute::<*mut c_void, Change>(init),
                load_private_key: transmute::<*mut c_void, LoadKey>(load_private_key),
                finish: transmute::<*mut c_void, Change>(finish),
                free: transmute::<*mut c_void, Change>(free),
            })
        }
    }
}

/// The first reason in OpenSSL's queue, which is emptied.
fn reason() -> String {
    failure::reason(&ErrorStack::get())
}

/// An engine found by its name, and given back when dropped.
struct Found<'a> {
    functions: &'a Functions,
    engine: Engine,
    initialised: bool,
}

impl Drop for Found<'_> {
    fn drop(&mut self) {
        // SAFETY: the engine came from by_id, and finish answers a successful init.
        unsafe {
            if self.initialised {
                (self.functions.finish)(self.engine);
            }
            (self.functions.free)(self.engine);
        }
    }
}

/// The private key that this engine keeps under this name.
pub(super) fn load_key(name: &str, id: &str) -> Result<PKey<Private>, Error> {
    let problem =
        |reason: &str| tls_error(format!("could not load SSL engine \"{name}\": {reason}"));
    let functions =
        Functions::find().ok_or_else(|| problem("this OpenSSL has no support for engines"))?;
    let nul = |_| problem("its name contains a zero byte");
    let (c_name, c_id) = (
        CString::new(name).map_err(nul)?,
        CString::new(id).map_err(nul)?,
    );
    // SAFETY: the name is NUL-terminated and lives through the call.
    let engine = unsafe { (functions.by_id)(c_name.as_ptr()) };
    if engine.is_null() {
        return Err(problem(&reason()));
    }
    let mut found = Found {
        functions: &functions,
        engine,
        initialised: false,
    };
    // SAFETY: the engine is valid until `found` is dropped.
    if unsafe { (functions.init)(engine) } == 0 {
        return Err(tls_error(format!(
            "could not initialize SSL engine \"{name}\": {}",
            reason()
        )));
    }
    found.initialised = true;
    // SAFETY: the engine is valid and initialised; without a user interface and data of its own the
    // engine uses its defaults.
    let key = unsafe {
        (functions.load_private_key)(engine, c_id.as_ptr(), ptr::null_mut(), ptr::null_mut())
    };
    if key.is_null() {
        return Err(tls_error(format!(
            "could not read private SSL key \"{id}\" from engine \"{name}\": {}",
            reason()
        )));
    }
    // SAFETY: a key that is not NULL is ours, and holds on to its engine itself.
    Ok(unsafe { PKey::from_ptr(key) })
}
