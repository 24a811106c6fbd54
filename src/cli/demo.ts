/** `millrace demo`: a plant in one command. */
import { appendFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { openDemo, startStory, type DemoOptions, type OpenOptions } from "../app/demo.ts";
import { defaultListen, parseListen } from "../app/listen.ts";
import { misuse, readArguments, tell, text, type Command } from "./command.ts";
import { end } from "./end.ts";

const usage = "demo [--once] [--speed N] [--seed N] [--data DIR] [--listen HOST:PORT] [--visitor UNIT] [--tell]";
const erpPort = 8081;
const pages = join(import.meta.dirname, "..", "..", "dist", "web");
/** A story is told fast; what is visited should be slow enough to be seen. */
const speeds = { once: "100", open: "4" } as const;

export const command: Command = {
  usage: usage.slice("demo ".length),
  purpose: "Runs a simulated plant with an ERP and machines, to be looked at. With --once it tells a story and ends.",
  async run(args) {
    const options = {
      once: { type: "boolean" },
      speed: { type: "string" },
      seed: { type: "string" },
      data: { type: "string" },
      tell: { type: "boolean" },
      listen: { type: "string" },
      visitor: { type: "string" },
    } as const;
    const given = readArguments(args, { options, usage, places: 0 });
    const isOnce = given?.values["once"] === true;
    const speed = Number(text(given?.values["speed"]) ?? (isOnce ? speeds.once : speeds.open));
    const seed = Number(text(given?.values["seed"]) ?? "1");
    if (!given) return 2;
    if (!(speed > 0 && Number.isFinite(speed)))
      return misuse(usage, `--speed is ${String(given.values["speed"])}; write a number above 0.`);
    if (!Number.isSafeInteger(seed))
      return misuse(usage, `--seed is ${String(given.values["seed"])}; write a whole number.`);
    const data = text(given.values["data"]);
    const demo: DemoOptions = {
      dataDir: data === null ? null : resolve(data),
      speed,
      seed,
      visitorUnit: isOnce ? null : text(given.values["visitor"]),
      say: (line) => console.log(line),
      log: data === null ? () => undefined : (line) => appendFileSync(join(resolve(data), "demo.log"), `${line}\n`),
    };
    if (isOnce) return ended(await tellStory(demo));
    const wanted = text(given.values["listen"]);
    const listen = parseListen(wanted ?? defaultListen);
    if (!listen.ok) return tell(listen.fault);
    // Who names an address wants that one.
    const ifTaken = wanted === null ? "another-port" : "refusal";
    const tellsStory = given.values["tell"] === true;
    return ended(await stayOpen({ ...demo, listen: listen.value, ifTaken, pages, erpPort, tellsStory }));
  },
};

/**
 * Everything is closed by now. The server of a machine that was being called while it was shut down may have a timer of
 * twelve minutes left (node-opcua, the watch over a channel's token), and nothing is to be waited for in it.
 */
function ended(code: number): never {
  process.exit(code);
}

async function tellStory(options: DemoOptions): Promise<number> {
  const told = end();
  const started = await startStory({ ...options, limitMs: 600_000 });
  if (!started.ok) return tell(started.fault);
  const outcome = await Promise.race([started.value.finished, told]);
  await started.value.stop();
  if (typeof outcome === "string") return 1;
  if (!outcome.ok) return tell(outcome.fault);
  return outcome.value.agrees ? 0 : 1;
}

async function stayOpen(options: OpenOptions): Promise<number> {
  const told = end();
  const opened = await openDemo(options);
  if (!opened.ok) return tell(opened.fault);
  const { url, erpUrl, dataDir, accounts, tookSeconds, failed } = opened.value;
  console.log(`\nReady after ${tookSeconds.toFixed(1)} s. Data: ${dataDir}`);
  console.log(`Sign in as ${accounts.logins.join(", ")}; the password of all is ${accounts.password}\n`);
  console.log(`Millrace          ${url}`);
  console.log(`ERP and machines  ${erpUrl}`);
  console.log("Stop              Ctrl-C");
  const reason = await Promise.race([failed, told]);
  // Who is told nothing presses again, and that ends it with its data left behind.
  if (reason === "told") console.log("\nStopping, a few seconds …");
  await opened.value.stop();
  return typeof reason === "string" ? 0 : tell(reason);
}
