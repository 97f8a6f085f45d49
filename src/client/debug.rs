//! What clients and the things that borrow them look like in a debugger's eyes: no values, no
//! secrets.

use std::fmt;

use super::{
    Batch, BinaryCopyInWriter, CancelToken, Client, CopyInWriter, CopyOutReader, IntoIter, Iter,
    LargeObject, Notifications, NotificationsIter, Pipeline, RowStream, StreamIter, Transaction,
    TransactionBuilder,
};

/// Shows which session it is and how it is getting on.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("backend_pid", &self.backend_pid())
            .field("server_version", &self.server_version())
            .field("in_transaction", &self.in_transaction())
            .field("is_closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

macro_rules! by_name {
    ($($type:ty),+ $(,)?) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let name = stringify!($type).trim_end_matches("<'_>");
                f.debug_struct(name).finish_non_exhaustive()
            }
        }
    )+};
}

by_name!(
    Batch<'_>,
    BinaryCopyInWriter<'_>,
    CancelToken,
    CopyInWriter<'_>,
    CopyOutReader<'_>,
    IntoIter,
    Iter<'_>,
    LargeObject<'_>,
    Notifications<'_>,
    NotificationsIter<'_>,
    Pipeline<'_>,
    RowStream<'_>,
    StreamIter<'_>,
    Transaction<'_>,
    TransactionBuilder<'_>,
);
