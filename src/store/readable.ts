/** Reading what may be damaged, without the rest of the transaction being lost by it. */
import { isDamage } from "../record/damage.ts";
import type { Query } from "./connection.ts";

/** Within a savepoint, for PostgreSQL would take nothing more after an error: what fails leaves the transaction as it was. */
export async function trying<T>(query: Query, name: string, work: () => Promise<T>): Promise<T> {
  await query.run(`${name}.try`, "savepoint look");
  try {
    const value = await work();
    await query.run(`${name}.tried`, "release savepoint look");
    return value;
  } catch (error) {
    await query.run(`${name}.failed`, "rollback to savepoint look");
    await query.run(`${name}.over`, "release savepoint look");
    throw error;
  }
}

/**
 * @param name  of the statements around it
 * @returns null where something is damaged; the transaction goes on as if it had not been tried
 */
export async function ifReadable<T>(query: Query, name: string, work: () => Promise<T>): Promise<T | null> {
  try {
    return await trying(query, name, work);
  } catch (error) {
    if (!isDamage(error)) throw error;
    return null;
  }
}
