/** Master data that was not taken over: who has said it, what we hold, what was sent. Nothing is decided here. */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { useList } from "../../api/query.ts";
import { Age } from "../../parts/age.tsx";
import { FoldingTable, type FoldingColumn } from "../../parts/folding-table.tsx";
import { Loaded } from "../../parts/page-state.tsx";
import { useText } from "../../text/text.tsx";

export function RefusedFields(): ReactNode {
  const { t } = useText();
  const list = useList("GET /api/v1/connections/refused", { query: { limit: 100 } });
  if (list.data !== undefined && list.rows.length === 0) return null;
  return (
    <section className="stack" aria-labelledby="refused-fields">
      <h2 id="refused-fields">{t("refused-fields.title")}</h2>
      <p className="soft">{t("refused-fields.what")}</p>
      <Loaded read={list}>{() => <Table list={list} />}</Loaded>
    </section>
  );
}

function Table(props: { readonly list: ReturnType<typeof useList<"GET /api/v1/connections/refused">> }): ReactNode {
  const { list } = props;
  const { t, number } = useText();
  const columns: readonly FoldingColumn<(typeof list.rows)[number]>[] = [
    { id: "sender", title: t("refused-fields.sender"), cell: ({ sender }) => sender },
    {
      id: "thing",
      title: t("refused-fields.thing"),
      isWide: true,
      cell: ({ noun, key, plant, version, field }) => (
        <>
          {noun} {key} {plant} {version} <span className="soft">{field}</span>
        </>
      ),
    },
    { id: "ours", title: t("refused-fields.ours"), cell: ({ ours }) => ours ?? "–" },
    { id: "theirs", title: t("refused-fields.theirs"), cell: ({ theirs }) => theirs ?? "–" },
    {
      id: "why",
      title: t("refused-fields.why"),
      isWide: true,
      cell: ({ message, code, place }) => (
        <>
          {message} <span className="soft mono">{code}</span> <span className="soft">{place}</span>
        </>
      ),
    },
    { id: "times", title: t("refused-fields.times"), isNumber: true, cell: ({ times }) => number(times) },
    { id: "last", title: t("refused-fields.last"), isNumber: true, cell: ({ lastAt }) => <Age time={lastAt} /> },
  ];
  return (
    <>
      <FoldingTable columns={columns} rows={list.rows} keyOf={({ id }) => id} />
      {list.hasMore ? (
        <Button variant="default" loading={list.isReadingMore} onClick={list.more}>
          {t("app.more")}
        </Button>
      ) : null}
    </>
  );
}
