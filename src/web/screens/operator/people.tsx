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
  const { terminal, projection, say } = useDesk();
  const may = useMay();
  return (
    <section className="card" aria-labelledby="desk-people">
      <h2 id="desk-people">{t("terminal.people")}</h2>
      {terminal.signedOn.length === 0 ? <p className="soft">{t("terminal.people.none")}</p> : null}
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
