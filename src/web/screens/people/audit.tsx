/** The audit, newest first: who did what about what, chained by hashes. */
import { Button } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { ReplyOf } from "../../../api/contract/contract.ts";
import { useList } from "../../api/query.ts";
import { At } from "../../parts/age.tsx";
import { FoldingTable, type FoldingColumn } from "../../parts/folding-table.tsx";
import { Empty, Loaded } from "../../parts/page-state.tsx";
import { Pairs, plainText } from "../../parts/pairs.tsx";
import { SearchText } from "../../parts/search-text.tsx";
import { useText } from "../../text/text.tsx";

const route = getRouteApi("/people");

type Entry = ReplyOf<"GET /api/v1/audit">["items"][number];

export function Audit(): ReactNode {
  const { t } = useText();
  const { about } = route.useSearch();
  const navigate = route.useNavigate();
  const list = useList("GET /api/v1/audit", { query: { limit: 100, ...(about === undefined ? {} : { about }) } });
  return (
    <div className="stack">
      <div className="row row-end">
        <SearchText
          label={t("audit.about")}
          value={about ?? ""}
          onChange={(value) =>
            void navigate({ search: { part: "audit", about: value === "" ? undefined : value }, replace: true })
          }
        />
      </div>
      <Loaded read={list}>
        {() =>
          list.rows.length === 0 ? (
            <Empty title={t("audit.empty")} hint={t("audit.empty.do")} />
          ) : (
            <AuditTable entries={list.rows} />
          )
        }
      </Loaded>
      {list.hasMore ? (
        <Button variant="default" loading={list.isReadingMore} onClick={list.more}>
          {t("app.more")}
        </Button>
      ) : null}
    </div>
  );
}

function AuditTable(props: { readonly entries: readonly Entry[] }): ReactNode {
  const { t, look } = useText();
  const columns: readonly FoldingColumn<Entry>[] = [
    { id: "what", title: t("audit.what"), cell: ({ what }) => look(`audit.did.${what}`) ?? what },
    { id: "who", title: t("audit.who"), cell: (entry) => <Who entry={entry} /> },
    { id: "at", title: t("audit.at"), cell: ({ at }) => <At time={at} /> },
    {
      id: "about",
      title: t("audit.about"),
      cell: ({ about, aboutName }) => aboutName ?? <span className="mono">{about}</span>,
    },
    { id: "seq", title: t("audit.seq"), isNumber: true, cell: ({ seq }) => seq },
    { id: "detail", title: t("audit.detail"), isWide: true, cell: (entry) => <Detail entry={entry} /> },
  ];
  return <FoldingTable columns={columns} rows={props.entries} keyOf={({ seq }) => seq} />;
}

/** By name; whoever has none by the key, which is all that is left of an erased name. */
function Who(props: { readonly entry: Entry }): ReactNode {
  const { t } = useText();
  const { name, who } = props.entry;
  if (name !== null) return name;
  return who === "system" ? t("app.name") : <span className="mono">{who}</span>;
}

/** Longer texts are digests and ids, which are compared, not read. */
const readMax = 40;

/** What a person reads; opened, everything that the chain holds of the entry. */
function Detail(props: { readonly entry: Entry }): ReactNode {
  const { entry } = props;
  const { t, look } = useText();
  const all = Object.entries(entry.detail).map(([name, value]) => [name, plainText(value)] as const);
  const read = all.flatMap(([name, value]) => {
    if (value.length > readMax) return [];
    const label = look(`audit.name.${name}`) ?? name;
    return [`${label}: ${(name === "outcome" ? look(`audit.outcome.${value}`) : undefined) ?? value}`];
  });
  return (
    <details>
      <summary>{read.length === 0 ? t("audit.all") : read.join(", ")}</summary>
      <Pairs
        of={[[t("audit.who"), entry.who], [t("audit.about"), entry.about], ...all, [t("audit.hash"), entry.hash]]}
      />
    </details>
  );
}
