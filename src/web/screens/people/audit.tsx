/** The audit, newest first: who did what about what, chained by hashes. */
import { Button } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { ReplyOf } from "../../../api/contract/contract.ts";
import { useList } from "../../api/query.ts";
import { At } from "../../parts/age.tsx";
import { Empty, Loaded } from "../../parts/page-state.tsx";
import { plainText } from "../../parts/pairs.tsx";
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
            <Empty title={t("audit.empty")} />
          ) : (
            <div className="table-frame">
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col" className="number">
                      {t("audit.seq")}
                    </th>
                    <th scope="col">{t("audit.at")}</th>
                    <th scope="col">{t("audit.who")}</th>
                    <th scope="col">{t("audit.what")}</th>
                    <th scope="col">{t("audit.about")}</th>
                    <th scope="col">{t("audit.detail")}</th>
                    <th scope="col">{t("audit.hash")}</th>
                  </tr>
                </thead>
                <tbody>
                  {list.rows.map((entry) => (
                    <AuditRow key={entry.seq} entry={entry} />
                  ))}
                </tbody>
              </table>
            </div>
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

function AuditRow(props: { readonly entry: Entry }): ReactNode {
  const { entry } = props;
  const { look } = useText();
  return (
    <tr>
      <td className="number">{entry.seq}</td>
      <td>
        <At time={entry.at} />
      </td>
      <td>
        {entry.name ?? ""} <span className="soft mono">{entry.who}</span>
      </td>
      <td>{look(`audit.${entry.what}`) ?? entry.what}</td>
      <td className="mono">{entry.about}</td>
      <td>
        {Object.entries(entry.detail)
          .map(([name, value]) => `${name}: ${plainText(value)}`)
          .join(", ")}
      </td>
      <td className="mono" title={entry.hash}>
        {entry.hash.slice(0, 10)}
      </td>
    </tr>
  );
}
