/** The bell: how many notifications are open, and the list to read and take over. */
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { NotificationView } from "../../api/contract/notification.ts";
import { useList } from "../api/query.ts";
import { useMay } from "../session/session.tsx";
import { useText } from "../text/text.tsx";
import { Age } from "./age.tsx";
import { noticeText } from "./notice-text.ts";
import { useOpenNotices, useTakeOver } from "./own-notices.ts";
import { Loaded } from "./page-state.tsx";
import { Panel } from "./panel.tsx";
import { ProblemNote } from "./problem.tsx";

/** Read at once. */
const partMax = 50;

export function Bell(): ReactNode {
  const { t, many, number } = useText();
  const open = useOpenNotices();
  if (open === null) return null;
  const { count, urgent } = open;
  const button = (
    <>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
        <path d="M8 1a4.5 4.5 0 0 0-4.5 4.5V9L2 11.5V12h12v-.5L12.5 9V5.5A4.5 4.5 0 0 0 8 1ZM6 13a2 2 0 0 0 4 0Z" />
      </svg>
      {count === 0 ? null : <span className={urgent > 0 ? "count count-bad" : "count"}>{number(count)}</span>}
    </>
  );
  return (
    <Panel label={many("bell.label", count)} title={t("bell.title")} button={button}>
      <h2>{t("bell.title")}</h2>
      <Notices />
    </Panel>
  );
}

function Notices(): ReactNode {
  const { t } = useText();
  const read = useList("GET /api/v1/notifications", { query: { state: "open", limit: partMax } });
  return (
    <Loaded read={read}>
      {() =>
        read.rows.length === 0 ? (
          <p className="soft">{t("bell.empty")}</p>
        ) : (
          <>
            <ul className="notices">
              {read.rows.map((item) => (
                <Notice key={item.id} notice={item} />
              ))}
            </ul>
            {read.hasMore ? (
              <Button variant="default" loading={read.isReadingMore} onClick={read.more}>
                {t("app.more")}
              </Button>
            ) : null}
          </>
        )
      }
    </Loaded>
  );
}

function Notice(props: { readonly notice: NotificationView }): ReactNode {
  const { notice } = props;
  const may = useMay();
  const text = useText();
  const { t } = text;
  const take = useTakeOver();
  const isTaken = notice.acknowledgedAt !== null;
  return (
    <li className={`notice level-${notice.severity}`}>
      <p>
        <strong>{t(`severity.${notice.severity}`)}</strong> {noticeText(notice, text)}
      </p>
      <p className="soft">
        {notice.equipment} · <Age time={notice.at} />
        {isTaken ? ` · ${t("bell.taken")}` : ""}
        {notice.escalatedAt === null ? "" : ` · ${t("bell.escalated")}`}
      </p>
      <div className="row">
        {notice.order === null ? null : (
          <Link to="/orders/$order" params={{ order: notice.order }}>
            {t("bell.order")}
          </Link>
        )}
        {isTaken || !may("notification.acknowledge") ? null : (
          <Button
            size="compact-sm"
            variant="default"
            loading={take.isSending}
            onClick={() => take.send({ params: { notification: notice.id } })}
          >
            {t("bell.acknowledge")}
          </Button>
        )}
      </div>
      <ProblemNote error={take.error} />
    </li>
  );
}
