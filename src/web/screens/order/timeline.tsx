/** Everything that happened to the order, in order of event time; each entry opens to what is below it. */
import { Button } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo, useState, type ReactNode } from "react";
import type { TimelineEntry } from "../../../api/contract/order.ts";
import { useList } from "../../api/query.ts";
import { OpenLink } from "../../parts/evidence/open-link.tsx";
import { Empty, Loaded } from "../../parts/page-state.tsx";
import { useText } from "../../text/text.tsx";
import { entryWords, groupEntries, type EntryGroup } from "./words.ts";

const route = getRouteApi("/orders/$order");

/** What one chooses by; the contract's kinds behind each. */
const filters = {
  order: "order,change,quarantine,decision",
  machine: "instruction,run,state,fact",
  material: "material",
  people: "person,notification",
  posting: "posting,document,question",
} as const;
const names = [
  "order",
  "machine",
  "material",
  "people",
  "posting",
] as const satisfies readonly (keyof typeof filters)[];

/** Recorded so much later than it happened: worth saying. */
const lateMs = 60_000;

export function Timeline(props: { readonly order: string }): ReactNode {
  const { t } = useText();
  const search = route.useSearch();
  const chosen = names.find((one) => one === search.kinds);
  const list = useList("GET /api/v1/orders/:order/timeline", {
    params: { order: props.order },
    query: { limit: 200, ...(chosen === undefined ? {} : { kinds: filters[chosen] }) },
  });
  const groups = useMemo(() => groupEntries(list.rows), [list.rows]);
  return (
    <section aria-labelledby="timeline" className="stack">
      <div className="row">
        <h2 id="timeline" className="grow">
          {t("timeline.title")}
        </h2>
        <Kinds chosen={chosen} />
      </div>
      <Loaded read={list}>
        {() =>
          groups.length === 0 ? (
            <Empty title={t("timeline.empty")} hint={t("timeline.empty.do")} />
          ) : (
            <ol className="timeline">
              {groups.map((group) => (
                <Group key={group.first.id} group={group} />
              ))}
            </ol>
          )
        }
      </Loaded>
      {list.hasMore ? (
        <Button variant="default" loading={list.isReadingMore} onClick={list.more}>
          {t("app.more")}
        </Button>
      ) : null}
    </section>
  );
}

function Kinds(props: { readonly chosen: keyof typeof filters | undefined }): ReactNode {
  const { t } = useText();
  const navigate = route.useNavigate();
  return (
    <div className="row" role="group" aria-label={t("timeline.kinds")}>
      {names.map((one) => (
        <button
          key={one}
          type="button"
          className="chip"
          aria-pressed={one === props.chosen}
          onClick={() =>
            void navigate({
              search: (before) => ({ ...before, kinds: one === props.chosen ? undefined : one }),
              replace: true,
            })
          }
        >
          {t(`timeline.kind.${one}`)}
        </button>
      ))}
    </div>
  );
}

function Group(props: { readonly group: EntryGroup }): ReactNode {
  const { first, more } = props.group;
  const { many } = useText();
  const [isOpen, open] = useState(false);
  if (more.length === 0) return <Entry entry={first} />;
  return (
    <>
      <Entry entry={first} />
      <li className="entry entry-more">
        <button type="button" className="chip" aria-expanded={isOpen} onClick={() => open(!isOpen)}>
          {many("timeline.more", more.length)}
        </button>
      </li>
      {isOpen ? more.map((entry) => <Entry key={entry.id} entry={entry} />) : null}
    </>
  );
}

function Entry(props: { readonly entry: TimelineEntry }): ReactNode {
  const { entry } = props;
  const text = useText();
  const { title, rest } = entryWords(entry, text);
  const isLate = Date.parse(entry.recordedAt) - Date.parse(entry.at) > lateMs;
  const kind = text.look(`timeline.${entry.kind}`) ?? entry.kind;
  return (
    <li className={`entry level-${entry.level}`}>
      <time dateTime={entry.at}>{text.dateTime(entry.at)}</time>
      <span className="entry-kind">{kind}</span>
      <div>
        {entry.opens === null ? (
          <span>{title}</span>
        ) : (
          <OpenLink kind={entry.opens.kind} id={entry.opens.id}>
            {title}
          </OpenLink>
        )}
        {rest.length === 0 ? null : (
          <span className="soft">
            {" "}
            {rest.map(([name, value]) => (name === "message" ? value : `${name}: ${value}`)).join(" · ")}
          </span>
        )}
        {isLate ? (
          <span className="soft"> · {text.t("timeline.recorded", { at: text.dateTime(entry.recordedAt) })}</span>
        ) : null}
      </div>
      <span className="soft entry-place">
        {[entry.operation, entry.workUnit].filter((one) => one !== null).join(" · ")}
      </span>
    </li>
  );
}
