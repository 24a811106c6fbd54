/** An instruction: what was to be written to the machine, what stood there before, and what was read back. */
import type { ReactNode } from "react";
import { useRead } from "../../api/query.ts";
import { useText } from "../../text/text.tsx";
import { At } from "../age.tsx";
import { FoldingTable, phonePx, type FoldingColumn } from "../folding-table.tsx";
import { Mark } from "../mark.tsx";
import { instructionWord } from "../instruction-word.ts";
import { Loaded } from "../page-state.tsx";
import { Pairs } from "../pairs.tsx";

export function InstructionEvidence(props: { readonly id: string }): ReactNode {
  const { t, look } = useText();
  const read = useRead("GET /api/v1/instructions/:instruction", { params: { instruction: props.id } });
  return (
    <Loaded read={read}>
      {(instruction) => (
        <div className="stack">
          <Pairs
            of={[
              [t("order.unit"), instruction.workUnit],
              [t("evidence.machine-order"), instruction.machineOrder],
              [
                t("order.state"),
                look(`word.${instructionWord(instruction.kind, instruction.state)}`) ?? instruction.state,
              ],
              [t("evidence.planned"), <At key="created" time={instruction.createdAt} />],
              [t("evidence.changed"), <At key="changed" time={instruction.changedAt} />],
            ]}
          />
          {instruction.fault === null ? null : (
            <div className="note note-bad">
              <p>{instruction.fault.message}</p>
              <p className="soft mono">{instruction.fault.code}</p>
            </div>
          )}
          <Values
            values={instruction.values}
            isEqual={instruction.state === "verified" || instruction.state === "armed"}
          />
        </div>
      )}
    </Loaded>
  );
}

interface Value {
  readonly item: string;
  readonly wanted: string;
  readonly before: string | null;
  readonly read: string | null;
}

/** What was read is not kept value by value; the state says that all of it was equal. */
function Values(props: { readonly values: readonly Value[]; readonly isEqual: boolean }): ReactNode {
  const { t } = useText();
  const columns: readonly FoldingColumn<Value>[] = [
    { id: "item", title: t("evidence.item"), cell: ({ item }) => <span className="mono">{item}</span> },
    { id: "wanted", title: t("evidence.wanted"), cell: ({ wanted }) => <span className="mono">{wanted}</span> },
    {
      id: "read",
      title: t("evidence.read"),
      cell: ({ read, wanted }) =>
        read === null ? (
          <Mark tone={props.isEqual ? "good" : "quiet"}>
            {t(props.isEqual ? "evidence.read.equal" : "evidence.read.none")}
          </Mark>
        ) : (
          <Mark tone={read === wanted ? "good" : "bad"}>{read}</Mark>
        ),
    },
    {
      id: "before",
      title: t("evidence.before"),
      cell: ({ before }) => (before === null ? null : <span className="mono">{before}</span>),
    },
  ];
  return <FoldingTable columns={columns} rows={props.values} keyOf={({ item }) => item} foldsTo={phonePx} />;
}
