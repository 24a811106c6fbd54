/** A stop that nobody has given a reason for: it stays at the top until somebody does. */
import { useState, type ReactNode } from "react";
import { Age } from "../../parts/age.tsx";
import { useMay } from "../../session/session.tsx";
import { useText } from "../../text/text.tsx";
import { useDesk } from "./desk.tsx";
import { ReasonTiles } from "./reason-tiles.tsx";

export function StopBanner(): ReactNode {
  const { t, clock } = useText();
  const may = useMay();
  const { projection, terminal, say } = useDesk();
  const since = projection.openStopSince;
  const [isOpen, setOpen] = useState(true);
  if (since === null) return null;
  const choose = (reason: string): void => {
    // a stop that is not booked yet has no beginning that the server knows: then it is the open one
    say({ kind: "stop-reason", reason, since: terminal.openStop?.since ?? null });
  };
  return (
    <section className="desk-stop" aria-labelledby="desk-stop">
      <div className="row">
        <h2 id="desk-stop" className="grow">
          ✕ {t("terminal.stop.title", { at: clock(since) })} · <Age time={since} />
        </h2>
        {may("terminal.report") ? (
          <button type="button" className="key" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {t(isOpen ? "terminal.stop.fold" : "terminal.stop.unfold")}
          </button>
        ) : null}
      </div>
      {isOpen && may("terminal.report") ? (
        <ReasonTiles
          isNamed
          tree={terminal.reasons.stop}
          label={t("terminal.stop.why")}
          chosen={null}
          onChoose={choose}
        />
      ) : null}
    </section>
  );
}
