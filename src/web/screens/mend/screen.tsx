/** What waits for a person, by list and cause, and the decisions that end the waiting. */
import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useState, type ReactNode } from "react";
import type { Outcome } from "../../../api/contract/answer.ts";
import type { ReplyOf } from "../../../api/contract/contract.ts";
import { useRead } from "../../api/query.ts";
import { EvidenceDrawer } from "../../parts/evidence/drawer.tsx";
import { Age } from "../../parts/age.tsx";
import { Empty, Loaded } from "../../parts/page-state.tsx";
import { useText } from "../../text/text.tsx";
import type { MendListProps } from "./card.tsx";
import { OrderList } from "./order-list.tsx";
import { PostingList } from "./posting-list.tsx";
import { ProductionList } from "./production-list.tsx";
import { QuestionList } from "./question-list.tsx";
import "./mend.css";

const route = getRouteApi("/mend");

type Cause = ReplyOf<"GET /api/v1/mend">["causes"][number];
const lists = ["production", "postings", "orders", "questions"] as const satisfies readonly Cause["list"][];

const views: { readonly [L in Cause["list"]]: (props: MendListProps) => ReactNode } = {
  production: ProductionList,
  postings: PostingList,
  orders: OrderList,
  questions: QuestionList,
};

export function MendScreen(): ReactNode {
  const { t } = useText();
  const { open } = route.useSearch();
  const read = useRead("GET /api/v1/mend", { query: {} }, { refetchMs: 60_000 });
  return (
    <>
      <div className="head">
        <h1>{t("nav.mend")}</h1>
      </div>
      <Loaded read={read}>{({ causes }) => <Mending causes={causes} />}</Loaded>
      <EvidenceDrawer open={open} />
    </>
  );
}

function Mending(props: { readonly causes: readonly Cause[] }): ReactNode {
  const { t } = useText();
  const search = route.useSearch();
  const client = useQueryClient();
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const onDone = useCallback(
    (reply: Outcome) => {
      setOutcome(reply);
      void client.invalidateQueries({
        predicate: ({ queryKey }) => String(queryKey[0]).startsWith("GET /api/v1/mend"),
      });
    },
    [client],
  );
  const withWork = lists.find((list) => props.causes.some((cause) => cause.list === list));
  const list = lists.find((one) => one === search.list) ?? withWork;
  if (list === undefined) return <Empty title={t("mend.empty")} hint={t("mend.empty.do")} />;
  const View = views[list];
  return (
    <div className="stack">
      <Lists causes={props.causes} list={list} />
      <Causes causes={props.causes.filter((cause) => cause.list === list)} />
      <div role="status">
        {outcome === null ? null : (
          <p className="note note-good">
            <span lang="en">{outcome.message}</span>
            {outcome.isNew ? "" : ` ${t("mend.before")}`}
          </p>
        )}
      </div>
      <View code={search.code} onDone={onDone} />
    </div>
  );
}

function Lists(props: { readonly causes: readonly Cause[]; readonly list: Cause["list"] }): ReactNode {
  const { t, number } = useText();
  const navigate = route.useNavigate();
  return (
    <div className="row" role="group" aria-label={t("mend.lists")}>
      {lists.map((list) => {
        const count = props.causes.filter((cause) => cause.list === list).reduce((sum, cause) => sum + cause.count, 0);
        return (
          <button
            key={list}
            type="button"
            className="chip"
            aria-pressed={list === props.list}
            onClick={() => void navigate({ search: { list } })}
          >
            {t(`mend.list.${list}`)} <strong>{number(count)}</strong>
          </button>
        );
      })}
    </div>
  );
}

/** The causes of the list, most first; each is also the filter for it. */
function Causes(props: { readonly causes: readonly Cause[] }): ReactNode {
  const { t, number, look } = useText();
  const { code } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <div className="row" role="group" aria-label={t("mend.causes")}>
      {props.causes
        .toSorted((a, b) => b.count - a.count)
        .map((cause) => (
          <button
            key={cause.code}
            type="button"
            className="chip cause"
            aria-pressed={cause.code === code}
            onClick={() =>
              void navigate({ search: (before) => ({ ...before, code: cause.code === code ? undefined : cause.code }) })
            }
          >
            {look(`cause.${cause.code}`) ?? cause.code} <strong>{number(cause.count)}</strong>
            <span className="soft">
              {t("mend.oldest")} <Age time={cause.oldestAt} />
            </span>
          </button>
        ))}
    </div>
  );
}
