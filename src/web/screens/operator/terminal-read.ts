/**
 * Reading a terminal while the stream says much: one request at a time and one more after it, so that a burst of events
 * neither floods the server nor keeps the screen from ever getting an answer.
 */
import { useQuery, useQueryClient, type QueryClient, type UseQueryResult } from "@tanstack/react-query";
import type { Terminal } from "../../../api/contract/terminal.ts";
import { call } from "../../api/call.ts";
import { keyOf } from "../../api/query.ts";
import { reportMark } from "./reports.ts";

export interface TerminalRead {
  readonly terminal: Terminal;
  /** Reports that were booked before it was read are in it. */
  readonly mark: number;
}

/** Events of a machine that counts fast make no more requests than this. */
const spacingMs = 300;

interface Line {
  readonly startedMs: number;
  readonly running: Promise<TerminalRead>;
  next: Promise<TerminalRead> | null;
}

const lines = new Map<string, Line>();

async function readNow(unit: string): Promise<TerminalRead> {
  const mark = reportMark();
  return {
    terminal: await call("GET /api/v1/units/:unit/terminal", { params: { unit } }, AbortSignal.timeout(15_000)),
    mark,
  };
}

function readInLine(unit: string): Promise<TerminalRead> {
  const line = lines.get(unit);
  if (line) {
    const then = async (): Promise<TerminalRead> => {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, line.startedMs + spacingMs - performance.now())));
      return start(unit);
    };
    line.next ??= line.running.then(then, then);
    return line.next;
  }
  return start(unit);
}

function start(unit: string): Promise<TerminalRead> {
  const line: Line = { startedMs: performance.now(), running: readNow(unit), next: null };
  lines.set(unit, line);
  const end = (): void => {
    const rest = line.startedMs + spacingMs - performance.now();
    setTimeout(() => (lines.get(unit) === line && line.next === null ? lines.delete(unit) : false), Math.max(0, rest));
  };
  void line.running.then(end, end);
  return line.running;
}

async function readInto(client: QueryClient, unit: string): Promise<TerminalRead> {
  const read = await readInLine(unit);
  // shown even when another event has asked for a further one meanwhile
  client.setQueryData(keyOf("GET /api/v1/units/:unit/terminal", { params: { unit } }), read);
  return read;
}

export function useTerminal(unit: string): UseQueryResult<TerminalRead> {
  const client = useQueryClient();
  return useQuery({
    queryKey: keyOf("GET /api/v1/units/:unit/terminal", { params: { unit } }),
    queryFn: () => readInto(client, unit),
    refetchInterval: 60_000, // what the stream does not speak of: notifications' counts, a loaded lot from elsewhere
  });
}
