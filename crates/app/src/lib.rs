//! What the screens can ask for: the handlers behind every IPC command, free of Tauri.
pub mod dto;
