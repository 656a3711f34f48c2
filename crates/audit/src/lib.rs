//! The audit trail as a file that can be given away, and the proof that it is whole.
//!
//! The service and every desk write the same form ([`mod@file`]): a line that says whose trail it is and where it
//! begins, a line for each entry, and a line that says, signed, where it ends. Whoever has such a file proves it with
//! nothing else ([`verify`]): every entry has its hash, stands on the one before and is signed for up to its end. Held
//! beside a desk's file ([`compare`]), the service's shows whether it still has everything that it once signed for.
//!
//! Deliberately absent: a database, a network, a clock. What proves a trail shares with what writes it the canonical
//! bytes of an entry, which `turndown-protocol` has, and the form of the file; no code that could be wrong in both.

pub mod cli;
mod compare;
pub mod file;
mod signed;
mod verify;

pub use compare::compare;
pub use signed::{HeadOf, is_signed, text_to_sign};
pub use verify::{Bad, Kind, Proven, Trail, Verdict, verify};
