/** The one reader and writer of this process: its schemas cost half a second and some tens of megabytes. */
import { openB2mml, type B2mml } from "../../document/b2mml.ts";

let opened: Promise<B2mml> | null = null;

/** Opened at the first use. */
export function openDocuments(): Promise<B2mml> {
  opened ??= openB2mml();
  return opened;
}
