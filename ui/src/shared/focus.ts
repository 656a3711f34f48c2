// The focus is never lost with what was pressed: a button that goes with what it did leaves it to the page's heading.

import { useEffect, useRef, type RefObject } from "react";

let byThePage = false;

/** Gives the focus where nobody need have touched anything: it is not taken for somebody's touch. */
export function giveFocus(to: HTMLElement | null | undefined, options: FocusOptions = { preventScroll: true }): void {
  byThePage = true;
  to?.focus(options);
  byThePage = false;
}

/** Whether the page itself moves the focus just now. */
export function isGivingFocus(): boolean {
  return byThePage;
}

/** Gives the focus to the page's heading once what it heads is there; not when a page that was hidden is shown again. */
export function useHeadingFocus(heading: RefObject<HTMLElement | null>, isThere = true): void {
  const done = useRef(false);
  useEffect(() => {
    if (isThere && !done.current) heading.current?.focus();
    done.current = isThere;
  }, [heading, isThere]);
}

/** Whatever else gives the focus back, as a dialog does that closes or a list that has a next row, does it within this. */
const OTHERS_MS = 180;

/** Gives the focus to the page's heading when what had it inside the page is gone and nobody else took it. */
export function useFocusKept(page: RefObject<HTMLElement | null>, heading: RefObject<HTMLElement | null>, isThere = true): void {
  useEffect(() => {
    const root = page.current;
    if (root === null || !isThere) return undefined;
    let held: Element | null = null;
    let later: ReturnType<typeof setTimeout> | undefined;
    const onFocus = (event: FocusEvent) => {
      held = event.target instanceof Element ? event.target : null;
    };
    const look = () => {
      const at = document.activeElement;
      // Somebody is still asked something about it.
      if (at?.closest('[role="dialog"]') != null) later = setTimeout(look, OTHERS_MS);
      else if (at === null || at === document.body) giveFocus(heading.current);
    };
    const changes = new MutationObserver(() => {
      if (held === null || held.isConnected) return;
      held = null;
      clearTimeout(later);
      later = setTimeout(look, OTHERS_MS);
    });
    root.addEventListener("focusin", onFocus);
    changes.observe(root, { childList: true, subtree: true });
    return () => {
      clearTimeout(later);
      changes.disconnect();
      root.removeEventListener("focusin", onFocus);
    };
  }, [page, heading, isThere]);
}

/** Gives the focus to the window's main part when this part goes and had it. */
export function useFocusGoesOn(): void {
  useEffect(
    () => () => {
      const at = document.activeElement;
      if (at === null || at === document.body) giveFocus(document.querySelector<HTMLElement>("main"));
    },
    [],
  );
}
