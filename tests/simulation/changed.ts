/** An object of which some members are others, and a store of which one repository is. */
import type { Store, Tx } from "../../src/flows/ports.ts";

/** The same object with other members; methods of classes stay bound to it. */
export function changed<T extends object>(whole: T, members: Partial<T>): T {
  return new Proxy(whole, {
    get(target, name) {
      if (name in members) return Reflect.get(members, name) as unknown;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}

/** A store of which one repository does something else. */
export function withRepository<Name extends keyof Tx>(
  store: Store,
  name: Name,
  other: (repository: Tx[Name], tx: Tx) => Partial<Tx[Name]>,
): Store {
  return {
    transaction: (work) => store.transaction((tx) => work({ ...tx, [name]: { ...tx[name], ...other(tx[name], tx) } })),
  };
}
