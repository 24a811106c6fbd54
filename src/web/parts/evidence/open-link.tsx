/** A link that opens something in the drawer of the page one is on; its place is in the address, so that Back goes up again. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

export const openedKinds = ["fact", "posting", "message", "instruction", "run"] as const;
export type OpenedKind = (typeof openedKinds)[number];

export interface Opened {
  readonly kind: OpenedKind;
  readonly id: string;
}

/** `fact:4f2a…` of an address, or undefined when it says something else. */
export function openedOf(text: string | undefined): Opened | undefined {
  const at = text?.indexOf(":") ?? -1;
  const kind = openedKinds.find((one) => one === text?.slice(0, at));
  return text === undefined || kind === undefined ? undefined : { kind, id: text.slice(at + 1) };
}

export function OpenLink(props: Opened & { readonly children: ReactNode }): ReactNode {
  return (
    <Link to="." search={(before) => ({ ...before, open: `${props.kind}:${props.id}` })} resetScroll={false}>
      {props.children}
    </Link>
  );
}
