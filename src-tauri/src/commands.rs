//! One-line adapters: a command's name and arguments as the screens send them, and the handler of `turndown-app` that
//! answers. What a command does is written there; what a window may call, in `capabilities/`.
//!
//! A handler that waits for the disk runs on a thread that may wait: neither the window nor the network stands still
//! meanwhile.

use serde_json::{Map, Value};
use tauri::{AppHandle, State, Webview, ipc::Channel};
use turndown_app::{
    App,
    dto::{
        ActRequest, Acted, AppState, BoardDelta, Brought, CameTo, CarryPlaces, CommandError, ConflictView,
        DowntimePack, Exported, FoundHotel, FrontDeskDelta, LinkMode, LookRequest, Notice, OutageSummary, OutboxFilter,
        RadioEcho, Recorded, Report, ReportPeriod, ResolveRequest, Retried, SaidPhrase, Story, Suggestions, SyncCenter,
        Voice,
    },
};
use turndown_phrase::{Phrase, phrase};

use crate::{feed::Feed, settings::Settings, windows};

type Answer<T> = Result<T, CommandError>;

async fn waiting<T: Send + 'static>(
    app: State<'_, App>,
    work: impl FnOnce(&App) -> Answer<T> + Send + 'static,
) -> Answer<T> {
    let app = App::clone(&app);
    match tauri::async_runtime::spawn_blocking(move || work(&app)).await {
        Ok(answer) => answer,
        // Only a panic ends such a thread early; the log has it.
        Err(error) => {
            Err(fault("DESK_FAULT", phrase!("Turndown made a mistake and stopped what it was doing."), &error))
        }
    }
}

/// What the shell itself cannot do. The reference is the error's own text, because it is in the log under it.
fn fault(code: &str, message: Phrase, error: &dyn std::fmt::Display) -> CommandError {
    tracing::error!(code, %error, "{message}");
    CommandError {
        code: code.into(),
        message,
        next_step: phrase!(
            "Try again. If it happens again, close Turndown and start it anew; nothing recorded is lost."
        ),
        reference: error.to_string(),
    }
}

/// Tells the page of every change from now on; the first message comes at once.
#[tauri::command(async)]
pub fn subscribe(app: State<'_, App>, feed: State<'_, Feed>, page: Webview, on_change: Channel<Notice>) {
    feed.subscribe(page.label(), &app, on_change);
}

#[tauri::command]
pub async fn app_state(app: State<'_, App>) -> Answer<AppState> {
    waiting(app, App::app_state).await
}

#[tauri::command]
pub async fn open_sample_hotel(app: State<'_, App>) -> Answer<()> {
    app.open_sample_hotel().await
}

#[tauri::command]
pub async fn find_hotel(app: State<'_, App>, address: String, code: String) -> Answer<FoundHotel> {
    app.find_hotel(&address, &code).await
}

#[tauri::command]
pub async fn connect_hotel(app: State<'_, App>, address: String, code: String) -> Answer<()> {
    app.connect_hotel(&address, &code).await
}

#[tauri::command]
pub async fn choose_person(app: State<'_, App>, staff_id: String) -> Answer<()> {
    waiting(app, move |app| app.choose_person(&staff_id)).await
}

#[tauri::command]
pub async fn sign_in(app: State<'_, App>, staff_id: String, pin: String) -> Answer<()> {
    waiting(app, move |app| app.sign_in(&staff_id, &pin)).await
}

#[tauri::command]
pub async fn lock(app: State<'_, App>) -> Answer<()> {
    waiting(app, App::lock).await
}

#[tauri::command(async)]
pub fn still_here(app: State<'_, App>) {
    app.still_here();
}

#[tauri::command]
pub async fn change_pin(app: State<'_, App>, pin: String, new_pin: String) -> Answer<()> {
    app.change_pin(&pin, &new_pin).await
}

#[tauri::command]
pub async fn sign_out(app: State<'_, App>) -> Answer<()> {
    waiting(app, App::sign_out).await
}

#[tauri::command]
pub async fn board(app: State<'_, App>, since: Option<u64>) -> Answer<BoardDelta> {
    waiting(app, move |app| app.board(since)).await
}

#[tauri::command]
pub async fn front_desk(app: State<'_, App>, since: Option<u64>) -> Answer<FrontDeskDelta> {
    waiting(app, move |app| app.front_desk(since)).await
}

#[tauri::command]
pub async fn suggestions(app: State<'_, App>) -> Answer<Suggestions> {
    app.suggestions().await
}

#[tauri::command]
pub async fn act(app: State<'_, App>, request: ActRequest) -> Answer<Recorded> {
    waiting(app, move |app| app.act(request)).await
}

#[tauri::command]
pub async fn radio(app: State<'_, App>, line: String) -> Answer<RadioEcho> {
    waiting(app, move |app| app.radio(&line)).await
}

#[tauri::command]
pub async fn begin_emergency(app: State<'_, App>, intent_id: String, reason: String) -> Answer<()> {
    waiting(app, move |app| app.begin_emergency(&intent_id, &reason)).await
}

#[tauri::command]
pub async fn begin_day(app: State<'_, App>, day: String) -> Answer<()> {
    waiting(app, move |app| app.begin_day(&day)).await
}

#[tauri::command]
pub async fn sync_center(
    app: State<'_, App>,
    filter: OutboxFilter,
    open: Vec<String>,
    offset: u32,
    limit: u32,
) -> Answer<SyncCenter> {
    waiting(app, move |app| app.sync_center(filter, &open, offset, limit)).await
}

#[tauri::command]
pub async fn story(app: State<'_, App>, entity_kind: String, entity_id: String) -> Answer<Story> {
    app.story(&entity_kind, &entity_id).await
}

#[tauri::command]
pub async fn retry_event(app: State<'_, App>, event_id: String) -> Answer<()> {
    waiting(app, move |app| app.retry_event(&event_id)).await
}

#[tauri::command]
pub async fn discard_event(app: State<'_, App>, event_id: String, reason: String) -> Answer<()> {
    waiting(app, move |app| app.discard_event(&event_id, &reason)).await
}

#[tauri::command]
pub async fn retry_failed(app: State<'_, App>) -> Answer<Retried> {
    waiting(app, App::retry_failed).await
}

#[tauri::command(async)]
pub fn sync_now(app: State<'_, App>) {
    app.sync_now();
}

#[tauri::command]
pub async fn set_link(app: State<'_, App>, mode: LinkMode) -> Answer<()> {
    waiting(app, move |app| app.set_link(mode)).await
}

#[tauri::command(async)]
pub fn pause_sending(app: State<'_, App>, paused: bool) {
    app.pause_sending(paused);
}

#[tauri::command]
pub async fn put_on_hold(app: State<'_, App>, intent_id: String, room_id: String, reason: String) -> Answer<()> {
    waiting(app, move |app| app.put_on_hold(&intent_id, &room_id, &reason)).await
}

#[tauri::command]
pub async fn let_go(app: State<'_, App>, intent_id: String, room_id: String) -> Answer<()> {
    waiting(app, move |app| app.let_go(&intent_id, &room_id)).await
}

#[tauri::command]
pub async fn conflict(app: State<'_, App>, entity_kind: String, entity_id: String) -> Answer<ConflictView> {
    waiting(app, move |app| app.conflict(&entity_kind, &entity_id)).await
}

#[tauri::command]
pub async fn resolve(app: State<'_, App>, request: ResolveRequest) -> Answer<Acted> {
    waiting(app, move |app| app.resolve(request)).await
}

#[tauri::command]
pub async fn send_to_look(app: State<'_, App>, request: LookRequest) -> Answer<Acted> {
    waiting(app, move |app| app.send_to_look(request)).await
}

#[tauri::command(async)]
pub fn refresh_snapshot(app: State<'_, App>) {
    app.refresh_snapshot();
}

#[tauri::command]
pub async fn export_waiting(app: State<'_, App>, place: Option<String>) -> Answer<Exported> {
    waiting(app, move |app| app.export_waiting(place.as_deref())).await
}

#[tauri::command]
pub async fn carry_places(app: State<'_, App>) -> Answer<CarryPlaces> {
    waiting(app, App::carry_places).await
}

#[tauri::command]
pub async fn import_waiting(app: State<'_, App>, path: String) -> Answer<Brought> {
    waiting(app, move |app| app.import_waiting(&path)).await
}

#[tauri::command]
pub async fn discard_carried(app: State<'_, App>, event_id: String, reason: String) -> Answer<()> {
    waiting(app, move |app| app.discard_carried(&event_id, &reason)).await
}

#[tauri::command]
pub async fn report(
    app: State<'_, App>,
    period: ReportPeriod,
    came_to: Option<CameTo>,
    open: Vec<String>,
    offset: u32,
    limit: u32,
) -> Answer<Report> {
    waiting(app, move |app| app.report(&period, came_to, &open, offset, limit)).await
}

#[tauri::command]
pub async fn outage_summary(app: State<'_, App>) -> Answer<OutageSummary> {
    waiting(app, App::outage_summary).await
}

#[tauri::command]
pub async fn export_report(app: State<'_, App>, period: ReportPeriod) -> Answer<Exported> {
    waiting(app, move |app| app.export_report(&period)).await
}

#[tauri::command]
pub async fn downtime_pack(app: State<'_, App>) -> Answer<DowntimePack> {
    waiting(app, App::downtime_pack).await
}

/// Shows the pack in whatever program shows pages here: that one prints.
#[tauri::command]
pub async fn open_downtime_pack(app: State<'_, App>) -> Answer<()> {
    let page = app.write_downtime_pack().await?;
    open::that_detached(&page).map_err(|error| {
        tracing::warn!(%error, page = %page.display(), "no program shows the downtime pack");
        CommandError {
            code: "DOWNTIME_PACK_UNSHOWN".into(),
            message: phrase!("No program on this computer shows the downtime pack."),
            next_step: phrase!(
                "Open {file} yourself, or carry it to another computer.",
                file = page.display().to_string()
            ),
            reference: error.to_string(),
        }
    })
}

#[tauri::command(async)]
pub fn say_for_pack(app: State<'_, App>, voice: Voice, said: Vec<SaidPhrase>) -> Vec<Phrase> {
    app.say_for_pack(voice, said)
}

#[tauri::command]
pub async fn dismiss_guide(app: State<'_, App>) -> Answer<()> {
    waiting(app, App::dismiss_guide).await
}

#[tauri::command(async)]
pub fn dismiss_notice(app: State<'_, App>) {
    app.dismiss_notice();
}

#[tauri::command(async)]
pub fn telemetry(app: State<'_, App>, name: String, fields: Map<String, Value>) {
    app.telemetry(&name, &fields);
}

/// Opens the window, or brings it to the front.
#[tauri::command]
pub async fn open_window(app: AppHandle, settings: State<'_, Settings>, name: String) -> Answer<()> {
    windows::show(&app, &name, &settings.data_dir)
        .map_err(|error| fault("WINDOW_NOT_OPENED", phrase!("The window could not be opened."), &error))
}

/// Ends the app, as closing its last window does.
#[tauri::command(async)]
pub fn quit(app: AppHandle) {
    app.exit(0);
}
