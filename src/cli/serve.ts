/** `millrace serve`: runs until it is told to stop. */
import { join } from "node:path";
import type { ApiOptions } from "../app/api.ts";
import { defaultListen, parseListen } from "../app/listen.ts";
import { serveFolder } from "../app/serve-folder.ts";
import { ok, type Result } from "../base/result.ts";
import { misuse, noData, noSite, readArguments, tell, text, type Arguments, type Command } from "./command.ts";
import { end } from "./end.ts";

const usage =
  "serve --site DIR --data DIR [--listen HOST:PORT] [--cert FILE --key FILE] [--insecure] [--trust-proxy ADDRESSES]";

const flags = {
  site: { type: "string" },
  data: { type: "string" },
  listen: { type: "string" },
  cert: { type: "string" },
  key: { type: "string" },
  insecure: { type: "boolean" },
  "trust-proxy": { type: "string" },
} as const;

export const command: Command = {
  usage: usage.slice("serve ".length),
  purpose: "Runs everything: machines, facts, postings, HTTP and screens. Stops on SIGTERM or Ctrl-C.",
  async run(args) {
    const given = readArguments(args, { options: flags, usage, places: 0 });
    const site = given && text(given.values["site"]);
    const data = given && text(given.values["data"]);
    const isHalfTls = given && (text(given.values["cert"]) === null) !== (text(given.values["key"]) === null);
    if (!given) return 2;
    if (!site) return misuse(usage, noSite);
    if (!data) return misuse(usage, noData);
    if (isHalfTls) return misuse(usage, "--cert and --key go together.");
    const api = apiOptions(given);
    if (!api.ok) return tell(api.fault);
    const told = end();
    const started = await serveFolder({ site, data, api: api.value, write: (line) => console.error(line) });
    if (!started.ok) return tell(started.fault);
    const reason = await Promise.race([started.value.failed, told]);
    await started.value.stop();
    if (typeof reason !== "string") return tell(reason);
    return reason === "told" ? 0 : 1;
  },
};

function apiOptions({ values }: Arguments): Result<ApiOptions> {
  const listen = parseListen(text(values["listen"]) ?? defaultListen);
  if (!listen.ok) return listen;
  const cert = text(values["cert"]);
  const key = text(values["key"]);
  return ok({
    listen: listen.value,
    tls: cert !== null && key !== null ? { cert, key } : null,
    insecure: values["insecure"] === true,
    trustProxy: (text(values["trust-proxy"]) ?? "").split(",").filter((address) => address !== ""),
    pages: join(import.meta.dirname, "..", "..", "dist", "web"),
    // On standard output, not in the log, which others may read.
    onFirstAdministrator: ({ login, oneTimePassword }) =>
      console.log(
        `The first administrator signs in as "${login}" with the one-time password ${oneTimePassword}\nIt is shown this once. If it gets lost: millrace account reset ${login} --data DIR`,
      ),
  });
}
