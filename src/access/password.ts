/**
 * Passwords: scrypt with its parameters in the hash, compared in constant time. Somebody unknown takes as long as
 * somebody known with a wrong password. What a password must be like is at the end; who may set one is in `flows/`.
 */
import { randomBytes, randomInt, scrypt, timingSafeEqual } from "node:crypto";
import { fail, ok, type Result } from "../base/result.ts";

/** Memory is 128 × n × r bytes for each try. */
export interface ScryptCost {
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MB and a third of a second or so. @source OWASP Password Storage Cheat Sheet, scrypt: N=2^15, r=8, p=3 */
export const scryptCost: ScryptCost = { n: 32_768, r: 8, p: 3 };

export interface Passwords {
  /** e.g. `scrypt$32768$8$3$<salt>$<hash>` */
  hash(password: string): Promise<string>;
  /** Null stands for nobody and is never right, and takes as long as anybody. */
  isRight(password: string, hash: string | null): Promise<boolean>;
  /** The hash was made with other parameters: make it anew while the password is at hand. */
  isOutdated(hash: string): boolean;
}

const keyBytes = 32;
const saltBytes = 16;
/** Tries at once: more would take the threads that files and name look-ups need. */
const workersMax = 2;
/** Larger ones come from a hand-made row. */
const memoryMax = 256 * 1024 * 1024;

export function passwords(cost: ScryptCost = scryptCost): Passwords {
  const turn = turnstile(workersMax);
  const derive = (password: string, salt: Buffer, at: ScryptCost): Promise<Buffer> =>
    turn(() => derived(password.normalize("NFKC"), salt, at));
  const nobody = written(cost, randomBytes(saltBytes), randomBytes(keyBytes));
  return {
    async hash(password) {
      const salt = randomBytes(saltBytes);
      return written(cost, salt, await derive(password, salt, cost));
    },
    async isRight(password, hash) {
      const read = readHash(hash ?? nobody) ?? readHash(nobody);
      if (!read) throw new Error("A hash that was just written can be read.");
      const given = await derive(password, read.salt, read.cost);
      const isSame = timingSafeEqual(given, read.key);
      return isSame && hash !== null && readHash(hash) !== null;
    },
    isOutdated: (hash) => {
      const read = readHash(hash);
      return !read || read.cost.n !== cost.n || read.cost.r !== cost.r || read.cost.p !== cost.p;
    },
  };
}

function derived(password: string, salt: Buffer, { n, r, p }: ScryptCost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, keyBytes, { N: n, r, p, maxmem: memoryMax }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

function written({ n, r, p }: ScryptCost, salt: Buffer, key: Buffer): string {
  return ["scrypt", n, r, p, salt.toString("base64url"), key.toString("base64url")].join("$");
}

function readHash(text: string): { cost: ScryptCost; salt: Buffer; key: Buffer } | null {
  const [name, n, r, p, salt = "", key = ""] = text.split("$");
  const cost = { n: Number(n), r: Number(r), p: Number(p) };
  const bytes = Buffer.from(key, "base64url");
  const isWhole = Object.values(cost).every((value) => Number.isSafeInteger(value) && value > 0);
  if (name !== "scrypt" || !isWhole || bytes.length !== keyBytes) return null;
  return { cost, salt: Buffer.from(salt, "base64url"), key: bytes };
}

/** Lets so many in at once; the others wait in order. */
function turnstile(max: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let inside = 0;
  return async (work) => {
    if (inside >= max) await new Promise<void>((resolve) => waiting.push(resolve));
    else inside += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // Whoever leaves hands the place on; the count stays.
      if (next) next();
      else inside -= 1;
    }
  };
}

/** Read aloud or typed from paper without mistakes: no I, L, O, U, 0 or 1. */
const signs = "ABCDEFGHJKMNPQRSTVWXYZ23456789";

/** Good for one sign-in: 20 signs of 30, about 98 bits, e.g. `7QMTA-2XKDP-93WFB-HC6RN`. */
export function oneTimePassword(): string {
  const group = (): string => Array.from({ length: 5 }, () => signs.charAt(randomInt(signs.length))).join("");
  return [group(), group(), group(), group()].join("-");
}

export const passwordLengthMin = 12;

/**
 * Length counts, and that it is not the login, one sign again and again, or the old one.
 *
 * @fault invalid access/weak-password
 * @source NIST SP 800-63B 5.1.1.2: length and a few known bad ones, no rules about kinds of signs
 */
export function checkPassword(password: string, known: { login: string; old: string }): Result<void> {
  const plain = password.normalize("NFKC").toLowerCase();
  const why =
    plain.length < passwordLengthMin
      ? `it has fewer than ${passwordLengthMin} signs`
      : plain.includes(known.login.toLowerCase())
        ? "it holds the login"
        : new Set(plain).size < 5
          ? "it has fewer than five different signs"
          : password === known.old
            ? "it is the old one"
            : null;
  if (why === null) return ok(undefined);
  return fail("invalid", "access/weak-password", `This password cannot be used: ${why}. A few words in a row do well.`);
}
