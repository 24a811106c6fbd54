/** The same facts posted with another place, lot or date. */
import { TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import type { ReplyOf } from "../../../api/contract/contract.ts";
import { Act } from "../../parts/act.tsx";
import { useText } from "../../text/text.tsx";
import type { MendListProps } from "./card.tsx";

export type MendPosting = ReplyOf<"GET /api/v1/mend/postings">["items"][number];

interface Change {
  readonly location: string;
  readonly lot: string;
}

export function EditPosting(props: { readonly row: MendPosting; readonly onDone: MendListProps["onDone"] }): ReactNode {
  const { row } = props;
  const { t, amount } = useText();
  const [date, setDate] = useState("");
  const [changes, setChanges] = useState<readonly Change[]>(
    row.lines.map(({ location, lot }) => ({ location: location ?? "", lot: lot ?? "" })),
  );
  const set = (index: number, change: Partial<Change>): void =>
    setChanges(changes.map((one, at) => (at === index ? { ...one, ...change } : one)));
  return (
    <Act
      route="POST /api/v1/mend/postings/:posting/edit"
      name="edit"
      input={(because) => ({
        params: { posting: row.id },
        version: row.version,
        body: { because, postingDate: date === "" ? null : date, lines: changedLines(row, changes) },
      })}
      onDone={props.onDone}
    >
      <TextInput
        type="date"
        label={t("evidence.posting-date")}
        description={t("mend.edit.date")}
        value={date}
        onChange={({ currentTarget }) => setDate(currentTarget.value)}
      />
      {row.lines.map((line, index) => (
        // lines have no name but their place
        <fieldset key={index} className="choice">
          <legend>
            {t(`line.${line.what}`, { document: line.document ?? "" })} {line.material} {amount(line.amount)}
          </legend>
          <div className="row">
            <TextInput
              label={t("order.location")}
              value={changes[index]?.location ?? ""}
              onChange={({ currentTarget }) => set(index, { location: currentTarget.value })}
            />
            <TextInput
              label={t("order.lot")}
              value={changes[index]?.lot ?? ""}
              onChange={({ currentTarget }) => set(index, { lot: currentTarget.value })}
            />
          </div>
        </fieldset>
      ))}
    </Act>
  );
}

/** Only what the person has changed is sent. */
function changedLines(
  row: MendPosting,
  changes: readonly Change[],
): { line: number; location: string | null; lot: string | null }[] {
  const orNull = (text: string): string | null => (text.trim() === "" ? null : text.trim());
  return row.lines.flatMap((line, index) => {
    const change = changes[index];
    if (!change) return [];
    const location = orNull(change.location);
    const lot = orNull(change.lot);
    return location === line.location && lot === line.lot ? [] : [{ line: index, location, lot }];
  });
}
