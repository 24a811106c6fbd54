/** `millrace demo`: a plant in one command. */
import { appendFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { startDemo, type Demo } from "../app/demo.ts";
import { readArguments, tell, text, type Command } from "./command.ts";

const usage = "demo [--once] [--speed N] [--seed N] [--data DIR]";

export const command: Command = {
  usage: "[--once] [--speed N] [--seed N] [--data DIR]",
  purpose: "Runs a simulated plant with an ERP and machines, and tells what happens. With --once it ends by itself.",
  async run(args) {
    const options = {
      once: { type: "boolean" },
      speed: { type: "string" },
      seed: { type: "string" },
      data: { type: "string" },
    } as const;
    const given = readArguments(args, options, usage);
    const speed = Number(text(given?.values["speed"]) ?? "40");
    const seed = Number(text(given?.values["seed"]) ?? "1");
    if (!given || !(speed > 0) || !Number.isSafeInteger(seed)) {
      if (given) console.error(`Usage: millrace ${usage}`);
      return 2;
    }
    const data = text(given.values["data"]);
    const started = await startDemo({
      dataDir: data === null ? null : resolve(data),
      speed,
      seed,
      limitMs: 600_000,
      say: (line) => console.log(line),
      log: data === null ? () => undefined : (line) => appendFileSync(join(resolve(data), "demo.log"), `${line}\n`),
    });
    if (!started.ok) return tell(started.fault);
    return play(started.value, given.values["once"] === true);
  },
};

/** @param once  end when the story is told; otherwise Millrace goes on until somebody stops it */
async function play(demo: Demo, once: boolean): Promise<number> {
  const stopped = new Promise<"stopped">((resolve) => {
    process.once("SIGTERM", () => resolve("stopped"));
    process.once("SIGINT", () => resolve("stopped"));
  });
  const outcome = await Promise.race([demo.finished, stopped]);
  if (outcome !== "stopped" && outcome.ok && !once) {
    console.log(
      `\nMillrace goes on running; look around with \`millrace status --data ${demo.dataDir}\`. End it with Ctrl-C.`,
    );
    await stopped;
  }
  await demo.stop();
  if (outcome === "stopped") return 1;
  if (!outcome.ok) return tell(outcome.fault);
  return outcome.value.agrees ? 0 : 1;
}
