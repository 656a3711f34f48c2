//! The page of a window lives in a process of its own, which belongs to the system's web engine. When that process ends,
//! by a fault of the engine or because the machine ran out of memory, the desk goes on sending and saving, and its window
//! would stay blank. So the page is loaded again: at once the first time, then after a wait that grows, for as long as it
//! takes. What was recorded is the core's and is there; the page itself says that it was drawn anew.
//!
//! On macOS Tauri does this by itself. On Windows the engine shows a page of its own, with a button.

use std::time::Duration;

use tauri::{Runtime, WebviewWindow};

/// Ends that lie further apart have nothing to do with each other.
const RECENTLY: Duration = Duration::from_secs(60);
/// A page that ends again and again is not given up: what makes it end may pass.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// How long to wait before the page is loaded again, when it has ended so often with less than [`RECENTLY`] between.
fn wait(times: u32) -> Duration {
    let doubled = times.saturating_sub(2).min(WAIT_MAX.as_secs().ilog2() + 1);
    if times <= 1 { Duration::ZERO } else { Duration::from_secs(1 << doubled).min(WAIT_MAX) }
}

/// Loads the page of `window` again whenever its process ends.
///
/// # Errors
/// When the window is gone already.
#[cfg(target_os = "linux")]
pub fn keep<R: Runtime>(window: &WebviewWindow<R>) -> tauri::Result<()> {
    use gtk::glib::{self, prelude::ObjectExt};
    use std::{cell::Cell, time::Instant};
    use webkit2gtk::WebViewExt;

    let label = window.label().to_owned();
    window.with_webview(move |platform| {
        let ended = Cell::new((None::<Instant>, 0_u32));
        platform.inner().connect_web_process_terminated(move |view, reason| {
            let (last, times) = ended.get();
            let times = if last.is_some_and(|last| last.elapsed() < RECENTLY) { times.saturating_add(1) } else { 1 };
            let wait = wait(times);
            tracing::error!(label, ?reason, times, ?wait, "the window's page ended unexpectedly; it is loaded again");
            let view = view.downgrade();
            let again = move || {
                if let Some(view) = view.upgrade() {
                    view.reload();
                }
            };
            glib::timeout_add_local_once(wait, again);
            ended.set((Some(Instant::now()), times));
        });
    })
}

/// Other systems' engines see to it themselves.
#[cfg(not(target_os = "linux"))]
pub fn keep<R: Runtime>(_window: &WebviewWindow<R>) -> tauri::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_ends_is_loaded_again_at_once_and_one_that_goes_on_ending_ever_later() {
        let seconds: Vec<u64> = (1..10).map(|times| wait(times).as_secs()).collect();
        assert_eq!(seconds, [0, 1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(wait(u32::MAX), WAIT_MAX);
    }
}
