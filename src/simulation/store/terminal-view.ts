/** What reports need of the terminal's view: when people were there. The rest is for screens. See `store/view/terminal-view`. */
import type { Tx } from "../../flows/ports.ts";
import type { PresenceMark } from "../../flows/view/terminal-view.ts";
import { absent } from "./absent.ts";
import type { Query } from "./database.ts";
import { statement } from "./schema/statement.ts";

type TerminalView = Tx["terminal"];

const presence: ReadonlySet<string> = new Set<PresenceMark["kind"]>([
  "sign-on",
  "sign-off",
  "break-begin",
  "break-end",
]);

export function terminalView(query: Query): TerminalView {
  const screens = absent<TerminalView>("terminal");
  const presenceMarks: TerminalView["presenceMarks"] = (person, from) =>
    query.run((s) =>
      s
        .find(statement, "person", person)
        .filter((row) => row.effective && row.event_at >= from && presence.has(row.kind))
        .filter((row) => s.find(statement, "statement_corrects_key", row.id).length === 0)
        .toSorted((a, b) => a.event_at - b.event_at || a.ordinal - b.ordinal)
        // Only those kinds are left.
        .map((row) => ({ unit: row.unit, kind: row.kind as PresenceMark["kind"], at: row.event_at })),
    );
  return new Proxy(screens, {
    get: (none, name): unknown => (name === "presenceMarks" ? presenceMarks : Reflect.get(none, name)),
  });
}
