/** In place of a screen that broke or could not be loaded; the latter comes by itself when the server is there again. */
import { useEffect, type ReactNode } from "react";
import { isServerThere } from "../api/ping.ts";
import { CallProblem } from "../api/problem.ts";
import { Failed } from "./page-state.tsx";

/** The screen's files did not come: the server is away, or has another version by now. */
export class ScreenMissing extends Error {}

/** For the router's lazy screens. It would load the page again at once, and that of a server that is away is the browser's. */
export async function loaded<T>(screen: Promise<T>): Promise<T> {
  try {
    return await screen;
  } catch (cause) {
    throw new ScreenMissing("A screen could not be loaded.", { cause });
  }
}

const askMs = 3000;
/** When loading the page again has not helped, it is not done again at once. */
const reloadMsMin = 30_000;
const reloadKey = "millrace.reloaded";

function reload(): void {
  sessionStorage.setItem(reloadKey, String(performance.timeOrigin));
  location.reload();
}

/** Whether this page has itself been loaded by `reload`, and not long ago. */
function isTooSoon(): boolean {
  return sessionStorage.getItem(reloadKey) !== null && performance.now() < reloadMsMin;
}

export function ScreenFault(props: { readonly error: unknown }): ReactNode {
  const isMissing = props.error instanceof ScreenMissing;
  useEffect(() => {
    if (!isMissing) return undefined;
    const ending = new AbortController();
    const ask = async (): Promise<void> => {
      if (!isTooSoon() && (await isServerThere(ending.signal)) && !ending.signal.aborted) reload();
    };
    void ask();
    const timer = setInterval(() => void ask(), askMs);
    return () => {
      clearInterval(timer);
      ending.abort();
    };
  }, [isMissing]);
  const error = isMissing ? new CallProblem({ status: 0, code: "web/no-screen", detail: "" }) : props.error;
  return <Failed error={error} onRetry={reload} />;
}
