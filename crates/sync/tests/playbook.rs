//! The operator's playbook has a line for every reason that a desk can give for not sending, and for no other.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::collections::BTreeSet;
use std::path::Path;
use turndown_sync::Cause;

#[test]
fn l4_every_reason_on_screen_stands_in_the_operators_playbook_with_what_to_do() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/playbook.md");
    let page = std::fs::read_to_string(page).expect("the playbook");
    let section = page.split("\n## ").find(|section| section.starts_with("Reason codes\n")).expect("the section");
    let listed: Vec<&str> =
        section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`').map(|(code, _)| code)).collect();
    let reasons = Cause::ALL.map(Cause::code);
    assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), BTreeSet::from(reasons));
    assert_eq!(listed.len(), reasons.len(), "each once");
}
