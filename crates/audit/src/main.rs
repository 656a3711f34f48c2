//! `turndown-audit`: proves exported audit trails, with no service, desk or network.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    turndown_audit::cli::run(turndown_audit::cli::Cli::parse())
}
