/** Who is signed in and what they may do; signing in, out and changing the password. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, useMemo, type ReactNode } from "react";
import type { ReplyOf } from "../../api/contract/contract.ts";
import type { Session } from "../../api/contract/session.ts";
import { call, rememberCsrfToken } from "../api/call.ts";
import { CallProblem } from "../api/problem.ts";
import { askForbiddenAgain, sessionKey } from "../api/query.ts";

export type Permission = Session["permissions"][number];

export interface SessionState {
  /** Null: nobody is signed in. Undefined: not known yet. */
  readonly session: Session | null | undefined;
  readonly error: unknown;
  readonly signIn: (login: string, password: string) => Promise<void>;
  readonly signOut: () => Promise<void>;
  readonly changePassword: (old: string, next: string) => Promise<void>;
  readonly retry: () => void;
}

const Context = createContext<SessionState | null>(null);

async function readSession(signal: AbortSignal): Promise<Session | null> {
  try {
    return remember(await call("GET /api/v1/session", {}, signal));
  } catch (error) {
    if (error instanceof CallProblem && error.problem.status === 401) return null;
    throw error;
  }
}

function remember(session: ReplyOf<"GET /api/v1/session">): Session {
  rememberCsrfToken(session.csrfToken);
  return session;
}

export function SessionProvider(props: { readonly children: ReactNode }): ReactNode {
  const client = useQueryClient();
  const { data, error, refetch } = useQuery({
    queryKey: sessionKey,
    queryFn: ({ signal }) => readSession(signal),
    staleTime: 5 * 60_000,
  });
  const rights = data ? JSON.stringify([data.permissions, data.grants]) : null;
  useEffect(() => {
    if (rights !== null) askForbiddenAgain(client);
  }, [client, rights]);
  const state = useMemo((): SessionState => {
    const begin = (session: Session | null): void => {
      client.setQueryData(sessionKey, session);
      // another person may see other things
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
    };
    return {
      session: data,
      error,
      retry: () => void refetch(),
      signIn: async (login, password) =>
        begin(remember(await call("POST /api/v1/session", { body: { login, password } }))),
      changePassword: async (old, next) =>
        begin(remember(await call("POST /api/v1/session/password", { body: { old, new: next } }))),
      signOut: async () => {
        await call("DELETE /api/v1/session", {});
        begin(null);
      },
    };
  }, [client, data, error, refetch]);
  return <Context value={state}>{props.children}</Context>;
}

export function useSessionState(): SessionState {
  const state = use(Context);
  if (!state) throw new Error("useSessionState needs a SessionProvider above it");
  return state;
}

/** Whether the one who is signed in may do it somewhere; the server decides for the very place. */
export function useMay(): (permission: Permission) => boolean {
  const { session } = useSessionState();
  return (permission) => session?.permissions.includes(permission) ?? false;
}
