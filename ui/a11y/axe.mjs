// What axe finds in the page as it stands, in every theme.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** As the computer asks for them; `prefs.ts` follows it. The first is audited by every rule; a theme changes colours and
 * edges and nothing else, so the others are by the rules about colours. */
export const THEMES = [
  { name: "light", media: { colorScheme: "light", contrast: "no-preference" } },
  { name: "dark", media: { colorScheme: "dark", contrast: "no-preference" } },
  { name: "high contrast", media: { colorScheme: "light", contrast: "more" } },
  { name: "high contrast, dark", media: { colorScheme: "dark", contrast: "more" } },
];

/** Runs in the page, in the theme that the page shows. */
async function run(onlyColours) {
  const { axe } = window;
  axe.configure({
    rules: [
      // Whoever speaks to the computer calls a control by what is written on it. A tile, an attendant's row of figures and
      // a lane to move to are cells of a table to the eye: each is named by a sentence, or by its first words with the
      // rest as its description, and begins with what it would be called.
      { id: "label-content-name-mismatch", selector: ":not([role=gridcell], [data-testid=attendant-choice], [role=menuitem][aria-describedby])" },
    ],
  });
  const { violations } = await axe.run(document, {
    resultTypes: ["violations"],
    ...(onlyColours ? { runOnly: ["color-contrast", "link-in-text-block"] } : {}),
  });
  return violations.flatMap(({ id, impact, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => ({
      impact,
      // Without the ids, which are others in every run.
      what: `${id}: ${help}\n    ${html.replaceAll(/ (id|aria-labelledby|aria-describedby|aria-controls|data-react-aria-pressable)="[^"]*"/g, "").slice(0, 240)}\n    ${failureSummary.split("\n").slice(1).join(" ").trim()}`,
    })),
  );
}

export async function audit(page) {
  await page.evaluate(source);
  const found = [];
  for (const theme of THEMES) {
    await page.emulateMedia(theme.media);
    await page.waitForFunction(
      ({ colorScheme, contrast }) => {
        const { scheme, contrast: shown } = document.documentElement.dataset;
        return scheme === colorScheme && (shown === "more") === (contrast === "more");
      },
      theme.media,
    );
    const each = await page.evaluate(run, theme !== THEMES[0]);
    found.push(...each.map(({ impact, what }) => ({ impact, what: `${what}\n    in ${theme.name}` })));
  }
  await page.emulateMedia(THEMES[0].media);
  return found;
}
