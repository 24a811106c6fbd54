/** Master data that was not taken over: who has said it, what we hold, what was sent. Nothing is decided here. */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { useList } from "../../api/query.ts";
import { Age } from "../../parts/age.tsx";
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
  return (
    <div className="table-frame">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t("refused-fields.sender")}</th>
            <th scope="col">{t("refused-fields.thing")}</th>
            <th scope="col">{t("refused-fields.ours")}</th>
            <th scope="col">{t("refused-fields.theirs")}</th>
            <th scope="col">{t("refused-fields.why")}</th>
            <th scope="col" className="number">
              {t("refused-fields.times")}
            </th>
            <th scope="col" className="number">
              {t("refused-fields.last")}
            </th>
          </tr>
        </thead>
        <tbody>
          {list.rows.map((row) => (
            <tr key={row.id}>
              <td>{row.sender}</td>
              <td>
                {row.noun} {row.key} {row.plant} {row.version} <span className="soft">{row.field}</span>
              </td>
              <td>{row.ours ?? "–"}</td>
              <td>{row.theirs ?? "–"}</td>
              <td>
                {row.message} <span className="soft mono">{row.code}</span> <span className="soft">{row.place}</span>
              </td>
              <td className="number">{number(row.times)}</td>
              <td className="number">
                <Age time={row.lastAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {list.hasMore ? (
        <Button variant="default" loading={list.isReadingMore} onClick={list.more}>
          {t("app.more")}
        </Button>
      ) : null}
    </div>
  );
}
