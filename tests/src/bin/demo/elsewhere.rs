//! What other workplaces do meanwhile, so that some of it touches what this desk does.

use crate::day::View;
use crate::expect::Expectation;
use fastrand::Rng;
use serde_json::json;
use std::collections::BTreeSet;
use turndown_domain::{Action, Priority, Sellability, SellabilityKind, StaffId, TaskId, TaskKind, TaskStatus, Unit};
use turndown_gates::{Api, Desk, Service};

/// What somebody elsewhere does to a task.
#[derive(Debug, Clone, Copy)]
enum Doing {
    Cancel,
    GiveToOther,
    Finish,
    Begin,
    Urge,
    /// At the front office's own desk.
    Note,
    /// At the front office's own desk.
    AddWork,
    /// At the front office's own desk.
    OutOfOrder,
}

/// In turn, so that every day has some of each.
const DOINGS: [Doing; 9] = [
    Doing::Cancel,
    Doing::Urge,
    Doing::GiveToOther,
    Doing::Note,
    Doing::Finish,
    Doing::OutOfOrder,
    Doing::Begin,
    Doing::AddWork,
    Doing::GiveToOther,
];

/// The other workplaces.
pub struct Elsewhere {
    rng: Rng,
    api: Api,
    /// The front office has a desk of its own, which stays connected.
    pub office: Desk,
    attendants: Vec<StaffId>,
    actor: String,
    used: BTreeSet<String>,
    /// How many changes were acknowledged to them.
    pub done: usize,
}

impl Elsewhere {
    pub fn new(seed: u64, api: Api, office: Desk, attendants: Vec<StaffId>, actor: String) -> Self {
        Self { rng: Rng::with_seed(seed ^ 0xE15E), api, office, attendants, actor, used: BTreeSet::new(), done: 0 }
    }

    /// One change to a task that this desk has worked on or will.
    pub fn change_one(&mut self, service: &Service, view: &View, expectation: &mut Expectation) {
        let touched = self.rng.u32(..100) < 70;
        // What this desk has touched looks different there: the service has heard of none of it.
        let tiles: Vec<(String, String)> = view
            .tiles()
            .filter(|tile| (tile.status != TaskStatus::Ready) == touched && !self.used.contains(&tile.room_id.0))
            .map(|tile| (tile.room_id.0.clone(), tile.task_id.0.clone()))
            .collect();
        let Some((room, task)) = tiles.get(self.rng.usize(..tiles.len().max(1))).cloned() else { return };
        let row = self.api.room(&room);
        let unit = Unit::from_fields(&row.fields).expect("a room");
        let Some(status) = unit.tasks.iter().find(|(id, _)| id.0 == task).map(|(_, task)| task.status) else { return };
        let assignee = unit.tasks.iter().find(|(id, _)| id.0 == task).and_then(|(_, task)| task.assignee.clone());
        if status != TaskStatus::Ready || unit.room.dnd_since.is_some() {
            return;
        }
        self.used.insert(room.clone());
        let doing = DOINGS[self.done % DOINGS.len()];
        // Every third through the service's own tool, as an operator would; the others through its route.
        let through_tool = self.done.is_multiple_of(3);
        self.done += 1;
        let others: Vec<&StaffId> =
            self.attendants.iter().filter(|person| Some(*person) != assignee.as_ref()).collect();
        let other = others.get(self.rng.usize(..others.len().max(1))).map(|person| person.0.clone());
        let actor = self.actor.clone();
        let after = match (doing, through_tool) {
            (Doing::Cancel, true) => self.tool(service, &room, &task, &["cancel", "--reason", "room change"]),
            (Doing::Cancel, false) => {
                self.api.done(&task, "cancel", &actor, &json!({ "reason": "guest extended" })).fields
            }
            (Doing::Finish, true) => self.tool(service, &room, &task, &["complete"]),
            (Doing::Finish, false) => {
                self.api.done(&task, "start", &actor, &json!({}));
                self.api.done(&task, "complete", &actor, &json!({})).fields
            }
            (Doing::Begin, _) => self.api.done(&task, "start", &actor, &json!({})).fields,
            (Doing::Urge, true) => self.tool(service, &room, &task, &["rush"]),
            (Doing::Urge, false) => {
                self.api.done(&task, "set_priority", &actor, &json!({ "priority": "urgent", "rush": true })).fields
            }
            (Doing::GiveToOther, _) => {
                let Some(to) = other else { return };
                self.api.done(&task, "reassign", &actor, &json!({ "to": to })).fields
            }
            (Doing::Note, _) => self.at_the_office(&room, Action::Note { text: Some("Late checkout agreed".into()) }),
            (Doing::AddWork, _) => self.at_the_office(
                &room,
                Action::AddTask {
                    task: TaskId(format!("add-{}", turndown_gates::intent())),
                    kind: TaskKind::Linen,
                    credits: 2,
                    priority: Priority::Normal,
                    assignee: None,
                    note: Some("Cot for the baby".into()),
                },
            ),
            (Doing::OutOfOrder, _) => self.at_the_office(
                &room,
                Action::SetSellability {
                    sellability: Sellability {
                        kind: SellabilityKind::OutOfOrder,
                        deducts_inventory: true,
                        assignable: false,
                        reason: Some("water from the ceiling".into()),
                    },
                },
            ),
        };
        expectation.acknowledged_elsewhere(&room, after);
    }

    fn tool(&mut self, service: &Service, room: &str, task: &str, what: &[&str]) -> turndown_protocol::Fields {
        let mut arguments = vec!["--task", task];
        arguments.extend(what);
        service.act(&arguments);
        self.api.room(room).fields
    }

    fn at_the_office(&mut self, room: &str, action: Action) -> turndown_protocol::Fields {
        self.office.act(room, action).unwrap_or_else(|error| panic!("the front office's desk: {error}"));
        self.office.wait_drained();
        self.api.room(room).fields
    }

    /// The room as the service has it now.
    pub fn room(&mut self, room: &str) -> turndown_protocol::EntityRow {
        self.api.room(room)
    }

    /// The rest of the demo asks the service through the same caller.
    pub fn api(&mut self) -> &mut Api {
        &mut self.api
    }
}
