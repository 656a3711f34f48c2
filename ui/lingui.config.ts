import { defineConfig } from "@lingui/cli";
import { formatter } from "@lingui/format-po";
import { LANGUAGES } from "./src/shared/locales";

// English is the source. `lingui extract` keeps the catalogues in step with the code; `lingui compile` makes the modules
// that the screens load. The compiled modules are build output and are not kept. Where a sentence stands is named by
// file only: a line that moved is no change to seven catalogues.
export default defineConfig({
  sourceLocale: "en",
  locales: LANGUAGES.map((language) => language.code),
  catalogs: [{ path: "src/locales/{locale}/messages", include: ["src"], exclude: ["src/platform/memory/**", "**/*.test.*"] }],
  format: formatter({ lineNumbers: false }),
  orderBy: "message",
});
