//! What the desks know to be acknowledged, held against the service's own trail, entry by entry.

use super::desks::Desks;
use std::collections::BTreeMap;
use turndown_protocol::{AuditPage, Outcome};

/// What the comparison came to.
#[derive(Debug, Default)]
pub struct Account {
    /// New at the desks since the last comparison.
    pub acknowledged: usize,
    /// Acknowledged, and not in the trail as applied or merged.
    pub lost: usize,
    /// In the trail as applied or merged more than once.
    pub doubled: usize,
}

/// Reads the whole trail of each hotel as any auditor does, over the wire.
pub async fn account(desks: &mut Desks, hotels: &[String], url: &str) -> Account {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut account = Account::default();
    for hotel in hotels {
        let mut effects: BTreeMap<String, usize> = BTreeMap::new();
        let mut after = 0;
        loop {
            let asked = client
                .get(format!("{url}/v1/properties/{hotel}/audit?after={after}"))
                .bearer_auth(desks.token_of(hotel))
                .send()
                .await
                .and_then(reqwest::Response::error_for_status)
                .expect("the trail is told");
            let page: AuditPage = asked.json().await.expect("it is a page");
            for entry in page.entries {
                if matches!(entry.outcome, Outcome::Applied | Outcome::Merged) {
                    *effects.entry(entry.event_id.to_string()).or_default() += 1;
                }
            }
            match page.next {
                Some(next) => after = next,
                None => break,
            }
        }
        let acknowledged = desks.acknowledged(hotel);
        account.acknowledged += acknowledged.len();
        account.lost += acknowledged.iter().filter(|id| !effects.contains_key(*id)).count();
        account.doubled += effects.values().filter(|times| **times > 1).count();
    }
    let before = std::mem::replace(&mut desks.accounted, account.acknowledged);
    account.acknowledged -= before;
    account
}
