/**
 * The page of supported nouns, made from the tables: `node tools/run.mjs tools/noun-page.ts` writes it, a test holds that
 * it is what the code says.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { enumerations } from "../src/isa95/b2mml/enumeration.ts";
import { tables, valuesOf } from "../src/isa95/b2mml/information.ts";
import { itemNamesOf } from "../src/isa95/b2mml/item.ts";
import { nouns, verbs, type Noun } from "../src/isa95/b2mml/noun.ts";
import { olderNames, olderNouns, type OlderName } from "../src/isa95/b2mml/older-name.ts";
import { offers } from "../src/isa95/conversation/offer.ts";
import { carriedBy, isMasterNoun, masterNoun, type MasterNounName } from "../src/isa95/master-data/noun.ts";
import { parseRow, type RowText } from "../src/isa95/b2mml/row.ts";

export const nounPageFile: URL = new URL("../docs/guide/b2mml-nouns.md", import.meta.url);

/** Files whose doc comment holds a table of what is mapped where, with the title of the table. */
const mapFiles: readonly (readonly [file: string, title: string])[] = [
  ["b2mml/operations-request.map.ts", "What an order becomes"],
  ["b2mml/operations-response.map.ts", "What a result becomes"],
  ["conversation/job.ts", "What is shown of the work on an order"],
];

/** The page as it must be. */
export function nounPage(): string {
  return [intro, offerTable(), nounTable(), olderTable(), ...mapFiles.map(mapTable), fieldTables()]
    .join("\n\n")
    .concat("\n");
}

const intro = `# B2MML: nouns, verbs and fields

This page is made from the code (\`node tools/run.mjs tools/noun-page.ts\`); a test holds it to it. Millrace reads B2MML V0401, V0600 and
7.0.1 in XML and 7.0.1 in JSON, all into one model with the names of 7.0.1, and writes 7.0.1. The Business To Manufacturing Markup
Language (B2MML) is used courtesy of MESA International.`;

function offerTable(): string {
  const used = new Set<string>(Object.values(offers).flat());
  const ways = ["alone", ...verbs].filter((way) => used.has(way));
  const rows = Object.entries(offers).map(([noun, offered]) => {
    const marks = ways.map((way) => (offered.some((one) => one === way) ? "yes" : ""));
    // the keys of the table are its type's own
    return `| \`${noun}\` | ${[...marks, keptWhere(noun as Noun)].join(" | ")} |`;
  });
  return `## What Millrace does with which verb

\`alone\` is a document without a verb. What is answered is in [the guide](b2mml.md#what-may-be-asked). A noun
or a verb that is not here is refused by name (\`b2mml/not-offered\`).

| noun | ${ways.join(" | ")} | what it becomes |
|---|${ways.map(() => "---|").join("")}---|
${rows.join("\n")}`;
}

function keptWhere(noun: Noun): string {
  if (isMasterNoun(noun))
    return `a thing of [master data](../spec/master-data.md), kept field by field: ${ownFields(noun)}`;
  const carried = carriedBy(noun);
  if (carried.length > 0) return `each ${carried.join(", ")} in it`;
  if (noun === "OperationsSchedule") return "[orders](#what-an-order-becomes)";
  if (noun === "OperationsPerformance") return "[results](#what-a-result-becomes) as the ERP has confirmed them";
  return "[job orders and runs](#what-is-shown-of-the-work-on-an-order)";
}

function ownFields(noun: MasterNounName): string {
  const { keeps, leaves } = masterNoun(noun);
  if (keeps !== null) return `${keeps.join(", ")} alone`;
  return leaves.length === 0 ? "all" : `all but ${leaves.join(", ")}`;
}

function nounTable(): string {
  const standard = ["Get", "Show", "Process", "Acknowledge", "Change", "Respond", "Cancel", "Sync"];
  const rows = Object.entries(nouns).map(([noun, verbs]: [string, readonly string[]]) => {
    const all = standard.every((verb) => verbs.includes(verb));
    const some = all ? ["all eight", ...verbs.filter((verb) => !standard.includes(verb))] : verbs;
    const older = Object.entries(olderNouns).flatMap(([name, today]) => (today === noun ? [name] : []));
    const items = itemNamesOf(noun);
    return `| \`${noun}\` | ${some.join(", ") || "none: it stands alone"} | ${older.join(", ")} | ${items.join(", ")} |`;
  });
  return `## Nouns

The eight verbs are ${standard.join(", ")}. Where a noun has parts that are judged one by one, a wrong one is taken out and the others are read.

| noun | verbs | was called | judged one by one |
|---|---|---|---|
${rows.join("\n")}`;
}

function olderTable(): string {
  const rows = Object.entries(olderNames).flatMap(([kind, names]: [string, Readonly<Record<string, OlderName>>]) =>
    Object.entries(names).map(([older, rule]) => {
      const { name, inner, use } = typeof rule === "string" ? { name: rule, inner: undefined, use: undefined } : rule;
      const how = [inner && `its ${inner}`, use && `MaterialUse ${use}`].filter(Boolean).join(", ");
      return `| \`${kind}\` | ${older} | ${name}${how && ` (${how})`} |`;
    }),
  );
  return `## What V0401 and V0600 call it

Whatever is not listed has the same name today, or stands under its own name plus \`Child\`. What has no place in 7.0.1 is left out, and told.
The rules by which missing things are filled are in \`src/isa95/b2mml/lift.ts\`.

| in | older element | today |
|---|---|---|
${rows.join("\n")}`;
}

/** The mapping tables are the doc comments of the files that map. */
function mapTable([file, title]: (typeof mapFiles)[number]): string {
  const source = readFileSync(new URL(`../src/isa95/${file}`, import.meta.url), "utf8");
  const lines = source.split("\n").flatMap((line) => (line.startsWith(" * |") ? [line.slice(3)] : []));
  return `## ${title}\n\n${lines.join("\n")}`;
}

function fieldTables(): string {
  const text = Object.entries(tables).map(([name, table]: [string, Readonly<Record<string, RowText>>]) => {
    const fields = Object.entries(table).map(([field, row]) => {
      const { cardinality, kind, name: element } = parseRow(field, row);
      const spelled = element === field || field === "$" ? "" : ` (element \`${element}\`)`;
      const values = valuesOf(kind);
      const what = values && !Object.hasOwn(tables, kind) ? `one of ${kind}` : kind;
      return `| \`${field}\`${spelled} | ${cardinality === "|" ? "one of these" : cardinality} | ${what} |`;
    });
    const body =
      fields.length > 0 ? `| field | how often | kind |\n|---|---|---|\n${fields.join("\n")}` : "Holds anything.";
    return `### ${name}\n\n${body}`;
  });
  const lists = Object.entries(enumerations).map(([name, values]) => `| ${name} | ${values.join(", ")} |`);
  return `## Fields

\`1\` once · \`?\` at most once · \`*\` any number · \`+\` at least once. A kind with a section of its own is a thing; the others are texts.

${text.join("\n\n")}

## Lists of values

| list | values |
|---|---|
${lists.join("\n")}`;
}

if (import.meta.main) writeFileSync(nounPageFile, nounPage());
