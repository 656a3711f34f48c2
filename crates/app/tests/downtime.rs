//! The downtime pack in the words of a window. tokio's clock is paused: it moves on when nothing is running any more.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod house;

use house::{Computer, hotel, until};
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use turndown_app::App;
use turndown_app::dto::{Direction, SaidPhrase, Voice};
use turndown_offline::Sort;

fn start(folder: &Path) -> App {
    let computer = Computer::at("2016-03-25T10:00:00Z");
    hotel(folder, &computer);
    house::start(folder, &computer)
}

fn voice(lang: &str, digits: &str) -> Voice {
    Voice { lang: lang.into(), dir: Direction::Rtl, digits: digits.into(), calendar: "solarHijri".into() }
}

/// Far less than a round, by the test's own clock.
const AT_ONCE: Duration = Duration::from_secs(30);
async fn until_wanted(app: &App, voice: &Voice) {
    until("words are wanted", || app.app_state().unwrap().pack_wants.as_ref() == Some(voice)).await;
}

/// What a page does: it says what is wanted in its voice until nothing is.
async fn answer(app: &App, voice: &Voice, how: impl Fn(&str) -> String) -> usize {
    until_wanted(app, voice).await;
    let (mut said, mut wanted) = (0, app.say_for_pack(voice.clone(), vec![]));
    while !wanted.is_empty() {
        said += wanted.len();
        let words = |phrase: &turndown_phrase::Phrase| how(&phrase.to_string());
        let answers = wanted.iter().map(|phrase| SaidPhrase { phrase: phrase.clone(), words: words(phrase) }).collect();
        wanted = app.say_for_pack(voice.clone(), answers);
    }
    said
}

fn page(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("downtime-pack/downtime-pack.html")).unwrap_or_default()
}

async fn page_with(folder: &Path, mark: &str) -> String {
    until(mark, || page(folder).contains(mark)).await;
    page(folder)
}

#[tokio::test(start_paused = true)]
async fn the_pages_are_told_that_words_are_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let app = start(folder.path());
    let pashto = voice("ps", "arabext");
    let _ = app.say_for_pack(pashto.clone(), vec![]);
    let engine = app.desk().unwrap().engine().clone();
    let news = engine.notices();
    let told = |sort: Sort| news.borrow().changed.get(&sort).copied();
    let before = (told(Sort::Status), told(Sort::Outbox));
    let writes = tokio::spawn({
        let app = app.clone();
        async move { app.write_downtime_pack().await }
    });
    until_wanted(&app, &pashto).await;
    // What is told is told in its order: when this has arrived, so has what came before.
    engine.announce(Sort::Outbox);
    until("the news arrive", || told(Sort::Outbox) != before.1).await;
    assert_ne!(told(Sort::Status), before.0);
    answer(&app, &pashto, str::to_owned).await;
    writes.await.unwrap().unwrap();
    app.stop().await;
}

#[tokio::test(start_paused = true)]
async fn without_a_window_the_pack_is_english_and_waits_for_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let app = start(folder.path());
    let before = Instant::now();
    app.write_downtime_pack().await.unwrap();
    assert_eq!(before.elapsed(), Duration::ZERO, "by the test's own clock");
    assert_eq!(app.app_state().unwrap().pack_wants, None);
    let page = page(folder.path());
    assert!(page.contains(r#"<html lang="en" dir="ltr">"#) && page.contains("As of 2016-03-25 14:30"), "{page}");
    app.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_pack_is_written_in_the_words_of_the_window_and_the_table_beside_it_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let app = start(folder.path());
    app.write_downtime_pack().await.unwrap();
    let table = || std::fs::read_to_string(folder.path().join("downtime-pack/room-rack.csv")).unwrap_or_default();
    let before = table();
    std::fs::remove_dir_all(folder.path().join("downtime-pack")).unwrap();

    let pashto = voice("ps", "arabext");
    assert!(app.say_for_pack(pashto.clone(), vec![]).is_empty(), "nothing is wanted yet");
    let said = answer(&app, &pashto, |words| format!("⟦{words}⟧")).await;
    assert!(said > 30, "{said}");
    let page = page_with(folder.path(), "⟦Room rack⟧").await;
    assert!(page.contains(r#"<html lang="ps" dir="rtl">"#) && !page.contains(r#"lang="en""#), "{page}");
    until("the table stands beside it", || !table().is_empty()).await;
    assert!(before.contains("101") && table() == before);
    assert_eq!(app.app_state().unwrap().pack_wants, None);
    app.stop().await;
}

#[tokio::test(start_paused = true)]
async fn another_language_or_other_digits_are_in_the_pack_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let app = start(folder.path());
    app.write_downtime_pack().await.unwrap();
    for (lang, digits) in [("ps", "arabext"), ("fa-AF", "arabext"), ("fa-AF", "latn")] {
        let voice = voice(lang, digits);
        let _ = app.say_for_pack(voice.clone(), vec![]);
        answer(&app, &voice, |words| format!("⟦{lang} {digits} {words}⟧")).await;
        let page = page_with(folder.path(), &format!("⟦{lang} {digits} Room rack⟧")).await;
        assert!(page.contains(&format!(r#"<html lang="{lang}" dir="rtl">"#)));
    }
    app.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_window_that_never_answers_holds_no_pack_up_and_one_that_stops_answering_leaves_its_words() {
    let folder = tempfile::tempdir().unwrap();
    let app = start(folder.path());
    let pashto = voice("ps", "arabext");
    let _ = app.say_for_pack(pashto.clone(), vec![]);
    timeout(AT_ONCE, app.write_downtime_pack()).await.expect("in time").unwrap();
    assert!(page(folder.path()).contains(r#"<html lang="en" dir="ltr">"#), "a voice without words is no language");
    assert_eq!(app.app_state().unwrap().pack_wants, Some(pashto.clone()), "whoever answers late is heard");

    answer(&app, &pashto, |words| format!("⟦{words}⟧")).await;
    // An action more is another sentence, which nobody says.
    app.choose_person("lea").unwrap();
    timeout(AT_ONCE, app.write_downtime_pack()).await.expect("in time").unwrap();
    let page = page(folder.path());
    assert!(page.contains(r#"<html lang="ps" dir="rtl">"#) && page.contains("⟦Room rack⟧"), "{page}");
    assert!(page.contains(r#"<bdi lang="en" dir="ltr">Written by "#), "{page}");
    app.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_first_pack_comes_a_minute_after_the_start_and_then_every_five() {
    let folder = tempfile::tempdir().unwrap();
    let app = start(folder.path());
    let _ = app.say_for_pack(voice("ps", "arabext"), vec![]);
    sleep(Duration::from_secs(50)).await;
    assert_eq!(app.downtime_pack().unwrap().written_at, None, "the start has enough to do");
    sleep(Duration::from_secs(30)).await;
    assert!(app.downtime_pack().unwrap().written_at.is_some());
    std::fs::remove_dir_all(folder.path().join("downtime-pack")).unwrap();
    sleep(Duration::from_secs(4 * 60)).await;
    assert_eq!(page(folder.path()), "");
    sleep(Duration::from_secs(80)).await;
    assert!(page(folder.path()).contains("Kabul House"));
    app.stop().await;
}
