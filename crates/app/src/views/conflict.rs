//! A conflict, field by field, in hotel words.

use super::Names;
use super::outbox::title;
use crate::dto::{Authorship, ConflictField, ConflictHead, ConflictView, Side};
use crate::words;
use turndown_domain::Unit;
use turndown_offline::Conflict;
use turndown_protocol::InstallId;

/// One line in a list.
pub fn head(conflict: &Conflict, names: &Names) -> ConflictHead {
    let unit = Unit::from_fields(&conflict.mine).ok();
    ConflictHead {
        entity_kind: conflict.entity.kind.clone(),
        entity_id: conflict.entity.id.clone(),
        title: title(&conflict.entity, unit.as_ref()),
        summary: summary(conflict, unit.as_ref(), names),
        since: conflict.since.clone(),
        fields: u32::try_from(conflict.contested.len()).unwrap_or(u32::MAX),
    }
}

/// The whole conflict.
pub fn view(conflict: &Conflict, own: &InstallId, names: &Names) -> ConflictView {
    let unit = Unit::from_fields(&conflict.mine).ok();
    let field = |path: &String| field(conflict, path, unit.as_ref(), own, names);
    ConflictView {
        entity_kind: conflict.entity.kind.clone(),
        entity_id: conflict.entity.id.clone(),
        title: title(&conflict.entity, unit.as_ref()),
        summary: summary(conflict, unit.as_ref(), names),
        version: conflict.theirs.version,
        fields: conflict.contested.iter().map(field).collect(),
        merged: conflict.merged.iter().map(field).collect(),
        settles: conflict.events.iter().map(|sealed| sealed.event.event_id.to_string()).collect(),
        my_actions: conflict.events.iter().map(|sealed| words::summary(&sealed.event, unit.as_ref(), names)).collect(),
    }
}

fn summary(conflict: &Conflict, unit: Option<&Unit>, names: &Names) -> String {
    let number = title(&conflict.entity, unit);
    if conflict.class == "previous_turn" {
        return format!(
            "What was done here belongs to the guest who had room {number} before, or to an earlier day. \
             It would change the room as it is now."
        );
    }
    if conflict.class == turndown_offline::SERVICE_RESTORED {
        return format!(
            "The hotel's service was restored from a backup. What this desk did in room {number} before does not fit \
             what the service has now."
        );
    }
    let whose = conflict.contested.iter().find_map(|path| conflict.theirs.provenance.get(path));
    let done = conflict
        .events
        .iter()
        .find(|sealed| sealed.event.settles.is_empty())
        .map(|sealed| words::summary(&sealed.event, unit, names));
    match (whose, done) {
        (Some(theirs), Some(done)) => format!(
            "{} changed room {number} elsewhere while this desk recorded: {done}.",
            names.person(&theirs.actor_id)
        ),
        (None, Some(done)) => format!("Room {number} changed elsewhere while this desk recorded: {done}."),
        _ => format!("Room {number} was changed here and elsewhere."),
    }
}

fn field(conflict: &Conflict, path: &String, unit: Option<&Unit>, own: &InstallId, names: &Names) -> ConflictField {
    let (before, mine, theirs) = (conflict.before.get(path), conflict.mine.get(path), conflict.theirs.fields.get(path));
    let number = title(&conflict.entity, unit);
    let choice = conflict.choices.get(path);
    let mine_by =
        conflict.events.iter().rev().find(|sealed| sealed.event.changes.contains_key(path)).map(|sealed| Authorship {
            actor: names.person(sealed.event.actor_id.as_str()),
            desk: "this desk".into(),
            done_at: sealed.event.recorded_at.clone(),
            received_at: None,
        });
    let theirs_by = conflict.theirs.provenance.get(path).map(|by| Authorship {
        actor: names.person(&by.actor_id),
        desk: if by.install_id == own.as_str() { "this desk".into() } else { "another desk".into() },
        done_at: by.recorded_at.clone(),
        received_at: Some(by.received_at.clone()),
    });
    ConflictField {
        path: path.clone(),
        label: words::field(path, unit),
        before: words::value(path, before, names),
        mine: words::value(path, mine, names),
        theirs: words::value(path, theirs, names),
        mine_by,
        theirs_by,
        if_mine: words::consequence(path, mine, &number),
        if_theirs: words::consequence(path, theirs, &number),
        chosen: choice.map(|choice| if choice.mine { Side::Mine } else { Side::Theirs }),
        changed_again: choice.is_some_and(|choice| &choice.theirs != theirs),
    }
}
