/**
 * The door of every npm script: `node tools/run.mjs <entry.ts | program> [arguments]`.
 * Runs on any Node from 20.19: installs what package-lock.json names and node_modules lacks, finds the Node that this
 * project pins, and starts the entry with it, with its arguments, signals and exit code. It does nothing else.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const windows = process.platform === "win32";

/** Programs that scripts may name instead of a file, and the package each comes with. */
const programs = { oxfmt: "oxfmt", oxlint: "oxlint", tsc: "typescript", vite: "vite" };

/** A sentence for the person who typed the command; nothing else of a failure is shown. */
class Stop extends Error {}

async function main() {
  const [entry, ...args] = process.argv.slice(2);
  if (entry === undefined) throw new Stop("Say what to run: node tools/run.mjs <entry.ts | program> [arguments]");
  const manifest = readJson(join(root, "package.json"));
  const needed = manifest.devDependencies?.node ?? "24.0.0";
  // a server installed with `--omit=dev` on the right Node lacks nothing that it runs
  const withDev = !(entry.startsWith("src/") && majorOf(process.versions.node) >= majorOf(needed));
  await install(withDev);
  const node = findNode(needed);
  start(node, ["--disable-warning=ExperimentalWarning", fileOf(entry), ...args]);
}

function majorOf(version) {
  return Number.parseInt(version, 10);
}

function readJson(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}

/** The first thing that package-lock.json names and node_modules does not hold in that version, or undefined. */
function firstMissing(withDev) {
  const hidden = join(modules, ".package-lock.json");
  if (!existsSync(hidden)) return "node_modules is missing";
  let installed;
  try {
    installed = readJson(hidden).packages;
  } catch {
    return "node_modules is being installed, or was left half installed"; // npm writes its list in place
  }
  for (const [path, wanted] of Object.entries(readJson(join(root, "package-lock.json")).packages)) {
    if (path === "" || wanted.link || ((wanted.dev || wanted.devOptional) && !withDev)) continue;
    const held = installed[path];
    if (held === undefined && (wanted.optional || wanted.peer)) continue; // made for another system, or not asked for
    if (held === undefined || !existsSync(join(root, path))) return `${path} is missing`;
    if (held.version !== wanted.version) return `${path} is ${held.version}, package-lock.json wants ${wanted.version}`;
  }
  return undefined;
}

/** Installs when something is missing; one process at a time, the others wait for it. */
async function install(withDev) {
  if (firstMissing(withDev) === undefined) return;
  const release = await lock();
  try {
    const missing = firstMissing(withDev); // whoever held the lock before may have installed it
    if (missing === undefined) return;
    if (existsSync(modules) && lstatSync(modules).isSymbolicLink()) {
      throw new Stop(`${missing}, and node_modules is a link to another folder: run \`npm ci\` in that one.`);
    }
    // warnings are kept back: npm still runs on the older Node, and says so for every package that will not
    say(`${missing}. Installing the packages of package-lock.json (npm ci) ...`);
    const { status, error } = runNpm([
      "ci",
      "--include=dev",
      "--prefer-offline",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
    ]);
    if (error) throw new Stop(`npm could not be started (${error.message}). Install npm, then run \`npm ci\`.`);
    if (status !== 0) {
      throw new Stop(`\`npm ci\` ended with ${status}. Its messages above say why; mend that and try again.`);
    }
    const left = firstMissing(withDev);
    if (left !== undefined) throw new Stop(`\`npm ci\` ran, but ${left}. Delete node_modules and try again.`);
  } finally {
    release();
  }
}

/** Takes `.cache/install.lock`; a lock whose process is gone is taken over. */
async function lock() {
  const file = join(root, ".cache", "install.lock");
  mkdirSync(dirname(file), { recursive: true });
  let waiting = false;
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const holder = holderOf(file);
    if (holder > 0 && !isAlive(holder)) rmSync(file, { force: true });
    else {
      if (!waiting) say(`Waiting for process ${holder}, which is installing ...`);
      waiting = true;
      await sleep(500);
    }
  }
}

/** The process that a lock names; 0 while it is being written, or when it has just been given back. */
function holderOf(file) {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return 0;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/**
 * npm with a Node from outside node_modules, which `npm ci` deletes. Its output goes to stderr, because stdout belongs
 * to the entry.
 */
function runNpm(args) {
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
  const options = {
    cwd: root,
    env: { ...process.env, PATH: path.join(delimiter) },
    stdio: ["ignore", 2, 2],
  };
  const script = process.env["npm_execpath"] ?? "";
  const outer = isInside(process.execPath) ? "node" : process.execPath;
  if (basename(script) === "npm-cli.js") return spawnSync(outer, [script, ...args], options);
  return spawnSync("npm", args, { ...options, shell: windows });
}

function isInside(file) {
  return !relative(realpathOf(modules), realpathOf(file)).startsWith("..");
}

function realpathOf(file) {
  return existsSync(file) ? realpathSync(file) : file;
}

/** The pinned Node of node_modules; else the one that runs this, if it is new enough; else a sentence that helps. */
function findNode(needed) {
  const pinned = join(modules, "node", "bin", windows ? "node.exe" : "node");
  const reason = whyUnusable(pinned);
  if (reason === undefined) return pinned;
  if (majorOf(process.versions.node) >= majorOf(needed)) return process.execPath;
  throw new Stop(
    [
      `This needs Node ${majorOf(needed)}; Node ${process.versions.node} is running it (${process.execPath}).`,
      `The package node@${needed} should have brought the right one, but ${reason}.`,
      "That happens after `npm ci --ignore-scripts`, with `ignore-scripts=true` in an npm configuration, or when npm",
      "was not allowed to run that package's install script (package.json allows it under allowScripts).",
      "Type:  npm ci --ignore-scripts=false",
      `or put Node ${majorOf(needed)} first on the PATH, and try again.`,
    ].join("\n"),
  );
}

function whyUnusable(pinned) {
  if (!existsSync(pinned)) return `${relative(root, pinned)} does not exist`;
  if (realpathOf(pinned) === realpathOf(process.execPath)) return undefined;
  const { status, error, stdout } = spawnSync(pinned, ["--version"], { encoding: "utf8" });
  if (status === 0 && stdout.startsWith("v")) return undefined;
  return `${relative(root, pinned)} does not start on this system (${error?.message ?? `exit ${status}`})`;
}

function fileOf(entry) {
  const home = programs[entry];
  if (home !== undefined) {
    const { bin } = readJson(join(modules, home, "package.json"));
    return join(modules, home, typeof bin === "string" ? bin : bin[entry]);
  }
  const file = join(root, ...entry.split("/"));
  if (!existsSync(file)) throw new Stop(`There is no ${entry} in ${root}.`);
  return file;
}

/** Becomes the program where the system can do that; else runs it as a child and passes on what happens to either. */
function start(node, args) {
  const folder = dirname(node);
  const path = process.env["PATH"] ?? "";
  // whatever the entry starts finds the same Node, and what that has compiled before: half of what a start takes
  const NODE_COMPILE_CACHE = process.env["NODE_COMPILE_CACHE"] ?? join(root, ".cache", "compiled");
  const env = {
    ...process.env,
    NODE_COMPILE_CACHE,
    PATH: path.split(delimiter)[0] === folder ? path : folder + delimiter + path,
  };
  if (typeof process.execve === "function" && !windows) process.execve(node, [node, ...args], env);
  const child = spawn(node, args, { env, stdio: "inherit" });
  const forward = (signal) => {
    // Ctrl-C in a terminal reaches the whole group already; a second one would read as impatience
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, forward);
  child.on("error", (error) => {
    say(`${node} could not be started: ${error.message}`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    for (const one of signals) process.off(one, forward);
    if (signal !== null) process.kill(process.pid, signal);
    else process.exitCode = code ?? 1;
  });
}

function say(sentence) {
  process.stderr.write(`millrace: ${sentence}\n`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Stop)) throw error;
  say(error.message);
  process.exitCode = 1;
}
