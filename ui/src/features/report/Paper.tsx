// The report as it is printed: what a manager signs and puts into the folder. Shown on paper only.

import { plural, t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import type { Report, ReportPeriod, ReportRow } from "../../bindings/bindings";
import { RoomNumber } from "../../shared/controls";
import { dayBegan, lineId } from "../../shared/DayBegan";
import { count, dateTimeInFull as at, iso } from "../../shared/fmt";
import { cameToSentence, outageName } from "../../shared/outage";
import { said } from "../../shared/said";
import { inAList } from "../../shared/words";
import { endCount, ENDS, endWord, outcomeWord } from "./words";

/** More than this is a book; the table has all of it. */
export const PAPER_MAX = 5_000;

interface PaperProps {
  head: Report;
  /** Everything, and in front of it again what is open and what was decided. */
  rows: readonly ReportRow[];
  open: readonly ReportRow[];
  decided: readonly ReportRow[];
  period: ReportPeriod;
}

export function Paper({ head, rows, open, decided, period }: PaperProps): ReactNode {
  const { outage, sums } = head;
  return (
    <div className="paper" data-testid="paper">
      <h1>{outage === null ? t`What was done at this desk` : outageName(outage, at)}</h1>
      <p>
        <bdi>{head.hotel}</bdi> · <bdi>{head.desk}</bdi>
        {period.kind === "time" ? ` · ${t`${at(period.from)} to ${at(period.to)}`}` : ""}
        {outage === null ? "" : ` · ${outage.code}`} · {t`printed ${at(head.madeAt)}`}
      </p>
      <p>
        <b>{outage === null ? plural(sums.recorded, { one: "# action.", other: "# actions." }) : cameToSentence(outage, sums)}</b>
      </p>
      <p>
        {count(sums.recorded)} {t`done`} = {ENDS.map((end) => `${count(endCount(sums, end))} ${endWord(end, endCount(sums, end))}`).join(" + ")}
      </p>
      <p>{head.people.map((person) => `${iso(said(person.name))} ${count(person.actions)}`).join(" · ")}</p>
      <h2>{t`Still open`}</h2>
      {open.length === 0 ? <p>{t`Nothing.`}</p> : <List rows={open} />}
      <h2>{t`Decided`}</h2>
      {decided.length === 0 ? <p>{t`Nothing had to be decided.`}</p> : <List rows={decided} />}
      <h2>{t`Everything that was done`}</h2>
      <List rows={rows} />
      {rows.length < head.total ? <p>{t`These are the first ${count(rows.length)} of ${count(head.total)}. The table has all of them.`}</p> : null}
      <p className="paper-sign">{t`Read by`}</p>
    </div>
  );
}

function List({ rows }: { rows: readonly ReportRow[] }): ReactNode {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{t`When`}</th>
          <th scope="col">{t`Room`}</th>
          <th scope="col">{t`What was done`}</th>
          <th scope="col">{t`By`}</th>
          <th scope="col">{t`What came of it`}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={lineId(row)}>
            <td>{at(row.recordedAt)}</td>
            <td>{row.began !== null ? null : row.entityKind === "desk" ? t`This desk` : <RoomNumber number={row.title} />}</td>
            <td dir="auto">{row.began === null ? said(row.summary) : dayBegan(row.began)}</td>
            <td>
              <bdi>{said(row.actor)}</bdi>
            </td>
            <td>
              {outcomeWord(row)}
              {row.acceptedAt === null ? "" : ` ${at(row.acceptedAt)}`}
              {row.why === null ? "" : `. ${iso(said(row.why))}`}
              {row.decision === null ? "" : `. ${iso(said(row.decision.what))} (${inAList([iso(said(row.decision.actor)), at(row.decision.at)])})`}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
