//! This desk's own record as a file that proves itself (`turndown-audit`), beside the table of a report.

use crate::app::{Answer, App};
use crate::report::Unwritten;
use std::io::{self, Write};
use turndown_audit::file::{Begin, FORMAT, Place, SignedDesk, Whose, Writer};
use turndown_desk::Desk;
use turndown_domain::PropertyBook;
use turndown_offline::{Period, rfc3339};
use turndown_protocol::{PropertyId, ZERO_HASH};
use turndown_sync::SignedHead;

/// How the file's name ends.
pub(crate) const ENDS: &str = ".record.jsonl";
/// Entries read at a time.
const PAGE: u32 = 500;

/// Writes the entries of a period, and what lies between them, because a record has no holes: from the first number of
/// the period to its last. With them goes what the service signed of this desk's chain.
pub(crate) fn write(
    app: &App,
    desk: &Desk,
    book: Option<&PropertyBook>,
    period: Period,
    (first, last): (u64, u64),
    out: &mut dyn Write,
) -> Result<(), Unwritten> {
    let engine = desk.engine();
    let signed = app.check(SignedHead::kept(engine))?;
    let (id, name) = book.map_or(("", ""), |book| (book.property.id.as_str(), book.property.name.as_str()));
    // A desk that has no hotel yet has a record, and its file names none.
    let property_id = PropertyId::parse(id).or_else(|_| PropertyId::parse("-")).map_err(io::Error::other)?;
    let before = first.saturating_sub(1);
    let after = Place { seq: before, hash: app.check(engine.audit_hash(before))?.unwrap_or_else(|| ZERO_HASH.into()) };
    let store_id = match &signed {
        Some(signed) => signed.store_id.clone(),
        None => app.check(engine.fact("store_id"))?.unwrap_or_default(),
    };
    let begin = Begin {
        format: FORMAT,
        whose: Whose::Desk { install_id: engine.install_id() },
        store_id,
        property_id,
        property_name: name.to_owned(),
        signing_key: signed.as_ref().map(|signed| signed.signing_key.clone()).unwrap_or_default(),
        made_at: rfc3339(app.now()),
        whole: before == 0 && last == app.check(engine.audit_head())?.local_seq,
        from: period.from.map(rfc3339),
        to: period.to.map(rfc3339),
        after,
    };
    let mut writer = Writer::begin(out, &begin)?;
    let mut at = before;
    'all: while at < last {
        let page = app.check(engine.audit_entries(at, PAGE))?;
        if page.is_empty() {
            break;
        }
        for line in page {
            if line.local_seq > last {
                break 'all;
            }
            at = line.local_seq;
            writer.event(line.local_seq, line.bytes, line.hash)?;
        }
    }
    let signed = signed.map(|signed| witnessed(app, desk, signed)).transpose()?;
    writer.end(None, signed.into_iter().collect())?;
    Ok(())
}

/// What the service signed, with where the chain of that name begins.
fn witnessed(app: &App, desk: &Desk, signed: SignedHead) -> Answer<SignedDesk> {
    let engine = desk.engine();
    let continued = app.check(engine.continues())?.filter(|_| signed.install_id == engine.install_id());
    let begins = continued.map_or_else(
        || Place { seq: 0, hash: ZERO_HASH.into() },
        |before| Place { seq: before.head.local_seq, hash: before.head.hash },
    );
    let SignedHead { install_id, signing_key, head, signature, .. } = signed;
    let head = Place { seq: head.local_seq, hash: head.hash };
    Ok(SignedDesk { install_id, begins, head, signing_key, signature })
}
