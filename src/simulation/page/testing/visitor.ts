/** A visitor of the simulation's pages in tests: looks at a page, presses a button, comes back. */
export interface Visitor {
  look(path: string): Promise<string>;
  /** @returns the page after the button; what was said stands in it */
  press(action: string, form?: Readonly<Record<string, string>>): Promise<string>;
}

export function visitor(url: string): Visitor {
  const text = async (reply: Response): Promise<string> => {
    if (!reply.ok) throw new Error(`${reply.status} ${await reply.text()}`);
    return reply.text();
  };
  return {
    look: async (path) => text(await fetch(`${url}${path}`)),
    press: async (action, form = {}) =>
      text(await fetch(`${url}${action}`, { method: "POST", body: new URLSearchParams(form) })),
  };
}
