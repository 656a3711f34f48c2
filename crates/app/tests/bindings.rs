//! The screens' types are made from these ones. The file is committed, so that the screens build without Rust; this
//! test keeps it fresh.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what cannot go on here has failed, and says where")]

use std::fmt::Write as _;
use std::path::Path;
use ts_rs::{Config, TS};
use turndown_app::dto;
use turndown_domain as domain;

macro_rules! declarations {
    ($config:expr, $out:expr; $($type:ty),* $(,)?) => { $(
        if let Some(docs) = <$type>::docs() {
            $out.push_str(&docs);
        }
        writeln!($out, "export {}\n", <$type>::decl($config)).expect("a String takes everything");
    )* };
}

#[test]
fn the_screens_types_are_those_of_the_commands() {
    let config = Config::default();
    let mut made = String::from("// This file is generated from the Rust types by ts-rs. Do not edit it.\n\n");
    declarations!(&config, made;
        domain::RoomId, domain::TaskId, domain::StaffId, domain::Cleanliness, domain::Occupancy, domain::Stay,
        domain::SellabilityKind, domain::Sellability, domain::Guest, domain::Arrival, domain::TaskKind,
        domain::TaskStatus, domain::Priority, domain::InspectionResult, domain::InspectionPolicy, domain::Role,
        domain::ServiceFlag, domain::Verdict, domain::Action,
        domain::ladder::Rung, domain::ladder::Standing,
        dto::Notice, dto::ChangeKind, dto::CommandError, dto::Phase, dto::AppState, dto::Hotel, dto::Person,
        dto::StartNotice, dto::Loading, dto::LinkMode, dto::LinkState, dto::SyncStatus, dto::Ledger, dto::FlushSummary,
        dto::Staleness, dto::Emergency, dto::Guide, dto::GuideStep, dto::LocalState, dto::Column, dto::CannotWork, dto::WaitingShown, dto::Soon, dto::Tile,
        dto::BoardDelta, dto::Suggestions, dto::SuggestedPerson, dto::SafeToGive, dto::ClaimShown, dto::RackRoom, dto::RackTask, dto::FrontDeskDelta, dto::RadioEcho, dto::RadioRoom, dto::RadioProblem, dto::ActRequest, dto::Acted,
        dto::OutboxState, dto::OutboxFilter, dto::RowUndo, dto::OutboxRow, dto::StoryStep, dto::StoryLine, dto::StoryTask, dto::Story, dto::SyncCenter, dto::ConflictHead, dto::MergedNote,
        dto::Authorship, dto::ConflictField, dto::Suggestion, dto::Side, dto::Situation, dto::ConflictView,
        dto::FieldChoice, dto::LookRequest, dto::ResolveRequest,
        dto::FoundHotel, dto::CarriedDesk, dto::RoomOnHold, dto::Exported, dto::DowntimePack, dto::CarryPlaces, dto::CarryPlace, dto::CarryFound, dto::Retried, dto::Brought,
        dto::Outage, dto::ReportPeriod, dto::CameTo, dto::ReportSums, dto::ReportPerson, dto::ReportDecision, dto::ReportRow,
        dto::Report, dto::RoomEffect, dto::RoomOutcome, dto::OutageSummary,
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/bindings/bindings.ts");
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    if kept != made {
        std::fs::write(&path, &made).expect("the screens' folder can be written");
        panic!("the screens' types were out of date; they are written anew in ui/src/bindings: commit them");
    }
}
