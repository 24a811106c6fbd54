/** What the memory store does not keep, because nothing that is simulated asks for it. Whoever does is told so. */
export function notSimulated(what: string): never {
  throw new Error(`"${what}" is not part of the simulation; see simulation/store/README.md.`);
}

/** Repositories that are not there: the first use of one says so. */
export function absent<T extends object>(name: string): T {
  const none = Object.create(null) as T; // nothing is ever read of it
  return new Proxy(none, { get: (_, member) => notSimulated(`${name}.${String(member)}`) });
}
