//! The cases, by what they are about.

mod encryption;
mod hostile;
mod identity;
#[cfg(feature = "capi")]
mod interface;
mod texts;
mod traffic;

use crate::{Tickets, World};

/// Something that must hold.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) tickets: Tickets,
    pub(crate) run: fn(&World),
}

/// Lists functions as cases: each under its own name, with the tickets that it wants.
macro_rules! cases {
    ($($tickets:ident: $($name:ident)+;)+) => {
        pub(super) const CASES: &[super::Case] = &[
            $($(super::Case {
                name: stringify!($name),
                tickets: crate::Tickets::$tickets,
                run: $name,
            },)+)+
        ];
    };
}
use cases;

/// All of them. The last ones change the server's settings and set them back.
pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    [
        encryption::CASES,
        traffic::CASES,
        hostile::CASES,
        texts::CASES,
        #[cfg(feature = "capi")]
        interface::CASES,
        identity::CASES,
    ]
    .into_iter()
    .flatten()
}
