//! The environment of a case: set before, put back after.

use std::ffi::OsString;

/// Runs `body` with environment variables set. Only for a child, whose cases run one at a time.
pub(crate) fn with_environment<R>(variables: &[(&str, &str)], body: impl FnOnce() -> R) -> R {
    struct Restore(Vec<(String, Option<OsString>)>);
    impl Drop for Restore {
        fn drop(&mut self) {
            for (name, value) in self.0.drain(..) {
                // SAFETY: no other thread of this process reads or writes the environment.
                unsafe {
                    match value {
                        Some(value) => std::env::set_var(name, value),
                        None => std::env::remove_var(name),
                    }
                }
            }
        }
    }
    let before = variables
        .iter()
        .map(|(name, _)| ((*name).to_string(), std::env::var_os(name)))
        .collect();
    let restore = Restore(before);
    for (name, value) in variables {
        // SAFETY: as above.
        unsafe { std::env::set_var(name, value) };
    }
    let result = body();
    drop(restore);
    result
}
