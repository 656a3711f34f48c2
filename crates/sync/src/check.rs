//! Whether an answer is the answer: complete, well typed, from the expected store and epoch, for this batch, and naming
//! exactly the events that were sent. Anything else is an unknown outcome and acknowledges nothing. Pure.

use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use thiserror::Error;
use turndown_protocol::{
    AuditClosed, AuditHead, BatchId, EventId, EventResult, EventsResponse, InstallId, Outcome, Passes, SignedPasses,
};
use turndown_sabotage::{self as sabotage, Version};

/// What was sent, as far as the answer has to repeat it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The batch.
    pub batch_id: BatchId,
    /// The store that was meant.
    pub store_id: String,
    /// The epoch that was meant.
    pub epoch: String,
    /// The events.
    pub events: BTreeSet<EventId>,
}

/// Why an answer does not count.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unfit {
    /// Not an answer of the expected type, or cut off.
    #[error("the body is not a whole answer")]
    Unreadable,
    /// From another store.
    #[error("the answer is from another store")]
    Store,
    /// From another epoch.
    #[error("the answer is from another epoch")]
    Epoch,
    /// For another batch.
    #[error("the answer is for another batch")]
    Batch,
    /// It does not name an event that was sent.
    #[error("the answer leaves out {0} of the events")]
    Missing(usize),
    /// It names an event that was not sent, or one twice.
    #[error("the answer names {0} events that were not asked about, or one twice")]
    Foreign(usize),
    /// An answer that says less than it has to (a duplicate without its first outcome, a conflict without the other side).
    #[error("the answer says {0:?} without what belongs to it")]
    Incomplete(Outcome),
}

/// Reads the answer to a batch and holds it against what was asked.
///
/// # Errors
/// Why it does not count.
pub fn events(asked: &Asked, body: &[u8]) -> Result<EventsResponse, Unfit> {
    let read = serde_json::from_slice(body).map_err(|_| Unfit::Unreadable);
    let mut answer: EventsResponse = match read {
        Err(_) if sabotage::on(Version::AnyAnswerCounts) => believed(asked),
        read => read?,
    };
    if answer.store_id != asked.store_id {
        return Err(Unfit::Store);
    }
    if answer.epoch != asked.epoch {
        return Err(Unfit::Epoch);
    }
    if answer.batch_id != asked.batch_id {
        return Err(Unfit::Batch);
    }
    if sabotage::on(Version::UnnamedCounts) {
        let named: BTreeSet<EventId> = answer.results.iter().map(|result| result.event_id.clone()).collect();
        answer.results.extend(asked.events.difference(&named).map(assumed));
    }
    let named: BTreeSet<&EventId> = answer.results.iter().map(|result| &result.event_id).collect();
    let missing = asked.events.iter().filter(|id| !named.contains(id)).count();
    if missing > 0 {
        return Err(Unfit::Missing(missing));
    }
    if answer.results.len() > asked.events.len() {
        return Err(Unfit::Foreign(answer.results.len() - asked.events.len()));
    }
    for result in &answer.results {
        let outcome = match (result.outcome, result.original) {
            (Outcome::Duplicate, Some(original)) if original != Outcome::Duplicate && original.is_final() => original,
            (Outcome::Duplicate, _) => return Err(Unfit::Incomplete(Outcome::Duplicate)),
            (outcome, _) => outcome,
        };
        if outcome == Outcome::Conflict && result.theirs.is_none() {
            return Err(Unfit::Incomplete(Outcome::Conflict));
        }
    }
    Ok(answer)
}

/// The answer that a broken version takes anything for: everything is done.
fn believed(asked: &Asked) -> EventsResponse {
    EventsResponse {
        batch_id: asked.batch_id.clone(),
        store_id: asked.store_id.clone(),
        epoch: asked.epoch.clone(),
        head_seq: 0,
        server_time: String::new(),
        results: asked.events.iter().map(assumed).collect(),
        audit_closed: AuditClosed { head: AuditHead { local_seq: 0, hash: String::new() }, signature: String::new() },
        head: None,
    }
}

fn assumed(event_id: &EventId) -> EventResult {
    let event_id = event_id.clone();
    EventResult {
        event_id,
        outcome: Outcome::Applied,
        original: None,
        seq: None,
        row: None,
        theirs: None,
        problem: None,
    }
}

/// What an answer says about this desk's own record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The service knows of this desk what the desk knows itself, or less.
    Sound,
    /// The service knows more, or another entry in the same place: this database is older than it was, or a copy.
    Forked,
}

/// Holds an entry that the service has of this install against the desk's own chain: `desk_head` is its end, `own` the
/// hash of its entry in that place, if the desk still has it.
#[must_use]
pub fn standing(theirs: &AuditHead, desk_head: u64, own: Option<&str>) -> Standing {
    if theirs.local_seq > desk_head || own.is_some_and(|own| own != theirs.hash) {
        Standing::Forked
    } else {
        Standing::Sound
    }
}

/// Whether the service's signature under an audit head is good.
#[must_use]
pub fn head_is_signed(
    closed: &turndown_protocol::AuditClosed,
    store_id: &str,
    install: &InstallId,
    signing_key: &str,
) -> bool {
    let text = format!("turndown-audit-head\n{store_id}\n{install}\n{}\n{}", closed.head.local_seq, closed.head.hash);
    is_signed(&text, &closed.signature, signing_key)
}

/// What the service's passes call the desk of a token: its SHA-256, hex.
#[must_use]
pub fn device(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// For which desk passes have to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whose<'a> {
    /// The store that gave the desk its token.
    pub store_id: &'a str,
    /// The hotel.
    pub property_id: &'a str,
    /// See [`device`].
    pub device: &'a str,
}

/// The passes that were signed, where the signature is good and they are for this very desk.
#[must_use]
pub fn passes_for(signed: &SignedPasses, signing_key: &str, desk: Whose<'_>) -> Option<Passes> {
    if !is_signed(&SignedPasses::signed_text(&signed.passes), &signed.signature, signing_key) {
        return None;
    }
    let passes: Passes = serde_json::from_str(&signed.passes).ok()?;
    let named = Whose { store_id: &passes.store_id, property_id: passes.property_id.as_str(), device: &passes.device };
    let meant = named == desk;
    meant.then_some(passes)
}

/// Whether a signature of the service (Ed25519, hex) under a text is good.
fn is_signed(text: &str, signature: &str, signing_key: &str) -> bool {
    let verify = || -> Option<bool> {
        let key: [u8; 32] = hex::decode(signing_key).ok()?.try_into().ok()?;
        let signature: [u8; 64] = hex::decode(signature).ok()?.try_into().ok()?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(&key).ok()?;
        let signature = ed25519_dalek::Signature::from_bytes(&signature);
        Some(key.verify_strict(text.as_bytes(), &signature).is_ok())
    };
    verify().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::Signer;
    use serde_json::{Value, json};
    use turndown_protocol::ZERO_HASH;

    fn id(name: &str) -> EventId {
        EventId::parse(name).expect("a valid id")
    }

    fn asked() -> Asked {
        Asked {
            batch_id: BatchId::parse("b1").expect("a valid id"),
            store_id: "store".into(),
            epoch: "epoch".into(),
            events: [id("e1"), id("e2")].into(),
        }
    }

    fn answer() -> Value {
        json!({
            "batch_id": "b1", "store_id": "store", "epoch": "epoch", "head_seq": 9, "server_time": "2016-03-25T10:00:00Z",
            "results": [{"event_id": "e1", "outcome": "applied", "seq": 8}, {"event_id": "e2", "outcome": "applied", "seq": 9}],
            "audit_closed": {"local_seq": 2, "hash": ZERO_HASH, "signature": "00"}
        })
    }

    fn with(pointer: &str, value: Value) -> Vec<u8> {
        let mut answer = answer();
        *answer.pointer_mut(pointer).expect("a member") = value;
        answer.to_string().into_bytes()
    }

    #[test]
    fn b7_only_an_answer_that_names_exactly_what_was_sent_counts() {
        let row = json!({"entity": {"kind": "room", "id": "1"}, "version": 9, "fields": {}});
        let theirs = json!({"row": row, "paths": ["a"], "class": "fields"});
        let one = |outcome: Value| {
            let mut result = json!({"event_id": "e2"});
            result.as_object_mut().expect("an object").extend(outcome.as_object().expect("an object").clone());
            with("/results/1", result)
        };
        for (what, body, expected) in [
            ("as asked", answer().to_string().into_bytes(), Ok(())),
            (
                "other order",
                {
                    let mut answer = answer();
                    answer["results"].as_array_mut().expect("results").reverse();
                    answer.to_string().into_bytes()
                },
                Ok(()),
            ),
            ("other store", with("/store_id", json!("else")), Err(Unfit::Store)),
            ("other epoch", with("/epoch", json!("else")), Err(Unfit::Epoch)),
            ("other batch", with("/batch_id", json!("b2")), Err(Unfit::Batch)),
            (
                "one left out",
                with("/results", json!([{"event_id": "e1", "outcome": "applied"}])),
                Err(Unfit::Missing(1)),
            ),
            ("nothing named", with("/results", json!([])), Err(Unfit::Missing(2))),
            ("one twice", with("/results/1/event_id", json!("e1")), Err(Unfit::Missing(1))),
            (
                "one too many",
                {
                    let mut answer = answer();
                    answer["results"]
                        .as_array_mut()
                        .expect("results")
                        .push(json!({"event_id": "e3", "outcome": "applied"}));
                    answer.to_string().into_bytes()
                },
                Err(Unfit::Foreign(1)),
            ),
            ("unknown outcome", one(json!({"outcome": "perhaps"})), Err(Unfit::Unreadable)),
            ("duplicate of applied", one(json!({"outcome": "duplicate", "original": "applied"})), Ok(())),
            ("duplicate of nothing", one(json!({"outcome": "duplicate"})), Err(Unfit::Incomplete(Outcome::Duplicate))),
            (
                "duplicate of what is not final",
                one(json!({"outcome": "duplicate", "original": "retry_later"})),
                Err(Unfit::Incomplete(Outcome::Duplicate)),
            ),
            ("conflict alone", one(json!({"outcome": "conflict"})), Err(Unfit::Incomplete(Outcome::Conflict))),
            ("conflict", one(json!({"outcome": "conflict", "theirs": theirs})), Ok(())),
            (
                "duplicate of a conflict, alone",
                one(json!({"outcome": "duplicate", "original": "conflict"})),
                Err(Unfit::Incomplete(Outcome::Conflict)),
            ),
            ("an error inside a 200", br#"{"error": {"code": 407}}"#.to_vec(), Err(Unfit::Unreadable)),
            ("html", b"<html>Welcome to the hotel's network</html>".to_vec(), Err(Unfit::Unreadable)),
            ("nothing", vec![], Err(Unfit::Unreadable)),
            (
                "something behind it",
                [answer().to_string().into_bytes(), b"x".to_vec()].concat(),
                Err(Unfit::Unreadable),
            ),
        ] {
            assert_eq!(events(&asked(), &body).map(|_| ()), expected, "{what}");
        }
    }

    #[test]
    fn b8_an_answer_cut_anywhere_acknowledges_nothing() {
        let whole = answer().to_string().into_bytes();
        for length in 0..whole.len() {
            assert_eq!(events(&asked(), &whole[..length]), Err(Unfit::Unreadable), "cut at {length}");
        }
    }

    #[test]
    fn d1_a_service_that_knows_more_of_this_desk_than_the_desk_is_noticed() {
        for (seq, hash, head, expected) in [
            (0, ZERO_HASH, 0, Standing::Sound),
            (0, ZERO_HASH, 5, Standing::Sound),
            (3, "h3", 5, Standing::Sound),
            (5, "h5", 5, Standing::Sound),
            (6, "h6", 5, Standing::Forked),
            (1, "h1", 0, Standing::Forked),
            (5, "x", 5, Standing::Forked),
            (3, "x", 5, Standing::Forked),
            // An entry that this desk has lost itself proves nothing.
            (2, "x", 5, Standing::Sound),
        ] {
            let own = (seq > 2).then(|| format!("h{seq}"));
            let theirs = AuditHead { local_seq: seq, hash: hash.into() };
            assert_eq!(standing(&theirs, head, own.as_deref()), expected, "{seq} {hash} {head}");
        }
    }

    #[test]
    fn a_signed_audit_head_is_verified_and_a_forged_one_noticed() {
        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let install = InstallId::parse("i1").expect("a valid id");
        let head = AuditHead { local_seq: 12, hash: "ab".into() };
        let signature = hex::encode(key.sign(b"turndown-audit-head\nstore\ni1\n12\nab").to_bytes());
        let public = hex::encode(key.verifying_key().to_bytes());
        let good = AuditClosed { head: head.clone(), signature: signature.clone() };
        assert!(head_is_signed(&good, "store", &install, &public));
        let longer = AuditClosed { head: AuditHead { local_seq: 13, ..head.clone() }, signature: signature.clone() };
        assert!(!head_is_signed(&longer, "store", &install, &public));
        assert!(!head_is_signed(&good, "else", &install, &public));
        assert!(!head_is_signed(&good, "store", &install, "not hex"));
        assert!(!head_is_signed(&AuditClosed { head, signature: "00".into() }, "store", &install, &public));
    }
}
