//! What a repair takes at a desk with a long record: two processes of their own open such a desk whose database has lost
//! its end, one with a backup of the same day beside it and one without.

use crate::audit::fill_desk;
use crate::backlog::highest_rss_mb;
use crate::figures::Figures;
use crate::house;
use std::fs::OpenOptions;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use turndown_offline::{Hands, Sql};

const ROOMS: usize = 500;

/// Measures both.
pub fn long_record(folder: &Path, figures: &mut Figures, entries: usize) {
    for (name, with_backup, keys) in [
        ("with a backup", true, ["repair_400k_s", "repair_400k_rss_mb"]),
        ("alone", false, ["repair_alone_400k_s", "repair_alone_400k_rss_mb"]),
    ] {
        let place = folder.join(name.replace(' ', "-"));
        let desk = house::open_desk(place.clone(), Hands::Own, true);
        house::move_in_alone(&desk, ROOMS);
        drop(desk);
        fill_desk(&place.join("desk.db"), entries);
        // The first start writes the second copy.
        let desk = house::open_desk(place.clone(), Hands::Own, true);
        if with_backup {
            desk.engine().back_up_if_due(Duration::ZERO).expect("it is taken").expect("there is none yet");
        }
        drop(desk);
        let database = OpenOptions::new().write(true).open(place.join("desk.db")).expect("it opens");
        let length = database.metadata().expect("it has a length").len();
        database.set_len(length / 2).expect("it is cut");
        let output = Command::new(std::env::current_exe().expect("this program"))
            .arg("repair")
            .args([place, entries.to_string().into()])
            .output()
            .expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8_lossy(&output.stdout);
        let (seconds, mb) = said.trim().split_once(' ').expect("two figures");
        println!("a repair of {entries} entries, {name}: {seconds} s, {mb} MB at most");
        let number = |text: &str| text.parse::<f64>().expect("a number");
        let what = "seconds to open a desk of 400,000 waiting events that lost half its database";
        figures.shown(keys[0], number(seconds), what);
        figures.shown(keys[1], number(mb), "MB of memory that it had at most");
    }
}

/// The process that is measured: opens, and says how long it took and how much memory it had at most, in MB.
pub fn open(folder: &Path, entries: u64) {
    let began = Instant::now();
    let desk = house::open_desk(folder.to_owned(), Hands::Own, true);
    let took = began.elapsed().as_secs_f64();
    let kept: Option<u64> = desk
        .engine()
        .read(|mut connection| connection.first("SELECT count(*) FROM audit_local", [], |row| row.get(0)))
        .expect("it is read");
    assert!(kept.is_some_and(|kept| kept > entries), "the record is whole, with the repair in it: {kept:?}");
    println!("{took:.2} {:.1}", highest_rss_mb());
}
