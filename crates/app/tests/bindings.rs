//! The screens' types are made from these ones, and the sentences that they translate are gathered from the sources. The
//! files are committed, so that the screens build without Rust; these tests keep them fresh.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what cannot go on here has failed, and says where")]

use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeSet;
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
        domain::ladder::Rung, domain::ladder::Standing, turndown_phrase::Phrase, turndown_phrase::Arg,
        dto::Notice, dto::ChangeKind, dto::CommandError, dto::Phase, dto::AppState, dto::SignIn, dto::Hotel, dto::Person,
        dto::StartNotice, dto::Loading, dto::LinkMode, dto::LinkState, dto::SyncStatus, dto::Ledger, dto::FlushSummary,
        dto::Staleness, dto::Emergency, dto::Guide, dto::GuideStep, dto::LocalState, dto::Column, dto::CannotWork, dto::WaitingShown, dto::Soon, dto::Tile,
        dto::BoardDelta, dto::Suggestions, dto::SuggestedPerson, dto::SafeToGive, dto::ClaimShown, dto::RackRoom, dto::RackTask, dto::FrontDeskDelta, dto::RadioEcho, dto::RadioRoom, dto::RadioProblem, dto::ActRequest, dto::Recorded, dto::Acted,
        dto::OutboxState, dto::OutboxFilter, dto::RowUndo, dto::DayBegan, dto::OutboxRow, dto::StoryStep, dto::StoryLine, dto::StoryTask, dto::Story, dto::SyncCenter, dto::ConflictHead, dto::MergedNote,
        dto::Authorship, dto::ConflictField, dto::Suggestion, dto::Side, dto::Situation, dto::ConflictView,
        dto::FieldChoice, dto::LookRequest, dto::ResolveRequest,
        dto::FoundHotel, dto::CarriedDesk, dto::RoomOnHold, dto::Exported, dto::DowntimePack, dto::Voice, dto::Direction, dto::SaidPhrase, dto::CarryPlaces, dto::CarryPlace, dto::CarryFound, dto::Retried, dto::Brought,
        dto::Outage, dto::ReportPeriod, dto::CameTo, dto::ReportSums, dto::ReportPerson, dto::ReportDecision, dto::ReportRow,
        dto::Report, dto::RoomEffect, dto::RoomOutcome, dto::OutageSummary,
    );
    keep("bindings.ts", &made);
}

/// Every template is a literal of `phrase!`, so they are all in the sources, whoever says them and wherever.
#[test]
fn the_screens_know_every_phrase() {
    let mut templates = BTreeSet::new();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for each in std::fs::read_dir(&crates).expect("the crates are here") {
        let path = each.expect("a crate").path();
        // What makes phrases says none.
        if !path.ends_with("phrase") {
            gather_below(&path.join("src"), &mut templates);
        }
    }
    gather_below(&crates.join("../src-tauri/src"), &mut templates);
    // What has no words of its own needs no translation.
    templates.retain(|template| !(template.starts_with('{') && template.find('}') == Some(template.len() - 1)));
    assert!(templates.contains("Started the {task}") && templates.len() > 100, "{} phrases", templates.len());
    let mut made = String::from(
        "// This file is generated from the sentences of the Rust code. Do not edit it.\n\n\
         import type { MessageDescriptor } from \"@lingui/core\";\n\
         import { msg } from \"@lingui/core/macro\";\n\n\
         export const PHRASES: Record<string, MessageDescriptor> = {\n",
    );
    for template in templates {
        let text = serde_json::to_string(&template).expect("text");
        writeln!(made, "  {text}: msg({{ message: {text} }}),").expect("a String takes everything");
    }
    made.push_str("};\n");
    keep("phrases.ts", &made);
}

fn gather_below(folder: &Path, templates: &mut BTreeSet<String>) {
    for each in std::fs::read_dir(folder).into_iter().flatten() {
        let path = each.expect("a file").path();
        if path.is_dir() {
            gather_below(&path, templates);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = std::fs::read_to_string(&path).expect("a source file");
            gather(source.parse().expect("Rust"), templates);
        }
    }
}

/// The first literal of every `phrase!(…)`, also inside other macros.
fn gather(source: TokenStream, templates: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = source.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        gather(group.stream(), templates);
        let is_phrase = at >= 2
            && matches!(&tokens[at - 1], TokenTree::Punct(bang) if bang.as_char() == '!')
            && matches!(&tokens[at - 2], TokenTree::Ident(name) if name == "phrase");
        if let (true, Some(first)) = (is_phrase, group.stream().into_iter().next()) {
            let template: syn::LitStr = syn::parse2(first.into()).expect("a phrase begins with its template");
            templates.insert(template.value());
        }
    }
}

/// Holds a file of the screens to what is made here.
fn keep(name: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/bindings").join(name);
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    if kept != made {
        std::fs::write(&path, made).expect("the screens' folder can be written");
        panic!("{name} was out of date; it is written anew in ui/src/bindings: commit it");
    }
}
