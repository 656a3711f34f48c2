//! The downtime pack on disk: written anew every few minutes while the desk is open, so that there is something to print,
//! or to carry to another computer, when this one or its network is gone.

use crate::app::{Answer, App};
use crate::cells;
use crate::dto::DowntimePack;
use crate::errors;
use crate::files::sync_folder;
use crate::views::Names;
use crate::views::board::Clock;
use crate::views::downtime::{Pack, RACK_HEAD, page, rack_lines};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use turndown_desk::Desk;
use turndown_offline::desk_name;
use turndown_phrase::phrase;

/// How often it is written.
pub(crate) const EVERY: Duration = Duration::from_secs(5 * 60);

const FOLDER: &str = "downtime-pack";
const PAGE: &str = "downtime-pack.html";
const RACK: &str = "room-rack.csv";
/// Tells other programs that the text is UTF-8.
const UTF8_MARK: &[u8] = "\u{feff}".as_bytes();

impl App {
    /// Where the pack is, as of when, and why it could not be written last.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub fn downtime_pack(&self) -> Answer<DowntimePack> {
        self.desk()?;
        let written = self.pack_written();
        let problem = written.as_ref().and_then(|written| written.as_ref().err().cloned());
        let written_at = written.and_then(Result::ok).map(crate::views::time);
        Ok(DowntimePack { folder: self.pack_folder().display().to_string(), written_at, problem })
    }

    /// Writes the pack now and answers where its page is, for somebody who is about to print it.
    ///
    /// # Errors
    /// When the database refuses or the page cannot be written.
    pub fn write_downtime_pack(&self) -> Answer<PathBuf> {
        let desk = self.desk()?;
        self.write_pack(&desk);
        match self.pack_written() {
            Some(Ok(_)) => Ok(self.pack_folder().join(PAGE)),
            written => Err(self.error(
                "DOWNTIME_PACK_UNWRITTEN",
                written.and_then(Result::err).unwrap_or_else(|| phrase!("There is no hotel yet to make a pack of.")),
                phrase!("Free some space on this computer's disk. It is tried again every five minutes."),
            )),
        }
    }

    /// Writes the pack, and remembers how it went. Nothing is written before there is a hotel.
    pub(crate) fn write_pack(&self, desk: &Desk) {
        let written = match pack(self, desk) {
            Ok(None) => return,
            Ok(Some(at)) => Ok(at),
            Err(error) => {
                errors::logged("downtime pack", error.as_ref());
                Err(phrase!("The downtime pack could not be written: {error}.", error = error.to_string()))
            }
        };
        self.set_pack_written(written);
    }

    fn pack_folder(&self) -> PathBuf {
        self.folder().join(FOLDER)
    }
}

fn pack(app: &App, desk: &Desk) -> Result<Option<chrono::DateTime<chrono::Utc>>, Box<dyn std::error::Error>> {
    let Some(book) = desk.book()? else { return Ok(None) };
    let mut rooms = desk.rooms(None)?.rooms;
    rooms.sort_by(|a, b| turndown_domain::radio::natural(&a.unit.room.number, &b.unit.room.number));
    let engine = desk.engine();
    let staleness = desk.staleness()?;
    let names = Names::of(Some(&book));
    let property = &book.property;
    let at = app.now();
    let pack = Pack {
        hotel: &property.name,
        desk: &desk_name(engine.install_id().as_str()),
        at,
        known_at: staleness.known_at,
        local_seq: engine.ledger()?.recorded,
        waiting: engine.ledger()?.waiting,
        clock: Clock {
            service_day: &property.service_day,
            zone: property.time_zone.parse().unwrap_or(chrono_tz::Tz::UTC),
        },
        policy: property.inspection,
        stale: !staleness.is_safe(),
        rooms: &rooms,
        names: &names,
    };
    let folder = app.pack_folder();
    fs::create_dir_all(&folder)?;
    replace(&folder, PAGE, |out| out.write_all(page(&pack).as_bytes()))?;
    replace(&folder, RACK, |out| {
        out.write_all(UTF8_MARK)?;
        let mut table = csv::Writer::from_writer(out);
        table.write_record(RACK_HEAD)?;
        for line in rack_lines(&pack) {
            table.write_record(line.map(|cell| cells::plain(&cell)))?;
        }
        table.flush()
    })?;
    Ok(Some(at))
}

/// Puts a file in the place of the one before, whole or not at all: half a pack is none.
fn replace(folder: &Path, name: &str, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), io::Error> {
    let unfinished = folder.join(format!("{name}.part"));
    let finished = File::create(&unfinished)
        .and_then(|mut out| {
            write(&mut out)?;
            out.sync_all()
        })
        .and_then(|()| fs::rename(&unfinished, folder.join(name)))
        .and_then(|()| sync_folder(folder));
    if finished.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    finished
}
