/** The shape of `policies.ownership`: who owns which fields of master data, where the defaults are not right. */
import { z } from "zod";
import { masterNounNames } from "../isa95/master-data/noun.ts";
import { identifier } from "./text-schema.ts";

export const ownershipSchema = z
  .array(
    z.strictObject({
      noun: z
        .enum(masterNounNames, { error: `write one of ${masterNounNames.join(", ")}` })
        .describe("What it is about, as B2MML calls it"),
      fields: z
        .array(z.string({ error: "write the name of a field in quotes" }).min(1, { error: "write a field" }), {
          error: "write a list of fields",
        })
        .min(1, { error: "write at least one field, or leave `fields` out for all" })
        .optional()
        .describe("Fields as B2MML calls them, a property as MaterialDefinitionProperty/Color; all when left out"),
      owner: identifier.describe("site, millrace or the id of an ERP: its word alone changes them"),
    }),
    { error: "write a list of owners" },
  )
  .describe("Who owns fields of master data: the site owns its equipment and calendars, the first ERP all else");
