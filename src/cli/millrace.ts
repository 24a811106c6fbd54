/**
 * The command line: one file per command; this one finds the command and ends the process with its code. A command is
 * loaded when it is asked for: together they take longer to load than most of them take to run.
 */
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
if (load) {
  const { command } = await load();
  process.exitCode = await command.run(args);
} else {
  const isAsked = name === "help" || name === "--help" || name === "";
  const lines = await Promise.all(
    Object.entries(commands).map(async ([known, loadOne]) => {
      const { usage, purpose } = (await loadOne()).command;
      return `  millrace ${known} ${usage}\n      ${purpose}`;
    }),
  );
  const text = `${isAsked ? "" : `There is no command "${name}".\n\n`}Commands:\n${lines.join("\n")}`;
  if (isAsked) console.log(text);
  else console.error(text);
  process.exitCode = isAsked ? 0 : 2;
}
