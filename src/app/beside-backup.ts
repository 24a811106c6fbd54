/** What a backup does not hold and a restore needs all the same: keys stay out of a file that is copied around. */
import { existsSync } from "node:fs";
import { join } from "node:path";

export interface Beside {
  /** Null: it does not lie in the data directory. */
  readonly path: string | null;
  readonly what: string;
}

const inData = [
  [
    "evidence-key.pem",
    "the key that signs evidence: private; without it evidence is signed with a new one after a restore",
  ],
  ["evidence", "the evidence that was signed"],
  ["pki", "our certificates for machines with their private keys, and the machines' that are trusted"],
] as const;

const elsewhere = [
  "the folder of the site, with its maps",
  "the environment in which Millrace is started: addresses, secrets, DATABASE_URL",
  "certificate and key of the screens, when it is started with --cert and --key",
] as const;

export function besideBackup(dataDir: string): readonly Beside[] {
  const here = inData.map(([name, what]) => ({ path: join(dataDir, name), what }));
  return [...here.filter(({ path }) => existsSync(path)), ...elsewhere.map((what) => ({ path: null, what }))];
}
