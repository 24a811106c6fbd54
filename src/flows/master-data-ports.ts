/** What the flows need of the store for master data. Implemented in `store/`. */
import type { Instant } from "../base/instant.ts";
import type { Fault } from "../base/result.ts";
import type { MasterNounName } from "../isa95/master-data/noun.ts";
import type { Ownership } from "../isa95/master-data/ownership.ts";
import type { FieldValue, HeldField, ThingKey } from "../isa95/master-data/thing.ts";

/** A thing as it is held, with what nobody has stated left out. */
export interface HeldThing {
  readonly id: string;
  readonly key: ThingKey;
  /** The pseudonymous key of a person; null for what is none. */
  readonly person: string | null;
  readonly fields: ReadonlyMap<string, HeldField>;
}

/** One field of a thing, stated by its owner; null: withdrawn. */
export interface FieldChange {
  readonly thing: HeldThing;
  readonly field: string;
  readonly value: FieldValue | null;
}

/** Who has said it, in which message, and when. */
export interface StatedBy {
  readonly sender: string;
  readonly message: string;
  readonly at: Instant;
}

/** What is not taken over of a thing; `field` is empty for the thing as a whole. */
export interface Refusal {
  readonly key: ThingKey;
  readonly field: string;
  readonly owner: string | null;
  readonly ours: FieldValue | null;
  readonly theirs: FieldValue | null;
  readonly fault: Pick<Fault, "code" | "message">;
  /** `file:line /path` */
  readonly place: string;
}

/** Which things are looked for. `*` stands for anything; an empty text for no matter which. */
export interface ThingPattern {
  readonly noun: MasterNounName;
  readonly id: string;
  readonly plant: string;
  readonly within: string;
  readonly version: string;
}

export interface MasterDataRepositories {
  readonly masterData: MasterDataRepository;
}

export interface MasterDataRepository {
  /** Makes the database hold every field to its owner; does nothing when it does so already. */
  holdOwnership(ownership: Ownership): Promise<void>;
  /** The things, made where they are missing, locked until the transaction ends; in the order of the keys. */
  lock(keys: readonly ThingKey[]): Promise<readonly HeldThing[]>;
  /** @throws when a field is not the sender's: the database holds it */
  save(changes: readonly FieldChange[], by: StatedBy): Promise<void>;
  /** Keeps what was refused of things; what else was refused before of them, by the same sender, is settled. */
  refuse(keys: readonly ThingKey[], refused: readonly Refusal[], by: StatedBy): Promise<void>;
  /** Those of the things of which anything is held; nothing is locked. */
  find(keys: readonly ThingKey[]): Promise<readonly HeldThing[]>;
  /** Things that are stated, in order of noun, ID, version, plant. */
  like(patterns: readonly ThingPattern[], limit: number): Promise<readonly HeldThing[]>;
  /** How far an ERP's master data were read; null before the first page. */
  cursor(erp: string): Promise<string | null>;
  saveCursor(erp: string, cursor: string, at: Instant): Promise<void>;
  /** Takes a person's name and number out of everything; the key stays. @returns false for nobody that we hold */
  erasePerson(person: string): Promise<boolean>;
}
