import { giveFocus } from "./focus";

/** Whoever closes what had the focus and was opened from nowhere gives it to the view, unless somebody took it already. */
export function giveFocusToTheView(frames: number): void {
  requestAnimationFrame(() => {
    if (document.activeElement === null || document.activeElement === document.body) {
      giveFocus(document.querySelector<HTMLElement>("main [tabindex='0'], main button"), {});
    }
    if (frames > 0) giveFocusToTheView(frames - 1);
  });
}
