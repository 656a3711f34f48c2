// How old what the desk knows is, in words: the stamp of an emergency operation, the dialog that blocks the board and the
// cockpit say the same.

import { t } from "@lingui/core/macro";
import { durationInWords } from "./fmt";

/** How old it is, as a sentence. */
export function ageSentence(ageS: number | null): string {
  return ageS === null
    ? t`How old what this desk knows is cannot be told: this computer's clock was set back.`
    : t`What this desk knows is ${durationInWords(ageS)} old.`;
}
