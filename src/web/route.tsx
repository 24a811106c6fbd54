/** The addresses of the screens. Each screen is a chunk of its own; what an address may say is read here, so that it survives a reload. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { Frame } from "./parts/frame.tsx";
import { NotFound, Waiting } from "./parts/page-state.tsx";
import { loaded, ScreenFault } from "./parts/screen-fault.tsx";

type Raw = Readonly<Record<string, unknown>>;

function textOf(raw: Raw, name: string): string | undefined {
  const value = raw[name];
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The named texts of an address that are there; anything else in it is dropped. */
function only<const Names extends readonly string[]>(...names: Names) {
  return (raw: Raw): { readonly [N in Names[number]]?: string | undefined } =>
    // exactly the names asked for, each with a text
    Object.fromEntries(names.map((name) => [name, textOf(raw, name)]).filter(([, value]) => value !== undefined)) as {
      readonly [N in Names[number]]?: string | undefined;
    };
}

const root = createRootRoute({ component: Frame, notFoundComponent: NotFound });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/floor" });
  },
});
const floor = createRoute({
  getParentRoute: () => root,
  path: "/floor",
  validateSearch: only("under", "state", "text", "big"),
  component: lazyRouteComponent(() => loaded(import("./screens/floor/screen.tsx")), "FloorScreen"),
});
const orders = createRoute({
  getParentRoute: () => root,
  path: "/orders",
  validateSearch: only("progress", "workCenter", "material", "text", "toMend", "sort"),
  component: lazyRouteComponent(() => loaded(import("./screens/orders/screen.tsx")), "OrdersScreen"),
});
const order = createRoute({
  getParentRoute: () => root,
  path: "/orders/$order",
  validateSearch: only("kinds", "open"),
  component: lazyRouteComponent(() => loaded(import("./screens/order/screen.tsx")), "OrderScreen"),
});
const mend = createRoute({
  getParentRoute: () => root,
  path: "/mend",
  validateSearch: only("list", "code", "open"),
  component: lazyRouteComponent(() => loaded(import("./screens/mend/screen.tsx")), "MendScreen"),
});
const materials = createRoute({
  getParentRoute: () => root,
  path: "/materials",
  validateSearch: only("text", "account", "material", "place", "lot", "unit", "open"),
  component: lazyRouteComponent(() => loaded(import("./screens/materials/screen.tsx")), "MaterialsScreen"),
});
const connections = createRoute({
  getParentRoute: () => root,
  path: "/connections",
  component: lazyRouteComponent(() => loaded(import("./screens/connections/screen.tsx")), "ConnectionsScreen"),
});
const people = createRoute({
  getParentRoute: () => root,
  path: "/people",
  validateSearch: only("part", "about"),
  component: lazyRouteComponent(() => loaded(import("./screens/people/screen.tsx")), "PeopleScreen"),
});
const terminals = createRoute({
  getParentRoute: () => root,
  path: "/terminal",
  component: lazyRouteComponent(() => loaded(import("./screens/operator/screen.tsx")), "TerminalChoice"),
});
const terminal = createRoute({
  getParentRoute: () => root,
  path: "/terminal/$unit",
  component: lazyRouteComponent(() => loaded(import("./screens/operator/screen.tsx")), "TerminalScreen"),
});
const paper = createRoute({
  getParentRoute: () => root,
  path: "/terminal/$unit/paper",
  component: lazyRouteComponent(() => loaded(import("./screens/operator/paper.tsx")), "PaperScreen"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    floor,
    orders,
    order,
    mend,
    materials,
    connections,
    people,
    terminals,
    terminal,
    paper,
  ]),
  defaultPendingComponent: Waiting,
  defaultErrorComponent: ScreenFault,
  defaultPendingMs: 150,
  defaultPreload: "intent",
  scrollRestoration: true,
  // plain texts in the address, `?state=fault`: a person can read and type them
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const query = new URLSearchParams(
      Object.entries(search).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
    ).toString();
    return query === "" ? "" : `?${query}`;
  },
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
