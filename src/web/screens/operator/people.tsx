/** Who is signed on at the unit, and one's own coming, break and going. */
import type { ReactNode } from "react";
import { Age } from "../../parts/age.tsx";
import { useMay } from "../../session/session.tsx";
import { useText } from "../../text/text.tsx";
import { useDesk } from "./desk.tsx";
import type { Projection } from "./projection.ts";

const keysIn = {
  off: ["sign-on"],
  on: ["break-begin", "sign-off"],
  break: ["break-end", "sign-off"],
} as const satisfies Record<Projection["presence"], readonly string[]>;

export function People(): ReactNode {
  const { t } = useText();
  const { terminal, projection, session, say } = useDesk();
  const may = useMay();
  const isComing = projection.presence !== "off" && !terminal.signedOn.some(({ person }) => person === session.person);
  return (
    <section className="card" aria-labelledby="desk-people">
      <h2 id="desk-people">{t("terminal.people")}</h2>
      {terminal.signedOn.length === 0 && !isComing ? <p className="soft">{t("terminal.people.none")}</p> : null}
      <ul className="desk-people">
        {terminal.signedOn.map(({ person, name, since, onBreak }) => (
          <li key={person}>
            <strong>{name ?? person}</strong>{" "}
            {onBreak ? <span className="state tone-warning">❚❚ {t("terminal.on-break")}</span> : null}{" "}
            <span className="soft">
              {t("terminal.since")} <Age time={since} />
            </span>
          </li>
        ))}
        {isComing ? (
          <li>
            <strong>{session.name ?? session.person}</strong> <span className="unbooked">{t("terminal.unbooked")}</span>
          </li>
        ) : null}
      </ul>
      {may("terminal.report") ? (
        <div className="row">
          {keysIn[projection.presence].map((kind) => (
            <button key={kind} type="button" className="key" onClick={() => say({ kind })}>
              {t(`terminal.${kind}`)}
            </button>
          ))}
        </div>
      ) : null}
    </section>
  );
}
