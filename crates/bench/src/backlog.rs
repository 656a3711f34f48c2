//! How much memory a long backlog takes: two processes of their own open a desk and send what waits, one with nothing
//! to send and one with the backlog; what the second needed more at its highest is the backlog's.

use crate::figures::Figures;
use crate::house::{self, House};
use std::path::Path;
use std::process::Command;
use tokio::runtime::Runtime;
use turndown_offline::Hands;
use turndown_sync::SyncConfig;

/// Measures both.
pub fn memory(folder: &Path, figures: &mut Figures, backlog: usize) {
    const ROOMS: usize = 500;
    let runtime = Runtime::new().expect("threads");
    let mut highest = [0.0, 0.0];
    for (events, highest) in [0, backlog].into_iter().zip(&mut highest) {
        let house = House::open(&folder.join(format!("service-{events}")), ROOMS);
        let desk = runtime.block_on(house.desk("desk"));
        house::record_many(&desk, &(0..ROOMS), 0, events);
        desk.engine().close();
        drop(desk);
        let SyncConfig { address, property_id, store_id, .. } = house.link(&house.url);
        let desk = folder.join(format!("service-{events}")).join("desk");
        let output = Command::new(std::env::current_exe().expect("this program"))
            .arg("send")
            .arg(desk)
            .args([address, house.token.clone(), property_id, store_id])
            .output()
            .expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        *highest = String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number");
        assert_eq!(house.close(), events as u64, "the service holds each event once, and its chain verifies");
    }
    let [without, with] = highest;
    println!(
        "memory of a desk that opens and sends: {without:.1} MB with nothing waiting, {with:.1} MB with {backlog}"
    );
    let what = "MB of memory that 100,000 waiting events add, opening and sending";
    figures.at_most("backlog_100k_rss_mb", with - without, 30.0, what);
    figures.shown("desk_rss_mb", without, "MB of memory of a desk without a window and without a backlog");
}

/// The process that is measured: opens, sends, and says how much memory it had at most, in MB.
pub fn send(folder: &Path, config: SyncConfig) {
    let desk = house::open_desk(folder.to_owned(), Hands::Own, true);
    let runtime = Runtime::new().expect("threads");
    runtime.block_on(house::flush(&desk, config));
    println!("{}", highest_rss_mb());
}

/// As Linux says it; nothing where it does not.
pub fn highest_rss_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().unwrap_or(f64::NAN);
    kib / 1024.0
}
