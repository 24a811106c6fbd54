/** A document that somebody has keyed by hand in the ERP, and what of ours it may have been keyed for. */
import { z } from "zod";
import { waitingMost } from "../../flows/view/hand-view.ts";
import { handAmountKinds, waitingStates } from "../../record/hand-document.ts";
import { owedKinds } from "../../record/posting.ts";
import { amount, date, time } from "./answer.ts";

/** Pieces of an operation, or material: in the units of the order on both sides, so that they can be compared. */
export const handAmount = z
  .object({
    what: z.enum(handAmountKinds),
    /** Null for pieces. */
    material: z.string().nullable(),
    lot: z.string().nullable(),
    amount,
  })
  .meta({ id: "HandAmount" });
export type HandAmount = z.infer<typeof handAmount>;

export const waitingPosting = z
  .object({
    id: z.string(),
    state: z.enum(waitingStates),
    /** False while nobody knows whether the ERP has it: that is settled first. */
    canStandBack: z.boolean(),
    amounts: z.array(handAmount),
    postingDate: date.nullable(),
    /** Null: it is of no run. */
    run: z
      .object({
        id: z.string(),
        workUnit: z.string(),
        startedAt: time,
        /** Null: it goes on. */
        endedAt: time.nullable(),
      })
      .nullable(),
  })
  .meta({ id: "WaitingPosting" });
export type WaitingPosting = z.infer<typeof waitingPosting>;

export const handDocument = z
  .object({
    erp: z.string(),
    kind: z.enum(owedKinds),
    /** The ERP's number of it. */
    document: z.string(),
    order: z.string(),
    number: z.string(),
    /** Null for material. */
    operation: z.string().nullable(),
    recordedAt: time,
    /** Null, as the amounts: it was found before this was kept. Look in the ERP. */
    postingDate: date.nullable(),
    amounts: z.array(handAmount).nullable(),
    /** Our key, of a document that we have posted after the backup that was put back; null: somebody else made it. */
    key: z.string().nullable(),
    /** What waits now and may be what it was keyed for, in order of planning. */
    waiting: z.array(waitingPosting),
    /** More wait than are shown. */
    hasMore: z.boolean(),
  })
  .meta({ id: "HandDocument" });
export type HandDocument = z.infer<typeof handDocument>;

/**
 * Which of them stand back, by id: nothing stands back that is not named here, because nobody can have seen what is planned
 * after they have looked.
 */
export const namedPostings = z
  .array(z.string().min(1).max(100))
  .min(1)
  .max(waitingMost)
  .refine((ids) => new Set(ids).size === ids.length, "names one twice")
  .meta({ uniqueItems: true });
