// The last outage in one line: what came of it, and the way to the rooms and to the report. It stays until the next one.
// Of one in which nothing was done there is nothing to look at; the way leads to the one before.

import { t } from "@lingui/core/macro";
import { useCallback, useState, type ReactNode } from "react";
import type { Report } from "../../bindings/bindings";
import { useNow } from "../../data/ticker";
import { useDesk } from "../../data/useDesk";
import { useReading } from "../../data/useReading";
import { dateTime } from "../../shared/fmt";
import { Glyph } from "../../shared/glyphs";
import { cameToSentence, outageName, outageSpan } from "../../shared/outage";
import { routeHash } from "../../shared/route";

export function AfterOutage(): ReactNode {
  const desk = useDesk();
  const now = useNow();
  const [head, setHead] = useState<Report | null>(null);
  const read = useCallback(async () => {
    try {
      setHead(await desk.platform.report({ kind: "last" }, null, [], 0, 0));
    } catch {
      // The screens behind the links say what is wrong; the Sync Center does without this line.
      setHead(null);
    }
  }, [desk]);
  useReading(read);
  const outage = head?.outage ?? null;
  if (head === null || outage === null) return null;
  const idle = head.sums.recorded === 0;
  // While it lasts, that nothing was done yet is no news.
  if (idle && outage.endedAt === null) return null;
  const before = idle ? head.outages.find(({ id, actions }) => id !== outage.id && actions > 0) : undefined;
  const at = (stamp: string) => dateTime(stamp, now);
  const asks = head.sums.attention > 0;
  return (
    <p className="after-outage" data-testid="after-outage" data-asks={asks || undefined}>
      <Glyph name={asks ? "alert" : outage.endedAt === null || head.sums.waiting > 0 ? "drive" : "tick"} />
      <span>
        {outage.planned ? t`Worked offline ${outageSpan(outage, at)}.` : t`Outage ${outageSpan(outage, at)}.`} <b>{cameToSentence(outage, head.sums)}</b>
      </span>
      {idle ? null : (
        <>
          <a href={routeHash({ view: "summary" })} data-testid="open-summary">{t`Room by room`}</a>
          <a href={routeHash({ view: "report", period: null })} data-testid="open-report">{t`Report`}</a>
        </>
      )}
      {before === undefined ? null : (
        <a href={routeHash({ view: "report", period: String(before.id) })} data-testid="open-earlier">
          {outageName(before, at)}
        </a>
      )}
    </p>
  );
}
