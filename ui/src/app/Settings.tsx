// How the screens speak and look for the person at this desk. Everything takes effect at once and can be seen behind the
// dialog; the language, its digits and its calendar also in an example. It can be opened before there is a hotel:
// whoever cannot read the first page changes its language there.

import { t } from "@lingui/core/macro";
import { Languages } from "lucide-react";
import { useEffect, type ReactNode } from "react";
import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import { useNow } from "../data/ticker";
import { Button, Dialog, Radios, Select, Switch, type Choice } from "../shared/controls";
import { count, serviceDay, time } from "../shared/fmt";
import { offeredLanguages, speech } from "../shared/language";
import { prefs, setPref, TEXT_SIZES, type TextSize, type Theme } from "../shared/prefs";
import { SingleKeys } from "./SingleKeys";
import "./settings.css";

interface Open {
  open: boolean;
  /** What somebody came for. */
  at: "top" | "keys";
}

export const settings = createStore<Open>(() => ({ open: false, at: "top" }));

export function openSettings(at: Open["at"] = "top"): void {
  settings.setState({ open: true, at });
}

/** Once everything has closed and the views stand in their new language. */
const AFTER_MS = 200;

/** A change of language makes the views anew, and with them the button that opened this: the focus goes to the one that
 * stands in its place. */
function focusGoesBack(): void {
  setTimeout(() => {
    const at = document.activeElement;
    if (at !== null && at !== document.body) return;
    const next = document.querySelector<HTMLElement>('[data-testid="pin"]') ?? document.querySelector<HTMLElement>('[data-testid="person"], [data-testid="open-settings"], main');
    next?.focus();
  }, AFTER_MS);
}

export function Settings(): ReactNode {
  const { open, at } = useStore(settings);
  useEffect(() => (open ? focusGoesBack : undefined), [open]);
  return open ? <SettingsDialog at={at} onClose={() => settings.setState({ open: false })} /> : null;
}

function SettingsDialog({ at, onClose }: { at: Open["at"]; onClose: () => void }): ReactNode {
  const chosen = useStore(prefs);
  const { language } = useStore(speech);
  const languages: Choice[] = [{ id: "system", label: t`As the computer` }, ...offeredLanguages().map(({ code, name }) => ({ id: code, label: name, lang: code }))];
  const digits: Choice[] = [
    { id: "own", label: t`The language's own` },
    { id: "latn", label: "0123456789" },
    { id: "arab", label: "٠١٢٣٤٥٦٧٨٩" },
    { id: "arabext", label: "۰۱۲۳۴۵۶۷۸۹" },
  ];
  const calendars: Choice[] = [
    { id: "own", label: t`The language's own` },
    { id: "gregorian", label: t`Gregorian` },
    { id: "solarHijri", label: t`Solar Hijri` },
    { id: "both", label: t`Both` },
  ];
  const themes: Choice[] = [
    { id: "system", label: t`As the computer` },
    { id: "light", label: t`Light` },
    { id: "dark", label: t`Dark` },
    { id: "contrast", label: t`High contrast` },
  ];
  const now = new Date(useNow()).toISOString();
  return (
    <Dialog title={t`Settings`} onClose={onClose} testId="settings">
      <div className="settings">
        <section aria-labelledby="settings-language">
          <h3 id="settings-language">{t`Language and numbers`}</h3>
          <Select label={t`Language`} choices={languages} value={chosen.language} onChange={(id) => setPref({ language: id })} testId="setting-language" />
          <div className="settings-pair">
            <Select label={t`Digits`} choices={digits} value={chosen.digits} onChange={(id) => setPref({ digits: id as typeof chosen.digits })} testId="setting-digits" />
            <Select label={t`Calendar`} choices={calendars} value={chosen.calendar} onChange={(id) => setPref({ calendar: id as typeof chosen.calendar })} testId="setting-calendar" />
          </div>
          <p className="settings-example" data-testid="settings-example" lang={language.code}>
            {serviceDay(now.slice(0, 10))}
            <span>{time(now)}</span>
            <span>{count(12_345)}</span>
          </p>
        </section>
        <section aria-labelledby="settings-look">
          <h3 id="settings-look">{t`Look`}</h3>
          <Radios label={t`Theme`} choices={themes} value={chosen.theme} onChange={(id) => setPref({ theme: id as Theme })} />
          <div className="settings-pair">
            <Select
              label={t`Size of the text`}
              choices={TEXT_SIZES.map((size) => ({ id: String(size), label: t`${count(size)} %` }))}
              value={String(chosen.textSize)}
              onChange={(id) => setPref({ textSize: Number(id) as TextSize })}
              testId="setting-text"
            />
          </div>
          <Switch label={t`Smaller tiles`} on={chosen.density === "compact"} onChange={(on) => setPref({ density: on ? "compact" : "comfortable" })} testId="setting-density" />
          <Switch label={t`Nothing moves`} on={chosen.motion === "reduced"} onChange={(on) => setPref({ motion: on ? "reduced" : "system" })} testId="setting-motion" />
        </section>
        <section aria-labelledby="settings-keys">
          <h3 id="settings-keys">{t`Keyboard`}</h3>
          <Switch label={t`The Tab key stops at every tile`} on={chosen.tabEveryTile} onChange={(on) => setPref({ tabEveryTile: on })} testId="setting-tab" />
          <Switch label={t`Single keys act, without Ctrl`} on={chosen.letterKeys} onChange={(on) => setPref({ letterKeys: on })} testId="setting-letters" />
          {chosen.letterKeys ? <SingleKeys open={at === "keys"} /> : null}
        </section>
      </div>
    </Dialog>
  );
}

/** The way to the settings before there is a frame. Its sign is known in every language. */
export function SettingsButton(): ReactNode {
  return (
    <div className="settings-place">
      <Button look="outline" testId="open-settings" onPress={() => openSettings()}>
        <Languages size={18} aria-hidden /> {t`Settings`}
      </Button>
    </div>
  );
}
