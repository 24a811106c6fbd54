/** Reading what may be damaged, without the rest of the transaction being lost by it. */
import { isDamage } from "../record/damage.ts";
import type { Query } from "./connection.ts";

/**
 * Within a savepoint, for PostgreSQL would take nothing more after an error.
 *
 * @param name  of the statements around it
 * @returns null where something is damaged; the transaction goes on as if it had not been tried
 */
export async function ifReadable<T>(query: Query, name: string, work: () => Promise<T>): Promise<T | null> {
  await query.run(`${name}.try`, "savepoint look");
  try {
    const value = await work();
    await query.run(`${name}.tried`, "release savepoint look");
    return value;
  } catch (error) {
    if (!isDamage(error)) throw error;
    await query.run(`${name}.damaged`, "rollback to savepoint look");
    return null;
  }
}
