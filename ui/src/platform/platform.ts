// What the screens ask of the world outside the page. The shell is one implementation; made-up data for tests and for
// the demonstration page is another. Nothing outside this folder knows which one it talks to.

import type {
  Retried,
  ActRequest,
  Acted,
  AppState,
  BoardDelta,
  Brought,
  CameTo,
  CarryPlaces,
  CommandError,
  ConflictView,
  DowntimePack,
  Exported,
  FoundHotel,
  FrontDeskDelta,
  LinkMode,
  LookRequest,
  Notice,
  OutageSummary,
  OutboxFilter,
  Phrase,
  RadioEcho,
  Recorded,
  Report,
  ReportPeriod,
  ResolveRequest,
  SaidPhrase,
  Story,
  Suggestions,
  SyncCenter,
  Voice,
} from "../bindings/bindings";
import { ownWords } from "../shared/said";

/** The app's windows. */
export type WindowName = "board" | "front-desk";

export interface Platform {
  /** The window that this page stands in. */
  readonly window: WindowName;

  /** The first message carries the current revision; every later one says that something changed. */
  subscribe(onNotice: (notice: Notice) => void): Promise<void>;

  appState(): Promise<AppState>;
  openSampleHotel(): Promise<void>;
  findHotel(address: string, code: string): Promise<FoundHotel>;
  connectHotel(address: string, code: string): Promise<void>;
  /** Says who is working, where a name is enough. */
  choosePerson(staffId: string): Promise<void>;
  /** Lets somebody in by their PIN, as it was typed; it opens a locked desk too. */
  signIn(staffId: string, pin: string): Promise<void>;
  signOut(): Promise<void>;
  /** Locks the desk, where people sign in by PIN. Work goes on being sent. */
  lock(): Promise<void>;
  /** Somebody touches the desk: it is not locked for having been left alone. */
  stillHere(): Promise<void>;
  /** Changes the PIN of whoever is working. The service has to be there. */
  changePin(pin: string, newPin: string): Promise<void>;

  board(since: number | null): Promise<BoardDelta>;
  frontDesk(since: number | null): Promise<FrontDeskDelta>;
  /** Whom the service proposes for what nobody is assigned to. Empty while it is away. */
  suggestions(): Promise<Suggestions>;
  act(request: ActRequest): Promise<Recorded>;
  /** What a line of the radio entry would record. Nothing is recorded. */
  radio(line: string): Promise<RadioEcho>;
  /** Begins the day that somebody was asked about (ISO date). */
  beginDay(day: string): Promise<void>;
  /** A manager goes on with old data, by name and with a reason. */
  beginEmergency(intentId: string, reason: string): Promise<void>;

  /** A page of what was recorded here, in lines; `open` are those that are told room by room. */
  syncCenter(filter: OutboxFilter, open: readonly string[], offset: number, limit: number): Promise<SyncCenter>;
  /** What happened to one room; with what others did where the service answers. */
  story(entityKind: string, entityId: string): Promise<Story>;
  retryEvent(eventId: string): Promise<void>;
  /** Gives a failed action up for good; it stays in the record with the reason. */
  discardEvent(eventId: string, reason: string): Promise<void>;
  retryFailed(): Promise<Retried>;
  syncNow(): Promise<void>;
  setLink(mode: LinkMode): Promise<void>;
  pauseSending(paused: boolean): Promise<void>;
  putOnHold(intentId: string, roomId: string, reason: string): Promise<void>;
  letGo(intentId: string, roomId: string): Promise<void>;

  conflict(entityKind: string, entityId: string): Promise<ConflictView>;
  resolve(request: ResolveRequest): Promise<Acted>;
  /** Leaves the room as the service has it and sends somebody to look. */
  sendToLook(request: LookRequest): Promise<Acted>;

  refreshSnapshot(): Promise<void>;
  /** Writes what waits to a file on a drive that `carryPlaces` named, or in the desk's own folder. */
  exportWaiting(place: string | null): Promise<Exported>;
  carryPlaces(): Promise<CarryPlaces>;
  /** Takes another desk's file: all of it or nothing. */
  importWaiting(path: string): Promise<Brought>;
  /** Gives another desk's action up, with what that desk did behind it. */
  discardCarried(eventId: string, reason: string): Promise<void>;

  downtimePack(): Promise<DowntimePack>;
  /** Shows the pack's folder, to read or print from. */
  openDowntimePack(): Promise<void>;
  /** Says sentences of the pack as this window shows them. Answers which are wanted next; who says none hears which are
   * wanted at all. */
  sayForPack(voice: Voice, said: readonly SaidPhrase[]): Promise<Phrase[]>;

  /** A page of everything done in an outage or a period of time, with what came of it. */
  report(period: ReportPeriod, cameTo: CameTo | null, open: readonly string[], offset: number, limit: number): Promise<Report>;
  /** What came of the last outage, room by room. */
  outageSummary(): Promise<OutageSummary>;
  /** Writes the whole report as a table to the desk's folder for exports. */
  exportReport(period: ReportPeriod): Promise<Exported>;

  dismissGuide(): Promise<void>;
  dismissNotice(): Promise<void>;
  telemetry(name: string, fields: Record<string, unknown>): Promise<void>;
  /** Opens the window, or brings it to the front. */
  openWindow(name: WindowName): Promise<void>;
  quit(): Promise<void>;
}

/** What the shell itself refuses comes with a text. */
function asPhrase(value: unknown): Phrase {
  const isPhrase = typeof value === "object" && value !== null && "template" in value;
  return isPhrase ? (value as Phrase) : ownWords(typeof value === "string" ? value : "");
}

/** Every command fails with a `CommandError`; anything else that comes out is put into one, so that a person always
 * gets a sentence, a next step and a code. */
export function asCommandError(thrown: unknown): CommandError {
  if (typeof thrown === "object" && thrown !== null && "code" in thrown && "message" in thrown) {
    const { code, message, nextStep, reference } = thrown as Partial<CommandError>;
    return {
      code: String(code),
      message: asPhrase(message),
      nextStep: asPhrase(nextStep),
      reference: typeof reference === "string" ? reference : "",
    };
  }
  return {
    code: "SCREEN_FAULT",
    message: ownWords(thrown instanceof Error ? thrown.message : String(thrown)),
    nextStep: ownWords(""),
    reference: "",
  };
}
