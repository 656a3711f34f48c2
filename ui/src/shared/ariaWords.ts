// React Aria brings the few words of its own in some thirty languages, and Dari and Pashto are none of them: they would
// stand in English. Those that our screens have come from the catalogue, in every language.

import { LocalizedStringDictionary } from "@internationalized/string";
import { t } from "@lingui/core/macro";

const OWN: Record<string, () => string> = {
  // A button that only screen readers find, at both ends of what is open.
  dismiss: () => t({ message: "Dismiss", context: "a button that only screen readers find: closes what is open" }),
  // A part of a date or a time that has no value yet.
  Empty: () => t({ message: "Empty", context: "a part of a date or a time that has no value yet" }),
};

/** Once, before anything is shown. */
export function giveAriaOurWords(): void {
  const dictionary = LocalizedStringDictionary.prototype;
  const brought = dictionary.getStringForLocale;
  dictionary.getStringForLocale = function getStringForLocale(key, locale) {
    return OWN[key]?.() ?? brought.call(this, key, locale);
  };
}
