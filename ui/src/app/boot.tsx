// Puts the screens into the page, whatever platform they stand on.

import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { createRoot } from "react-dom/client";
import { I18nProvider as AriaI18nProvider } from "react-aria-components";
import type { ReactNode } from "react";
import { useStore } from "zustand";
import { report } from "../data/actions";
import { createDesk, type Desk } from "../data/desk";
import { exposeProbe } from "../data/probe";
import type { Platform } from "../platform/platform";
import { mountAnnouncer } from "../shared/announcer";
import { giveAriaOurWords } from "../shared/ariaWords";
import { speech, startSpeaking } from "../shared/language";
import type { Language } from "../shared/locales";
import { applyLooks } from "../shared/prefs";
import { App } from "./App";
import { endedUnexpectedly, sayDrawnAnew } from "./drawnAnew";
import { sayForThePack } from "./packWords";
import { announceSync } from "./syncNews";
import "./tokens.css";
import "./base.css";

/** React Aria takes the direction of the arrow keys, and its own few words, from the language. */
function InLanguage({ desk }: { desk: Desk }): ReactNode {
  const { language } = useStore(speech);
  return (
    <AriaI18nProvider locale={language.code === "en" ? "en-GB" : language.code}>
      <App desk={desk} />
    </AriaI18nProvider>
  );
}

export async function boot(platform: Platform, languages?: readonly Language[]): Promise<void> {
  const ended = endedUnexpectedly();
  applyLooks();
  giveAriaOurWords();
  mountAnnouncer();
  exposeProbe();
  // A selection that is dragged must not start the system's own drag.
  document.addEventListener("dragstart", (event) => event.preventDefault(), true);

  const desk = createDesk(platform, report);
  if (platform.window === "board") announceSync(desk);
  const root = document.getElementById("root");
  if (root === null) throw new Error("the page has no root");
  const started = desk.start();
  await startSpeaking(languages);
  sayForThePack(desk);
  if (ended) sayDrawnAnew();
  createRoot(root).render(
    <I18nProvider i18n={i18n}>
      <InLanguage desk={desk} />
    </I18nProvider>,
  );
  await started;
}
