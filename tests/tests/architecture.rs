//! The house rules that a compiler does not hold: who may depend on whom, what only one crate may know, and that a
//! command is spelled the same in the four places that must name it.
//!
//! The tables below are the rule; `ARCHITECTURE.md` explains it. A line is added here when the design changes, not to
//! make a build pass.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// What each package may use of ours, in what ships. Anything not listed is a violation, a new package included.
const MAY_USE: &[(&str, &[&str])] = &[
    ("turndown-protocol", &[]),
    ("turndown-phrase", &[]),
    ("turndown-audit", &["turndown-protocol"]),
    ("turndown-sabotage", &[]),
    ("turndown-domain", &["turndown-phrase", "turndown-protocol"]),
    ("turndown-offline", &["turndown-phrase", "turndown-protocol", "turndown-sabotage"]),
    (
        "turndown-desk",
        &["turndown-domain", "turndown-offline", "turndown-phrase", "turndown-protocol", "turndown-sabotage"],
    ),
    ("turndown-sync", &["turndown-offline", "turndown-phrase", "turndown-protocol", "turndown-sabotage"]),
    (
        "turndown-app",
        &[
            "turndown-audit",
            "turndown-desk",
            "turndown-domain",
            "turndown-offline",
            "turndown-phrase",
            "turndown-protocol",
            "turndown-sync",
        ],
    ),
    ("turndown-service", &["turndown-audit", "turndown-domain", "turndown-protocol", "turndown-sabotage"]),
    (
        "turndown-sim",
        &[
            "turndown-desk",
            "turndown-domain",
            "turndown-offline",
            "turndown-protocol",
            "turndown-sabotage",
            "turndown-service",
            "turndown-sync",
        ],
    ),
    (
        "turndown-bench",
        &[
            "turndown-desk",
            "turndown-domain",
            "turndown-offline",
            "turndown-protocol",
            "turndown-service",
            "turndown-sync",
        ],
    ),
    ("turndown", &["turndown-app", "turndown-phrase"]),
    (
        "turndown-gates",
        &[
            "turndown-app",
            "turndown-audit",
            "turndown-desk",
            "turndown-domain",
            "turndown-offline",
            "turndown-protocol",
            "turndown-service",
            "turndown-sync",
        ],
    ),
];

/// Nothing may use these, not even a test: the window takes minutes to build.
const USED_BY_NOBODY: &[&str] = &["turndown", "turndown-gates"];

/// What only these packages may use. The name ends with `*` where it stands for all that begin so.
const ONLY: &[(&str, &[&str])] = &[
    ("tauri*", &["turndown"]),
    ("wry", &[]),
    (
        "rusqlite",
        &["turndown-offline", "turndown-desk", "turndown-service", "turndown-sim", "turndown-bench", "turndown-gates"],
    ),
    ("tokio-postgres*", &["turndown-service"]),
    ("deadpool*", &["turndown-service"]),
    ("async-nats", &["turndown-service"]),
    ("refinery", &["turndown-offline", "turndown-desk", "turndown-service", "turndown-sim"]),
    ("reqwest", &["turndown-sync", "turndown-service", "turndown-gates", "turndown-bench"]),
    ("opentelemetry*", &["turndown-service"]),
    ("tracing-opentelemetry", &["turndown-service"]),
    ("prost", &["turndown-service"]),
    ("axum", &["turndown-service", "turndown-sim", "turndown-gates"]),
    ("keyring-core", &["turndown-app"]),
    ("zbus-secret-service-keyring-store", &["turndown-app"]),
    ("apple-native-keyring-store", &["turndown-app"]),
    ("windows-native-keyring-store", &["turndown-app"]),
    ("ts-rs", &["turndown-app", "turndown-domain", "turndown-phrase"]),
];

/// Rules and messages are pure: no I/O, no async, no chance. (The clock is banned by clippy.toml.) What proves a trail
/// needs no more than a file.
const PURE: &[&str] = &["turndown-domain", "turndown-protocol", "turndown-audit"];
const IMPURE: &[&str] =
    &["tokio*", "async-*", "futures*", "hyper*", "reqwest", "axum", "rusqlite", "rand*", "getrandom", "tracing*"];

#[derive(Debug, Clone, PartialEq, Eq)]
struct Edge {
    from: String,
    to: String,
    /// Used by tests alone.
    in_tests: bool,
}

fn edge(from: &str, to: &str, in_tests: bool) -> Edge {
    Edge { from: from.into(), to: to.into(), in_tests }
}

fn stands_for(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

/// The rule itself, over the packages of this workspace and all that they name as dependencies.
fn violations(packages: &BTreeSet<String>, edges: &[Edge]) -> Vec<String> {
    let may_use: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let mut found = Vec::new();
    for package in packages {
        if !may_use.contains_key(package.as_str()) {
            found.push(format!("{package} has no line in MAY_USE"));
        }
    }
    for Edge { from, to, in_tests } in edges {
        let ours = packages.contains(to);
        if ours && USED_BY_NOBODY.contains(&to.as_str()) {
            found.push(format!("{from} uses {to}, which nothing may use"));
        } else if ours && !in_tests && !may_use.get(from.as_str()).is_some_and(|list| list.contains(&to.as_str())) {
            found.push(format!("{from} uses {to}"));
        }
        if *in_tests {
            continue;
        }
        for (pattern, only) in ONLY {
            if stands_for(pattern, to) && !only.contains(&from.as_str()) {
                found.push(format!("{from} uses {to}; only {only:?} may"));
            }
        }
        if PURE.contains(&from.as_str()) && IMPURE.iter().any(|pattern| stands_for(pattern, to)) {
            found.push(format!("{from} is pure and uses {to}"));
        }
    }
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests have a folder of their own").to_owned()
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON")
}

fn workspace() -> (BTreeSet<String>, Vec<Edge>) {
    let metadata = metadata();
    let text = |value: &Value| value.as_str().expect("a string").to_owned();
    let (mut packages, mut edges) = (BTreeSet::new(), Vec::new());
    for package in metadata["packages"].as_array().expect("packages") {
        let from = text(&package["name"]);
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            // What builds a package is not in it.
            if dependency["kind"].as_str() != Some("build") {
                edges.push(edge(&from, &text(&dependency["name"]), dependency["kind"].as_str() == Some("dev")));
            }
        }
        packages.insert(from);
    }
    (packages, edges)
}

#[test]
fn dependencies_point_one_way() {
    let (packages, edges) = workspace();
    assert!(packages.contains("turndown-domain") && packages.len() >= MAY_USE.len(), "{packages:?}");
    let found = violations(&packages, &edges);
    assert!(found.is_empty(), "{found:#?}");
}

/// Nothing that ships can be armed: the feature is the simulator's alone, it asks for it by a feature of its own that is
/// off by default, and nothing asks for that one. The broken versions depend on nothing.
#[test]
fn no_shipped_package_can_be_a_broken_version() {
    let metadata = metadata();
    let armed = |value: &Value| value.to_string().contains("turndown-sabotage/armed");
    for package in metadata["packages"].as_array().expect("packages") {
        let name = package["name"].as_str().expect("a name");
        let dependencies = package["dependencies"].as_array().expect("dependencies");
        if name == "turndown-sabotage" {
            assert!(dependencies.is_empty(), "{dependencies:?}");
            assert_eq!(package["features"], serde_json::json!({ "armed": [] }));
        }
        for dependency in dependencies {
            let features = dependency["features"].to_string();
            let asks = dependency["name"] == "turndown-sabotage" && features.contains("armed");
            assert!(!asks, "{name} arms what it ships");
            assert!(
                dependency["name"] != "turndown-sim" || !features.contains("sabotage"),
                "{name} arms the simulator"
            );
        }
        for (feature, enables) in package["features"].as_object().expect("features") {
            let own = name == "turndown-sim" && feature == "sabotage";
            assert!(own || !armed(enables), "{name} arms by its feature {feature}");
            let asks = enables.to_string();
            assert!(!asks.contains("turndown-sim/sabotage"), "{name} arms the simulator by its feature {feature}");
            assert!(feature != "default" || !asks.contains("sabotage"), "{name} is armed by default");
        }
    }
}

#[test]
fn the_rule_would_notice() {
    let (packages, edges) = workspace();
    let wrong = [
        edge("turndown-domain", "turndown-offline", false),
        edge("turndown-protocol", "turndown-domain", false),
        edge("turndown-offline", "turndown-domain", false),
        edge("turndown-service", "turndown-offline", false),
        edge("turndown-sync", "turndown-app", false),
        edge("turndown", "turndown-sync", false),
        edge("turndown-app", "turndown", true),
        edge("turndown-app", "tauri", false),
        edge("turndown-app", "tauri-plugin-sql", false),
        edge("turndown-app", "rusqlite", false),
        edge("turndown-desk", "reqwest", false),
        edge("turndown-domain", "tokio", false),
        edge("turndown-protocol", "rand_core", false),
    ];
    for wrong in wrong {
        let mut edges = edges.clone();
        edges.push(wrong.clone());
        assert!(!violations(&packages, &edges).is_empty(), "{wrong:?} went unnoticed");
    }
    let mut packages = packages;
    packages.insert("turndown-till".into());
    assert_eq!(violations(&packages, &edges), ["turndown-till has no line in MAY_USE"]);
}

/// The screens meet Tauri in one folder, so that they run (and are tested) in a browser too.
#[test]
fn only_the_platform_folder_of_the_screens_knows_tauri() {
    let (mut read, mut found) = (0, Vec::new());
    let mut folders = vec![root().join("ui/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("a folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "ts" || ending == "tsx") {
                read += 1;
                let inside = path.starts_with(root().join("ui/src/platform"));
                let text = fs::read_to_string(&path).expect("a source file is text");
                if !inside && (text.contains("@tauri-apps/") || text.contains("__TAURI")) {
                    found.push(path);
                }
            }
        }
    }
    assert!(read > 0, "no screens found");
    assert!(found.is_empty(), "these know Tauri: {found:#?}");
}

/// The names between `open` and `close` in a file, without what surrounds a name there.
fn names(path: &str, open: &str, close: &str, around: &[char]) -> Vec<String> {
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let (_, after) = text.split_once(open).unwrap_or_else(|| panic!("{path} has no {open}"));
    let (list, _) = after.split_once(close).unwrap_or_else(|| panic!("{path} does not close {open}"));
    let list: Vec<String> = list
        .split(',')
        .map(|name| name.trim().trim_matches(around).to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    assert!(list.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_')), "{path}: {list:?}");
    list
}

fn granted(window: &str) -> Vec<String> {
    let path = root().join(format!("src-tauri/capabilities/{window}.json"));
    let capability: Value = serde_json::from_slice(&fs::read(path).expect("a capability file")).expect("JSON");
    assert_eq!(capability["windows"], serde_json::json!([window]), "one file, one window");
    assert!(capability.get("remote").is_none(), "nothing remote may call");
    let permissions = capability["permissions"].as_array().expect("permissions");
    permissions
        .iter()
        .map(|permission| {
            let permission = permission.as_str().expect("a plain permission");
            permission.strip_prefix("allow-").unwrap_or_else(|| panic!("{permission} is not ours")).replace('-', "_")
        })
        .collect()
}

/// A window can call what its capability grants, and that is commands of ours alone; the isolation frame lets the same
/// names through.
#[test]
fn commands_are_the_same_in_every_list() {
    let declared = names("src-tauri/src/surface.rs", "$with! {", "}", &[]);
    assert!(declared.contains(&"act".to_owned()) && declared.len() > 20, "{declared:?}");
    assert_eq!(declared.iter().collect::<BTreeSet<_>>().len(), declared.len(), "a command is declared twice");
    assert_eq!(names("src-tauri/isolation/index.js", "new Set([", "])", &['\'']), declared, "isolation");
    assert_eq!(granted("board"), declared, "the board is the desk: it may do everything");
    let front_desk = granted("front-desk");
    assert!(front_desk.iter().all(|name| declared.contains(name)), "{front_desk:?}");
    let beyond_a_room = [
        "resolve",
        "send_to_look",
        "retry_event",
        "discard_event",
        "retry_failed",
        "put_on_hold",
        "let_go",
        "open_sample_hotel",
        "connect_hotel",
    ];
    assert!(
        !front_desk.iter().any(|name| beyond_a_room.contains(&name.as_str())),
        "the front desk's window records what is done to a room, and nothing else"
    );
}
