/**
 * The evidence as a page for people: one file without anything from outside, every number of which opens down to documents
 * and facts. It is made of the signed JSON, line by line.
 */
import { differenceClasses } from "../record/reconciliation.ts";
import {
  lineName,
  type EvidenceAmount,
  type EvidenceDifference,
  type EvidenceFact,
  type EvidenceLine,
  type EvidenceOrder,
  type EvidenceSummary,
} from "../flows/reconcile-evidence.ts";

export interface PageHead {
  readonly site: string;
  readonly at: string;
  readonly scope: string;
  readonly summary: EvidenceSummary;
}

export function pageHead({ site, at, scope, summary }: PageHead): string {
  const { unexplained, orders, lines, documents, notCompared, counts } = summary;
  const rows = differenceClasses.map((name) => `<tr><td>${name}</td><td class="n">${counts[name]}</td></tr>`);
  const left = notCompared === 0 ? "" : `<p class="bad">${notCompared} orders could not be compared.</p>`;
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<title>Reconciliation of ${escaped(site)}, ${escaped(at)}</title><style>${style}</style></head><body>` +
    `<h1 class="${unexplained === 0 ? "good" : "bad"}">Unexplained: ${unexplained}</h1>${left}` +
    `<p>${escaped(site)}, ${escaped(at)}: ${escaped(scope)}. ${orders} orders, ${lines} lines and ${documents} documents of the ERP were compared.</p>` +
    `<table><tr><th>class</th><th>differences</th><th></th></tr>${rows.join("")}</table>`
  );
}

export function pageSection(title: string): string {
  return `<h2>${escaped(title)}</h2>`;
}

/** One order, open when something differs. */
export function pageOrder(order: EvidenceOrder): string {
  const differs = isDifferent(order);
  const told = order.notCompared === null ? "" : `<p class="bad">Not compared: ${escaped(order.notCompared)}</p>`;
  const others =
    order.otherDocuments === 0
      ? ""
      : `<p>${order.otherDocuments} documents of the ERP move only what others post; they are not compared.</p>`;
  const rows = order.lines.map((line) => lineRow(line)).join("");
  const head =
    "<tr><th>what</th><th>unit</th><th>counted</th><th>posted</th><th>ERP</th><th>difference</th><th>because</th></tr>";
  const table = order.lines.length === 0 ? "" : `<table>${head}${rows}</table>`;
  return (
    `<details class="order"${differs ? " open" : ""}><summary>Order ${escaped(order.order)} (${escaped(order.erp)}), ` +
    `${escaped(order.material)}${order.unexplained > 0 ? `: <b class="bad">${order.unexplained} unexplained</b>` : ""}</summary>` +
    `${told}${table}${ledgerTable(order)}${postingList(order)}${documentList(order)}${unspokenList(order)}${besideBillList(order)}${others}</details>`
  );
}

export function isDifferent({ lines, ledger, notCompared }: EvidenceOrder): boolean {
  // Counter and bill may differ: that is told, and nothing has to be looked for.
  const isToLookAt = ({ class: name }: EvidenceDifference): boolean => name !== "beside-bill";
  return notCompared !== null || ledger.length > 0 || lines.some(({ differences }) => differences.some(isToLookAt));
}

function lineRow(line: EvidenceLine): string {
  const because = line.differences.map(differenceText).join("<br>");
  const amounts = [line.counted, line.posted, line.erp, line.difference];
  return `<tr><td>${escaped(lineName(line))}</td><td>${escaped(line.unit)}</td>${amounts.map(number).join("")}<td>${because}</td></tr>`;
}

function differenceText({
  class: name,
  amount,
  because,
  since,
  beyond,
  posting,
  document,
}: EvidenceDifference): string {
  const limit = beyond === null ? "" : `, beyond the limit of ${beyond}`;
  const about = [posting === null ? "" : `posting ${posting}`, document === null ? "" : `document ${document}`, since];
  return (
    `<b class="${name === "unexplained" ? "bad" : ""}">${name}</b> ${escaped(amount)}: ${escaped(because)}${limit} ` +
    `(${escaped(about.filter((one) => one !== "").join(", "))})`
  );
}

function ledgerTable({ ledger }: EvidenceOrder): string {
  const rows = ledger.map(
    (line) =>
      `<tr><td>${escaped(lineName(line))}</td><td>${escaped(line.unit)}</td>${number(line.counted)}${number(line.ledger)}</tr>`,
  );
  if (rows.length === 0) return "";
  return `<h3 class="bad">The ledger differs</h3><table><tr><th>what</th><th>unit</th><th>counted</th><th>ledger</th></tr>${rows.join("")}</table>`;
}

function postingList({ postings }: EvidenceOrder): string {
  const items = postings.map(({ key, kind, state, document, amounts, facts }) => {
    const head = `${kind} ${key}: ${state}${document === null ? "" : `, document ${document}`}`;
    return `<details><summary>${escaped(head)}, ${amountText(amounts)}</summary>${factTable(facts)}</details>`;
  });
  return items.length === 0 ? "" : `<h3>Our postings</h3>${items.join("")}`;
}

function documentList({ documents }: EvidenceOrder): string {
  const rows = documents.map(
    ({ document, kind, key, reversed, recordedAt, amounts }) =>
      `<tr><td>${escaped(document)}</td><td>${escaped(kind)}${reversed ? ", reversed" : ""}</td><td>${escaped(key ?? "by hand")}</td>` +
      `<td>${escaped(recordedAt)}</td><td>${amountText(amounts)}</td></tr>`,
  );
  if (rows.length === 0) return "";
  return `<h3>Documents of the ERP</h3><table><tr><th>number</th><th>kind</th><th>key</th><th>made</th><th>amounts</th></tr>${rows.join("")}</table>`;
}

function unspokenList({ unspoken }: EvidenceOrder): string {
  return unspoken.length === 0 ? "" : `<h3>Facts without a document</h3>${factTable(unspoken)}`;
}

function besideBillList({ besideBill: { counted, bill } }: EvidenceOrder): string {
  if (counted.length === 0) return "";
  const part = (title: string, facts: readonly EvidenceFact[]): string =>
    `<details><summary>${title}</summary>${factTable(facts)}</details>`;
  return `<h3>Counted beside the bill</h3>${part("What machines have counted", counted)}${part("What the bill says", bill)}`;
}

function factTable(facts: readonly EvidenceFact[]): string {
  const rows = facts.map(
    ({ fact, at, source, what, amount, unit }) =>
      `<tr><td>${escaped(at)}</td><td>${escaped(source)}</td><td>${escaped(what)}</td>${number(amount)}<td>${escaped(unit)}</td><td><code>${escaped(fact)}</code></td></tr>`,
  );
  if (rows.length === 0) return "<p>It speaks for no facts.</p>";
  return `<table><tr><th>when</th><th>source</th><th>what</th><th>amount</th><th>unit</th><th>fact</th></tr>${rows.join("")}</table>`;
}

function amountText(amounts: readonly EvidenceAmount[]): string {
  return amounts.map((one) => escaped(`${lineName(one)}: ${one.amount} ${one.unit}`)).join("; ");
}

function number(amount: string): string {
  return `<td class="n">${escaped(amount)}</td>`;
}

/** Names of materials and orders are others' words; and a line of the file stays one line. */
function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", " ");
}

const style = [
  ":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}",
  "table{border-collapse:collapse;margin:.5rem 0}th,td{padding:.15rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid #8885}",
  ".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.bad{color:light-dark(#b00020,#ff8a80)}.good{color:light-dark(#0a6b2d,#7fd49a)}",
  "details{margin:.2rem 0 .2rem 1rem}details.order{margin:.6rem 0;border-left:3px solid #8886;padding-left:.8rem}summary{cursor:pointer}",
  "h3{font-size:1rem;margin:.6rem 0 .2rem}code{font-size:.85em}",
].join("");
