//! Taking the service's rows. A pull never hides a waiting edit, and an acknowledged one never flickers back.

use crate::engine::{Engine, Sort};
use crate::{EngineError, KNOWN_AT, Sql, UnitOfWork, rfc3339};
use std::collections::BTreeSet;
use turndown_protocol::{EntityRef, EntityRow, Reference, ServiceHead};
use turndown_sabotage::{self as sabotage, Version};

/// Rows taken in one unit of work: a person who records meanwhile waits for no more than these.
const ROWS_A_UNIT: usize = 50;

/// Where the feed goes on, and where the service's record stood then, if it said so.
#[derive(Debug, Clone)]
pub struct FeedPlace {
    /// What to ask with next.
    pub cursor: String,
    /// The head of the service's record.
    pub head: Option<ServiceHead>,
}

impl From<&str> for FeedPlace {
    fn from(cursor: &str) -> Self {
        Self { cursor: cursor.into(), head: None }
    }
}

impl Engine {
    /// Takes one page of changes: rows, then the cursor with the last of them, so that a crash between the two loses
    /// and doubles nothing.
    ///
    /// # Errors
    /// When the database refuses. The cursor then stands where it stood.
    pub fn take_rows(
        &self,
        rows: Vec<EntityRow>,
        reference: Option<Reference>,
        next: impl Into<FeedPlace>,
    ) -> Result<(), EngineError> {
        let mut next = next.into();
        if sabotage::on(Version::CursorBeforePage) {
            self.set_facts(vec![("cursor", Some(next.cursor.clone()))])?;
        }
        let mut rest = rows;
        let mut reference = reference;
        loop {
            let later = rest.split_off(rest.len().min(ROWS_A_UNIT));
            let now = std::mem::replace(&mut rest, later);
            let cursor = rest.is_empty().then(|| next.cursor.clone());
            let (head, reference) = (next.head.take(), reference.take());
            let last = cursor.is_some();
            self.write_behind(move |work| {
                // Before the first of its rows: whoever has these has heard of what they come from.
                if let Some(head) = &head {
                    work.see_head(head)?;
                }
                if let Some(reference) = &reference {
                    work.take_reference(reference)?;
                }
                for row in &now {
                    work.take_row(row)?;
                }
                if let Some(cursor) = &cursor {
                    work.set_fact("cursor", Some(cursor))?;
                }
                Ok::<_, EngineError>(())
            })?;
            if last {
                return Ok(());
            }
        }
    }

    /// Takes a whole snapshot and forgets entities that it does not have, unless something of this desk is open on
    /// them. The outbox is never touched. What an acknowledgement has made newer than the snapshot's `head_seq` meanwhile
    /// stays as it is; after [`Engine::begin_epoch`] all of the snapshot counts. `progress` hears how many rows are in.
    ///
    /// # Errors
    /// When the database refuses. The cursor then stands where it stood, and the snapshot is taken again.
    pub fn take_snapshot(
        &self,
        reference: Reference,
        rows: Vec<EntityRow>,
        next: impl Into<FeedPlace>,
        head_seq: u64,
        mut progress: impl FnMut(usize),
    ) -> Result<(), EngineError> {
        let kept: BTreeSet<EntityRef> = rows.iter().map(|row| row.entity.clone()).collect();
        let FeedPlace { cursor, head } = next.into();
        self.write_behind(move |work| {
            if let Some(head) = &head {
                work.see_head(head)?;
            }
            work.take_reference(&reference)
        })?;
        let mut done = 0;
        let mut rest = rows;
        while !rest.is_empty() {
            let later = rest.split_off(rest.len().min(ROWS_A_UNIT));
            let now = std::mem::replace(&mut rest, later);
            done += now.len();
            self.write_behind(move |work| now.iter().try_for_each(|row| work.take_row(row)))?;
            progress(done);
        }
        self.write_behind(move |work| {
            let mirrored =
                work.all("SELECT entity_kind, entity_id FROM mirror WHERE version <= ?1", [head_seq], |row| {
                    Ok(EntityRef::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?))
                })?;
            for entity in mirrored.into_iter().filter(|entity| !kept.contains(entity)) {
                work.execute(
                    "DELETE FROM mirror WHERE entity_kind = ?1 AND entity_id = ?2",
                    [&entity.kind, &entity.id],
                )?;
                work.refresh(&entity)?;
            }
            work.set_fact("cursor", Some(&cursor))?;
            // In the same unit of work: rows whose age nobody knows would never be called too old.
            let now = rfc3339(work.now());
            work.set_fact(KNOWN_AT, Some(&now))
        })
    }
}

impl UnitOfWork<'_> {
    fn take_reference(&mut self, reference: &Reference) -> Result<(), EngineError> {
        let document = reference.document.to_string();
        self.execute(
            "INSERT INTO reference (id, version, document) VALUES (1, ?1, ?2)
             ON CONFLICT (id) DO UPDATE SET version = excluded.version, document = excluded.document",
            (reference.version, document),
        )?;
        let workflow = std::sync::Arc::clone(&self.shared.workflow);
        workflow.take_reference(self, reference)?;
        self.touch(Sort::Reference);
        self.touch(Sort::Entities);
        Ok(())
    }

    fn take_row(&mut self, row: &EntityRow) -> Result<(), EngineError> {
        let known: Option<u64> = self.first(
            "SELECT version FROM mirror WHERE entity_kind = ?1 AND entity_id = ?2",
            [&row.entity.kind, &row.entity.id],
            |found| found.get(0),
        )?;
        // The row at hand already has what an acknowledgement told; an older page must not take it back.
        if known.is_some_and(|version| version > row.version) {
            return Ok(());
        }
        self.keep_mirrored(row)?;
        self.conflict_moved(row)?;
        self.ask_carried_about(&row.entity)?;
        self.refresh(&row.entity)
    }

    /// The other side moved while somebody decides: they see the newest Theirs, and their choices are kept.
    fn conflict_moved(&mut self, row: &EntityRow) -> Result<(), EngineError> {
        let text = serde_json::to_string(row).map_err(|error| EngineError::stored("service row", error))?;
        self.execute(
            "UPDATE conflicts SET theirs = ?3 WHERE entity_kind = ?1 AND entity_id = ?2",
            (&row.entity.kind, &row.entity.id, text),
        )?;
        Ok(())
    }
}
