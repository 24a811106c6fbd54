/** Documents of B2MML: partners give them and get their answers. What they may ask is `isa95/conversation/offer.ts`. */
import { z } from "zod";
import type { RouteTable } from "./route.ts";

/** What a document may weigh at the door. */
export const documentBytesMax = 16 * 1024 * 1024;

const query = z.object({
  /** Which ERP of the site it is of, where its Sender does not say. */
  erp: z.string().max(100).optional(),
});

export const documentRoutes = {
  "POST /b2mml": {
    permission: "document.exchange",
    summary: "Gives a B2MML document (XML or JSON by content type) and gets the answer that it asks for; 204 when none",
    query,
    reply: z.string(),
  },
  "POST /soap": {
    permission: "document.exchange",
    summary: "The same in a SOAP envelope (1.1 and 1.2); described by GET /soap?wsdl",
    query,
    reply: z.string(),
  },
} as const satisfies RouteTable;
