//! Decoders of the messages that the server sends.
//!
//! Each takes the body of one message: what follows the length. Bytes that are missing or left
//! over make the message [`Malformed`](super::Malformed). CopyData has no decoder: its body is the
//! data.

mod authentication;
mod backend_key_data;
mod command_complete;
mod copy_response;
mod data_row;
mod empty;
mod error_fields;
mod function_call_response;
mod negotiate_protocol_version;
mod notification_response;
mod parameter_description;
mod parameter_status;
mod ready_for_query;
mod row_description;

pub use authentication::{Authentication, SaslMechanisms};
pub use backend_key_data::{BackendKeyData, MAX_KEY_LEN, MIN_KEY_LEN};
pub use command_complete::CommandComplete;
pub use copy_response::CopyResponse;
pub use data_row::DataRow;
pub use empty::empty;
pub use error_fields::{ErrorFields, ErrorFieldsIter};
pub use function_call_response::FunctionCallResponse;
pub use negotiate_protocol_version::NegotiateProtocolVersion;
pub use notification_response::NotificationResponse;
pub use parameter_description::ParameterDescription;
pub use parameter_status::ParameterStatus;
pub use ready_for_query::{ReadyForQuery, TransactionStatus};
pub use row_description::{FieldDescription, RowDescription};
