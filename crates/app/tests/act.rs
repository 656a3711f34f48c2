//! What the screens are answered when somebody did something.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod house;

use house::{Computer, hotel, start};
use turndown_app::dto::{ActRequest, Column};

use turndown_domain::{Action, RoomId, TaskId};

#[tokio::test]
async fn h12_the_answer_to_an_action_has_what_it_changed_on_the_board() {
    let folder = tempfile::tempdir().unwrap();
    let computer = Computer::at("2016-03-25T10:00:00Z");
    hotel(folder.path(), &computer);
    let app = start(folder.path(), &computer);
    let _listener = app.listen().unwrap();
    app.choose_person("lea").unwrap();
    let shown = app.board(None).unwrap();
    let task = shown.tiles[0].task_id.clone();
    let act = |intent: &str, action, since| {
        app.act(ActRequest { intent_id: intent.into(), room_id: RoomId("101".into()), action, since }).unwrap()
    };
    let started = act("i1", Action::Start { task: TaskId(task.0.clone()) }, Some(shown.revision));
    let change = started.board.expect("it was asked for");
    assert!(!change.full && change.revision >= started.revision);
    assert_eq!(change.rooms, [RoomId("101".into())]);
    assert_eq!(change.tiles.iter().map(|tile| tile.column).collect::<Vec<_>>(), [Column::InProgress]);
    // The same once more is the same action; what it changed is asked from another place.
    let again = act("i1", Action::Start { task: TaskId(task.0.clone()) }, Some(change.revision));
    assert_eq!(again.event_id, started.event_id);
    assert_eq!(again.board.unwrap().tiles, []);
    assert!(act("i2", Action::Pause { task: TaskId(task.0) }, None).board.is_none(), "nobody shows a board");
}
