// The frame around every view: whose hotel, which day, where to go, who is working, and how the desk stands with the
// service.

import { t } from "@lingui/core/macro";
import { Contrast, ExternalLink, Keyboard as KeyboardIcon, KeyRound, Lock, LogOut, Monitor, Moon, Plug, Settings2, Sun, Unplug, Users } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Menu, MenuItem, MenuTrigger, Popover, Separator } from "react-aria-components";
import { useStore } from "zustand";
import { attempt, lockDesk } from "../data/actions";
import { useApp, useDesk } from "../data/useDesk";
import { Button, Switch } from "../shared/controls";
import { count, dateTime, iso, serviceDay } from "../shared/fmt";
import { Glyph } from "../shared/glyphs";
import { prefs, setPref, type Theme } from "../shared/prefs";
import { useRoute } from "../shared/route";
import { usePressed } from "../shared/shortcuts";
import { EmergencyStamp } from "../features/stale/Emergency";
import { said } from "../shared/said";
import { roleWord } from "../shared/words";
import { Mark } from "../shared/Mark";
import { DayNotice } from "./DayNotice";
import { Messages } from "./Messages";
import { Pill } from "./Pill";
import { openSettings } from "./Settings";
import "./frame.css";

interface Props {
  children: ReactNode;
  /** Whether the cockpit is open. */
  cockpit: boolean;
  onCockpit: (isOpen: boolean) => void;
  onShortcuts: () => void;
  onSwitchPerson: () => void;
  onChangePin: () => void;
}

export function Frame({ children, cockpit, onCockpit, onShortcuts, onSwitchPerson, onChangePin }: Props): ReactNode {
  const desk = useDesk();
  const hotel = useApp((state) => state.hotel);
  const offline = useApp((state) => state.sync.mode !== "auto" || state.sync.state === "offline" || state.sync.state === "stopped");
  const name = useApp((state) => state.desk);
  const isBoard = desk.platform.window === "board";
  return (
    <div className="frame" data-testid="frame" data-offline={offline || undefined} tabIndex={-1} data-quiet-focus="">
      <header className="bar" data-region="">
        <Mark />
        <div className="bar-hotel">
          <bdi className="bar-name" title={hotel?.name}>
            {hotel?.name ?? ""}
          </bdi>
          <span className="bar-day" title={hotel === null ? undefined : [serviceDay(hotel.serviceDay), name === "" ? "" : iso(name)].filter(Boolean).join(" · ")}>
            {hotel === null ? "" : serviceDay(hotel.serviceDay)}
            {name === "" ? null : (
              <>
                {" · "}
                <bdi data-testid="desk-name">{name}</bdi>
              </>
            )}
          </span>
        </div>
        {isBoard ? <Nav /> : <h1 className="bar-title">{t`Front Desk`}</h1>}
        <span className="bar-gap" />
        {isBoard ? <Link /> : null}
        <Pill isOpen={cockpit} onOpenChange={onCockpit} />
        <PersonMenu onShortcuts={onShortcuts} onSwitchPerson={onSwitchPerson} onChangePin={onChangePin} />
      </header>
      <Notices onChangePin={onChangePin} />
      {children}
      <Messages />
    </div>
  );
}

function Nav(): ReactNode {
  const desk = useDesk();
  const route = useRoute();
  const attention = useApp((state) => state.sync.ledger.attention + state.sync.carriedAttention);
  const tab = (view: "board" | "sync", label: string, key: string, here: boolean, badge = 0) => (
    <a href={`#/${view}`} className="nav-link" aria-current={here ? "page" : undefined} data-testid={`nav-${view}`} title={t`G then ${key}`}>
      {label}
      {badge > 0 ? <span className="nav-badge">{count(badge)}</span> : null}
    </a>
  );
  return (
    <nav className="nav" aria-label={t({ message: "Views", context: "the parts of the app: Board, Sync Center, Front Desk" })}>
      {tab("board", t`Board`, "B", route.view === "board")}
      {tab("sync", t`Sync Center`, "S", ["sync", "conflict", "summary", "report"].includes(route.view), attention)}
      <button type="button" className="nav-link" data-testid="open-front-desk" title={t`G then F`} onClick={() => void attempt(() => desk.platform.openWindow("front-desk"))}>
        {t`Front Desk`} <ExternalLink size={13} aria-hidden className="flips" />
        <span className="hidden-words">{t`(own window)`}</span>
      </button>
    </nav>
  );
}

function Link(): ReactNode {
  const desk = useDesk();
  const mode = useApp((state) => state.sync.mode);
  const sample = useApp((state) => state.hotel?.sample ?? false);
  const set = (next: "auto" | "workOffline" | "unplugged") => void attempt(() => desk.platform.setLink(next));
  return (
    <div className="bar-link">
      {mode === "unplugged" ? null : <Switch label={t`Work offline`} on={mode === "workOffline"} onChange={(on) => set(on ? "workOffline" : "auto")} testId="work-offline" />}
      {sample ? (
        <Button look="bar" testId="plug" data-plugged={mode !== "unplugged"} onPress={() => set(mode === "unplugged" ? "auto" : "unplugged")}>
          {mode === "unplugged" ? <Plug size={16} aria-hidden /> : <Unplug size={16} aria-hidden />}
          {mode === "unplugged" ? t`Plug in again` : t`Pull the plug`}
        </Button>
      ) : null}
    </div>
  );
}

function PersonMenu({ onShortcuts, onSwitchPerson, onChangePin }: Pick<Props, "onShortcuts" | "onSwitchPerson" | "onChangePin">): ReactNode {
  const desk = useDesk();
  const person = useApp((state) => state.person);
  const byPin = useApp((state) => state.signIn.byPin);
  const version = useApp((state) => state.version);
  const theme = useStore(prefs, (each) => each.theme);
  const [open, setOpen] = useState(false);
  const pressed = usePressed();
  const themes: { id: Theme; label: string; icon: ReactNode }[] = [
    { id: "system", label: t`As the computer`, icon: <Monitor size={16} aria-hidden /> },
    { id: "light", label: t`Light`, icon: <Sun size={16} aria-hidden /> },
    { id: "dark", label: t`Dark`, icon: <Moon size={16} aria-hidden /> },
    { id: "contrast", label: t`High contrast`, icon: <Contrast size={16} aria-hidden /> },
  ];
  const act = (key: string) => {
    if (key === "who") onSwitchPerson();
    else if (key === "lock") void lockDesk(desk);
    else if (key === "pin") onChangePin();
    else if (key === "out") void attempt(() => desk.platform.signOut());
    else if (key === "keys") onShortcuts();
    else if (key === "settings") openSettings();
    else if (key.startsWith("theme-")) setPref({ theme: key.slice(6) as Theme });
  };
  return (
    <MenuTrigger isOpen={open} onOpenChange={setOpen}>
      <Button look="bar" className="person" testId="person" aria-label={person === null ? t`Nobody is working` : t`${iso(person.name)}, ${roleWord(person.role)}. Person and settings`}>
        {/* Drawn, not written: what is written on a button has to be in its name. */}
        <span className="person-initials" aria-hidden data-initials={person?.initials ?? "?"} />
        <span className="person-name" dir="auto">
          {person?.name ?? t`Nobody`}
        </span>
      </Button>
      <Popover className="popover" placement="bottom end">
        <div className="person-head">
          <b dir="auto">{person?.name ?? ""}</b>
          <small>{person === null ? "" : roleWord(person.role)}</small>
        </div>
        <Menu className="menu" onAction={(key) => act(String(key))} aria-label={t`Person and settings`}>
          {byPin ? (
            <MenuItem id="lock" className="menu-item" data-testid="lock">
              <Lock size={16} aria-hidden /> {t({ message: "Lock", context: "what is done to the desk" })} <span className="menu-key" dir="ltr">{pressed("lock").join(" ")}</span>
            </MenuItem>
          ) : null}
          <MenuItem id="who" className="menu-item" data-testid="switch-person">
            <Users size={16} aria-hidden /> {t`Somebody else is working`}
          </MenuItem>
          {byPin ? (
            <MenuItem id="pin" className="menu-item" data-testid="change-pin">
              <KeyRound size={16} aria-hidden /> {t`Change your PIN…`}
            </MenuItem>
          ) : null}
          <MenuItem id="out" className="menu-item" data-testid="sign-out">
            <LogOut size={16} aria-hidden className="flips" /> {t`Sign out`}
          </MenuItem>
          <Separator className="menu-separator" />
          {themes.map((each) => (
            <MenuItem key={each.id} id={`theme-${each.id}`} className="menu-item" data-testid={`theme-${each.id}`} aria-label={theme === each.id ? t`${each.label}, chosen` : each.label}>
              {each.icon} {each.label}
              {theme === each.id ? <span className="menu-key"><Glyph name="tick" /></span> : null}
            </MenuItem>
          ))}
          <Separator className="menu-separator" />
          <MenuItem id="settings" className="menu-item" data-testid="menu-settings">
            <Settings2 size={16} aria-hidden /> {t`Settings…`} <span className="menu-key" dir="ltr">{pressed("settings").join(" ")}</span>
          </MenuItem>
          <MenuItem id="keys" className="menu-item">
            <KeyboardIcon size={16} aria-hidden /> {t`Keyboard shortcuts`} <span className="menu-key">{pressed("sheet")}</span>
          </MenuItem>
        </Menu>
        <p className="person-version">Turndown {version}</p>
      </Popover>
    </MenuTrigger>
  );
}

/** Where notices stand: a place of the page that has a name, and is none while there is nothing to be read. */
export function NoticePlace({ children }: { children: ReactNode }): ReactNode {
  return (
    <section className="notices" data-region="" aria-label={t`Notices`}>
      {children}
    </section>
  );
}

/** What start-up found and did, to be read once. It stands before the board too: the desk may have no hotel any more. */
export function StartNotice(): ReactNode {
  const desk = useDesk();
  const notice = useApp((state) => state.notice);
  if (notice === null) return null;
  return (
    <div className="notice" data-testid="notice" data-code={notice.code}>
      <Glyph name="alert" />
      <p>
        <b dir="auto">{said(notice.message)}</b> <bdi>{said(notice.nextStep)}</bdi> <span className="code">{notice.code}</span>
      </p>
      <Button small testId="notice-dismiss" onPress={() => void attempt(() => desk.platform.dismissNotice())}>{t`I have read it`}</Button>
    </div>
  );
}

function Notices({ onChangePin }: Pick<Props, "onChangePin">): ReactNode {
  const desk = useDesk();
  const { temporary, lacks } = useApp((state) => state.signIn);
  const staleness = useApp((state) => state.staleness);
  return (
    <NoticePlace>
      <EmergencyStamp />
      <StartNotice />
      {lacks === null ? null : (
        <div className="notice" data-testid="sign-in-lacks">
          <Glyph name="alert" />
          <p dir="auto">{said(lacks)}</p>
        </div>
      )}
      {temporary ? (
        <div className="notice" data-testid="pin-temporary">
          <Glyph name="alert" />
          <p>
            <b>{t`Your PIN was made by somebody else.`}</b> {t`Choose your own.`}
          </p>
          <Button small testId="pin-temporary-change" onPress={onChangePin}>{t`Choose a PIN…`}</Button>
        </div>
      ) : null}
      <DayNotice />
      {staleness.clockSetBack && staleness.knownAt !== null ? (
        <div className="notice" data-testid="stale-clock">
          <Glyph name="alert" />
          <p>
            <b>{t`This computer's clock shows a time before this desk last heard from the service (${dateTime(staleness.knownAt)}).`}</b>{" "}
            {t`So nobody can tell how old what it knows is, and no room is called safe to give out. Set the clock right, or connect once.`}
          </p>
          <Button small testId="stale-clock-refresh" onPress={() => void attempt(() => desk.platform.refreshSnapshot())}>{t`Refresh now`}</Button>
        </div>
      ) : null}
      {staleness.warn && !staleness.blocked && staleness.knownAt !== null ? (
        <div className="notice" data-testid="stale-warning">
          <Glyph name="alert" />
          <p>
            <b>{t`This desk last heard from the service at ${dateTime(staleness.knownAt)}.`}</b>{" "}
            {t`The board is blocked when that is a day ago. Connect once before then; everything recorded stays.`}
          </p>
          <Button small testId="stale-warning-refresh" onPress={() => void attempt(() => desk.platform.refreshSnapshot())}>{t`Refresh now`}</Button>
        </div>
      ) : null}
    </NoticePlace>
  );
}

