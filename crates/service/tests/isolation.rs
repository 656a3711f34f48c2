//! Three hotels on one service. Every route with every verb is asked with every hotel's token about every other hotel,
//! and about its own with the other's names: nothing of another comes out, and nothing there changes.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod common;

use common::{Answer, Desk, Service, house};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use turndown_domain::{Action, TaskId};
use turndown_protocol::{Fields, SealedEvent, Snapshot};
use turndown_service::store::Import;

const HOTELS: [&str; 3] = ["astoria", "plaza", "ritz"];

/// What stands in a hotel's rooms, names and notes, and nowhere else.
fn secret(hotel: &str) -> String {
    format!("secret-of-{hotel}")
}

fn room(hotel: &str) -> String {
    format!("{hotel}-101")
}

fn task(hotel: &str) -> String {
    format!("t-{hotel}-101")
}

/// A hotel whose rooms, tasks and people are called by its name.
fn import(hotel: &str) -> Import {
    let mut made = house(hotel, 3);
    made.book.property.name = secret(hotel);
    for person in &mut made.book.staff {
        person.name = secret(hotel);
    }
    for (entity, fields) in &mut made.entities {
        entity.id = format!("{hotel}-{}", entity.id);
        let renamed = fields
            .iter()
            .map(|(path, value)| (path.replacen("task/t-", &format!("task/t-{hotel}-"), 1), value.clone()));
        *fields = renamed.collect::<Fields>();
        fields.set("room/number", json!(entity.id));
        fields.set("room/note", json!(secret(hotel)));
    }
    made
}

struct Tenant {
    hotel: &'static str,
    token: String,
    desk: Desk,
    sent: SealedEvent,
    cursor: String,
}

/// Three hotels in which something has been done: by a desk, by a single action and by the PMS.
async fn three_hotels() -> (Service, Vec<Tenant>) {
    let mut service = Service::open().await;
    service.stop().await;
    for hotel in HOTELS {
        service.import_day(&import(hotel), false);
    }
    service.start().await;
    let mut tenants = vec![];
    for hotel in HOTELS {
        service.token = service.enroll(hotel);
        let snapshot: Snapshot = service.get(&format!("/v1/properties/{hotel}/snapshot")).await.json();
        let rows = snapshot.rows.iter().map(|row| (row.entity.clone(), (row.fields.clone(), row.version))).collect();
        let mut desk = Desk::new(serde_json::from_value(snapshot.reference.document.clone()).unwrap(), rows);
        let sent = desk.record(&room(hotel), &Action::Start { task: TaskId(task(hotel)) });
        let body: Value = serde_json::from_str(&service.batch(&desk, &[&sent])).unwrap();
        let answer: Value = service.post(&format!("/v1/properties/{hotel}/events"), &body).await.json();
        assert_eq!(answer["results"][0]["outcome"], "applied", "{answer}");
        let report = json!({ "reports": [{
            "version": 3, "of": "room", "room": format!("{hotel}-103"),
            "sellability": { "kind": "out_of_service", "deducts_inventory": false, "assignable": false, "reason": secret(hotel) },
        }] });
        let answer: Value = service.post(&format!("/v1/properties/{hotel}/front-office/reports"), &report).await.json();
        assert_eq!(answer["results"][0]["outcome"], "taken", "{answer}");
        let act = format!("/v1/properties/{hotel}/housekeeping/tasks/t-{hotel}-102/start");
        let act = service.request(Method::POST, &act).header("X-Idempotency-Key", "k");
        assert_eq!(Answer::of(act.json(&json!({ "actor_id": "ana" }))).await.status, 200);
        tenants.push(Tenant { hotel, token: service.token.clone(), desk, sent, cursor: snapshot.cursor });
    }
    (service, tenants)
}

/// Everything that a hotel's own token shows of it.
async fn all_of(service: &Service, tenant: &Tenant) -> Vec<Vec<u8>> {
    let mut all = vec![];
    for what in ["snapshot".to_owned(), "audit".to_owned(), format!("entities/room/{}/story", room(tenant.hotel))] {
        let path = format!("{}/v1/properties/{}/{what}", service.url, tenant.hotel);
        all.push(Answer::of(service.client.get(path).bearer_auth(&tenant.token)).await.body);
    }
    all
}

/// A body that fits a route, made of what the other hotel has.
fn body_for(path: &str, service: &Service, other: &Tenant) -> Value {
    let body = if path.ends_with("/events") {
        service.batch(&other.desk, &[&other.sent])
    } else if path.ends_with("/handshake") {
        json!({ "audit_head": other.desk.head() }).to_string()
    } else if path.ends_with("/reports") {
        let sellability = json!({ "kind": "in_service", "deducts_inventory": false, "assignable": true });
        json!({ "reports": [{ "version": 9, "of": "room", "room": room(other.hotel), "sellability": sellability }] })
            .to_string()
    } else {
        json!({ "actor_id": "ana", "args": {}, "_idempotencyKey": "k" }).to_string()
    };
    serde_json::from_str(&body).unwrap()
}

#[tokio::test]
async fn no_route_verb_or_name_of_another_hotel_shows_or_changes_anything_of_it() {
    let (service, tenants) = three_hotels().await;
    let mut before: BTreeMap<&str, Vec<Vec<u8>>> = BTreeMap::new();
    for tenant in &tenants {
        let all = all_of(&service, tenant).await;
        assert!(String::from_utf8_lossy(&all[0]).contains(&secret(tenant.hotel)), "what is looked for is there");
        before.insert(tenant.hotel, all);
    }
    let document: Value = service.get("/openapi.json").await.json();
    let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    let mut asked = 0;
    for path in paths {
        for other in &tenants {
            for own in tenants.iter().filter(|own| own.hotel != other.hotel) {
                // The other hotel by its name, and one's own with the names of what the other has.
                for property in [other.hotel, own.hotel] {
                    let filled = path
                        .replace("{property}", property)
                        .replace("{install}", other.desk.install.as_str())
                        .replace("{task}", &task(other.hotel))
                        .replace("{action}", "complete")
                        .replace("{kind}", "room")
                        .replace("{id}", &room(other.hotel))
                        .replace("{code}", "0000-0000");
                    let stream = filled.ends_with("/stream");
                    let cursor =
                        if filled.contains("/changes") { format!("?cursor={}", other.cursor) } else { String::new() };
                    for method in [
                        Method::GET,
                        Method::HEAD,
                        Method::POST,
                        Method::PUT,
                        Method::PATCH,
                        Method::DELETE,
                        Method::OPTIONS,
                    ] {
                        // One's own stream has no end, and `changes` beside it says the same.
                        if stream && property == own.hotel {
                            continue;
                        }
                        let url = format!("{}{filled}{cursor}", service.url);
                        let mut request = service.client.request(method.clone(), url).bearer_auth(&own.token);
                        if method == Method::POST {
                            request = request.json(&body_for(path, &service, other));
                        }
                        let answer = Answer::of(request).await;
                        let said = format!("{method} {filled} with the token of {}", own.hotel);
                        let shown = String::from_utf8_lossy(&answer.body);
                        assert!(!shown.contains(&secret(other.hotel)), "{said} shows {shown}");
                        if path.contains("{property}") && property == other.hotel {
                            assert!([403, 405].contains(&answer.status.as_u16()), "{said}: {}", answer.status);
                        }
                        if path.ends_with("/handshake") && method == Method::POST {
                            assert_eq!(answer.json::<Value>()["highest_local_seq"], 0, "{said}");
                        }
                        asked += 1;
                    }
                }
            }
        }
    }
    assert!(asked > 1_000, "{asked}");
    // One's own got what one sent oneself; of another's nothing was sent with its own token.
    for tenant in &tenants {
        let all = all_of(&service, tenant).await;
        let rows = |all: &[Vec<u8>]| serde_json::from_slice::<Value>(&all[0]).unwrap()["rows"].clone();
        assert_eq!(rows(&all), rows(&before[tenant.hotel]), "the rooms of {}", tenant.hotel);
        let shown = all.concat();
        for other in HOTELS.iter().filter(|other| **other != tenant.hotel) {
            assert!(!String::from_utf8_lossy(&shown).contains(&secret(other)), "{other} at {}", tenant.hotel);
        }
    }
}

#[tokio::test]
async fn without_a_token_no_hotel_shows_anything() {
    let (service, tenants) = three_hotels().await;
    for tenant in &tenants {
        for what in ["snapshot", "changes", "audit", "suggestions", "front-office/reports", "events"] {
            let url = format!("{}/v1/properties/{}/{what}", service.url, tenant.hotel);
            for (method, token) in
                [(Method::GET, None), (Method::POST, None), (Method::GET, Some("wrong")), (Method::POST, Some("wrong"))]
            {
                let request = service.client.request(method.clone(), &url);
                let request = match token {
                    Some(token) => request.bearer_auth(token),
                    None => request,
                };
                let answer = Answer::of(request).await;
                assert!([401, 405].contains(&answer.status.as_u16()), "{method} {url}: {}", answer.status);
            }
        }
    }
}
