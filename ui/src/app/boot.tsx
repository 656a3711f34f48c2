// Puts the screens into the page, whatever platform they stand on.

import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { createRoot } from "react-dom/client";
import { I18nProvider as AriaI18nProvider } from "react-aria-components";
import { report } from "../data/actions";
import { createDesk } from "../data/desk";
import { exposeProbe } from "../data/probe";
import { messages } from "../locales/en/messages";
import type { Platform } from "../platform/platform";
import { mountAnnouncer } from "../shared/announcer";
import { configure } from "../shared/fmt";
import { applyTheme } from "../shared/prefs";
import { App } from "./App";
import { announceSync } from "./syncNews";
import "./tokens.css";
import "./base.css";

export async function boot(platform: Platform): Promise<void> {
  const locale = "en";
  i18n.load(locale, messages);
  i18n.activate(locale);
  configure({ locale });
  applyTheme();
  mountAnnouncer();
  exposeProbe();
  // A selection that is dragged must not start the system's own drag.
  document.addEventListener("dragstart", (event) => event.preventDefault(), true);

  const desk = createDesk(platform, report);
  if (platform.window === "board") announceSync(desk);
  const root = document.getElementById("root");
  if (root === null) throw new Error("the page has no root");
  const started = desk.start();
  createRoot(root).render(
    <I18nProvider i18n={i18n}>
      <AriaI18nProvider locale="en-GB">
        <App desk={desk} />
      </AriaI18nProvider>
    </I18nProvider>,
  );
  await started;
}
