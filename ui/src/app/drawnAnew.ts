// A page whose process ended is loaded again by the shell (or by the system's web engine). A page cannot see its own end,
// but the next one can see that nobody took leave: the mark below outlives the page's process, and not the window.

import { t } from "@lingui/core/macro";
import { announce } from "../shared/announcer";
import { showToast } from "../shared/toasts";

const OPEN = "turndown.page-is-open";

/** Marks this page as open until it takes leave, and says whether the one before did not. */
export function endedUnexpectedly(): boolean {
  try {
    const ended = sessionStorage.getItem(OPEN) !== null;
    sessionStorage.setItem(OPEN, "yes");
    window.addEventListener("pagehide", () => sessionStorage.removeItem(OPEN));
    return ended;
  } catch {
    // Forbidden storage: nothing can be known of the page before.
    return false;
  }
}

/** Tells whoever looks and whoever listens. */
export function sayDrawnAnew(): void {
  const text = t`This window had to be drawn anew.`;
  const nextStep = t`Everything that was saved is here. Check what you were typing or choosing just now.`;
  showToast({ tone: "trouble", text, nextStep, code: "WINDOW_DRAWN_ANEW" });
  announce(`${text} ${nextStep}`, { urgency: "assertive", key: "drawn-anew" });
}
