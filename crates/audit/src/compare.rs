//! Holds the service's file beside a desk's.

use crate::file::Whose;
use crate::verify::{Bad, Kind, Trail, holds};

/// Compares the service's trail with a desk's, both proven by themselves: they are of one store and hotel, what both
/// have of the desk is the same to the byte, and what the service once signed for to the desk it still has.
///
/// # Errors
/// The first thing in which they differ.
pub fn compare(service: &Trail, desk: &Trail) -> Result<(), Bad> {
    if !matches!(desk.begin.whose, Whose::Desk { .. }) {
        return Err(Bad::new("the second file", Kind::Unreadable, "it is not a desk's trail"));
    }
    if service.begin.whose != Whose::Service {
        return Err(Bad::new("the first file", Kind::Unreadable, "it is not the service's trail"));
    }
    let (ours, theirs) = (&service.begin, &desk.begin);
    if ours.store_id != theirs.store_id || ours.property_id != theirs.property_id {
        return Err(Bad::new("the first lines", Kind::Differs, "the files are of two stores or two hotels"));
    }
    for (install_id, entries) in &desk.desks {
        let Some(held) = service.desks.get(install_id) else { continue };
        for (seq, links) in entries {
            if held.get(seq).is_some_and(|held| links.iter().any(|link| !held.contains(link))) {
                let what = "the service has another entry there than the desk";
                return Err(Bad::new(format!("desk {install_id} entry {seq}"), Kind::Differs, what));
            }
        }
    }
    desk.signed.iter().try_for_each(|signed| holds(service, signed, "the desk has the service's signature for"))
}
