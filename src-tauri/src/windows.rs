//! The two windows: the board (with set-up, the Sync Center and conflicts) and the front desk. Their sizes and titles
//! stand in `tauri.conf.json`; what they may call, in `capabilities/`.
//!
//! Both show the same bundle from inside the binary and stay there: navigation elsewhere and new windows are refused,
//! so that text which a guest supplied cannot take a window out of the app. There is no tray icon: on Linux it cannot be
//! relied on to bring a window back.

use std::path::Path;

use tauri::{AppHandle, Manager, Runtime, Url, WebviewWindowBuilder, webview::NewWindowResponse};

use crate::page;

/// The main window's label. (The front desk's is `front-desk`; only the screens ask for it.)
pub const BOARD: &str = "board";

/// Shows the window with this label, in front; opens it if it is closed.
///
/// # Errors
/// When the configuration has no window of that label, or the window system refuses.
pub fn show<R: Runtime>(app: &AppHandle<R>, label: &str, data_dir: &Path) -> tauri::Result<()> {
    if let Some(window) = app.get_webview_window(label) {
        // Each step is a wish that some window managers do not grant; the others should still happen.
        for step in [window.unminimize(), window.show(), window.set_focus()] {
            if let Err(error) = step {
                tracing::debug!(%error, label, "the window manager refused a step of bringing the window to the front");
            }
        }
        return Ok(());
    }
    let config = app.config().app.windows.iter().find(|window| window.label == label);
    let config = config.ok_or(tauri::Error::WindowNotFound)?;
    let dev_url = if cfg!(dev) { app.config().build.dev_url.clone() } else { None };
    let builder = WebviewWindowBuilder::from_config(app, config)?;
    // What the web view keeps (the chosen theme, a filter) belongs to this desk, like everything else of it.
    let own = data_dir.join("webview");
    let builder = match std::fs::create_dir_all(&own).map(|()| own).or_else(|error| {
        tracing::warn!(%error, "the window's folder cannot be made; what it would keep there is lost with this run");
        passing_folder()
    }) {
        Ok(folder) => builder.data_directory(folder),
        Err(_) => builder.incognito(true),
    };
    let window = builder
        .on_navigation(move |url| {
            let stays = stays_inside(url, dev_url.as_ref());
            if !stays {
                tracing::warn!(%url, "navigation out of the app was refused");
            }
            stays
        })
        .on_new_window(|url, _| {
            tracing::warn!(%url, "a new window was refused");
            NewWindowResponse::Deny
        })
        .build()?;
    page::keep(&window)
}

/// A folder for this run alone. Where a desk's own cannot be written the window must open all the same, to say so.
fn passing_folder() -> std::io::Result<std::path::PathBuf> {
    let folder = std::env::temp_dir().join(format!("turndown-{}", std::process::id()));
    let mut making = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut making, 0o700);
    making.create(&folder)?;
    Ok(folder)
}

/// Whether the address belongs to the app itself.
fn stays_inside(url: &Url, dev_url: Option<&Url>) -> bool {
    // Windows and Android have no schemes of their own; there the same content has this name.
    let built_in = url.scheme() == "tauri" && url.host_str() == Some("localhost")
        || matches!(url.scheme(), "http" | "https") && url.host_str() == Some("tauri.localhost");
    built_in || dev_url.is_some_and(|dev| dev.origin() == url.origin())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_app_itself_can_be_navigated_to() {
        let dev: Url = "http://localhost:1420".parse().unwrap();
        let table = [
            ("tauri://localhost", true, true),
            ("tauri://localhost/index.html#/front-desk", true, true),
            ("http://tauri.localhost/", true, true),
            ("http://localhost:1420/x", false, true),
            ("http://localhost:1421/", false, false),
            ("https://example.com/", false, false),
            ("https://tauri.localhost.example.com/", false, false),
            ("tauri://example.com/", false, false),
            ("file:///etc/passwd", false, false),
            ("data:text/html,x", false, false),
            ("javascript:alert(1)", false, false),
            ("about:blank", false, false),
        ];
        for (address, built, developing) in table {
            let url: Url = address.parse().unwrap();
            assert_eq!(stays_inside(&url, None), built, "{address}");
            assert_eq!(stays_inside(&url, Some(&dev)), developing, "{address} while developing");
        }
    }
}
