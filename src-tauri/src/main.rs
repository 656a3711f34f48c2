//! The desktop app's binary; everything is in the library, which `lib.rs` explains.

// A console window beside the app helps nobody.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    turndown_shell::run()
}
