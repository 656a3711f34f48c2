// The locked desk: whose it is and how to go on. Of rooms, guests and what waits nothing is told here.

import { t } from "@lingui/core/macro";
import { useEffect, useState, type ReactNode } from "react";
import { useApp } from "../../data/useDesk";
import { announce } from "../../shared/announcer";
import { iso } from "../../shared/fmt";
import { PinForm } from "../../shared/PinForm";
import { roleWord } from "../../shared/words";
import { Page, WhoIsWorking } from "./Setup";

export function Locked(): ReactNode {
  const hotel = useApp((state) => state.hotel?.name ?? "");
  const person = useApp((state) => state.person);
  const [somebodyElse, setSomebodyElse] = useState(false);
  useEffect(() => {
    document.title = `${t`Locked`} · ${hotel} · Turndown`;
    announce(person === null ? t`This desk is locked.` : t`This desk is locked. Work that was recorded goes on being sent. ${iso(person.name)}: type your PIN.`, { key: "locked", atTheDoor: true });
    // Said once, when it locks.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  if (person === null) return <WhoIsWorking />;
  if (somebodyElse) return <WhoIsWorking cancel={t`Go back`} onCancel={() => setSomebodyElse(false)} />;
  return (
    <Page plain testId="locked" title={t`Locked`} lead={<><bdi>{hotel}</bdi>. {t`Work that was recorded goes on being sent.`}</>}>
      <div className="setup-person">
        <span className="setup-initials" aria-hidden>
          {person.initials}
        </span>
        <span>
          <b dir="auto">{person.name}</b>
          <small>{roleWord(person.role)}</small>
        </span>
      </div>
      <PinForm person={person} action={t`Unlock`} back={t`Somebody else`} escapes={false} onBack={() => setSomebodyElse(true)} />
    </Page>
  );
}
