/** Sessions by the hash of their token, and the counts of failed sign-ins. */
import type { SessionRepository, SignInRepository } from "../access/ports.ts";
import type { PersonKey } from "../isa95/resource/person.ts";
import { at, int, text, when, whenOrNull, type Query } from "./connection.ts";

export function sessionRepository(query: Query): SessionRepository {
  return {
    async insert({ tokenHash, person, createdAt, seenAt, expiresAt }) {
      await query.run(
        "session.insert",
        "insert into session (token_hash, person, created_at, seen_at, expires_at) values ($1, $2, $3, $4, $5)",
        [tokenHash, person, at(createdAt), at(seenAt), at(expiresAt)],
      );
    },

    async get(tokenHash) {
      const [row] = await query.run(
        "session.get",
        "select person, created_at, seen_at, expires_at from session where token_hash = $1",
        [tokenHash],
      );
      return row
        ? {
            tokenHash,
            person: text(row["person"]) as PersonKey, // written from its type
            createdAt: when(row["created_at"]),
            seenAt: when(row["seen_at"]),
            expiresAt: when(row["expires_at"]),
          }
        : null;
    },

    async seen(tokenHash, seenAt) {
      await query.run("session.seen", "update session set seen_at = $2 where token_hash = $1", [tokenHash, at(seenAt)]);
    },

    async end(tokenHash) {
      await query.run("session.end", "delete from session where token_hash = $1", [tokenHash]);
    },

    async endAll(person) {
      await query.run("session.end-all", "delete from session where person = $1", [person]);
    },

    async sweep(now, seenBefore) {
      await query.run("session.sweep", "delete from session where expires_at <= $1 or seen_at < $2", [
        at(now),
        at(seenBefore),
      ]);
    },
  };
}

export function signInRepository(query: Query): SignInRepository {
  return {
    async lock(buckets, now) {
      const sorted = [...buckets].toSorted();
      // A row for everybody, so that there is something to lock; in order, so that two do not wait for each other.
      await query.run(
        "sign-in.prepare",
        `insert into sign_in_attempt (bucket, failures, last_at) select b, 0, $2 from unnest($1::text[]) as b order by b
         on conflict (bucket) do nothing`,
        [sorted, at(now)],
      );
      const rows = await query.run(
        "sign-in.lock",
        "select bucket, failures, last_at, blocked_until from sign_in_attempt where bucket = any ($1) order by bucket for update",
        [sorted],
      );
      return new Map(
        rows.map((row) => [
          text(row["bucket"]),
          {
            failures: int(row["failures"]),
            lastAt: when(row["last_at"]),
            blockedUntil: whenOrNull(row["blocked_until"]),
          },
        ]),
      );
    },

    async save(bucket, { failures, lastAt, blockedUntil }) {
      await query.run(
        "sign-in.save",
        `insert into sign_in_attempt (bucket, failures, last_at, blocked_until) values ($1, $2, $3, $4)
         on conflict (bucket) do update set failures = $2, last_at = $3, blocked_until = $4`,
        [bucket, failures, at(lastAt), at(blockedUntil)],
      );
    },

    async forget(buckets) {
      await query.run("sign-in.forget", "delete from sign_in_attempt where bucket = any ($1)", [buckets]);
    },

    async sweep(before) {
      await query.run("sign-in.sweep", "delete from sign_in_attempt where last_at < $1", [at(before)]);
    },
  };
}
