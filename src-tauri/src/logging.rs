//! Where the log goes: readable lines on standard error, and the same as JSON, one file a day, in the data folder. The
//! files hold the telemetry events too, which is what makes them exportable. Two weeks are kept.
//!
//! Deliberately absent: guests' names. Nothing below the shell logs a payload, and nothing here adds one.

use std::{
    io::{IsTerminal, stderr},
    path::Path,
};

use tracing_appender::{
    non_blocking::WorkerGuard,
    rolling::{Builder, RollingFileAppender, Rotation},
};
use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

const FILES_KEPT: usize = 14;
/// The migrations of a new database are many lines that say nothing.
const USUAL: &str = "info,refinery_core=warn";

/// Starts logging. Keep what it returns until the very end: dropping it writes what is still in memory.
///
/// Never fails: where no file can be written (a read-only folder, a full disk) standard error remains, and says why.
pub fn start(data_dir: &Path, filter: Option<&str>) -> Option<WorkerGuard> {
    let (filter, filter_trouble) = match EnvFilter::try_new(filter.unwrap_or(USUAL)) {
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new(USUAL), Some(error)),
    };
    let (file, guard, file_trouble) = match open(&data_dir.join("logs")) {
        Ok(appender) => {
            let (writer, guard) = tracing_appender::non_blocking(appender);
            let layer = tracing_subscriber::fmt::layer().json().with_writer(writer);
            (Some(layer.boxed()), Some(guard), None)
        }
        Err(error) => (None, None, Some(error)),
    };
    let screen =
        tracing_subscriber::fmt::layer().with_writer(stderr).with_ansi(stderr().is_terminal()).with_target(false);
    // Fails only where a subscriber is set already, as when a test starts two apps in one process: then that one stays.
    let _ = tracing_subscriber::registry().with(filter).with(screen).with(file).try_init();

    if let Some(error) = filter_trouble {
        tracing::warn!(%error, "{} cannot be read as a filter; logging \"{USUAL}\" instead", crate::settings::LOG);
    }
    if let Some(error) = file_trouble {
        tracing::warn!(%error, "no log file can be written; the log goes to standard error alone");
    }
    guard
}

fn open(folder: &Path) -> Result<RollingFileAppender, Box<dyn std::error::Error>> {
    std::fs::create_dir_all(folder)?;
    let builder = Builder::new().rotation(Rotation::DAILY).max_log_files(FILES_KEPT);
    Ok(builder.filename_prefix("turndown").filename_suffix("log").build(folder)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_made_leaves_standard_error() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("not-a-folder");
        std::fs::write(&file, "").unwrap();
        assert!(start(&file, Some("not=a=filter")).is_none());
    }
}
