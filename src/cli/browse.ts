/** `millrace browse`: what a machine has to say, before anybody has described it. */
import { browse, plain, shown, typeOf, writeDraft } from "../app/browse.ts";
import { misuse, readArguments, tell, text, type Command } from "./command.ts";

const usage = "browse ENDPOINT [--under PATH] [--draft FILE] [--data DIR] [--accept-unknown] [--insecure] [--json]";

export const command: Command = {
  usage: usage.slice("browse ".length),
  purpose:
    "Lists the OPC UA variables of a machine with types and present values; drafts a map of them into FILE. Our certificate is kept in DIR (data).",
  async run(args) {
    const options = {
      under: { type: "string" },
      draft: { type: "string" },
      data: { type: "string" },
      "accept-unknown": { type: "boolean" },
      insecure: { type: "boolean" },
      json: { type: "boolean" },
    } as const;
    const given = readArguments(args, { options, usage, places: 1 });
    const endpointUrl = given?.positionals[0];
    if (!given) return 2;
    if (endpointUrl === undefined)
      return misuse(usage, "Name the address of the machine, for example opc.tcp://10.0.0.5:4840.");
    const where = {
      endpointUrl,
      under: text(given.values["under"]) ?? "Objects",
      dataDir: text(given.values["data"]) ?? "data",
      acceptUnknown: given.values["accept-unknown"] === true,
      insecure: given.values["insecure"] === true,
    };
    const found = await browse(where);
    if (!found.ok) return tell(found.fault);
    const { items, isCut } = found.value;
    const draft = text(given.values["draft"]);
    const written = draft === null ? null : await writeDraft(draft, where, found.value);
    if (written && !written.ok) return tell(written.fault);
    if (given.values["json"] === true) {
      console.log(JSON.stringify({ items, isCut, draft: written?.value ?? null }));
      return 0;
    }
    const width = Math.max(0, ...items.map(({ path }) => path.length));
    for (const item of items) console.log(`${plain(item.path).padEnd(width)}  ${typeOf(item)}  ${shown(item)}`);
    console.log(`${items.length} variables below ${where.under}.`);
    if (isCut) console.log("There are more: name a place further down with --under.");
    if (written)
      console.log(`The draft of a map is in ${written.value}. Say there what the items mean, then check it.`);
    return 0;
  },
};
