//! The messages of `pgoutput`, the output plugin of PostgreSQL's own logical replication, in its
//! protocol versions 1 to 4. Each is the data of one XLogData message.
//!
//! Times are in microseconds since midnight on 2000-01-01. What depends on earlier messages (whether
//! a transaction's id is sent along) a [`Decoder`] keeps in mind.
//!
//! Manual: "Logical Streaming Replication Protocol" and "Logical Replication Message Formats".

mod decoder;
mod logical_message;
mod origin;
mod prepared;
mod relation;
mod row_change;
mod stream;
mod transaction;
mod truncate;
mod tuple_data;
mod type_definition;

pub use decoder::{Decoder, Message};
pub use logical_message::LogicalMessage;
pub use origin::Origin;
pub use prepared::{BeginPrepare, CommitPrepared, Prepare, RollbackPrepared};
pub use relation::{Relation, RelationColumn, ReplicaIdentity};
pub use row_change::{Delete, Insert, OldTuple, Update};
pub use stream::{StreamAbort, StreamCommit, StreamStart};
pub use transaction::{Begin, Commit};
pub use truncate::Truncate;
pub use tuple_data::{TupleData, TupleValue};
pub use type_definition::Type;
