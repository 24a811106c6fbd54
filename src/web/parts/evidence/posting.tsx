/** A posting: its lines in business words, the request as it was frozen, every attempt, the ERP's document, and its facts. */
import type { ReactNode } from "react";
import type { PostingView } from "../../../api/contract/order.ts";
import { useRead } from "../../api/query.ts";
import { useText } from "../../text/text.tsx";
import { useMay } from "../../session/session.tsx";
import { Act } from "../act.tsx";
import { At } from "../age.tsx";
import { FoldingTable, phonePx, type FoldingColumn } from "../folding-table.tsx";
import { Mark } from "../mark.tsx";
import { Loaded } from "../page-state.tsx";
import { Pairs } from "../pairs.tsx";
import { toneOfPosting } from "../tone.ts";
import { OpenLink } from "./open-link.tsx";

export function PostingEvidence(props: { readonly id: string }): ReactNode {
  const read = useRead("GET /api/v1/postings/:posting", { params: { posting: props.id } });
  const onDone = (): void => void read.refetch();
  return <Loaded read={read}>{(posting) => <PostingDetail posting={posting} onDone={onDone} />}</Loaded>;
}

interface DetailProps {
  readonly posting: PostingView;
  readonly onDone: () => void;
}

function PostingDetail(props: DetailProps): ReactNode {
  const { posting } = props;
  const { t, day } = useText();
  return (
    <div className="stack">
      <div className="row">
        <h3>{t(`word.${posting.kind}`)}</h3>
        <Mark tone={toneOfPosting[posting.state]}>{t(`word.${posting.state}`)}</Mark>
        {posting.parked ? <Mark tone="warning">{t("word.parked")}</Mark> : null}
      </div>
      {posting.fault === null ? null : (
        <div className="note note-bad">
          <p lang="en">{posting.fault.message}</p>
          <p className="soft mono">{posting.fault.code}</p>
        </div>
      )}
      <Pairs
        of={[
          [t("evidence.document"), posting.document ?? "–"],
          [t("evidence.order"), `${posting.number} / ${posting.operation}`],
          [t("evidence.posting-date"), posting.postingDate === null ? "–" : day(`${posting.postingDate}T12:00:00Z`)],
          [t("evidence.planned"), <At key="planned" time={posting.plannedAt} />],
          [t("evidence.settled"), <At key="settled" time={posting.settledAt} />],
          ...(posting.nextTryAt === null
            ? []
            : [[t("evidence.next-try"), <At key="next" time={posting.nextTryAt} />] as const]),
          [
            t("evidence.key"),
            <span key="key" className="mono">
              {posting.key}
            </span>,
          ],
          ...(posting.traceId === null
            ? []
            : [
                [
                  t("evidence.trace"),
                  <span key="trace" className="mono">
                    {posting.traceId}
                  </span>,
                ] as const,
              ]),
        ]}
      />
      <PostingLines lines={posting.lines} />
      <Attempts attempts={posting.attempts} />
      <Request text={posting.request} />
      <h3>{t("evidence.facts")}</h3>
      <div className="links">
        {posting.facts.map((fact, index) => (
          <OpenLink key={fact} kind="fact" id={fact}>
            {t("evidence.fact.nth", { count: index + 1 })}
          </OpenLink>
        ))}
      </div>
      <Linked id={posting.supersedes}>{t("evidence.supersedes")}</Linked>
      <Linked id={posting.reverses}>{t("evidence.reverses")}</Linked>
      <Linked id={posting.reversedBy}>{t("evidence.reversed-by")}</Linked>
      <Decisions {...props} />
    </div>
  );
}

function Linked(props: { readonly id: string | null; readonly children: ReactNode }): ReactNode {
  return props.id === null ? null : (
    <OpenLink kind="posting" id={props.id}>
      {props.children}
    </OpenLink>
  );
}

/**
 * What of a posting is decided where it is looked at: of a settled one, and of one that waits without anything wrong with
 * it, because it was keyed in the ERP by hand. What went wrong is decided on the screen To mend.
 */
function Decisions({ posting, onDone }: DetailProps): ReactNode {
  const may = useMay();
  if (!may("mend.decide")) return null;
  const input = (because: string) => ({
    params: { posting: posting.id },
    body: { because },
    version: posting.version,
  });
  const isOver = posting.state === "dismissed" || posting.state === "reversed";
  return (
    <div className="row">
      {posting.state === "planned" ? (
        <Act
          route="POST /api/v1/mend/postings/:posting/dismiss"
          name="dismiss-posting"
          isHarmful
          input={input}
          onDone={onDone}
        />
      ) : null}
      {posting.state === "confirmed" && posting.facts.length > 0 && posting.reversedBy === null ? (
        <Act
          route="POST /api/v1/mend/postings/:posting/take-back"
          name="take-back"
          isHarmful
          input={input}
          onDone={onDone}
        />
      ) : null}
      {isOver && posting.holdsFacts ? (
        <Act route="POST /api/v1/mend/postings/:posting/release" name="release" input={input} onDone={onDone} />
      ) : null}
    </div>
  );
}

function Request(props: { readonly text: string | null }): ReactNode {
  const { t } = useText();
  return (
    <>
      <h3>{t("evidence.request")}</h3>
      {props.text === null ? (
        <p className="soft">{t("evidence.request.none")}</p>
      ) : (
        // a region that scrolls must be reachable by keyboard
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <pre className="plain" tabIndex={0} aria-label={t("evidence.request")}>
          {props.text}
        </pre>
      )}
    </>
  );
}

type Line = PostingView["lines"][number];

export function PostingLines(props: { readonly lines: readonly Line[] }): ReactNode {
  const { t, amount } = useText();
  const columns: readonly FoldingColumn<Line>[] = [
    {
      id: "what",
      title: t("evidence.what"),
      cell: ({ what, document }) => t(`line.${what}`, { document: document ?? "" }),
    },
    { id: "material", title: t("orders.material"), cell: ({ material }) => material },
    { id: "amount", title: t("materials.amount"), isNumber: true, cell: (line) => amount(line.amount) },
    { id: "location", title: t("order.location"), cell: ({ location }) => location },
    { id: "lot", title: t("order.lot"), cell: ({ lot }) => lot },
  ];
  // lines have no name but their place
  return <FoldingTable columns={columns} rows={props.lines} keyOf={(_, index) => index} foldsTo={phonePx} />;
}

function Attempts(props: { readonly attempts: PostingView["attempts"] }): ReactNode {
  const { t, dateTime, number, look } = useText();
  return (
    <>
      <h3>{t("evidence.attempts")}</h3>
      {props.attempts.length === 0 ? <p className="soft">{t("evidence.attempts.none")}</p> : null}
      <ol className="notices">
        {props.attempts.map((one) => (
          <li key={one.number} className="notice">
            <span>
              {number(one.number)}. {dateTime(one.startedAt)} –{" "}
              {one.endedAt === null ? t("evidence.attempt.open") : dateTime(one.endedAt)}:{" "}
              <strong>{look(`word.${one.outcome ?? ""}`) ?? one.outcome ?? t("evidence.attempt.open")}</strong>
            </span>
            {one.message === null ? null : (
              <span className="soft" lang="en">
                {one.message}
              </span>
            )}
          </li>
        ))}
      </ol>
    </>
  );
}
