//! Encoders of the messages that the client sends.
//!
//! Each appends one whole message to a buffer. Where a message cannot be sent the encoder says so
//! and the buffer's contents stay as they were.

mod authentication;
mod bind;
mod control;
mod copy;
mod error;
mod execute;
mod function_call;
mod parse;
mod query;
mod startup;
mod target;
mod writer;

pub use authentication::{gss_response, password_message, sasl_initial_response, sasl_response};
pub use bind::{BindParams, EncodedParams, bind, bind_encoded};
pub use control::{flush, sync, terminate};
pub use copy::{copy_data, copy_done, copy_fail};
pub use error::EncodeError;
pub use execute::{execute, run_unnamed};
pub use function_call::function_call;
pub use parse::parse;
pub use query::query;
pub use startup::{cancel_request, gssenc_request, ssl_request, startup_message};
pub use target::{Target, close, describe};
