import { render, screen } from "@testing-library/react";
import { i18n } from "@lingui/core";
import { Button, Dialog, DialogTrigger, I18nProvider, Popover } from "react-aria-components";
import { beforeAll, expect, it } from "vitest";
import { giveAriaOurWords } from "./ariaWords";
import { learn } from "./language";
import { LANGUAGES } from "./locales";

beforeAll(giveAriaOurWords);

it.each(LANGUAGES)("what React Aria says by itself is in $code as in the catalogue", async ({ code, plurals, load }) => {
  learn(code, (await load()).messages);
  i18n.activate(code, [...plurals]);
  render(
    <I18nProvider locale={code}>
      <DialogTrigger defaultOpen>
        <Button>x</Button>
        <Popover>
          <Dialog aria-label="y">z</Dialog>
        </Popover>
      </DialogTrigger>
    </I18nProvider>,
  );
  const names = screen.getAllByRole("button", { hidden: true }).map((button) => button.getAttribute("aria-label")).filter(Boolean);
  expect(names.length).toBeGreaterThan(0);
  if (code === "en") expect(new Set(names)).toEqual(new Set(["Dismiss"]));
  else expect(names.join(" ")).not.toMatch(/Dismiss/);
});
