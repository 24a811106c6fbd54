/** The command line: one file per command; this one finds the command and ends the process with its code. */
import { command as apply } from "./apply.ts";
import { command as account } from "./account.ts";
import { command as audit } from "./audit.ts";
import { command as b2mml } from "./b2mml.ts";
import { command as backup } from "./backup.ts";
import { command as browse } from "./browse.ts";
import { command as check } from "./check.ts";
import type { Command } from "./command.ts";
import { command as config } from "./config.ts";
import { command as demo } from "./demo.ts";
import { command as doctor } from "./doctor.ts";
import { command as exportDocument } from "./export.ts";
import { command as final } from "./final.ts";
import { command as importFiles } from "./import.ts";
import { command as reconcile } from "./reconcile.ts";
import { command as replay } from "./replay.ts";
import { command as restore } from "./restore.ts";
import { command as serve } from "./serve.ts";
import { command as status } from "./status.ts";

const commands: Readonly<Record<string, Command>> = {
  demo,
  serve,
  status,
  final,
  reconcile,
  replay,
  browse,
  check,
  apply,
  config,
  backup,
  restore,
  doctor,
  account,
  audit,
  b2mml,
  import: importFiles,
  export: exportDocument,
};

const [name = "", ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command) {
  process.exitCode = await command.run(args);
} else {
  const isAsked = name === "help" || name === "--help" || name === "";
  const lines = Object.entries(commands).map(
    ([known, { usage, purpose }]) => `  millrace ${known} ${usage}\n      ${purpose}`,
  );
  const text = `${isAsked ? "" : `There is no command "${name}".\n\n`}Commands:\n${lines.join("\n")}`;
  if (isAsked) console.log(text);
  else console.error(text);
  process.exitCode = isAsked ? 0 : 2;
}
