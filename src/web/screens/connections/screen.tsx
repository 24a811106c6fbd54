/** Machines and ERPs: whether they are reached, how fast, how late, and what went wrong last. */
import type { ReactNode } from "react";
import type { Connections } from "../../../api/contract/connection.ts";
import { useRead } from "../../api/query.ts";
import { Age } from "../../parts/age.tsx";
import { FoldingTable, type FoldingColumn } from "../../parts/folding-table.tsx";
import { Mark } from "../../parts/mark.tsx";
import { Empty, Loaded } from "../../parts/page-state.tsx";
import type { TextKey } from "../../text/en.ts";
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
              {found.erps.length === 0 ? (
                <Empty title={t("connections.erps.none")} hint={t("connections.erps.none.do")} />
              ) : (
                <Erps erps={found.erps} />
              )}
            </section>
            <section className="stack" aria-labelledby="machines">
              <div className="row">
                <h2 id="machines" className="grow">
                  {t("connections.machines")}
                </h2>
                <Buffer count={found.buffer.waitingBatches} />
              </div>
              {found.machines.length === 0 ? (
                <Empty title={t("connections.machines.none")} hint={t("connections.machines.none.do")} />
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
function Unread(props: { readonly unread: NonNullable<Machine["unread"]> }): ReactNode {
  const { number } = useText();
  const { unread } = props;
  return (
    <>
      {number(unread.count)} <span className="mono">{unread.item}</span> <span lang="en">{unread.why}</span>{" "}
      <span className="soft">
        <Age time={unread.at} />
      </span>
    </>
  );
}

function LastFault(props: { readonly fault: NonNullable<Machine["fault"]> }): ReactNode {
  const { fault } = props;
  return (
    <>
      <span lang="en">{fault.message}</span>{" "}
      <span className="soft">
        <span className="mono">{fault.code}</span> · <Age time={fault.at} />
      </span>
    </>
  );
}

function Erps(props: { readonly erps: readonly Erp[] }): ReactNode {
  const { t, number } = useText();
  const count = (id: "pending" | "inDoubt" | "parked" | "refused" | "refusedFields", title: TextKey) => ({
    id,
    title: t(title),
    isNumber: true,
    cell: (erp: Erp) => number(erp[id]),
  });
  const columns: readonly FoldingColumn<Erp>[] = [
    {
      id: "name",
      title: t("connections.name"),
      cell: ({ id, product }) => (
        <>
          {id} <span className="soft">{product}</span>
        </>
      ),
    },
    {
      id: "state",
      title: t("order.state"),
      cell: ({ ready }) => (
        <Mark tone={ready ? "good" : "bad"}>{t(ready ? "connections.ready" : "connections.not-ready")}</Mark>
      ),
    },
    {
      id: "last-pull",
      title: t("connections.last-pull"),
      isNumber: true,
      cell: ({ lastPullAt }) => <Age time={lastPullAt} />,
    },
    count("pending", "connections.pending"),
    count("inDoubt", "word.in-doubt"),
    count("parked", "word.parked"),
    count("refused", "word.refused"),
    count("refusedFields", "refused-fields.count"),
    {
      id: "oldest",
      title: t("mend.oldest"),
      isNumber: true,
      cell: ({ oldestPendingAt }) => (oldestPendingAt === null ? null : <Age time={oldestPendingAt} />),
    },
    {
      id: "fault",
      title: t("connections.last-fault"),
      isWide: true,
      cell: ({ fault }) => (fault === null ? null : <LastFault fault={fault} />),
    },
  ];
  return <FoldingTable columns={columns} rows={props.erps} keyOf={({ id }) => id} />;
}

/** Those that are not reached stand first. */
function Machines(props: { readonly machines: readonly Machine[] }): ReactNode {
  const columns = useMachineColumns();
  const sorted = props.machines.toSorted(
    (a, b) => Number(a.connected) - Number(b.connected) || a.id.localeCompare(b.id),
  );
  return <FoldingTable columns={columns} rows={sorted} keyOf={({ id }) => id} />;
}

function useMachineColumns(): readonly FoldingColumn<Machine>[] {
  const { t, number } = useText();
  return [
    {
      id: "name",
      title: t("connections.name"),
      cell: ({ id, protocol }) => (
        <>
          {id} <span className="soft">{protocol}</span>
        </>
      ),
    },
    {
      id: "unit",
      title: t("order.unit"),
      cell: ({ workUnit }) => (workUnit === null ? null : <span className="keep">{workUnit}</span>),
    },
    { id: "state", title: t("order.state"), cell: (machine) => <MachineState machine={machine} /> },
    {
      id: "last-sample",
      title: t("floor.last-sample"),
      isNumber: true,
      cell: ({ lastSampleAt }) => <Age time={lastSampleAt} />,
    },
    {
      id: "rate",
      title: t("connections.rate"),
      isNumber: true,
      cell: ({ samplesPerSecond }) => t("connections.per-second", { count: number(samplesPerSecond, 1) }),
    },
    {
      id: "lag",
      title: t("connections.lag"),
      isNumber: true,
      cell: ({ lagMs }) => (lagMs === null ? null : t("connections.ms", { count: number(lagMs) })),
    },
    {
      id: "waiting",
      title: t("connections.waiting"),
      isNumber: true,
      cell: ({ waitingSamples }) => number(waitingSamples),
    },
    {
      id: "unread",
      title: t("connections.unread"),
      isWide: true,
      cell: ({ unread }) => (unread === null ? null : <Unread unread={unread} />),
    },
    {
      id: "fault",
      title: t("connections.last-fault"),
      isWide: true,
      cell: ({ fault }) => (fault === null ? null : <LastFault fault={fault} />),
    },
  ];
}

function MachineState(props: { readonly machine: Machine }): ReactNode {
  const { connected, backfilling } = props.machine;
  const { t } = useText();
  const word = backfilling ? "floor.backfilling" : connected ? "connections.connected" : "floor.disconnected";
  return <Mark tone={connected ? (backfilling ? "info" : "good") : "bad"}>{t(word)}</Mark>;
}
