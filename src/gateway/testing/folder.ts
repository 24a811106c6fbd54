/** A folder that is gone when the test is over, and a log that keeps what was said. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { GatewayLog } from "../log.ts";

export function testFile(t: TestContext, name = "buffer.db"): string {
  const folder = mkdtempSync(join(tmpdir(), "millrace-gateway-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, name);
}

export interface KeptLog extends GatewayLog {
  readonly lines: string[];
}

export function keptLog(): KeptLog {
  const lines: string[] = [];
  return { lines, info: (message) => lines.push(message), warn: (message) => lines.push(message) };
}
