/** What is looked at when everything has come to rest. */
import type { Books } from "../../erp/books.ts";
import type { MemoryDatabase } from "../../store/database.ts";
import type { Disk } from "../disk.ts";
import type { Happened } from "../happened.ts";
import type { SimulatedMachine } from "../machine.ts";
import type { Told } from "../person/terminal.ts";
import type { Plan } from "../plan.ts";
import type { FoundDocuments } from "../found-documents.ts";
import type { Complain } from "./finding.ts";

export interface AtRest {
  readonly plan: Plan;
  readonly happened: Happened;
  readonly database: MemoryDatabase;
  readonly books: Books;
  readonly disks: readonly Disk[];
  readonly machines: readonly SimulatedMachine[];
  readonly told: readonly Told[];
  /** Our own state was put back from a backup: what was in buffers before is gone, and read again from the machines. */
  readonly isRestored: boolean;
  /** The ERP's documents of each order, as its connector lists them. */
  readonly found: FoundDocuments;
  readonly now: number;
  readonly complain: Complain;
}
