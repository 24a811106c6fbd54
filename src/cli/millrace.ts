/**
 * The command line: one file per command; this one finds the command and ends the process with its code. A command is
 * loaded when it is asked for: together they take longer to load than most of them take to run.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { didYouMean } from "../app/spelling.ts";
import type { Command } from "./command.ts";

const commands: Readonly<Record<string, () => Promise<{ readonly command: Command }>>> = {
  demo: () => import("./demo.ts"),
  serve: () => import("./serve.ts"),
  status: () => import("./status.ts"),
  final: () => import("./final.ts"),
  reconcile: () => import("./reconcile.ts"),
  replay: () => import("./replay.ts"),
  browse: () => import("./browse.ts"),
  check: () => import("./check.ts"),
  apply: () => import("./apply.ts"),
  config: () => import("./config.ts"),
  backup: () => import("./backup.ts"),
  restore: () => import("./restore.ts"),
  doctor: () => import("./doctor.ts"),
  account: () => import("./account.ts"),
  audit: () => import("./audit.ts"),
  b2mml: () => import("./b2mml.ts"),
  import: () => import("./import.ts"),
  export: () => import("./export.ts"),
};

const [name = "", ...args] = process.argv.slice(2);
const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (load) process.exitCode = await runCommand(load);
else if (name === "--version") console.log(await version());
else if (name === "help" || name === "--help" || name === "-h" || name === "") console.log(await overview());
else {
  const names = Object.keys(commands);
  console.error(`There is no command "${name}"${didYouMean(name, names)}. Commands: ${names.join(", ")}.`);
  console.error("What each does is told by: millrace help");
  process.exitCode = 2;
}

async function runCommand(loadIt: () => Promise<{ readonly command: Command }>): Promise<number> {
  const { command } = await loadIt();
  const options = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  if (!options.some((option) => option === "--help" || option === "-h")) return command.run(args);
  console.log(`${command.purpose}\n\nUsage: millrace ${name} ${command.usage}`);
  return 0;
}

async function overview(): Promise<string> {
  const lines = Object.entries(commands).map(async ([known, loadOne]) => {
    const { usage, purpose } = (await loadOne()).command;
    return `  millrace ${known} ${usage}\n      ${purpose}`;
  });
  return `Commands:\n${(await Promise.all(lines)).join("\n")}`;
}

async function version(): Promise<string> {
  const text = await readFile(join(import.meta.dirname, "../../package.json"), "utf8");
  // Our own file.
  return (JSON.parse(text) as { readonly version: string }).version;
}
