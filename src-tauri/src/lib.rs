//! The desktop shell.
mod commands;
mod logging;
mod rendering;
mod settings;
mod windows;

use std::process::ExitCode;
use tauri::Manager;

/// Runs the app.
pub fn run() -> ExitCode {
    let rendering = rendering::settle();
    let context = tauri::generate_context!();
    let settings = settings::Settings::from_environment(&context.config().identifier);
    let _guard = logging::start(&settings.data_dir, settings.log.as_deref());
    tracing::info!(variable = rendering.variable, reason = rendering.reason, "rendering");
    let app = tauri::Builder::default()
        .invoke_handler(tauri::generate_handler![commands::open_window, commands::quit])
        .setup(move |app| {
            windows::show(app.handle(), windows::BOARD, &settings.data_dir)?;
            app.manage(settings);
            Ok(())
        })
        .build(context);
    match app {
        Ok(app) => ExitCode::from(u8::try_from(app.run_return(|_, _| {})).unwrap_or(1)),
        Err(error) => {
            tracing::error!(%error, "the window system could not be started");
            ExitCode::FAILURE
        }
    }
}
