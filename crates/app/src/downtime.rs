//! The downtime pack on disk: written anew every few minutes while the desk is open, so that there is something to print,
//! or to carry to another computer, when this one or its network is gone. It is in the language of the desk's windows.

use crate::app::{Answer, App};
use crate::cells;
use crate::dto::{DowntimePack, SaidPhrase, Voice};
use crate::errors;
use crate::files::sync_folder;
use crate::views::Names;
use crate::views::board::Clock;
use crate::views::downtime::{Pack, Paper, RACK_HEAD, paper, rack_lines};
use crate::voice::Words;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use turndown_desk::Desk;
use turndown_offline::{Sort, desk_name};
use turndown_phrase::{Phrase, phrase};

/// How often it is written.
const EVERY: Duration = Duration::from_secs(5 * 60);
/// When it is written first: the start has enough to do.
const FIRST_AFTER: Duration = Duration::from_secs(60);
/// How long a pack waits for a page's words. A page that runs answers in a moment.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

const FOLDER: &str = "downtime-pack";
const PAGE: &str = "downtime-pack.html";
const RACK: &str = "room-rack.csv";
/// Tells other programs that the text is UTF-8.
const UTF8_MARK: &[u8] = "\u{feff}".as_bytes();

type Made<T> = Result<T, Box<dyn Error + Send + Sync>>;

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
    pub async fn write_downtime_pack(&self) -> Answer<PathBuf> {
        let desk = self.desk()?;
        self.write_pack(&desk).await;
        match self.pack_written() {
            Some(Ok(_)) => Ok(self.pack_folder().join(PAGE)),
            written => Err(self.error(
                "DOWNTIME_PACK_UNWRITTEN",
                written.and_then(Result::err).unwrap_or_else(|| phrase!("There is no hotel yet to make a pack of.")),
                phrase!("Free some space on this computer's disk. It is tried again every five minutes."),
            )),
        }
    }

    /// A page says sentences of the pack as it shows them, and how it speaks. Answers which are wanted next: a page that
    /// has said none yet hears which are wanted at all.
    #[must_use]
    pub fn say_for_pack(&self, voice: Voice, said: Vec<SaidPhrase>) -> Vec<Phrase> {
        let mut wanted = vec![];
        self.0.speech.send_modify(|speech| wanted = speech.hear(voice, said));
        wanted
    }

    /// Writes the pack for as long as the desk is open: every few minutes, and at once in another voice.
    pub(crate) fn write_packs(&self) {
        let app = Arc::downgrade(&self.0);
        let mut speech = self.0.speech.subscribe();
        tokio::spawn(async move {
            let mut rounds = interval_at(Instant::now() + FIRST_AFTER, EVERY);
            rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut voice = None;
            loop {
                let another = async { speech.wait_for(|speech| speech.voice() != voice.as_ref()).await.map(drop) };
                let is_due = tokio::select! {
                    _ = rounds.tick() => true,
                    heard = another => match heard {
                        Ok(()) => false,
                        Err(_) => return,
                    },
                };
                // Nothing here keeps the database open when everybody else has let go of it.
                let Some(inner) = app.upgrade() else { return };
                let app = Self(inner);
                let Ok(desk) = app.whatever_is_locked() else { return };
                voice = app.0.speech.borrow().voice().cloned();
                if is_due || app.pack_written().is_some() {
                    app.write_pack(&desk).await;
                }
            }
        });
    }

    /// Writes the pack, and remembers how it went. Nothing is written before there is a hotel. One at a time: they share
    /// the names of their files.
    async fn write_pack(&self, desk: &Desk) {
        let _writer = self.0.pack_writer.lock().await;
        let written = match self.pack(desk).await {
            Ok(None) => return,
            Ok(Some(at)) => Ok(at),
            Err(error) => {
                errors::logged("downtime pack", error.as_ref());
                Err(phrase!("The downtime pack could not be written: {error}.", error = error.to_string()))
            }
        };
        self.set_pack_written(written);
    }

    async fn pack(&self, desk: &Desk) -> Made<Option<DateTime<Utc>>> {
        let (app, of) = (self.clone(), desk.clone());
        let Some(made) = spawn_blocking(move || made(&app, &of)).await?? else { return Ok(None) };
        let words = self.words_for(desk, made.paper.phrases()).await;
        let folder = self.pack_folder();
        let at = made.at;
        spawn_blocking(move || store(&folder, &made, &words)).await??;
        Ok(Some(at))
    }

    /// The words of these sentences, as far as there are any in time.
    async fn words_for(&self, desk: &Desk, phrases: BTreeSet<Phrase>) -> Words {
        let mut speech = self.0.speech.subscribe();
        self.0.speech.send_modify(|speech| speech.ask(phrases));
        if self.0.speech.borrow().wants().is_some() {
            // The pages read the frame, and see that they are asked.
            desk.engine().announce(Sort::Status);
            let said = async { speech.wait_for(|speech| speech.is_complete()).await.map(drop) };
            if timeout(ANSWERED_WITHIN, said).await.is_err() {
                tracing::warn!("no window has said all words of the downtime pack: what is left is English");
            }
        }
        self.0.speech.borrow().words()
    }

    fn pack_folder(&self) -> PathBuf {
        self.folder().join(FOLDER)
    }
}

/// A pack before it is in any language.
struct MadePack {
    at: DateTime<Utc>,
    paper: Paper,
    rack: Vec<[String; RACK_HEAD.len()]>,
}

fn made(app: &App, desk: &Desk) -> Made<Option<MadePack>> {
    let Some(book) = desk.book()? else { return Ok(None) };
    let mut rooms = desk.rooms(None)?.rooms;
    rooms.sort_by(|a, b| turndown_domain::radio::natural(&a.unit.room.number, &b.unit.room.number));
    let engine = desk.engine();
    let ledger = engine.ledger()?;
    let staleness = desk.staleness()?;
    let names = Names::of(Some(&book));
    let property = &book.property;
    let at = app.now();
    let pack = Pack {
        hotel: &property.name,
        desk: &desk_name(engine.install_id().as_str()),
        at,
        known_at: staleness.known_at,
        local_seq: ledger.recorded,
        waiting: ledger.waiting,
        clock: Clock {
            service_day: &property.service_day,
            zone: property.time_zone.parse().unwrap_or(chrono_tz::Tz::UTC),
        },
        policy: property.inspection,
        stale: !staleness.is_safe(),
        rooms: &rooms,
        names: &names,
    };
    Ok(Some(MadePack { at, paper: paper(&pack), rack: rack_lines(&pack).collect() }))
}

fn store(folder: &Path, made: &MadePack, words: &Words) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    replace(folder, PAGE, |out| out.write_all(made.paper.html(words).as_bytes()))?;
    replace(folder, RACK, |out| {
        out.write_all(UTF8_MARK)?;
        let mut table = csv::Writer::from_writer(out);
        table.write_record(RACK_HEAD)?;
        for line in &made.rack {
            table.write_record(line.each_ref().map(|cell| cells::plain(cell)))?;
        }
        table.flush()
    })
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
