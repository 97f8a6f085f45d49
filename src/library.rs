//! Libraries of others that few programs need: each is loaded when it is needed first.

use libloading::{Error, Library};

/// Loads the first of the libraries of these names that is there and has all that `look_up` asks
/// for; else the reason why the first is not.
pub(crate) fn first_of<F>(
    names: &[&str],
    look_up: impl Fn(Library) -> Result<F, Error>,
) -> Result<F, String> {
    let mut reason = None;
    for &name in names {
        // SAFETY: what these libraries run when they are loaded sets up their own locks and tables;
        // programs that are linked with them rely on the same.
        match unsafe { Library::new(name) }.and_then(&look_up) {
            Ok(found) => return Ok(found),
            Err(error) => {
                reason.get_or_insert(error);
            }
        }
    }
    Err(reason.map_or_else(String::new, |error| error.to_string()))
}

/// Declares a structure of C functions, each with its prototype and the name it has in the library.
/// `loaded` gives it, from the first library of some names, or the reason, the same every time, why
/// there is none.
macro_rules! functions {
    (
        $(#[$about:meta])*
        $vis:vis struct $name:ident {
            $($reach:vis $field:ident: $prototype:ty = $symbol:literal),+ $(,)?
        }
    ) => {
        $(#[$about])*
        $vis struct $name {
            $($reach $field: $prototype,)+
            /// Unloading it would pull the functions from under us.
            _library: ::libloading::Library,
        }

        impl $name {
            fn loaded(names: &[&str]) -> Result<&'static Self, &'static str> {
                static LOADED: ::std::sync::OnceLock<Result<$name, String>> =
                    ::std::sync::OnceLock::new();
                LOADED
                    .get_or_init(|| $crate::library::first_of(names, Self::look_up))
                    .as_ref()
                    .map_err(String::as_str)
            }

            fn look_up(library: ::libloading::Library) -> Result<Self, ::libloading::Error> {
                Ok(Self {
                    $(
                        // SAFETY: the type of the field is the prototype that is documented for the
                        // function of this name, which stays as long as the library does.
                        $field: unsafe { *library.get(concat!($symbol, "\0").as_bytes())? },
                    )+
                    _library: library,
                })
            }
        }
    };
}

pub(crate) use functions;

// Programs that are linked with musl statically load nothing.
#[cfg(all(test, not(target_env = "musl")))]
mod tests {
    use std::ffi::c_int;

    functions! {
        struct Absolute {
            abs: unsafe extern "C" fn(c_int) -> c_int = "abs",
        }
    }

    functions! {
        #[derive(Debug)]
        struct Unknown {
            _none: unsafe extern "C" fn() = "ferropq_no_such_function",
        }
    }

    #[cfg(target_vendor = "apple")]
    const LIBC: &str = "libSystem.dylib";
    #[cfg(not(target_vendor = "apple"))]
    const LIBC: &str = "libm.so.6";

    #[test]
    #[cfg_attr(miri, ignore = "Miri loads no libraries")]
    fn the_first_library_that_is_there_is_loaded() {
        let found = Absolute::loaded(&["libferropq_no_such.so", LIBC]);
        let Ok(Absolute { abs, .. }) = found else {
            panic!("the C library is there");
        };
        // SAFETY: any number but the least has an absolute value.
        assert_eq!(unsafe { abs(-7) }, 7);
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri loads no libraries")]
    fn a_library_without_a_function_is_none_and_the_first_reason_is_told() {
        let reason = Unknown::loaded(&[LIBC, "libferropq_no_such.so"]).unwrap_err();
        assert!(reason.contains("ferropq_no_such_function"), "{reason}");
    }
}
