/** What surrounds every screen: sign-in in front of it, the menu, whether the data is live, the bell and the account. */
import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useRouter, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, type ReactNode } from "react";
import { useSilence } from "../api/hearing.ts";
import { useStream } from "../api/stream.ts";
import { useMay, useSessionState, type Permission } from "../session/session.tsx";
import type { TextKey } from "../text/en.ts";
import { useText } from "../text/text.tsx";
import { AccountMenu } from "./account-menu.tsx";
import { Bell } from "./bell.tsx";
import { Failed, Waiting } from "./page-state.tsx";

const SignIn = lazy(async () => {
  const { SignInScreen } = await import("../screens/sign-in/screen.tsx");
  return { default: SignInScreen };
});

/** What was reported on this device goes out, whichever screen is open. A chunk of its own: the first load is small. */
const Sending = lazy(async () => {
  const { Sending: Part } = await import("../screens/operator/sending.tsx");
  return { default: Part };
});

export function Frame(): ReactNode {
  const { session, error, retry } = useSessionState();
  if (session === undefined) return error ? <Failed error={error} onRetry={retry} /> : <Waiting />;
  if (session === null || session.mustChangePassword) {
    return (
      <Suspense fallback={<Waiting />}>
        <SignIn />
      </Suspense>
    );
  }
  return (
    <>
      <Inside siteName={session.site.name} />
      <Suspense fallback={null}>
        <Sending site={session.site.id} person={session.person} />
      </Suspense>
    </>
  );
}

function Inside(props: { readonly siteName: string }): ReactNode {
  const { t } = useText();
  const client = useQueryClient();
  const may = useMay();
  useStream(client, may("floor.read"));
  useScreensAhead();
  const isBig = useRouterState({ select: ({ location }) => new URLSearchParams(location.searchStr).has("big") });
  return (
    <div className={isBig ? "frame frame-big" : "frame"}>
      <a className="skip" href="#content">
        {t("app.skip")}
      </a>
      {isBig ? null : (
        <header className="bar">
          <span className="bar-name">
            <img src="/mark.svg" alt="" width="22" height="22" />
            <span className="bar-site">{props.siteName}</span>
          </span>
          <Menu />
          <Bell />
          <AccountMenu />
        </header>
      )}
      <Freshness />
      <main id="content" tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}

const entries: readonly {
  readonly to: "/floor" | "/terminal" | "/orders" | "/mend" | "/materials" | "/connections" | "/people";
  readonly text: TextKey;
  /** One of them is enough. */
  readonly permissions: readonly Permission[];
}[] = [
  { to: "/floor", text: "nav.floor", permissions: ["floor.read"] },
  { to: "/terminal", text: "nav.terminal", permissions: ["terminal.read"] },
  { to: "/orders", text: "nav.orders", permissions: ["order.read"] },
  { to: "/mend", text: "nav.mend", permissions: ["mend.read"] },
  { to: "/materials", text: "nav.materials", permissions: ["material.read"] },
  { to: "/connections", text: "nav.connections", permissions: ["connection.read"] },
  { to: "/people", text: "nav.people", permissions: ["people.read", "key.manage", "audit.read"] },
];

function useOwnEntries(): typeof entries {
  const may = useMay();
  return entries.filter(({ permissions }) => permissions.some(may));
}

/** After the first load, so that another screen also opens while the server is away. */
const aheadMs = 3000;

function useScreensAhead(): void {
  const router = useRouter();
  const own = useOwnEntries();
  const names = own.map(({ to }) => to).join(" ");
  useEffect(() => {
    const timer = setTimeout(() => {
      for (const { to } of entries.filter((one) => names.split(" ").includes(one.to))) {
        void router.preloadRoute({ to });
        if (to === "/orders") void router.preloadRoute({ to: "/orders/$order", params: { order: "-" } });
      }
    }, aheadMs);
    return () => clearTimeout(timer);
  }, [router, names]);
}

function Menu(): ReactNode {
  const { t } = useText();
  const own = useOwnEntries();
  return (
    <nav className="menu" aria-label={t("app.menu")}>
      {own.map(({ to, text }) => (
        <Link key={to} to={to} className="menu-entry">
          {t(text)}
        </Link>
      ))}
    </nav>
  );
}

/** Says since when nothing was heard; spoken when it begins and when it ends. */
function Freshness(): ReactNode {
  const { t, exact } = useText();
  const silentSince = useSilence();
  return (
    <div className="freshness">
      <div role="status" className={silentSince === null ? "hidden-text" : "stale"}>
        {silentSince === null ? t("app.live") : t("app.stale", { at: exact(silentSince).slice(0, 8) })}
      </div>
    </div>
  );
}
