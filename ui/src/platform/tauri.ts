// The shell, through Tauri's commands. The only module that imports Tauri.

import { Channel, invoke } from "@tauri-apps/api/core";
import { getCurrentWindow } from "@tauri-apps/api/window";
import type { Notice } from "../bindings/bindings";
import type { Platform, WindowName } from "./platform";

function windowName(): WindowName {
  return getCurrentWindow().label === "front-desk" ? "front-desk" : "board";
}

// The shell keeps a channel for as long as the page lives; so must the page.
const channels: Channel<Notice>[] = [];

export function tauriPlatform(): Platform {
  return {
    window: windowName(),
    async subscribe(onNotice) {
      const onChange = new Channel<Notice>();
      // A channel is no event target.
      // oxlint-disable-next-line unicorn/prefer-add-event-listener
      onChange.onmessage = onNotice;
      channels.push(onChange);
      await invoke("subscribe", { onChange });
    },
    appState: () => invoke("app_state"),
    openSampleHotel: () => invoke("open_sample_hotel"),
    findHotel: (address, code) => invoke("find_hotel", { address, code }),
    connectHotel: (address, code) => invoke("connect_hotel", { address, code }),
    choosePerson: (staffId) => invoke("choose_person", { staffId }),
    signIn: (staffId, pin) => invoke("sign_in", { staffId, pin }),
    signOut: () => invoke("sign_out"),
    lock: () => invoke("lock"),
    stillHere: () => invoke("still_here"),
    changePin: (pin, newPin) => invoke("change_pin", { pin, newPin }),
    board: (since) => invoke("board", { since }),
    frontDesk: (since) => invoke("front_desk", { since }),
    suggestions: () => invoke("suggestions"),
    act: (request) => invoke("act", { request }),
    radio: (line) => invoke("radio", { line }),
    beginDay: (day) => invoke("begin_day", { day }),
    beginEmergency: (intentId, reason) => invoke("begin_emergency", { intentId, reason }),
    syncCenter: (filter, open, offset, limit) => invoke("sync_center", { filter, open, offset, limit }),
    story: (entityKind, entityId) => invoke("story", { entityKind, entityId }),
    retryEvent: (eventId) => invoke("retry_event", { eventId }),
    discardEvent: (eventId, reason) => invoke("discard_event", { eventId, reason }),
    retryFailed: () => invoke("retry_failed"),
    syncNow: () => invoke("sync_now"),
    setLink: (mode) => invoke("set_link", { mode }),
    pauseSending: (paused) => invoke("pause_sending", { paused }),
    putOnHold: (intentId, roomId, reason) => invoke("put_on_hold", { intentId, roomId, reason }),
    letGo: (intentId, roomId) => invoke("let_go", { intentId, roomId }),
    conflict: (entityKind, entityId) => invoke("conflict", { entityKind, entityId }),
    resolve: (request) => invoke("resolve", { request }),
    sendToLook: (request) => invoke("send_to_look", { request }),
    refreshSnapshot: () => invoke("refresh_snapshot"),
    exportWaiting: (place) => invoke("export_waiting", { place }),
    carryPlaces: () => invoke("carry_places"),
    importWaiting: (path) => invoke("import_waiting", { path }),
    discardCarried: (eventId, reason) => invoke("discard_carried", { eventId, reason }),
    downtimePack: () => invoke("downtime_pack"),
    openDowntimePack: () => invoke("open_downtime_pack"),
    sayForPack: (voice, said) => invoke("say_for_pack", { voice, said }),
    report: (period, cameTo, open, offset, limit) => invoke("report", { period, cameTo, open, offset, limit }),
    outageSummary: () => invoke("outage_summary"),
    exportReport: (period) => invoke("export_report", { period }),
    dismissGuide: () => invoke("dismiss_guide"),
    dismissNotice: () => invoke("dismiss_notice"),
    telemetry: (name, fields) => invoke("telemetry", { name, fields }),
    openWindow: (name) => invoke("open_window", { name }),
    quit: () => invoke("quit"),
  };
}
