/** The operator's terminal: choosing a work unit, and its screen. */
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useRead } from "../../api/query.ts";
import { Loaded } from "../../parts/page-state.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { useText } from "../../text/text.tsx";

const route = getRouteApi("/terminal/$unit");

export function TerminalChoice(): ReactNode {
  const { t } = useText();
  const read = useRead("GET /api/v1/floor", {});
  return (
    <>
      <h1>{t("terminal.choose")}</h1>
      <Loaded read={read}>
        {({ units }) => (
          <ul className="row">
            {units.map(({ id }) => (
              <li key={id}>
                <Link className="chip" to="/terminal/$unit" params={{ unit: id }}>
                  {id}
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </>
  );
}

export function TerminalScreen(): ReactNode {
  const { unit } = route.useParams();
  const read = useRead("GET /api/v1/units/:unit/terminal", { params: { unit } });
  return (
    <Loaded read={read}>
      {(terminal) => (
        <>
          <h1>{terminal.unit.description}</h1>
          <StateMark state={terminal.unit.state?.state ?? "unknown"} />
        </>
      )}
    </Loaded>
  );
}
