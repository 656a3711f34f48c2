//! One-line adapters: a command's name and arguments as the screens send them, and the handler that answers.

use tauri::{AppHandle, State};

use crate::{settings::Settings, windows};

/// Opens the window, or brings it to the front.
#[tauri::command]
pub async fn open_window(app: AppHandle, settings: State<'_, Settings>, name: String) -> Result<(), String> {
    windows::show(&app, &name, &settings.data_dir).map_err(|error| error.to_string())
}

/// Ends the app, as closing its last window does.
#[tauri::command]
pub fn quit(app: AppHandle) {
    app.exit(0);
}
