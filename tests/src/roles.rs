//! The two programs of a journey, as roles of one binary.
//!
//! `cargo run --bin demo` and `cargo nextest run` build the binary `demo` and no other package's, so the desk and the
//! service are started as `demo desk ...` and `demo service ...`: never missing, never older than the gate. The service
//! is the same one line as its own `main`.

use clap::Parser;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// Plays the role that the first argument names, if it names one.
#[must_use]
pub fn play() -> Option<ExitCode> {
    let mut arguments = std::env::args_os();
    let program = arguments.next()?;
    let role = arguments.next()?;
    let rest = || std::iter::once(program.clone()).chain(std::env::args_os().skip(2));
    match role.to_str() {
        Some("desk") => {
            end_with_parent();
            Some(crate::headless::main(crate::headless::Arguments::parse_from(rest())))
        }
        Some("service") => {
            end_with_parent();
            Some(match turndown_service::cli::run(turndown_service::cli::Cli::parse_from(rest())) {
                Ok(()) => ExitCode::SUCCESS,
                Err(refusal) => {
                    eprintln!("{refusal}");
                    ExitCode::from(refusal.exit_code())
                }
            })
        }
        _ => None,
    }
}

/// A killed harness cannot clean up behind itself; the system does it.
fn end_with_parent() {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL)).expect("the system agrees");
}

/// A command that plays a role.
pub(crate) fn command(role: &str) -> Command {
    let mut command = Command::new(program());
    command.arg(role);
    command
}

/// The binary `demo`: this program itself, or for a gate the one that Cargo built beside it.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn program() -> PathBuf {
    let own = std::env::current_exe().expect("a program knows where it is");
    let name = format!("demo{}", std::env::consts::EXE_SUFFIX);
    if own.file_name().is_some_and(|own| own == name.as_str()) {
        return own;
    }
    let folder =
        own.parent().map(|folder| if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder });
    let program = folder.expect("a program is in a folder").join(name);
    assert!(
        program.exists(),
        "{} is missing. Build it with: cargo build -p turndown-gates --bin demo",
        program.display()
    );
    program
}
