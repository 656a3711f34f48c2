//! What happens to a desk's machine behind its program's back: files that go bad, a machine that is put back to an older
//! copy of itself (D1) or copied to another one (D2), and a newer program (I1).

use super::{Due, World, waiting};
use crate::disk::{Aim, Fault, FileClass};
use crate::world::network::Net;
use std::path::Path;
use std::time::Duration;

fn is_backup(path: &Path) -> bool {
    path.to_str().is_some_and(|path| FileClass::of(path) == FileClass::Backup)
}

/// Desks of a hotel, with those that were made from copies of others.
const DESKS_MOST: usize = 6;

impl World {
    /// Damages the bad one of the two files of a desk that does not run, or keeps it as it is for another time.
    pub(super) fn damage(&mut self, n: usize) {
        self.rot_a_backup(n);
        let Some(side) = self.plan.bad_side else { return };
        match self.rng.u8(..4) {
            0 | 1 => {
                let older = self.older.get(&n).map_or(&[][..], Vec::as_slice);
                if let Some(damage) = side.damage(&self.desks[n].disk, older, &mut self.rng) {
                    tracing::debug!(n, damage.kind, "a file of a desk that does not run is damaged");
                    self.kinds.count(&damage.kind);
                    self.desks[n].has_branches |= damage.puts_back;
                }
            }
            2 => {
                self.older.insert(n, side.keep(&self.desks[n].disk));
            }
            _ => {}
        }
    }

    /// The first desk's database is large before anything happens, where the plan has it.
    pub(super) async fn begin_large(&mut self) -> Result<(), String> {
        if self.plan.large { self.desks[0].begin_large().await } else { Ok(()) }
    }

    /// A desk takes a backup, and its disk may let a bit of it turn over while it is looked through.
    pub(super) fn back_up(&mut self, n: usize) {
        if !self.plan.calm && self.rng.u8(..4) == 0 {
            let at = self.rng.u64(1..60);
            self.desks[n].disk.arm(Aim::any(Fault::BitRot).on(FileClass::Backup), at);
        }
        match self.desks[n].back_up() {
            Ok(true) => self.came.count("backup_taken"),
            Ok(false) => {}
            Err(code) => self.came.count(&format!("backup_not_taken_{}", code.to_lowercase())),
        }
    }

    /// Bits of a backup turn over while the desk does not run.
    fn rot_a_backup(&mut self, n: usize) {
        if !self.plan.backups || self.plan.calm || self.rng.u8(..3) != 0 {
            return;
        }
        let disk = &self.desks[n].disk;
        let backups: Vec<_> = disk.paths().into_iter().filter(|path| is_backup(path)).collect();
        if !backups.is_empty() {
            let one = &backups[self.rng.usize(..backups.len())];
            for _ in 0..self.rng.u8(1..5) {
                disk.flip_bit(one);
            }
        }
    }

    /// Somebody may keep a copy of a desk's whole disk.
    pub(super) fn keep_image(&mut self, n: usize) {
        if self.plan.copies > 0.0 && self.desks[n].disk.is_on() && self.rng.bool() {
            self.desks[n].keep_image();
        }
    }

    /// Somebody sets up another machine from a copy of a desk's disk (D2), or puts an older copy back (D1).
    pub(super) async fn copy_desk(&mut self, n: usize) {
        if !self.desks[n].disk.is_on() {
            return;
        }
        if self.rng.bool() && self.desks.len() < DESKS_MOST {
            // The copy is of one instant, also where the desk runs.
            if self.rng.bool() {
                self.desks[n].close().await;
                self.after(Duration::from_secs(60), Due::DeskStarts(n));
            }
            self.clone_desk(n);
            return;
        }
        self.desks[n].close().await;
        if self.desks[n].put_back() {
            self.older.remove(&n);
            self.kinds.count("desk_put_back");
        } else {
            self.desks[n].keep_image();
        }
        self.after(Duration::from_secs(60), Due::DeskStarts(n));
    }

    fn clone_desk(&mut self, n: usize) {
        let seed = self.rng.u64(..);
        let name = format!("desk-{}-{}", self.plan.seed, self.desks.len());
        let (mishaps, streams) = (self.plan.mishaps, self.plan.streams);
        let net = Net::new(self.service.front.clone(), self.kinds.clone(), seed, mishaps, streams);
        let clone = self.desks[n].clone_on(&name, net, seed);
        self.desks.push(clone);
        self.kinds.count("desk_cloned");
        self.begin_day(self.desks.len() - 1);
    }

    /// A newer program comes, whatever waits.
    pub(super) async fn update_desk(&mut self, n: usize) {
        if self.desks[n].is_updated() {
            return;
        }
        let waits = waiting(&self.desks[n]) > 0;
        self.desks[n].close().await;
        self.desks[n].update();
        self.kinds.count(if waits { "updated_with_work_waiting" } else { "updated" });
        self.after(Duration::from_secs(60), Due::DeskStarts(n));
    }
}
