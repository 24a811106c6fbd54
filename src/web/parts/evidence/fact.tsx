/** A fact: what it says, who said so, and the exact samples behind it. */
import type { ReactNode } from "react";
import type { Fact } from "../../../api/contract/order.ts";
import { useRead } from "../../api/query.ts";
import { useText, type Texts } from "../../text/text.tsx";
import { FoldingTable, phonePx, type FoldingColumn } from "../folding-table.tsx";
import { Mark } from "../mark.tsx";
import { Loaded } from "../page-state.tsx";
import { decimal } from "../decimal.ts";
import { Pairs, plainText } from "../pairs.tsx";
import { usePlaceName } from "../place.ts";
import { toneOfPosting } from "../tone.ts";
import { OpenLink } from "./open-link.tsx";

export function FactEvidence(props: { readonly id: string }): ReactNode {
  const read = useRead("GET /api/v1/facts/:fact", { params: { fact: props.id } });
  return <Loaded read={read}>{(fact) => <FactView fact={fact} />}</Loaded>;
}

function FactView(props: { readonly fact: Fact }): ReactNode {
  const { fact } = props;
  const text = useText();
  const { t, look, dateTime, exact, number } = text;
  const time = (at: string): string => `${dateTime(at).slice(0, -8)}${exact(at)}`;
  return (
    <div className="stack">
      <h3>{look(`word.${fact.kind}`) ?? fact.kind}</h3>
      <Pairs
        of={[
          [t("evidence.event"), time(fact.eventAt)],
          [t("evidence.recorded"), time(fact.recordedAt)],
          [t("order.unit"), fact.workUnit],
          ...(fact.run === null
            ? []
            : [
                [
                  t("evidence.run"),
                  <OpenLink key="run" kind="run" id={fact.run}>
                    {t("evidence.run.open")}
                  </OpenLink>,
                ] as const,
              ]),
          [
            t("evidence.said-by"),
            Object.entries(fact.saidBy)
              .map(([who, id]) => `${look(`word.${who}`) ?? who} ${id}`)
              .join(", "),
          ],
          [t("evidence.rule"), t("evidence.rule.of", { rule: fact.rule, version: number(fact.mapVersion) })],
          ...(fact.revision === 0 ? [] : [[t("evidence.revision"), number(fact.revision)] as const]),
          ...Object.entries(fact.body)
            .filter(([name, value]) => name !== "kind" && value !== null)
            .map(([name, value]) => [look(`field.${name}`) ?? name, bodyValue(value, text)] as const),
        ]}
      />
      <Samples fact={fact} />
      <Movements fact={fact} />
      <h3>{t("evidence.postings")}</h3>
      {fact.postings.length === 0 ? <p className="soft">{t("evidence.postings.none")}</p> : null}
      {fact.postings.map(({ id, kind, state }) => (
        <p key={id} className="row">
          <OpenLink kind="posting" id={id}>
            {t(`word.${kind}`)}
          </OpenLink>
          <Mark tone={toneOfPosting[state]}>{t(`word.${state}`)}</Mark>
        </p>
      ))}
      <p className="soft mono">{fact.id}</p>
    </div>
  );
}

/** A quantity as an amount, a word of the program in the reader's language, anything else as it is. */
function bodyValue(value: unknown, text: Texts): string {
  if (typeof value === "string") return text.look(`word.${value}`) ?? value;
  if (typeof value !== "object" || value === null || !("uom" in value)) return plainText(value);
  const uom = plainText(value.uom);
  if ("micro" in value) return text.amount({ value: decimal(plainText(value.micro)), uom });
  return "value" in value ? text.amount({ value: plainText(value.value), uom }) : plainText(value);
}

function Samples(props: { readonly fact: Fact }): ReactNode {
  const { t, exact } = useText();
  const { evidence } = props.fact;
  if (evidence.length === 0) return <p className="soft">{t("evidence.samples.none")}</p>;
  const columns: readonly FoldingColumn<Fact["evidence"][number]>[] = [
    { id: "item", title: t("evidence.item"), cell: ({ item }) => <span className="mono">{item}</span> },
    {
      id: "value",
      title: t("evidence.value"),
      cell: ({ value }) => (
        <span className="mono">{value === undefined ? t("evidence.value.gone") : plainText(value)}</span>
      ),
    },
    { id: "status", title: t("evidence.status"), cell: ({ status }) => status },
    {
      id: "source",
      title: t("evidence.source-time"),
      cell: ({ sourceAt }) => <span className="mono">{exact(sourceAt)}</span>,
    },
    {
      id: "received",
      title: t("evidence.received-time"),
      cell: ({ receivedAt }) =>
        typeof receivedAt === "string" ? <span className="mono">{exact(receivedAt)}</span> : null,
    },
  ];
  return (
    <>
      <h3>{t("evidence.samples")}</h3>
      <FoldingTable columns={columns} rows={evidence} keyOf={({ id }) => id} foldsTo={phonePx} />
    </>
  );
}

function Movements(props: { readonly fact: Fact }): ReactNode {
  const { t, amount } = useText();
  const place = usePlaceName();
  const { movements } = props.fact;
  if (movements.length === 0) return null;
  const columns: readonly FoldingColumn<Fact["movements"][number]>[] = [
    { id: "material", title: t("orders.material"), cell: ({ material }) => material },
    { id: "amount", title: t("materials.amount"), isNumber: true, cell: (one) => amount(one.amount) },
    { id: "from", title: t("materials.from"), cell: ({ from }) => place(from) },
    { id: "to", title: t("materials.to"), cell: ({ to }) => place(to) },
    { id: "lot", title: t("order.lot"), cell: ({ lot }) => lot },
  ];
  return (
    <>
      <h3>{t("evidence.movements")}</h3>
      <FoldingTable columns={columns} rows={movements} keyOf={({ id }) => id} foldsTo={phonePx} />
    </>
  );
}
