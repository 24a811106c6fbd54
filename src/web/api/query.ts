/**
 * Reading and commanding from React. A reading is cached by route and input; a command keeps its key over retries of the
 * same intent, and a second click while it runs does nothing.
 */
import {
  focusManager,
  MutationCache,
  QueryCache,
  QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
  type UseQueryResult,
} from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef } from "react";
import type { ReplyOf, RouteName } from "../../api/contract/contract.ts";
import { call, type Input } from "./call.ts";
import type { Floor } from "../../api/contract/floor.ts";
import { newIntent } from "./intent.ts";
import { CallProblem, isForbidden } from "./problem.ts";
import { streamMark, withWhatWasSaid } from "./stream.ts";

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

/** A floor is put together with what the stream said while it was on its way, whoever asked for it. */
async function read<R extends ReadName>(route: R, input: Input<R>, signal: AbortSignal): Promise<ReplyOf<R>> {
  const mark = streamMark();
  const reply = await call(route, input, signal);
  // of this one route the reply is a floor
  return route === "GET /api/v1/floor" ? (withWhatWasSaid(reply as Floor, mark) as ReplyOf<R>) : reply;
}

/** What was refused for want of a right is not asked again, neither by time nor by an event, until the rights are others. */
function unlessForbidden(enabled = true): (query: { readonly state: { readonly error: Error | null } }) => boolean {
  return ({ state }) => enabled && !isForbidden(state.error);
}

/** For when the rights have changed. */
export function askForbiddenAgain(client: QueryClient): void {
  for (const { queryKey } of client.getQueryCache().findAll({ predicate: ({ state }) => isForbidden(state.error) }))
    void client.resetQueries({ queryKey, exact: true });
}

const lookAtRightsMs = 30_000;

/**
 * The server does not say that the rights of somebody have changed. While a reading is shown that was refused for want of
 * one, who is signed in and what they may do is read again: at once when it is opened, and by time while it is looked at.
 */
function useRightsAgain(error: unknown): void {
  const client = useQueryClient();
  const wants = isForbidden(error);
  useEffect(() => {
    if (!wants) return undefined;
    const look = (): void =>
      void client.refetchQueries({ queryKey: sessionKey, exact: true }, { cancelRefetch: false });
    look();
    const timer = setInterval(() => {
      if (focusManager.isFocused()) look();
    }, lookAtRightsMs);
    return () => clearInterval(timer);
  }, [client, wants]);
}

export function useRead<R extends ReadName>(
  route: R,
  input: Input<R>,
  options: { readonly enabled?: boolean; readonly refetchMs?: number } = {},
): UseQueryResult<ReplyOf<R>> {
  const reading = useQuery({
    queryKey: keyOf(route, input),
    queryFn: ({ signal }) => read(route, input, signal),
    enabled: unlessForbidden(options.enabled),
    ...(options.refetchMs === undefined ? {} : { refetchInterval: options.refetchMs }),
  });
  useRightsAgain(reading.error);
  return reading;
}

/** The readings that come in parts. */
type ListName = { [R in ReadName]: ReplyOf<R> extends { readonly next: string | null } ? R : never }[ReadName];
type RowOf<R extends ListName> = ReplyOf<R> extends { readonly items: readonly (infer T)[] } ? T : never;

export interface List<R extends ListName> {
  /** All rows of all parts that were read. */
  readonly rows: readonly RowOf<R>[];
  /** The first part as it came, for what stands beside its rows; undefined until it is there. */
  readonly data: ReplyOf<R> | undefined;
  readonly error: unknown;
  readonly isPending: boolean;
  readonly hasMore: boolean;
  readonly isReadingMore: boolean;
  readonly more: () => void;
  readonly refetch: () => unknown;
}

/** A list that is read part by part. While another filter's first part is on its way, the rows before stay. */
export function useList<R extends ListName>(
  route: R,
  input: Input<R>,
  options: { readonly enabled?: boolean } = {},
): List<R> {
  const read = useInfiniteQuery({
    queryKey: [route, input, "parts"],
    // a list's query has a cursor; the rest of the input is the caller's
    queryFn: ({ pageParam, signal }) => call(route, withCursor(input as object, pageParam) as Input<R>, signal),
    initialPageParam: null as string | null,
    // every list of the contract has `next`: that is what makes it a ListName
    getNextPageParam: (part) => (part as { readonly next: string | null }).next,
    enabled: unlessForbidden(options.enabled),
    placeholderData: (before) => before,
  });
  useRightsAgain(read.error);
  const { data, fetchNextPage, hasNextPage, isFetchingNextPage } = read;
  const rows = useMemo(
    // and has `items`
    () => data?.pages.flatMap((part) => (part as unknown as { readonly items: readonly RowOf<R>[] }).items) ?? [],
    [data],
  );
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  return {
    rows,
    data: data?.pages[0],
    error: read.error,
    isPending: read.isPending,
    hasMore: hasNextPage,
    isReadingMore: isFetchingNextPage,
    more,
    refetch: read.refetch,
  };
}

function withCursor(input: object, cursor: string | null): object {
  const query = "query" in input && typeof input.query === "object" ? input.query : {};
  return { ...input, query: cursor === null ? query : { ...query, cursor } };
}

export type CommandName = Exclude<RouteName, `GET ${string}`>;
/** Of a command the key is made here. */
export type Asked<R extends CommandName> = Omit<Input<R>, "intent">;

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
