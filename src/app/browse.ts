/** What `browse` does: looks at a machine before any site knows it. Reads only; the certificate of ours is kept. */
import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { systemClock } from "../base/clock.ts";
import { formatInstant } from "../base/instant.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { browseMachine, type Browsed, type BrowsedItem } from "../machine/opcua/index.ts";
import { isGood, statusText } from "../record/sample.ts";
import { draftMap } from "../site/draft-map.ts";

export interface BrowseOptions {
  /** `opc.tcp://<host>:<port>` */
  readonly endpointUrl: string;
  /** Browse path to begin at, e.g. `Objects/Machines/M-1`. */
  readonly under: string;
  /** Where our certificates are. */
  readonly dataDir: string;
  /** Takes the server's certificate unseen. */
  readonly acceptUnknown: boolean;
  /** Neither signed nor encrypted. */
  readonly insecure: boolean;
}

const itemsMax = 5_000;
const timeoutMs = 60_000;

/** User and password come from OPCUA_USER and OPCUA_PASSWORD; anonymous without. @fault see the connector */
export function browse(options: BrowseOptions): Promise<Result<Browsed>> {
  const { OPCUA_USER: user, OPCUA_PASSWORD: password } = process.env;
  const settings = {
    endpointUrl: options.endpointUrl,
    root: options.under,
    pkiFolder: join(resolve(options.dataDir), "pki", "browse"),
    trust: options.acceptUnknown ? "accept-unknown" : "explicit",
    ...(options.insecure ? { security: { mode: "None", policy: "None" } } : {}),
    ...(user ? { user, password: password ?? "" } : {}),
  };
  return browseMachine(settings, itemsMax, AbortSignal.timeout(timeoutMs));
}

/**
 * Writes a first map of what was found.
 *
 * @fault refused app/draft-exists  the file is there already: it is never overwritten
 * @fault refused app/draft-folder  the file cannot be written
 */
export async function writeDraft(file: string, options: BrowseOptions, { items }: Browsed): Promise<Result<string>> {
  const path = resolve(file);
  const draft = draftMap({
    name: nameOf(path),
    validFrom: formatInstant(systemClock.now()),
    source: `${options.endpointUrl} ${options.under}`,
    items: items.map((item) => ({ ...item, type: typeOf(item), shown: shown(item) })),
  });
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, draft, { flag: "wx" });
    return ok(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") {
      return fail("refused", "app/draft-exists", `${path} is there already. Name a new file.`, error);
    }
    return fail("refused", "app/draft-folder", `${path} cannot be written. Check the path and its rights.`, error);
  }
}

export function typeOf(item: BrowsedItem): string {
  return plain(item.isArray ? `${item.type}[]` : item.type);
}

/** The present value in a line. */
export function shown({ value, status }: BrowsedItem): string {
  if (!isGood({ status })) return `no good value (${statusText({ status })})`;
  const text = plain(JSON.stringify(value));
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** What a server calls its nodes may hold signs that a terminal acts upon. */
export function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, "�");
}

/** The name of the file, as a map may be called. */
function nameOf(path: string): string {
  const bare = basename(path).replace(/\.ya?ml$/i, "");
  const name = bare
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 64);
  return name || "machine";
}
