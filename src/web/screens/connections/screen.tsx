/** Machines and ERPs: whether they are reached, how fast, how late, and what went wrong last. */
import type { ReactNode } from "react";
import type { Connections } from "../../../api/contract/connection.ts";
import { useRead } from "../../api/query.ts";
import { Age } from "../../parts/age.tsx";
import { Mark } from "../../parts/mark.tsx";
import { Empty, Loaded } from "../../parts/page-state.tsx";
import { useText } from "../../text/text.tsx";
import { RefusedFields } from "./refused-fields.tsx";

type Machine = Connections["machines"][number];
type Erp = Connections["erps"][number];

export function ConnectionsScreen(): ReactNode {
  const { t } = useText();
  const read = useRead("GET /api/v1/connections", {}, { refetchMs: 10_000 });
  return (
    <>
      <div className="head">
        <h1>{t("nav.connections")}</h1>
      </div>
      <Loaded read={read}>
        {(found) => (
          <div className="stack">
            {found.recovering ? <p className="note note-bad">{t("connections.recovering")}</p> : null}
            <section className="stack" aria-labelledby="erps">
              <h2 id="erps">{t("connections.erps")}</h2>
              {found.erps.length === 0 ? <Empty title={t("connections.erps.none")} /> : <Erps erps={found.erps} />}
            </section>
            <section className="stack" aria-labelledby="machines">
              <div className="row">
                <h2 id="machines" className="grow">
                  {t("connections.machines")}
                </h2>
                <Buffer count={found.buffer.waitingBatches} />
              </div>
              {found.machines.length === 0 ? (
                <Empty title={t("connections.machines.none")} />
              ) : (
                <Machines machines={found.machines} />
              )}
            </section>
            <RefusedFields />
          </div>
        )}
      </Loaded>
    </>
  );
}

function Buffer(props: { readonly count: number }): ReactNode {
  const { many } = useText();
  return <span className="soft">{many("connections.buffer", props.count)}</span>;
}

/** What the machine said and nobody has read, of the last day. */
function Unread(props: { readonly unread: Machine["unread"] }): ReactNode {
  const { number } = useText();
  const { unread } = props;
  if (unread === null) return "–";
  return (
    <>
      {number(unread.count)} <span className="mono">{unread.item}</span> {unread.why}{" "}
      <span className="soft">
        <Age time={unread.at} />
      </span>
    </>
  );
}

function LastFault(props: { readonly fault: Machine["fault"] }): ReactNode {
  const { fault } = props;
  if (fault === null) return "–";
  return (
    <>
      {fault.message}{" "}
      <span className="soft">
        <span className="mono">{fault.code}</span> · <Age time={fault.at} />
      </span>
    </>
  );
}

function Erps(props: { readonly erps: readonly Erp[] }): ReactNode {
  const { t, number } = useText();
  return (
    <div className="table-frame">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t("connections.name")}</th>
            <th scope="col">{t("order.state")}</th>
            <th scope="col" className="number">
              {t("connections.last-pull")}
            </th>
            <th scope="col" className="number">
              {t("connections.pending")}
            </th>
            <th scope="col" className="number">
              {t("word.in-doubt")}
            </th>
            <th scope="col" className="number">
              {t("word.parked")}
            </th>
            <th scope="col" className="number">
              {t("word.refused")}
            </th>
            <th scope="col" className="number">
              {t("refused-fields.count")}
            </th>
            <th scope="col" className="number">
              {t("mend.oldest")}
            </th>
            <th scope="col">{t("connections.last-fault")}</th>
          </tr>
        </thead>
        <tbody>
          {props.erps.map((erp) => (
            <tr key={erp.id}>
              <td>
                {erp.id} <span className="soft">{erp.product}</span>
              </td>
              <td>
                <Mark tone={erp.ready ? "good" : "bad"}>
                  {t(erp.ready ? "connections.ready" : "connections.not-ready")}
                </Mark>
              </td>
              <td className="number">
                <Age time={erp.lastPullAt} />
              </td>
              <td className="number">{number(erp.pending)}</td>
              <td className="number">{number(erp.inDoubt)}</td>
              <td className="number">{number(erp.parked)}</td>
              <td className="number">{number(erp.refused)}</td>
              <td className="number">{number(erp.refusedFields)}</td>
              <td className="number">
                <Age time={erp.oldestPendingAt} />
              </td>
              <td>
                <LastFault fault={erp.fault} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Those that are not reached stand first. */
function Machines(props: { readonly machines: readonly Machine[] }): ReactNode {
  const { t } = useText();
  const sorted = props.machines.toSorted(
    (a, b) => Number(a.connected) - Number(b.connected) || a.id.localeCompare(b.id),
  );
  return (
    <div className="table-frame">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t("connections.name")}</th>
            <th scope="col">{t("order.unit")}</th>
            <th scope="col">{t("order.state")}</th>
            <th scope="col" className="number">
              {t("floor.last-sample")}
            </th>
            <th scope="col" className="number">
              {t("connections.rate")}
            </th>
            <th scope="col" className="number">
              {t("connections.lag")}
            </th>
            <th scope="col" className="number">
              {t("connections.waiting")}
            </th>
            <th scope="col">{t("connections.unread")}</th>
            <th scope="col">{t("connections.last-fault")}</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((machine) => (
            <MachineRow key={machine.id} machine={machine} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function MachineRow(props: { readonly machine: Machine }): ReactNode {
  const { machine } = props;
  const { t, number } = useText();
  const word = machine.backfilling
    ? "floor.backfilling"
    : machine.connected
      ? "connections.connected"
      : "floor.disconnected";
  return (
    <tr>
      <td>
        {machine.id} <span className="soft">{machine.protocol}</span>
      </td>
      <td className="keep">{machine.workUnit ?? "–"}</td>
      <td>
        <Mark tone={machine.connected ? (machine.backfilling ? "info" : "good") : "bad"}>{t(word)}</Mark>
      </td>
      <td className="number">
        <Age time={machine.lastSampleAt} />
      </td>
      <td className="number">{t("connections.per-second", { count: number(machine.samplesPerSecond, 1) })}</td>
      <td className="number">{machine.lagMs === null ? "–" : t("connections.ms", { count: number(machine.lagMs) })}</td>
      <td className="number">{number(machine.waitingSamples)}</td>
      <td>
        <Unread unread={machine.unread} />
      </td>
      <td>
        <LastFault fault={machine.fault} />
      </td>
    </tr>
  );
}
