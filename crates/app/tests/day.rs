//! The day roll of a desk that nobody tells anything. tokio's clock is paused; the computer's is the test's own.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod house;

use house::{Computer, hotel, start, until};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use turndown_app::App;
use turndown_app::dto::ActRequest;
use turndown_domain::{Action, RoomId, TaskId};

fn day(app: &App) -> String {
    app.app_state().unwrap().hotel.unwrap().service_day
}

/// Tasks on the board.
fn tasks(app: &App) -> Vec<String> {
    app.board(None).unwrap().tiles.into_iter().map(|tile| tile.task_id.0).collect()
}

async fn a_look_later() {
    tokio::time::sleep(Duration::from_secs(6)).await;
}

#[tokio::test(start_paused = true)]
async fn h1_a_desk_that_is_alone_begins_each_day_by_the_hotels_clock() {
    let folder = tempfile::tempdir().unwrap();
    let computer = Computer::at("2016-03-25T10:00:00Z");
    hotel(folder.path(), &computer);
    let heard = Arc::new(Mutex::new(0));
    let app = start(folder.path(), &computer);
    let mut listener = app.listen().unwrap();
    let count = Arc::clone(&heard);
    tokio::spawn(async move {
        while listener.next().await.is_some() {
            *count.lock().unwrap() += 1;
        }
    });
    app.choose_person("lea").unwrap();
    a_look_later().await;
    assert_eq!((day(&app).as_str(), tasks(&app)), ("2016-03-25", vec!["h:101:stayover:2016-03-25".to_owned()]));
    for (intent, action) in [
        ("i1", Action::Start { task: TaskId("h:101:stayover:2016-03-25".into()) }),
        ("i2", Action::Complete { task: TaskId("h:101:stayover:2016-03-25".into()) }),
    ] {
        app.act(ActRequest { intent_id: intent.into(), room_id: RoomId("101".into()), action, since: None }).unwrap();
    }
    assert_eq!(tasks(&app).len(), 1, "what is done stays for the day");
    let known = app.board(None).unwrap().revision;

    // Three at night in Kabul is half past ten in the evening here.
    computer.set("2016-03-25T22:29:59Z");
    a_look_later().await;
    assert_eq!(day(&app), "2016-03-25");
    let before = *heard.lock().unwrap();
    computer.set("2016-03-25T22:30:00Z");
    a_look_later().await;
    assert_eq!(day(&app), "2016-03-26");
    assert!(*heard.lock().unwrap() > before, "every window hears of it");
    assert_eq!(tasks(&app), ["h:101:stayover:2016-03-26"], "what was done yesterday is over");
    assert!(app.board(Some(known)).unwrap().full, "every room is judged by the new day");
    // The writer's thread tells the new revision in its own time.
    until("every room is judged by it once", || {
        let known = app.board(None).unwrap().revision;
        !app.board(Some(known)).unwrap().full
    })
    .await;
    assert_eq!(app.app_state().unwrap().day_to_begin, None);

    // The computer was off for three days, or its clock is wrong: nothing begins by itself.
    computer.set("2016-03-28T10:00:00Z");
    a_look_later().await;
    let state = app.app_state().unwrap();
    assert_eq!((day(&app).as_str(), state.day_to_begin.as_deref()), ("2016-03-26", Some("2016-03-28")));
    // What stood on the screen is what begins.
    assert_eq!(app.begin_day("2016-03-29").unwrap_err().code, "DAY_NOT_DUE");
    app.begin_day("2016-03-28").unwrap();
    let state = app.app_state().unwrap();
    assert_eq!((day(&app).as_str(), state.day_to_begin), ("2016-03-28", None));
    assert_eq!(
        tasks(&app),
        ["h:101:stayover:2016-03-26", "h:101:stayover:2016-03-28"],
        "what is open of a day before stays"
    );
    app.begin_day("2016-03-28").expect("pressed twice");

    // A clock of another time begins nothing and asks nothing.
    for at in ["1970-01-01T00:00:00Z", "2038-01-19T03:14:08Z", "2016-03-27T10:00:00Z"] {
        computer.set(at);
        a_look_later().await;
        assert_eq!((day(&app).as_str(), app.app_state().unwrap().day_to_begin), ("2016-03-28", None), "{at}");
    }
    app.stop().await;
}
