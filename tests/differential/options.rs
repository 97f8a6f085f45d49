//! A list of connection options that frees itself.

use std::ffi::CStr;
use std::ptr;

use libc::{c_char, c_int};

use crate::api::Api;
use crate::raw::PQconninfoOption;
use crate::text::{Arg, copy};
use crate::transcript::{Text, Transcript};

/// What `PQconndefaults`, `PQconninfo` and `PQconninfoParse` return, or NULL.
pub(crate) struct OptionList<'a> {
    api: &'a Api,
    raw: *mut PQconninfoOption,
}

/// One entry of the list, copied.
pub(crate) struct OptionEntry {
    pub keyword: Text,
    pub envvar: Text,
    pub compiled: Text,
    pub value: Text,
    pub label: Text,
    pub dispchar: Text,
    pub dispsize: c_int,
}

impl<'a> OptionList<'a> {
    /// Takes over a list that a call returned.
    ///
    /// # Safety
    /// `raw` is NULL or a list of the library's, not freed elsewhere.
    pub(crate) unsafe fn own(api: &'a Api, raw: *mut PQconninfoOption) -> Self {
        Self { api, raw }
    }

    pub(crate) fn defaults(api: &'a Api) -> Self {
        // SAFETY: takes nothing; the list is ours to free.
        unsafe { Self::own(api, api.PQconndefaults()) }
    }

    /// `PQconninfoParse` with its error message.
    pub(crate) fn parse(api: &'a Api, conninfo: impl Arg) -> (Self, Text) {
        let mut message: *mut c_char = ptr::null_mut();
        // SAFETY: the string is live, and the message is freed by the function meant for it.
        unsafe {
            let list = Self::own(
                api,
                api.PQconninfoParse(conninfo.pointer(), &raw mut message),
            );
            let text = copy(message);
            api.PQfreemem(message.cast());
            (list, text)
        }
    }

    /// `PQconninfoParse` of a caller that wants no message.
    pub(crate) fn parse_quietly(api: &'a Api, conninfo: &CStr) -> Self {
        // SAFETY: the string is live; a NULL address for the message is allowed.
        unsafe { Self::own(api, api.PQconninfoParse(conninfo.as_ptr(), ptr::null_mut())) }
    }

    pub(crate) fn is_null(&self) -> bool {
        self.raw.is_null()
    }

    /// The entries in their order.
    pub(crate) fn entries(&self) -> Vec<OptionEntry> {
        let mut entries = Vec::new();
        let mut next = self.raw;
        // SAFETY: the list is live and ends with an entry whose keyword is NULL.
        unsafe {
            while !next.is_null() && !(*next).keyword.is_null() {
                let option = &*next;
                entries.push(OptionEntry {
                    keyword: copy(option.keyword),
                    envvar: copy(option.envvar),
                    compiled: copy(option.compiled),
                    value: copy(option.val),
                    label: copy(option.label),
                    dispchar: copy(option.dispchar),
                    dispsize: option.dispsize,
                });
                next = next.add(1);
            }
        }
        entries
    }

    /// Writes the values that are set.
    pub(crate) fn write(&self, t: &mut Transcript) {
        if self.is_null() {
            return t.line("no options");
        }
        for entry in self.entries().iter().filter(|entry| entry.value.is_some()) {
            t.text(entry.name(), &entry.value);
        }
    }
}

impl OptionEntry {
    pub(crate) fn name(&self) -> String {
        String::from_utf8_lossy(self.keyword.as_deref().unwrap_or_default()).into_owned()
    }
}

impl Drop for OptionList<'_> {
    fn drop(&mut self) {
        if self.api.address("PQconninfoFree").is_some() {
            // SAFETY: the list is NULL or live and freed nowhere else.
            unsafe { self.api.PQconninfoFree(self.raw) }
        }
    }
}
