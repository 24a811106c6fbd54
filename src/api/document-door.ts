/** What a door for documents needs: bytes in, the answer out. Reading and doing are behind it. */
import type { Result } from "../base/result.ts";
import type { Reply } from "../flows/converse.ts";

export interface GivenBytes {
  readonly bytes: Uint8Array;
  /** Of the content type that came with them. */
  readonly charset?: string | undefined;
  /** As its giver knows it, for messages. */
  readonly file: string;
  /** Which ERP of the site it is of; null: its Sender says. */
  readonly erp: string | null;
  /** As it stands in the record. */
  readonly givenBy: string;
}

/** @fault see `B2mml.read` and `converse` */
export type GiveDocument = (given: GivenBytes) => Promise<Result<Reply>>;
