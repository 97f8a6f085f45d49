//! Streaming replication: a server's changes as it commits them, or its write-ahead log as it is
//! written.
//!
//! A connection for replication is made with the option `replication`: `database` for logical
//! decoding, `true` for the log itself. It takes the commands of the manual's chapter and SQL, both
//! by [`Client::simple_query`](crate::Client::simple_query) and
//! [`Client::batch_execute`](crate::Client::batch_execute) alone.
//! [`Client::replicate`](crate::Client::replicate) begins to stream.
//!
//! What comes is made by the slot's output plugin. The messages of `pgoutput`, which every server
//! has, are read by a [`pgoutput::Decoder`]:
//!
//! ```no_run
//! use ferropq::Config;
//! use ferropq::replication::pgoutput::{Decoder, Message};
//! use ferropq::replication::{Event, Table};
//! use std::collections::HashMap;
//!
//! # fn main() -> Result<(), ferropq::Error> {
//! let mut config: Config = "postgresql://me@localhost/books".parse()?;
//! let mut client = config.set("replication", "database").connect()?;
//! client.batch_execute("CREATE_REPLICATION_SLOT mine TEMPORARY LOGICAL pgoutput")?;
//! let mut stream = client.replicate(
//!     "START_REPLICATION SLOT mine LOGICAL 0/0 (proto_version '1', publication_names 'books')",
//! )?;
//! let mut decoder = Decoder::new(1).expect("a version that there is");
//! let mut tables = HashMap::new();
//! while let Event::Data(piece) = stream.next(None)? {
//!     match decoder.decode(piece.data)? {
//!         Message::Relation(relation) => {
//!             tables.insert(relation.oid, Table::from(&relation));
//!         }
//!         Message::Insert(insert) => {
//!             let table = &tables[&insert.relation];
//!             for (column, value) in table.columns.iter().zip(insert.new.values) {
//!                 println!("{}.{} = {:?}", table.name, column.name, value.as_text());
//!             }
//!         }
//!         Message::Commit(commit) => stream.confirm(commit.end_lsn),
//!         _ => {}
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Manual: "Streaming Replication Protocol", "Logical Decoding".

mod stream;
mod table;

pub use crate::wire::Lsn;
pub use crate::wire::replication::{XLogData, from_server_time};
pub use stream::{Event, ReplicationStream};
pub use table::{Table, TableColumn};

pub mod pgoutput {
    //! The messages of `pgoutput`, the output plugin of PostgreSQL's own logical replication, in
    //! its protocol versions 1 to 4. Each is the data of one [`XLogData`](super::XLogData).
    //!
    //! Names and texts are bytes in the session's encoding, which is UTF-8. Times are what
    //! [`from_server_time`](super::from_server_time) reads.
    //!
    //! Manual: "Logical Streaming Replication Protocol", "Logical Replication Message Formats".

    pub use crate::wire::pgoutput::{
        Begin, BeginPrepare, Commit, CommitPrepared, Decoder, Delete, Insert, LogicalMessage,
        Message, OldTuple, Origin, Prepare, Relation, RelationColumn, ReplicaIdentity,
        RollbackPrepared, StreamAbort, StreamCommit, StreamStart, Truncate, TupleData, TupleValue,
        Type, Update,
    };
    pub use crate::wire::{List, ListIter, Malformed};
}
