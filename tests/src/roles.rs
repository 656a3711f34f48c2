//! The programs of a journey, as roles of one binary.
//!
//! `cargo run --bin demo` and `cargo nextest run` build the binary `demo` and no other package's, so the desk and the
//! service are started as `demo desk ...` and `demo service ...`, and the auditor's program as `demo audit ...`: never
//! missing, never older than the gate. The service and the auditor's program are the same one line as their own `main`.

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
        Some("audit") => Some(turndown_audit::cli::run(turndown_audit::cli::Cli::parse_from(rest()))),
        _ => None,
    }
}

/// A killed harness cannot clean up behind itself; the system does it.
fn end_with_parent() {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL)).expect("the system agrees");
}

/// A command that plays a role.
#[must_use]
pub fn command(role: &str) -> Command {
    let mut command = Command::new(program());
    command.arg(role);
    command
}

/// The desk's program in a mount of its own: its folder is on a disk of a few megabytes, which goes with the process.
/// Nothing where this machine lets nobody mount one.
#[must_use]
pub fn on_a_small_disk(desk: &crate::Desk, megabytes: u32) -> Option<Command> {
    let tries = Command::new("unshare").args(["--user", "--map-root-user", "--mount", "true"]).status();
    if !tries.is_ok_and(|status| status.success()) {
        return None;
    }
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
    command.arg(r#"mount -t tmpfs -o size="$2"m turndown-gate "$1" && shift 2 && exec "$@""#);
    command.arg("sh").arg(desk.folder()).arg(megabytes.to_string());
    command.arg(program()).arg("desk");
    Some(command)
}

/// A role under `strace`, which has some of its system calls fail as a bad or a full disk does; and what it does to
/// them. Nothing where there is no `strace`, or it is not let.
pub fn with_disk_errors(role: &str, rng: &mut fastrand::Rng) -> Option<(Command, &'static str)> {
    let tries = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).status();
    if !tries.is_ok_and(|status| status.success()) {
        return None;
    }
    let (calls, error, kind) = [
        ("fsync,fdatasync", "EIO", "eio_on_sync"),
        ("pwrite64", "ENOSPC", "enospc_on_write"),
        ("pwrite64", "EIO", "eio_on_write"),
        ("pread64", "EIO", "eio_on_read"),
    ][rng.usize(..4)];
    // Counted thread by thread; now and then once, now and then from there on.
    let first = rng.u32(5..80);
    let when = if rng.bool() { format!("{first}") } else { format!("{first}..{}", first + rng.u32(1..30)) };
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={calls}")]);
    command.args(["-e", &format!("inject={calls}:error={error}:when={when}")]);
    command.arg(program()).arg(role);
    Some((command, kind))
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
