//! The sample hotel's guide: six steps that tick themselves off by what is really in the database.

use crate::dto::{Guide, GuideStep};
use turndown_desk::Desk;
use turndown_offline::{EngineError, Sql};

/// The fact that the plug was pulled once.
pub const UNPLUGGED: &str = "guide_unplugged";
/// The fact that the guide was put away.
pub const DISMISSED: &str = "guide_dismissed";
/// How many actions count as having worked offline.
const WORKED: u32 = 3;

/// The guide as it stands. `plugged` says whether the desk is connected now, `waiting` how many actions wait.
pub fn read(desk: &Desk, plugged: bool, waiting: u64) -> Result<Guide, EngineError> {
    let unplugged = desk.engine().fact(UNPLUGGED)?.is_some();
    let dismissed = desk.engine().fact(DISMISSED)?.is_some();
    let (started, offline, met, decided) = desk.engine().read(|mut connection| {
        // An event's bytes are canonical JSON: its members stand in alphabetical order, the action first.
        let mut count = |like: &str| -> Result<u32, EngineError> {
            let sql = "SELECT count(*) FROM (SELECT 1 FROM audit_local WHERE bytes LIKE ?1 LIMIT 10)";
            Ok(connection.first(sql, [like], |row| row.get(0))?.unwrap_or(0))
        };
        let started = count(r#"{"action":"start",%"#)? > 0;
        let offline = count(r#"%"mode":"offline",%"workflow":"housekeeping"}"#)?;
        let decided = count(r#"{"action":"resolve",%"#)? > 0;
        let conflicts: u32 = connection.first("SELECT count(*) FROM conflicts", [], |row| row.get(0))?.unwrap_or(0);
        let merges: u32 = connection.first("SELECT count(*) FROM merges", [], |row| row.get(0))?.unwrap_or(0);
        Ok((started, offline, conflicts + merges > 0, decided))
    })?;
    let worked = unplugged && offline >= WORKED;
    let plugged_again = worked && plugged && waiting == 0;
    let step = |id: &str, done: bool| GuideStep { id: id.to_owned(), done };
    Ok(Guide {
        steps: vec![
            step("start", started),
            step("unplug", unplugged),
            step("work", worked),
            step("elsewhere", met || decided),
            step("plug", plugged_again || decided),
            step("decide", decided),
        ],
        dismissed,
    })
}
