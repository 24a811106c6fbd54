/** What a page shows when it has nothing to show: waiting, empty, an error, no permission, no such page. */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { asProblem, CallProblem, isForbidden } from "../api/problem.ts";
import { useText } from "../text/text.tsx";
import { ProblemText } from "./problem.tsx";

export function Waiting(): ReactNode {
  const { t } = useText();
  return (
    <div className="page-state" role="status">
      <span className="waiting" aria-hidden="true" />
      <p>{t("app.loading")}</p>
    </div>
  );
}

/** @param props.hint  why it is empty, or what makes it otherwise */
export function Empty(props: { readonly title: string; readonly hint: string }): ReactNode {
  return (
    <div className="page-state" role="status">
      <h2>{props.title}</h2>
      <p className="soft">{props.hint}</p>
    </div>
  );
}

export function Failed(props: { readonly error: unknown; readonly onRetry?: () => void }): ReactNode {
  const { t } = useText();
  const problem = asProblem(props.error);
  return (
    <div className="page-state" role="alert">
      <ProblemText problem={problem} />
      {props.onRetry && !isForbidden(props.error) ? (
        <Button variant="default" onClick={props.onRetry}>
          {t("app.again")}
        </Button>
      ) : null}
    </div>
  );
}

export function NotFound(): ReactNode {
  const { t } = useText();
  return (
    <div className="page-state" role="status">
      <h1>{t("app.not-found")}</h1>
      <p className="soft">{t("app.not-found.do")}</p>
    </div>
  );
}

interface Read<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly isPending: boolean;
  readonly refetch: () => unknown;
}

function isAway(error: unknown): boolean {
  return error instanceof CallProblem && error.mayRetry;
}

/**
 * A reading, in whichever state it is. What was read before stays on the screen when it cannot be read again, with why
 * above it; of a server that does not answer the frame says since when, and no key moves under a hand.
 */
export function Loaded<T>(props: { readonly read: Read<T>; readonly children: (data: T) => ReactNode }): ReactNode {
  const { data, error, refetch } = props.read;
  const retry = (): void => void refetch();
  if (data === undefined) return error ? <Failed error={error} onRetry={retry} /> : <Waiting />;
  return (
    <>
      {error && !isAway(error) ? <Failed error={error} onRetry={retry} /> : null}
      {props.children(data)}
    </>
  );
}
