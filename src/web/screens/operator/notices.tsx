/** The unit's own notifications, to be read and taken over with gloves on. */
import type { ReactNode } from "react";
import type { NotificationView } from "../../../api/contract/notification.ts";
import { useRead } from "../../api/query.ts";
import { Age } from "../../parts/age.tsx";
import { noticeText } from "../../parts/notice-text.ts";
import { useTakeOver } from "../../parts/own-notices.ts";
import { ProblemNote } from "../../parts/problem.tsx";
import { useMay } from "../../session/session.tsx";
import { useText } from "../../text/text.tsx";
import { useDesk } from "./desk.tsx";

const shownMax = 5;

export function Notices(): ReactNode {
  const { t } = useText();
  const { unit } = useDesk();
  const may = useMay();
  const query = { state: "open", equipment: unit, limit: shownMax } as const;
  const read = useRead("GET /api/v1/notifications", { query }, { enabled: may("notification.read") });
  const items = read.data?.items.filter(({ equipment }) => equipment === unit) ?? [];
  if (items.length === 0) return null;
  return (
    <section className="card" aria-labelledby="desk-notices">
      <h2 id="desk-notices">{t("bell.title")}</h2>
      <ul className="notices">
        {items.map((notice) => (
          <Notice key={notice.id} notice={notice} />
        ))}
      </ul>
    </section>
  );
}

function Notice(props: { readonly notice: NotificationView }): ReactNode {
  const { notice } = props;
  const texts = useText();
  const { t } = texts;
  const may = useMay();
  const take = useTakeOver();
  const isTaken = notice.acknowledgedAt !== null;
  return (
    <li className={`notice level-${notice.severity}`}>
      <p>
        <strong>{t(`severity.${notice.severity}`)}</strong> {noticeText(notice, texts)}{" "}
        <span className="soft">
          <Age time={notice.at} />
        </span>
      </p>
      {isTaken ? (
        <span className="good-text">✓ {t("bell.taken")}</span>
      ) : may("notification.acknowledge") ? (
        <button type="button" className="key" onClick={() => take.send({ params: { notification: notice.id } })}>
          {t("bell.acknowledge")}
        </button>
      ) : null}
      <ProblemNote error={take.error} />
    </li>
  );
}
