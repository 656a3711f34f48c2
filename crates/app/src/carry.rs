//! Work carried by hand from a desk that cannot send it to one that can: the file that one writes, and what the other
//! makes of it.
//!
//! A page names files and never sees into them. It may have one read from anywhere, because all that comes back is
//! whether it was taken; it may have one written only where [`App::carry_places`] says.

use crate::app::{Answer, App};
use crate::dto::{Brought, CarriedDesk, CarryFound, CarryPlace, CarryPlaces, CommandError, Exported};
use crate::files::{free_name, sync_folder};
use crate::views::Names;
use crate::views::outbox::Link;
use crate::{errors, views};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read};
use std::path::{Path, PathBuf};
use turndown_desk::Desk;
use turndown_offline::{
    CARRY_BYTES_MAX, Carrier, CarryFile, CarryHead, CarryHotel, CarryRefusal, RecordError, desk_name, rfc3339,
};
use turndown_phrase::phrase;

/// How a file is called, so that it is found on a stick among others.
const NAME_BEGINS: &str = "turndown-waiting-";
const NAME_ENDS: &str = ".jsonl";
/// Where files lie that somebody put into the desk's own folder to be imported.
const IMPORT: &str = "import";
/// Where an export goes unless somebody names a stick.
const EXPORTS: &str = "exports";
/// Files that are shown for choosing, the newest names first.
const FOUND_MAX: usize = 20;
/// A head is no longer than this.
const HEAD_BYTES_MAX: u64 = 4_096;
/// Open rows of another desk's work that the Sync Center shows; the counts are of all.
const ROWS_SHOWN: u32 = 50;
/// Folders in which systems put the drives that are plugged in: in them directly, or by person.
const DRIVES: [&str; 3] = ["/media", "/run/media", "/Volumes"];

impl App {
    /// Writes what waits and what needs a look, as it will be sent, to a file for another desk: on a drive that
    /// [`App::carry_places`] named, or in the desk's own folder. Whole or not at all.
    ///
    /// # Errors
    /// When there is no such place, the desk has no hotel yet, or the file cannot be written.
    pub fn export_waiting(&self, place: Option<&str>) -> Answer<Exported> {
        let desk = self.desk()?;
        let folder = match place {
            None => self.folder().join(EXPORTS),
            Some(place) => drives().into_iter().find(|drive| drive == Path::new(place)).ok_or_else(|| {
                self.error(
                    "PLACE_GONE",
                    phrase!("That drive is not there any more."),
                    phrase!("Plug it in again, then export again."),
                )
            })?,
        };
        let hotel = self.carry_hotel(&desk)?;
        let book = self.check(desk.book())?;
        let by = self.person(book.as_deref())?.map(|person| person.name).unwrap_or_default();
        let property = book.map(|book| book.property.name.clone()).unwrap_or_default();
        let failed = |error: io::Error| {
            errors::logged("export", &error);
            self.error(
                "EXPORT_FAILED",
                phrase!("The file could not be written."),
                phrase!("Free some space or ask for write access, then export again."),
            )
        };
        let name = desk_name(desk.engine().install_id().as_str()).replace(' ', "-");
        let at = rfc3339(self.now()).replace(':', "-");
        fs::create_dir_all(&folder).map_err(failed)?;
        let path = free_name(&folder, &format!("{NAME_BEGINS}{name}-{at}"), NAME_ENDS);
        let unfinished = path.with_extension("part");
        let out = File::create(&unfinished).map_err(failed)?;
        let mut out = BufWriter::new(out);
        let written = self.check(desk.engine().write_waiting(hotel, property, by, &mut out));
        let written = written.and_then(|written| {
            written
                .and_then(|events| {
                    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
                    fs::rename(&unfinished, &path)?;
                    sync_folder(&folder).map(|()| events)
                })
                .map_err(failed)
        });
        if written.is_err() {
            // Half a file helps nobody, and may be what fills the stick.
            let _ = fs::remove_file(&unfinished);
        }
        Ok(Exported { path: path.display().to_string(), events: written? })
    }

    /// Where an export can go beside the desk's own folder, and which files there are to import.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub fn carry_places(&self) -> Answer<CarryPlaces> {
        let desk = self.desk()?;
        let own = desk.engine().install_id();
        let hotel = self.carry_hotel(&desk).ok();
        let drives = drives();
        let place = |path: &PathBuf| CarryPlace { path: path.display().to_string(), name: name_of(path) };
        let places = drives.iter().map(place).collect();
        let mut folders = drives;
        folders.push(self.folder().join(IMPORT));
        let files =
            folders.iter().flat_map(|folder| found(folder, own.as_str(), hotel.as_ref())).take(FOUND_MAX).collect();
        Ok(CarryPlaces { own_folder: self.folder().join(EXPORTS).display().to_string(), places, files })
    }

    /// Takes another desk's file, to send what is in it in that desk's stead.
    ///
    /// # Errors
    /// Why nothing of it was taken.
    pub fn import_waiting(&self, path: &str) -> Answer<Brought> {
        let desk = self.desk()?;
        let actor = self.actor()?;
        let hotel = self.carry_hotel(&desk)?;
        // As a file manager copies it.
        let path = Path::new(path.trim().trim_matches(['"', '\'']));
        let bytes = read(path).map_err(|error| {
            errors::logged("import", &error);
            self.error(
                "CARRY_FILE_UNREADABLE",
                phrase!("The file cannot be read."),
                phrase!("Look whether the stick is still in, and choose it again."),
            )
        })?;
        let bytes = bytes.ok_or(CarryRefusal::TooLarge);
        let file = bytes.and_then(|bytes| CarryFile::read(bytes, &hotel)).map_err(|refusal| self.refused(refusal))?;
        let carrier = Carrier { event_id: self.new_event_id(), actor };
        let brought = match desk.engine().carry(file, carrier) {
            Ok(brought) => brought,
            Err(RecordError::Refused(refusal)) => return Err(self.refused(refusal)),
            Err(RecordError::Engine(error)) => return self.check(Err(error)),
        };
        tracing::info!(desk = brought.desk, events = brought.events, brought = brought.brought, "a file was imported");
        self.wake();
        let turndown_offline::Brought { desk, events, brought, own } = brought;
        Ok(Brought { desk, events, brought, own })
    }

    /// Gives another desk's action up that the service did not take, with what its desk did behind it.
    ///
    /// # Errors
    /// When there is no reason, nothing to give up, or the database refuses.
    pub fn discard_carried(&self, event_id: &str, reason: &str) -> Answer<()> {
        let desk = self.desk()?;
        self.refuse_unless_may("discard", &serde_json::Value::Null)?;
        let actor = self.actor()?;
        self.acted(desk.discard_carried(&self.event_id(event_id)?, self.new_event_id(), actor, reason))?;
        self.wake();
        Ok(())
    }

    /// Other desks' work, for the Sync Center.
    pub(crate) fn carried(&self, desk: &Desk, names: &Names, link: Link<'_>) -> Answer<Vec<CarriedDesk>> {
        let in_flight = desk.engine().in_flight();
        let on_hold = self.check(desk.engine().on_hold())?;
        let mut shown = Vec::new();
        for carried in self.check(desk.engine().carried(ROWS_SHOWN))? {
            let mut rows = Vec::with_capacity(carried.rows.len());
            for row in &carried.rows {
                let unit = self.check(desk.room(&row.sealed.event.entity.id))?.map(|row| row.unit);
                rows.push(views::carried::row(row, &carried.name, unit.as_ref(), names, &in_flight, &on_hold, link));
            }
            shown.push(views::carried::desk(&carried, rows, names));
        }
        Ok(shown)
    }

    /// What a database that went back to a backup has lost of other desks' work is taken up from the files that were kept.
    pub(crate) fn carry_again(&self, desk: Desk, hotel: CarryHotel) {
        tokio::task::spawn_blocking(move || match desk.engine().carry_again(&hotel) {
            Ok(0) => {}
            Ok(back) => tracing::warn!(back, "carried actions that the database had lost are back"),
            Err(error) => tracing::warn!(%error, "the carried files could not be looked through"),
        });
    }

    fn carry_hotel(&self, desk: &Desk) -> Answer<CarryHotel> {
        if let Some(hotel) = self.linked_hotel() {
            return Ok(hotel);
        }
        self.check(desk.carry_hotel())?.ok_or_else(|| {
            self.error(
                "NO_HOTEL",
                phrase!("This desk belongs to no hotel yet."),
                phrase!("Connect it to your hotel first, then do it again."),
            )
        })
    }

    fn refused(&self, refusal: CarryRefusal) -> CommandError {
        self.error(refusal.code(), refusal.message(), refusal.next_step())
    }
}

/// A whole file; `None` where it is longer than any that a desk writes.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    // Looked at first, because opening a pipe would wait for whoever writes into it.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = vec![];
    // The length that a file says is no promise.
    File::open(path)?.take(CARRY_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes).filter(|bytes| bytes.len() as u64 <= CARRY_BYTES_MAX))
}

/// The drives that are plugged in.
#[cfg(unix)]
fn drives() -> Vec<PathBuf> {
    let folders = |above: &Path| -> Vec<PathBuf> {
        let entries =
            fs::read_dir(above).map(|entries| entries.flatten().map(|entry| entry.path()).collect::<Vec<_>>());
        entries.unwrap_or_default().into_iter().filter(|path| path.is_dir()).collect()
    };
    let mut drives: Vec<PathBuf> = DRIVES
        .iter()
        .flat_map(|above| folders(Path::new(above)))
        .flat_map(|folder| if is_drive(&folder) { vec![folder] } else { folders(&folder) })
        .filter(|folder| is_drive(folder))
        .collect();
    drives.sort();
    drives
}

/// Whether another file system begins here.
#[cfg(unix)]
fn is_drive(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| fs::metadata(path).map(|metadata| metadata.dev()).ok();
    let here = device(folder);
    here.is_some() && folder.parent().is_some_and(|above| device(above) != here)
}

/// The drives that are plugged in: every letter behind the system's own.
#[cfg(not(unix))]
fn drives() -> Vec<PathBuf> {
    ('D'..='Z').map(|letter| PathBuf::from(format!("{letter}:\\"))).filter(|drive| drive.is_dir()).collect()
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// The files in a folder that look like a desk's, the newest names first.
fn found(folder: &Path, own: &str, hotel: Option<&CarryHotel>) -> Vec<CarryFound> {
    let is_ours = |name: &OsStr| {
        let name = name.to_string_lossy();
        name.starts_with(NAME_BEGINS) && name.ends_with(NAME_ENDS)
    };
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect()).unwrap_or_default();
    paths.retain(|path| path.file_name().is_some_and(is_ours));
    paths.sort_by(|one, other| other.cmp(one));
    paths.truncate(FOUND_MAX);
    paths.into_iter().map(|path| look(&path, own, hotel)).collect()
}

fn look(path: &Path, own: &str, hotel: Option<&CarryHotel>) -> CarryFound {
    let mut beginning = vec![];
    let head = match File::open(path).and_then(|file| file.take(HEAD_BYTES_MAX).read_to_end(&mut beginning)) {
        Ok(_) => CarryHead::read(&beginning),
        Err(_) => Err(CarryRefusal::NotOurs),
    };
    let fits = |head: &CarryHead| match hotel {
        Some(hotel) if head.property_id != hotel.property_id || head.store_id != hotel.store_id => {
            Some(CarryRefusal::OtherHotel)
        }
        _ if head.install_id.as_str() == own => Some(CarryRefusal::Own),
        _ => None,
    };
    let problem = head.as_ref().map_or_else(|refusal| Some(*refusal), fits);
    let head = head.ok();
    let said = |part: fn(&CarryHead) -> &str| head.as_ref().map(|head| part(head).to_owned()).unwrap_or_default();
    CarryFound {
        path: path.display().to_string(),
        file: name_of(path),
        place: path.parent().map(name_of).unwrap_or_default(),
        desk: said(|head| &head.desk),
        by: said(|head| &head.by),
        at: said(|head| &head.at),
        events: head.as_ref().map_or(0, |head| head.events),
        problem: problem.map(|refusal| refusal.message()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn files_on_a_stick_are_named_with_whose_they_are_or_why_they_cannot_be_taken() {
        let stick = tempfile::tempdir().expect("a folder");
        let hotel = CarryHotel { property_id: "hotel".into(), store_id: "store".into() };
        let head = |install: &str, property: &str| {
            json!({
                "format": "turndown-carry", "version": 1, "property_id": property, "property_name": "Hotel",
                "store_id": "store", "install_id": install, "desk": format!("Desk {install}"), "by": "Lea",
                "at": "2016-03-25T11:32:00.000Z", "local_seq": 50, "events": 40,
            })
            .to_string()
        };
        for (name, text) in [
            ("turndown-waiting-a-1.jsonl", head("other", "hotel")),
            ("turndown-waiting-a-2.jsonl", head("own", "hotel")),
            ("turndown-waiting-a-3.jsonl", head("other", "elsewhere")),
            ("turndown-waiting-a-4.jsonl", "JFIF".into()),
            ("turndown-waiting-a-5.part", head("other", "hotel")),
            ("holiday.jpg", "JFIF".into()),
        ] {
            fs::write(stick.path().join(name), text).expect("written");
        }
        let files = found(stick.path(), "own", Some(&hotel));
        let told: Vec<(&str, &str, u64, Option<CarryRefusal>)> = files
            .iter()
            .map(|file| {
                let all = [CarryRefusal::NotOurs, CarryRefusal::Own, CarryRefusal::OtherHotel];
                let problem = all.into_iter().find(|refusal| file.problem == Some(refusal.message()));
                (file.file.as_str(), file.desk.as_str(), file.events, problem)
            })
            .collect();
        assert_eq!(
            told,
            [
                ("turndown-waiting-a-4.jsonl", "", 0, Some(CarryRefusal::NotOurs)),
                ("turndown-waiting-a-3.jsonl", "Desk other", 40, Some(CarryRefusal::OtherHotel)),
                ("turndown-waiting-a-2.jsonl", "Desk own", 40, Some(CarryRefusal::Own)),
                ("turndown-waiting-a-1.jsonl", "Desk other", 40, None),
            ],
            "the newest names first"
        );
        assert!(found(&stick.path().join("gone"), "own", Some(&hotel)).is_empty());
        assert!(!is_drive(&stick.path().join("gone")));

        let first = free_name(stick.path(), "turndown-waiting-b", NAME_ENDS);
        fs::write(&first, "").expect("written");
        assert_ne!(free_name(stick.path(), "turndown-waiting-b", NAME_ENDS), first, "no export takes another's place");
        assert!(read(stick.path()).is_err(), "a folder is no file");
    }
}
