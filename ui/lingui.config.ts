import { defineConfig } from "@lingui/cli";

// English is the source. `lingui extract` keeps the catalogue in step with the code; `lingui compile` makes the module
// that the screens load. The compiled module is build output and is not kept.
export default defineConfig({
  sourceLocale: "en",
  locales: ["en"],
  catalogs: [{ path: "src/locales/{locale}/messages", include: ["src"], exclude: ["src/platform/memory/**"] }],
  format: "po",
  orderBy: "message",
});
