// The last outage in one line: what came of it, and the way to the rooms and to the report. It stays until the next one.

import { t } from "@lingui/core/macro";
import { useCallback, useState, type ReactNode } from "react";
import type { Report } from "../../bindings/bindings";
import { useNow } from "../../data/ticker";
import { useDesk } from "../../data/useDesk";
import { useReading } from "../../data/useReading";
import { dateTime } from "../../shared/fmt";
import { Glyph } from "../../shared/glyphs";
import { cameToSentence, outageSpan } from "../../shared/outage";
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
  if (head === null || outage === null || head.sums.recorded === 0) return null;
  const at = (stamp: string) => dateTime(stamp, now);
  const asks = head.sums.attention > 0;
  return (
    <p className="after-outage" data-testid="after-outage" data-asks={asks || undefined}>
      <Glyph name={asks ? "alert" : outage.endedAt === null || head.sums.waiting > 0 ? "drive" : "tick"} />
      <span>
        {outage.planned ? t`Worked offline ${outageSpan(outage, at)}.` : t`Outage ${outageSpan(outage, at)}.`} <b>{cameToSentence(outage, head.sums)}</b>
      </span>
      <a href={routeHash({ view: "summary" })} data-testid="open-summary">{t`Room by room`}</a>
      <a href={routeHash({ view: "report", period: null })} data-testid="open-report">{t`Report`}</a>
    </p>
  );
}
