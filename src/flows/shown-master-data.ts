/** Master data as we hold it, for a partner's Get and for an export: what owners have stated, the site's files among them. Reads only. */
import type { Document } from "../isa95/b2mml/document.ts";
import type { Noun } from "../isa95/b2mml/noun.ts";
import { carriedBy, isMasterNoun, masterNoun, type MasterNounName } from "../isa95/master-data/noun.ts";
import { ownerOf, siteOwner } from "../isa95/master-data/ownership.ts";
import {
  keyText,
  noneOf,
  statedIn,
  thingOf,
  type FieldValue,
  type Fields,
  type ThingKey,
} from "../isa95/master-data/thing.ts";
import { propertyValues } from "../isa95/master-data/value.ts";
import { siteNouns, siteThings } from "../site/master-data.ts";
import type { Site } from "../site/site.ts";
import type { ThingPattern } from "./master-data-ports.ts";
import type { Tx } from "./ports.ts";
import { limited, shownMax, type Shown } from "./shown-limit.ts";

interface On {
  readonly site: Site;
  readonly erp: string;
}

/** What is to be shown of a noun. */
export interface WantedThings extends ThingPattern {
  /** Only things with one of these properties, and of their properties only these. By name; empty: all. */
  readonly properties: Fields;
}

/** What a Get asks for; a noun that names nothing asks for everything. */
export function wantedThings(asked: Document, erp: string): readonly WantedThings[] {
  const { noun } = asked;
  const stated = statedIn(asked, erp);
  if (stated.length === 0) return everyThing(noun, "*", erp);
  return stated.map(({ key, fields }) => ({
    ...key,
    id: key.id === "" ? "*" : key.id,
    properties: new Map([...fields].filter(([field]) => field.includes("/"))),
  }));
}

/** Everything of a noun whose ID fits; `*` stands for anything. */
export function everyThing(noun: Noun, id: string, erp: string): readonly WantedThings[] {
  const names = isMasterNoun(noun) ? [noun] : carriedBy(noun);
  return names.map((name) => ({ ...anyThing(name, erp), id, properties: new Map() }));
}

function anyThing(noun: MasterNounName, erp: string): ThingPattern {
  // An ERP is shown the people whom it has named, and nobody else.
  return { noun, id: "*", plant: "", within: noun === "Person" ? erp : "", version: "" };
}

export async function shownThings(tx: Tx, on: On, noun: Noun, wanted: readonly WantedThings[]): Promise<Shown> {
  const things = await found(tx, on, wanted);
  return limited([...things.values()], (some) => {
    const shown = some.flatMap(({ key, fields }) => {
      const narrowed = narrow(key, fields, wanted);
      return narrowed ? [{ noun: key.noun, thing: thingOf(key, narrowed) }] : [];
    });
    const lists = [...Map.groupBy(shown, (one) => one.noun)];
    return contentOf(noun, on.erp, new Map(lists.map(([name, all]) => [name, all.map(({ thing }) => thing)])));
  });
}

function contentOf(noun: Noun, id: string, lists: ReadonlyMap<MasterNounName, readonly object[]>): readonly object[] {
  if (isMasterNoun(noun)) return lists.get(noun) ?? [noneOf(noun)];
  return [{ ID: id, ...Object.fromEntries(lists) }];
}

interface Found {
  readonly key: ThingKey;
  readonly fields: Map<string, FieldValue>;
}

async function found(tx: Tx, { site }: On, wanted: readonly WantedThings[]): Promise<ReadonlyMap<string, Found>> {
  const owned = (key: ThingKey, field: string): boolean => ownerOf(site.ownership, key.noun, field) === siteOwner;
  const things = new Map<string, Found>();
  for (const noun of siteNouns) {
    for (const { key, fields } of siteThings(site, noun)) {
      const own = new Map([...fields].filter(([field]) => owned(key, field)));
      if (own.has("ID") && wanted.some((pattern) => isLike(pattern, key)))
        things.set(keyText(key), { key, fields: own });
    }
  }
  const ofSite = await tx.masterData.find([...things.values()].map(({ key }) => key));
  const stated = await tx.masterData.like(wanted, shownMax + 1);
  for (const { key, fields } of [...ofSite, ...stated]) {
    const known = things.get(keyText(key)) ?? { key, fields: new Map() };
    for (const [field, { source: _, ...value }] of fields) if (!known.fields.has(field)) known.fields.set(field, value);
    if (known.fields.has("ID")) things.set(keyText(key), known);
  }
  return things;
}

/** Null: it has none of the properties that are asked for. */
function narrow(key: ThingKey, fields: Fields, wanted: readonly WantedThings[]): Fields | null {
  const asked = wanted.filter((pattern) => isLike(pattern, key));
  if (asked.some(({ properties }) => properties.size === 0)) return fields;
  const named = new Map(asked.flatMap(({ properties }) => [...properties]));
  const fitting = [...fields].filter(([field, value]) => named.has(field) && hasValue(value, named.get(field)));
  if (fitting.length === 0) return null;
  return new Map([...[...fields].filter(([field]) => !field.includes("/")), ...fitting]);
}

/** A property that is asked for without a value may have any. */
function hasValue(held: FieldValue, asked: FieldValue | undefined): boolean {
  const wanted = propertyValues(asked?.value);
  return wanted.length === 0 || wanted.some((value) => propertyValues(held.value).includes(value));
}

function isLike(pattern: ThingPattern, key: ThingKey): boolean {
  return (
    pattern.noun === key.noun &&
    matches(pattern.id, key.id) &&
    (pattern.plant === "" || pattern.plant === key.plant) &&
    (pattern.within === "" || matches(pattern.within, key.within)) &&
    (pattern.version === "" || pattern.version === key.version)
  );
}

function matches(pattern: string, text: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return text === pattern;
  if (!text.startsWith(first)) return false;
  const last = rest.at(-1) ?? "";
  let at = first.length;
  for (const piece of rest.slice(0, -1)) {
    const next = text.indexOf(piece, at);
    if (next < 0) return false;
    at = next + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/** The noun under which things are exported: a document without a verb holds one. */
export function exportNoun(noun: Noun): Noun {
  return isMasterNoun(noun) ? masterNoun(noun).container : noun;
}
