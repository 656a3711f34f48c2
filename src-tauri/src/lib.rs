//! The desktop shell: start-up, two windows, one-line adapters from IPC to `turndown-app`, and an orderly end.
//!
//! The order of a start: choose how WebKit draws (before GTK exists) → read the environment → log → one tokio runtime
//! for everything → let a desk that already runs on this folder come to the front instead → start the app → open the
//! board. The order of an end stands in [`lifecycle`].
//!
//! Deliberately absent: rules, SQL, HTTP, and anything that a screen or a test could not do without a window; a tray
//! icon; plugins that a page could call; events (a page that is not listening yet would miss them: pages subscribe, and
//! are told a revision).

#[macro_use]
mod surface;

mod commands;
mod feed;
mod lifecycle;
mod logging;
mod page;
mod rendering;
mod settings;
mod windows;

use std::{process::ExitCode, sync::Arc};

use tauri::{AppHandle, Manager, RunEvent, WindowEvent};
use tauri_plugin_window_state::StateFlags;
use turndown_app::{App, AppConfig, SampleHotel, SystemEnvironment};

use crate::{
    feed::Feed,
    lifecycle::{Exit, Lifecycle},
    settings::Settings,
};

/// The table of handlers, from the one list of commands.
macro_rules! handlers {
    ($($name:ident),*) => { tauri::generate_handler![$(commands::$name),*] };
}

/// Runs the app until it ends, and says how it ended.
pub fn run() -> ExitCode {
    let rendering = rendering::settle();
    #[allow(clippy::disallowed_types, reason = "what the macro makes is Tauri's; nothing is decided by its order")]
    let context = tauri::generate_context!();
    let identifier = context.config().identifier.clone();
    let settings = Settings::from_environment(&identifier);
    let log = logging::start(&settings.data_dir, settings.log.as_deref());
    std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        data_dir = %settings.data_dir.display(),
        webkit_variable = rendering.variable,
        rendering = rendering.reason,
        "starting"
    );

    // Tauri would panic on it, in words for programmers.
    #[cfg(target_os = "linux")]
    if let Err(error) = gtk::init() {
        tracing::error!(%error, "there is no display to open a window on; start Turndown in a desktop session");
        return ExitCode::FAILURE;
    }

    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "the machine grants no threads");
            return ExitCode::FAILURE;
        }
    };
    tauri::async_runtime::set(runtime.handle().clone());

    let lifecycle = Lifecycle::default();
    let status = match build(settings, &identifier, context) {
        Ok(app) => app.run_return(move |app, event| on_event(app, &lifecycle, event)),
        Err(error) => {
            tracing::error!(%error, "the window could not be opened; is there a display?");
            1
        }
    };
    tracing::info!(status, "ended");
    runtime.shutdown_background();
    drop(log);
    u8::try_from(status).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn build(settings: Settings, identifier: &str, context: tauri::Context) -> tauri::Result<tauri::App> {
    let mut builder = tauri::Builder::default();
    if !settings.automated {
        // First of all plugins: a second start must end before it touches anything. A window that a test drives is
        // left out, so that tests can run beside each other and beside a desk in use.
        let second_start = tauri_plugin_single_instance::Builder::new()
            .dbus_id(settings.instance_name(identifier))
            .callback(|app: &AppHandle, _arguments, _folder| bring_to_front(app));
        builder = builder.plugin(second_start.build());
    }
    // Where a window stood is left to the window manager: Wayland does not tell, and monitors come and go.
    let window_state = tauri_plugin_window_state::Builder::new()
        .with_state_flags(StateFlags::SIZE | StateFlags::MAXIMIZED)
        // An absolute path replaces the folder the plugin would choose: a desk keeps everything in its own.
        .with_filename(settings.data_dir.join("windows.json").to_string_lossy());
    builder
        .plugin(window_state.build())
        .invoke_handler(with_commands!(handlers))
        .setup(move |app| {
            app.manage(settings.clone());
            app.manage(start(&settings));
            app.manage(Feed::default());
            windows::show(app.handle(), windows::BOARD, &settings.data_dir)?;
            tauri::async_runtime::spawn(lifecycle::exit_on_signal(app.handle().clone()));
            Ok(())
        })
        .build(context)
}

/// Starts the desk itself. Trouble with its database becomes something the window shows.
fn start(settings: &Settings) -> App {
    let sample = settings.sample_url.clone().zip(settings.sample_code_file.clone());
    // The app's own tasks need the runtime around them.
    tauri::async_runtime::block_on(async {
        App::start(AppConfig {
            folder: settings.data_dir.clone(),
            keys: settings.keys,
            sample: sample.map(|(address, code_file)| SampleHotel { address, code_file }),
            version: env!("CARGO_PKG_VERSION"),
            environment: Arc::new(SystemEnvironment),
        })
    })
}

fn on_event(app: &AppHandle, lifecycle: &Lifecycle, event: RunEvent) {
    match event {
        RunEvent::WindowEvent { label, event: WindowEvent::Destroyed, .. } => app.state::<Feed>().forget(&label),
        RunEvent::ExitRequested { api, code, .. } => match lifecycle.exit_wanted() {
            Exit::Drain => {
                api.prevent_exit();
                let (handle, desk) = (app.clone(), App::clone(&app.state::<App>()));
                let lifecycle = lifecycle.clone();
                tauri::async_runtime::spawn(async move {
                    lifecycle.drain(desk.stop()).await;
                    handle.exit(code.unwrap_or(0));
                });
            }
            Exit::Wait => api.prevent_exit(),
            Exit::Go => {}
        },
        _ => {}
    }
}

fn bring_to_front(app: &AppHandle) {
    tracing::info!("started a second time; showing the window that is open");
    let settings = app.state::<Settings>();
    if let Err(error) = windows::show(app, windows::BOARD, &settings.data_dir) {
        tracing::error!(%error, "the board could not be shown");
    }
}
