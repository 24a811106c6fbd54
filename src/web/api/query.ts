/**
 * Reading and commanding from React. A reading is cached by route and input; a command keeps its key over retries of the
 * same intent, and a second click while it runs does nothing.
 */
import {
  MutationCache,
  QueryCache,
  QueryClient,
  useMutation,
  useQuery,
  type UseQueryResult,
} from "@tanstack/react-query";
import { useRef } from "react";
import type { ReplyOf, RouteName } from "../../api/contract/contract.ts";
import { call, type Input } from "./call.ts";
import { newIntent } from "./intent.ts";
import { CallProblem } from "./problem.ts";

export const sessionKey = ["GET /api/v1/session", {}] as const;

/** A session that has ended shows the sign-in at once, whoever noticed it. */
function noticeEnd(error: unknown): void {
  if (error instanceof CallProblem && error.problem.status === 401) queryClient.setQueryData(sessionKey, null);
}

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeEnd }),
  mutationCache: new MutationCache({ onError: noticeEnd }),
  defaultOptions: {
    queries: {
      staleTime: 30_000, // the stream says when to ask again; this is for what it does not speak of
      gcTime: 10 * 60_000,
      retry: (count, error) => count < 2 && error instanceof CallProblem && error.mayRetry,
      refetchOnWindowFocus: true,
    },
  },
});

type ReadName = Extract<RouteName, `GET ${string}`>;

/** The cache's name of a reading; `useChanges` throws away by its first part. */
export function keyOf<R extends ReadName>(route: R, input: Input<R>): readonly [R, Input<R>] {
  return [route, input];
}

export function useRead<R extends ReadName>(
  route: R,
  input: Input<R>,
  options: { readonly enabled?: boolean; readonly refetchMs?: number } = {},
): UseQueryResult<ReplyOf<R>> {
  return useQuery({
    queryKey: keyOf(route, input),
    queryFn: ({ signal }) => call(route, input, signal),
    enabled: options.enabled ?? true,
    ...(options.refetchMs === undefined ? {} : { refetchInterval: options.refetchMs }),
  });
}

type CommandName = Exclude<RouteName, `GET ${string}`>;
/** Of a command the key is made here. */
type Asked<R extends CommandName> = Omit<Input<R>, "intent">;

export interface Command<R extends CommandName> {
  /** Does nothing while it runs: a double click is one intent. */
  readonly send: (input: Asked<R>) => void;
  readonly isSending: boolean;
  readonly error: unknown;
  readonly reset: () => void;
}

const waitsMs = [400, 1200, 3000] as const;

/**
 * @param done  called once, with the reply
 * @returns     a command whose key stays the same until the server has answered, also when the person clicks again after
 *              "no answer": the server carries it out once. Another content is another intent and gets a new key.
 */
export function useCommand<R extends CommandName>(route: R, done: (reply: ReplyOf<R>) => void): Command<R> {
  const intent = useRef<{ readonly key: string; readonly content: string } | null>(null);
  const running = useRef(false);
  const mutation = useMutation({
    mutationFn: (input: Asked<R>) => {
      const content = JSON.stringify(input);
      if (intent.current?.content !== content) intent.current = { key: newIntent(), content };
      // the key is the one field that Asked<R> leaves out
      return call(route, { ...input, intent: intent.current.key } as unknown as Input<R>);
    },
    retry: (count, error) => count < waitsMs.length && error instanceof CallProblem && error.mayRetry,
    retryDelay: (count) => waitsMs[count] ?? 3000,
    networkMode: "always",
    onSuccess: (reply) => {
      intent.current = null;
      done(reply);
    },
    onError: (error) => {
      if (!(error instanceof CallProblem && error.mayRetry)) intent.current = null; // it was answered
    },
    onSettled: () => {
      running.current = false;
    },
  });
  const send = (input: Asked<R>): void => {
    if (running.current) return;
    running.current = true;
    mutation.mutate(input);
  };
  return { send, isSending: mutation.isPending, error: mutation.error, reset: mutation.reset };
}
