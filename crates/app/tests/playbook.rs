//! The operator's playbook has a line for whatever one action can be answered.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::path::Path;
use turndown_domain::RefusalCode;
use turndown_protocol::codes;

#[test]
fn l4_whatever_a_single_action_can_be_answered_stands_there_too() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/playbook.md");
    let page = std::fs::read_to_string(page).expect("the playbook");
    let section = page.split("\n## ").find(|section| section.starts_with("What one action can be answered\n"));
    let listed: Vec<&str> = section
        .expect("the section")
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split(" |").next())
        .flat_map(|codes| codes.trim_end_matches('`').split("`, `"))
        .collect();
    let stands = |code: &str| {
        listed
            .iter()
            .any(|listed| *listed == code || listed.strip_suffix("...").is_some_and(|begin| code.starts_with(begin)))
    };
    let refusals = RefusalCode::ALL.iter().map(|code| code.as_str());
    let answers = [
        codes::MISSING_PREDECESSOR,
        codes::BLOCKED,
        codes::TOO_LARGE,
        codes::KEY_REUSE,
        "RETRY_LATER",
        "POISON",
        "ROOM_ON_HOLD",
        "STATUS_CONFLICT_ON_FLUSH",
    ];
    let missing: Vec<&str> = refusals.chain(answers).filter(|code| !stands(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
