//! Domain events as lines of a file.

use super::SinkError;
use super::cloud_event::CloudEvent;
use crate::startup::Refusal;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A file whose lines are events, one each.
#[derive(Debug)]
pub(super) struct Lines {
    path: PathBuf,
    file: File,
}

impl Lines {
    pub(super) fn open(path: &Path) -> Result<Self, Refusal> {
        let file = open_file(path).map_err(|error| {
            Refusal::Input(format!("{} cannot be written: {error}. Name another with --events-file.", path.display()))
        })?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Goes on behind what another process wrote.
    pub(super) fn go_on(&mut self) -> Result<(), SinkError> {
        self.file = open_file(&self.path)?;
        Ok(())
    }

    /// Writes them all, synced, or none.
    pub(super) fn give(&mut self, events: &[CloudEvent]) -> Result<(), SinkError> {
        let file = &mut self.file;
        let mut lines = Vec::new();
        for event in events {
            serde_json::to_writer(&mut lines, event)?;
            lines.push(b'\n');
        }
        let start = file.stream_position()?;
        let written = file.write_all(&lines).and_then(|()| file.sync_data());
        if let Err(error) = written {
            // Half a line must not stay in front of its own repetition.
            file.set_len(start)?;
            file.seek(SeekFrom::Start(start))?;
            return Err(error.into());
        }
        Ok(())
    }
}

/// Opens the file at its end. A last line without its end was cut off by a crash; it is taken away, since its event
/// comes again.
fn open_file(path: &Path) -> std::io::Result<File> {
    let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut byte = [0];
    while end > 0 {
        file.seek(SeekFrom::Start(end - 1))?;
        file.read_exact(&mut byte)?;
        if byte[0] == b'\n' {
            break;
        }
        end -= 1;
    }
    file.set_len(end)?;
    file.seek(SeekFrom::Start(end))?;
    Ok(file)
}
