/** What an ERP that takes a document once has taken, by the key that it came with. It forgets nothing by itself. */
import type { ErpDocument } from "../../record/posting.ts";

export type TakenBackup = ReadonlyMap<string, ErpDocument>;

export class TakenDocuments {
  #byKey = new Map<string, ErpDocument>();

  get(key: string): ErpDocument | undefined {
    return this.#byKey.get(key);
  }

  take(key: string, document: ErpDocument): void {
    this.#byKey.set(key, document);
  }

  backup(): TakenBackup {
    return new Map(this.#byKey);
  }

  /** What came since the backup is forgotten: it is taken again. */
  restore(backup: TakenBackup): void {
    this.#byKey = new Map(backup);
  }
}
