//! C's arguments of commands, turned into what the engine sends.
//!
//! Each function sends one command; waiting for its answer, or not, is its caller's business.
//! Arguments are judged after the state of the connection, as in libpq.

use std::ffi::{c_char, c_int};

use smallvec::SmallVec;

use super::memory;
use super::types::{Oid, PQ_QUERY_PARAM_MAX_LIMIT};
use crate::connection::{Connection, Params, Refused, Statement};
use crate::wire::frontend::Target;

const NULL_COMMAND: &str = "command string is a null pointer";
const NULL_NAME: &str = "statement name is a null pointer";
const NO_LENGTH: &str = "length must be given for binary parameter";
const NEGATIVE_LENGTH: &str = "length of binary parameter must not be negative";

/// So many parameters are read without an allocation.
const FEW: usize = 16;

/// The parameters of an execution, as C passes them.
#[derive(Clone, Copy)]
pub struct CParams {
    /// How many there are.
    pub count: c_int,
    /// Their values; NULL, in whole or for one, for NULL.
    pub values: *const *const c_char,
    /// The lengths of binary values.
    pub lengths: *const c_int,
    /// 0 for text, 1 for binary; NULL for all text.
    pub formats: *const c_int,
    /// The format wanted for the result.
    pub result_format: c_int,
}

/// Parameters as the engine takes them; filled where they stand, as they are large to move.
#[derive(Default)]
struct Bound<'a> {
    values: SmallVec<[Option<&'a [u8]>; FEW]>,
    formats: SmallVec<[i16; FEW]>,
}

impl CParams {
    /// # Safety
    /// The pointer contract of [`super`]: arrays have `count` elements, and a binary value as many
    /// bytes as its length says.
    unsafe fn read<'a>(&self, bound: &mut Bound<'a>) -> Result<(), String> {
        let count = parameter_count(self.count)?;
        // SAFETY: as the caller promises.
        unsafe {
            if self.formats.is_null() && !self.values.is_null() {
                // As a rule all are text.
                let values = memory::counted(self.values, count);
                let texts = values.iter().map(|value| memory::bytes(*value));
                bound.values.extend(texts);
                return Ok(());
            }
            let formats = memory::counted(self.formats, count);
            for index in 0..count {
                let is_binary = formats.get(index).is_some_and(|format| *format != 0);
                bound.values.push(self.value(index, is_binary)?);
            }
            let formats = formats.iter().map(|format| *format as i16);
            bound.formats.extend(formats);
        }
        Ok(())
    }

    /// # Safety
    /// As [`read`](Self::read), and `index` is less than `count`.
    unsafe fn value<'a>(
        &self,
        index: usize,
        is_binary: bool,
    ) -> Result<Option<&'a [u8]>, &'static str> {
        if self.values.is_null() {
            return Ok(None);
        }
        // SAFETY: as the caller promises.
        unsafe {
            let value = *self.values.add(index);
            if !is_binary || value.is_null() {
                return Ok(memory::bytes(value));
            }
            if self.lengths.is_null() {
                return Err(NO_LENGTH);
            }
            let length = usize::try_from(*self.lengths.add(index)).map_err(|_| NEGATIVE_LENGTH)?;
            Ok(Some(memory::counted(value.cast::<u8>(), length)))
        }
    }
}

/// A number of parameters that a statement can have.
fn parameter_count(count: c_int) -> Result<usize, String> {
    match usize::try_from(count) {
        Ok(valid) if count <= PQ_QUERY_PARAM_MAX_LIMIT => Ok(valid),
        _ => Err(format!(
            "number of parameters must be between 0 and {PQ_QUERY_PARAM_MAX_LIMIT}"
        )),
    }
}

/// Sends a text of one or more statements.
///
/// # Safety
/// The pointer contract of [`super`].
pub unsafe fn send_query(engine: &mut Connection, query: *const c_char) -> Result<(), Refused> {
    // SAFETY: as the caller promises.
    match unsafe { memory::bytes(query) } {
        Some(sql) => engine.send_query(sql),
        None => refuse(engine, NULL_COMMAND),
    }
}

/// Sends a statement and its parameters.
///
/// # Safety
/// The pointer contract of [`super`]; see [`CParams`].
pub unsafe fn send_query_params(
    engine: &mut Connection,
    command: *const c_char,
    types: *const Oid,
    params: CParams,
) -> Result<(), Refused> {
    // SAFETY: as the caller promises.
    unsafe {
        let Some(sql) = memory::bytes(command) else {
            return refuse(engine, NULL_COMMAND);
        };
        let mut bound = Bound::default();
        if let Err(reason) = params.read(&mut bound) {
            return refuse(engine, &reason);
        }
        let types = memory::counted(types, bound.values.len());
        execute(
            engine,
            Statement::Text(sql, types),
            &bound,
            params.result_format,
        )
    }
}

/// Sends parameters for a statement prepared earlier.
///
/// # Safety
/// The pointer contract of [`super`]; see [`CParams`].
pub unsafe fn send_query_prepared(
    engine: &mut Connection,
    name: *const c_char,
    params: CParams,
) -> Result<(), Refused> {
    // SAFETY: as the caller promises.
    unsafe {
        let Some(name) = memory::bytes(name) else {
            return refuse(engine, NULL_NAME);
        };
        let mut bound = Bound::default();
        if let Err(reason) = params.read(&mut bound) {
            return refuse(engine, &reason);
        }
        execute(
            engine,
            Statement::Prepared(name),
            &bound,
            params.result_format,
        )
    }
}

#[inline(always)]
fn execute(
    engine: &mut Connection,
    statement: Statement<'_>,
    bound: &Bound<'_>,
    result_format: c_int,
) -> Result<(), Refused> {
    let params = Params {
        values: &bound.values,
        formats: &bound.formats,
        result_formats: &[result_format as i16],
        max_rows: 0,
    };
    engine.send_execute(statement, &params)
}

/// Sends a statement to be prepared.
///
/// # Safety
/// The pointer contract of [`super`]; `types` is NULL or has `count` elements.
pub unsafe fn send_prepare(
    engine: &mut Connection,
    name: *const c_char,
    query: *const c_char,
    count: c_int,
    types: *const Oid,
) -> Result<(), Refused> {
    // SAFETY: as the caller promises.
    unsafe {
        let Some(name) = memory::bytes(name) else {
            return refuse(engine, NULL_NAME);
        };
        let Some(sql) = memory::bytes(query) else {
            return refuse(engine, NULL_COMMAND);
        };
        match parameter_count(count) {
            Ok(count) => engine.send_prepare(name, sql, memory::counted(types, count)),
            Err(reason) => refuse(engine, &reason),
        }
    }
}

/// Asks what a statement or portal looks like; NULL is the unnamed one.
///
/// # Safety
/// The pointer contract of [`super`].
pub unsafe fn send_describe(
    engine: &mut Connection,
    target: Target,
    name: *const c_char,
) -> Result<(), Refused> {
    // SAFETY: as the caller promises.
    let name = unsafe { memory::bytes(name) };
    engine.send_describe(target, name.unwrap_or_default())
}

/// Closes a statement or portal; NULL is the unnamed one.
///
/// # Safety
/// The pointer contract of [`super`].
pub unsafe fn send_close(
    engine: &mut Connection,
    target: Target,
    name: *const c_char,
) -> Result<(), Refused> {
    // SAFETY: as the caller promises.
    let name = unsafe { memory::bytes(name) };
    engine.send_close(target, name.unwrap_or_default())
}

/// Refuses a command for its arguments, unless the connection's state is the first reason.
fn refuse(engine: &mut Connection, reason: &str) -> Result<(), Refused> {
    engine.check_sendable()?;
    engine.refuse(reason)
}
