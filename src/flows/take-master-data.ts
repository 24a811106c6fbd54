/**
 * Master data inside of a document: taken over field by field, each by its owner's word; what another says is refused,
 * kept as refused, and told. Part of the caller's transaction. Orders that run and what was made stay as they are.
 */
import type { Instant } from "../base/instant.ts";
import type { FaultCode } from "../base/result.ts";
import type { Received, RefusedItem } from "../document/received.ts";
import { decideStatement, type RefusedField, type StatementKind } from "../exchange/ownership.ts";
import type { Document } from "../isa95/b2mml/document.ts";
import type { Node } from "../isa95/b2mml/information.ts";
import { olderNouns } from "../isa95/b2mml/older-name.ts";
import { carriedBy, isMasterNoun, type MasterNounName } from "../isa95/master-data/noun.ts";
import { ownerOf, siteOwner } from "../isa95/master-data/ownership.ts";
import {
  keyText,
  nameOf,
  noneOf,
  statedIn,
  type FieldValue,
  type HeldField,
  type StatedThing,
  type ThingKey,
} from "../isa95/master-data/thing.ts";
import { valueInWords } from "../isa95/master-data/value.ts";
import { siteNouns, siteThings, type SiteThing } from "../site/master-data.ts";
import type { Site } from "../site/site.ts";
import type { Outcome } from "./given-orders.ts";
import type { FieldChange, HeldThing, Refusal, StatedBy } from "./master-data-ports.ts";
import type { Tx } from "./ports.ts";

/** A message about master data. */
export interface MasterMessage {
  readonly received: Pick<Received, "document" | "refused" | "place">;
  /** As its giver knows it. */
  readonly file: string;
  readonly bodId: string;
  readonly kind: StatementKind;
}

interface On {
  readonly site: Site;
  readonly erp: string;
}

/** What became of it, and what its answer shows. */
export interface TakenThings extends Omit<Outcome, "done"> {
  readonly content: readonly object[];
}

export async function takeMasterData(tx: Tx, on: On, message: MasterMessage, now: Instant): Promise<TakenThings> {
  const { received, bodId } = message;
  await tx.masterData.holdOwnership(on.site.ownership);
  const stated = statedIn(received.document, on.erp);
  const work = new Work(on, message);
  const known = stated.filter((thing) => work.admits(thing));
  const held = await tx.masterData.lock(known.map(({ key }) => key));
  for (const [index, thing] of known.entries()) {
    const found = held[index];
    if (!found) throw new Error(`${thing.key.noun} ${thing.key.id} was locked and is not there.`);
    work.decide(thing, found);
  }
  for (const item of received.refused) work.refuseItem(item);
  const by: StatedBy = { sender: on.erp, message: bodId, at: now };
  await tx.masterData.save(work.changes(), by);
  await tx.masterData.refuse(
    stated.map(({ key }) => key),
    work.refusals,
    by,
  );
  for (const person of work.leavers) await tx.masterData.erasePerson(person);
  return {
    ...work.outcome(),
    content: namesOf(
      received.document,
      known.filter(({ key }) => work.isDone(key)),
    ),
  };
}

/** What becomes of the things of one message, one after the other. */
class Work {
  readonly refusals: Refusal[] = [];
  readonly leavers = new Set<string>();
  readonly #on: On;
  readonly #message: MasterMessage;
  readonly #done = new Set<string>();
  readonly #changes = new Map<string, FieldChange>();
  /** As they are after what came before in this message. */
  readonly #fields = new Map<string, Map<string, HeldField>>();
  readonly #ofSite: ReadonlyMap<string, SiteThing>;

  constructor(on: On, message: MasterMessage) {
    this.#on = on;
    this.#message = message;
    const things = [...siteNouns].flatMap((noun) => siteThings(on.site, noun));
    this.#ofSite = new Map(things.map((thing) => [keyText(thing.key), thing]));
  }

  /** A thing without an ID is none, and what the site's files alone can have is not made by others. */
  admits(thing: StatedThing): boolean {
    const { key } = thing;
    if (key.id === "") {
      this.#refuse(thing, "", null, { code: "b2mml/no-id", message: "It has no ID. Give it one." });
      return false;
    }
    const owner = ownerOf(this.#on.site.ownership, key.noun, "ID");
    // Of people whom it may not state we do not even keep the number.
    if (key.noun === "Person" && owner !== this.#on.erp) {
      this.#refuseField(thing, { field: "ID", owner, ours: null, theirs: null });
      return false;
    }
    if (owner !== siteOwner || this.#ofSite.has(keyText(key))) return true;
    const message = `The site's files have no ${key.noun} ${key.id}. Write it there, or give the noun another owner in policies.ownership.`;
    this.#refuse(thing, "", { owner: siteOwner, ours: null, theirs: null }, { code: "b2mml/not-of-site", message });
    return false;
  }

  decide(thing: StatedThing, found: HeldThing): void {
    const { key } = thing;
    const { kind } = this.#message;
    const fields = this.#fieldsOf(key, found);
    if (kind === "withdraw" && !fields.has("ID")) {
      const message = `There is no ${nameInWords(key)} to be withdrawn.`;
      this.#refuse(thing, "", null, { code: "b2mml/unknown-thing", message });
      return;
    }
    const statement = { key, fields: thing.fields, sender: this.#on.erp, kind };
    const { set, removed, refused } = decideStatement(statement, fields, this.#on.site.ownership);
    for (const [field, value] of set) this.#change(found, fields, field, value);
    for (const field of removed) this.#change(found, fields, field, null);
    for (const one of [...refused, ...this.#moved(thing)]) this.#refuseField(thing, one);
    const isTaken =
      refused.length === 0 ||
      (kind !== "withdraw" && [...thing.fields.keys()].some((field) => isHeard(field, refused)));
    if (isTaken) this.#done.add(keyText(key));
    if (kind === "withdraw" && isTaken && found.person !== null) this.leavers.add(found.person);
  }

  refuseItem({ name, id, place, fault }: RefusedItem): void {
    const noun = nounOf(name, this.#message.received.document);
    const key: ThingKey = { noun, plant: "", within: noun === "Person" ? this.#on.erp : "", id, version: "" };
    // what is wrong with a person is told with what was written of them
    const message = noun === "Person" ? "It is not written as the schema demands." : fault.message;
    const at = `${this.#message.file}:${place.line} ${place.path}`;
    this.refusals.push({
      key,
      field: "",
      owner: null,
      ours: null,
      theirs: null,
      fault: { code: fault.code, message },
      place: at,
    });
  }

  changes(): readonly FieldChange[] {
    return [...this.#changes.values()];
  }

  isDone(key: ThingKey): boolean {
    return this.#done.has(keyText(key));
  }

  outcome(): Omit<TakenThings, "content"> {
    const reasons = this.refusals.map(({ key, place, fault }) => `${nameInWords(key)}: ${place}: ${fault.message}`);
    return { verdict: reasons.length === 0 ? "whole" : this.#done.size > 0 ? "part" : "none", reasons };
  }

  /** What the site's files own stands above what was stated before they did. */
  #fieldsOf(key: ThingKey, found: HeldThing): Map<string, HeldField> {
    const text = keyText(key);
    const known = this.#fields.get(text);
    if (known) return known;
    const fields = new Map(found.fields);
    for (const [field, value] of this.#ofSite.get(text)?.fields ?? []) {
      if (ownerOf(this.#on.site.ownership, key.noun, field) === siteOwner)
        fields.set(field, { ...value, source: siteOwner });
    }
    this.#fields.set(text, fields);
    return fields;
  }

  #change(thing: HeldThing, fields: Map<string, HeldField>, field: string, value: FieldValue | null): void {
    if (value === null) fields.delete(field);
    else fields.set(field, { ...value, source: this.#on.erp });
    this.#changes.set(`${thing.id}/${field}`, { thing, field, value });
  }

  /** Equipment that is said to be part of another one than the site's files say. */
  #moved({ key, partOf }: StatedThing): readonly RefusedField[] {
    const ours = this.#ofSite.get(keyText(key));
    if (!ours || partOf === null || partOf === ours.partOf || this.#message.kind === "withdraw") return [];
    return [
      { field: "EquipmentChild", owner: siteOwner, ours: { value: ours.partOf ?? "" }, theirs: { value: partOf } },
    ];
  }

  #refuseField(thing: StatedThing, refused: RefusedField): void {
    const { field, owner, ours, theirs } = refused;
    const isShown = thing.key.noun !== "Person";
    const what =
      field === "ID"
        ? whether(thing.key.noun, ours)
        : isShown
          ? ` Ours stays: ${shortly(ours)}; sent was ${shortly(theirs)}.`
          : "";
    const message = `${field === "ID" ? "That it is there" : field} is stated by ${owner} alone.${what}`;
    this.#refuse(thing, field, { owner, ours, theirs }, { code: "b2mml/foreign-field", message });
  }

  #refuse(
    thing: StatedThing,
    field: string,
    about: Pick<Refusal, "owner" | "ours" | "theirs"> | null,
    fault: { readonly code: FaultCode; readonly message: string },
  ): void {
    const own = thing.nodes.get(field);
    const place = this.#message.received.place(own ?? thing.nodes.get("ID") ?? {});
    const path = own || field === "" ? (place?.path ?? "") : `${place?.path ?? ""}/${field}`;
    const at = `${this.#message.file}:${place?.line ?? 0} ${path}`.trim();
    this.refusals.push({
      key: thing.key,
      field,
      ...(about ?? { owner: null, ours: null, theirs: null }),
      fault,
      place: at,
    });
  }
}

/** That a thing is there says nothing of it. */
function isHeard(field: string, refused: readonly RefusedField[]): boolean {
  return field !== "ID" && refused.every((one) => one.field !== field);
}

function whether(noun: MasterNounName, ours: FieldValue | null): string {
  if (noun === "Person") return "";
  return ours === null
    ? ` It has not stated this ${noun}: what you own of it is kept, and shown once it is there.`
    : " It stays.";
}

/** Nobody is named. */
function nameInWords({ noun, id, version }: ThingKey): string {
  if (noun === "Person" || id === "") return noun;
  return version === "" ? `${noun} ${id}` : `${noun} ${id} version ${version}`;
}

const shownLength = 80;

function shortly(value: FieldValue | null): string {
  if (value === null) return "nothing";
  const text = valueInWords(value);
  return `"${text.length > shownLength ? `${text.slice(0, shownLength)}…` : text}"`;
}

const today: Readonly<Record<string, string>> = olderNouns;

function nounOf(name: string, { noun }: Document): MasterNounName {
  const known = today[name] ?? name;
  if (isMasterNoun(known)) return known;
  const [first] = isMasterNoun(noun) ? [noun] : carriedBy(noun);
  return first ?? "MaterialDefinition";
}

/** What an answer shows of the things that were taken: what names them. People are named in no answer that is kept. */
function namesOf({ noun, content }: Document, done: readonly StatedThing[]): readonly object[] {
  const named = new Map<MasterNounName, Node[]>();
  for (const { key, nodes } of done) {
    // the node of a thing is one of the model
    const node = nodes.get("ID") as Node | undefined;
    if (!node || key.noun === "Person") continue;
    const list = named.get(key.noun) ?? [];
    named.set(key.noun, [...list, nameOf(key.noun, node)]);
  }
  if (isMasterNoun(noun)) return named.get(noun) ?? [noneOf(noun)];
  // a noun that carries others may have an ID
  const { ID = "none" } = (content[0] ?? {}) as { readonly ID?: string };
  return [{ ID, ...Object.fromEntries(named) }];
}
