// Every message from the screens to Rust passes here first, in a frame of its own that no package of the screens can
// reach. It lets through the commands that exist, in the size that people can cause, and nothing else; so a package
// gone bad cannot reach plugins, other windows or the runtime's own commands. It must stay free of imports: what it
// guards against arrives by import. Capabilities are checked again in Rust, per window.

'use strict'

const COMMANDS = new Set([
  'subscribe',
  'app_state',
  'open_sample_hotel',
  'find_hotel',
  'connect_hotel',
  'choose_person',
  'sign_in',
  'sign_out',
  'lock',
  'still_here',
  'change_pin',
  'board',
  'front_desk',
  'suggestions',
  'act',
  'radio',
  'begin_day',
  'begin_emergency',
  'sync_center',
  'story',
  'retry_event',
  'discard_event',
  'retry_failed',
  'sync_now',
  'set_link',
  'pause_sending',
  'put_on_hold',
  'let_go',
  'conflict',
  'resolve',
  'send_to_look',
  'refresh_snapshot',
  'export_waiting',
  'carry_places',
  'import_waiting',
  'discard_carried',
  'report',
  'outage_summary',
  'export_report',
  'downtime_pack',
  'open_downtime_pack',
  'say_for_pack',
  'dismiss_guide',
  'dismiss_notice',
  'telemetry',
  'open_window',
  'quit',
])

// The largest honest message is a hundred short sentences of the downtime pack with their words: some 20 kilobytes.
const ARGUMENT_CHARACTERS_MAX = 64 * 1024

// Not a command of ours: Rust answers it with an error, so the caller's promise is rejected instead of never settling.
const REFUSED = 'refused_by_isolation'

function isAllowed(message) {
  if (typeof message.cmd !== 'string' || !COMMANDS.has(message.cmd)) return false
  const payload = message.payload
  if (payload === undefined || payload === null) return true
  // Raw bytes have no place in this contract.
  if (typeof payload !== 'object' || Array.isArray(payload)) return false
  if (payload instanceof ArrayBuffer || ArrayBuffer.isView(payload)) return false
  return JSON.stringify(payload).length <= ARGUMENT_CHARACTERS_MAX
}

window.__TAURI_ISOLATION_HOOK__ = (message) => {
  if (isAllowed(message)) return message
  const refused = Object.create(null)
  refused.cmd = REFUSED
  refused.callback = message.callback
  refused.error = message.error
  refused.payload = {}
  return refused
}
