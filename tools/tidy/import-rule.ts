/**
 * Imports: the rooms' table, what Node and npm a room may use, private folders, cycles, and files nobody reaches.
 * The table itself is in `room.ts`.
 */
import { posix } from "node:path";
import { awaited, doors, entryPoints, reservedModules, rooms, workers, type Room } from "./room.ts";
import { isScript, isTest, matches, type Finding, type Repository, type ResolvedImport, type Rule } from "./rule.ts";

/** One rule per row of the table. */
const roomRules: Rule[] = rooms.map((room) => {
  const rule = `import/${room.name.replace(" ", "-")}`;
  const check = (repository: Repository): Finding[] =>
    sourceFiles(repository)
      .filter((file) => roomOf(file) === room)
      .flatMap((file) =>
        repository.imports(file).flatMap((found) => {
          const advice = refusal(room, file, found);
          return advice === undefined ? [] : [{ file, line: found.line, rule, advice }];
        }),
      );
  return { name: rule, check, examples: [room.example] };
});

function sourceFiles(repository: Repository): string[] {
  return [...repository.files.keys()].filter((file) => file.startsWith("src/") && isScript(file) && !isTest(file));
}

function roomOf(file: string): Room | undefined {
  return rooms.find((room) => matches(file, room.files));
}

/** Whether both are of one home: the room's folder, for a connector its own one, for loose files their level. */
function isOwn(room: Room, file: string, target: string): boolean {
  const home = file.split("/", room.files.split("/").length - 1).join("/");
  return room.files.endsWith("/**") ? target.startsWith(`${home}/`) : posix.dirname(target) === home;
}

/** Why the import must not be, or undefined when it may. */
function refusal(room: Room, file: string, found: ResolvedImport): string | undefined {
  if (found.target !== undefined) return refusalOfFile(room, file, found, found.target);
  if (found.specifier.startsWith("node:")) return refusalOfNode(room, file, found.specifier);
  return refusalOfPackage(room, file, found.specifier);
}

function refusalOfFile(room: Room, file: string, found: ResolvedImport, target: string): string | undefined {
  if (target === "package.json" && ["app", "cli"].includes(room.name)) return undefined;
  if (!target.startsWith("src/")) return `src must not import ${target}: move what it needs into src`;
  if (isTest(target)) return `no file may import a test (${target}): move the shared part into a file of its own`;
  const inRoom = target.slice("src/".length);
  if (isOwn(room, file, target) || matches(inRoom, ...room.may)) return undefined;
  if (matches(inRoom, ...(room.mayTypes ?? []))) {
    return found.typeOnly ? undefined : `${room.name} may import only types from ${target}: write \`import type\``;
  }
  const may = [...room.may, ...(room.mayTypes ?? [])].join(", ") || "nothing";
  return `${room.name} may import ${may} and itself, not ${target}: take it as an argument or a port, or move the noun`;
}

function refusalOfNode(room: Room, file: string, specifier: string): string | undefined {
  const owners = reservedModules[specifier];
  if (owners && !matches(file.slice("src/".length), ...owners))
    return `${specifier} belongs to ${owners.join(", ")}: take it as a port`;
  if (room.node === undefined || room.node.includes(specifier)) return undefined;
  const may = room.node.join(", ") || "none";
  return `${room.name} may use of Node's modules ${may}, not ${specifier}: let the caller hand in what it needs`;
}

function refusalOfPackage(room: Room, file: string, specifier: string): string | undefined {
  const name = packageOf(specifier);
  const owner = Object.entries(room.packages ?? {}).find(([pattern]) => matches(name, pattern));
  if (!owner) return `${room.name} may not import the package ${name}: its room is named in tools/tidy/room.ts`;
  if (matches(file.slice("src/".length), ...owner[1])) return undefined;
  return `${name} may be imported only in ${owner[1].join(", ")}: put the call behind a function there`;
}

/** `pg` of `pg/lib/x`, `@a/b` of `@a/b/c`. */
function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

const noRoom: Rule = {
  name: "import/no-room",
  check: (repository) =>
    sourceFiles(repository)
      .filter((file) => !roomOf(file))
      .map((file) => ({
        file,
        line: 1,
        rule: "import/no-room",
        advice: "this folder is no room of the house: find the file's room in ARCHITECTURE.md, or add a row by an ADR",
      })),
  examples: [
    { allowed: { "src/base/a.ts": "" }, violation: { "src/tool/a.ts": "" } },
    { allowed: { "src/erp/connector.ts": "" }, violation: { "src/a.ts": "" } },
  ],
};

const dependency: Rule = {
  name: "import/dependency",
  check: (repository) => {
    const manifest: { dependencies?: object; devDependencies?: object } = JSON.parse(
      repository.files.get("package.json") ?? "{}",
    );
    const shipped = new Set(Object.keys(manifest.dependencies ?? {}));
    const all = new Set([...shipped, ...Object.keys(manifest.devDependencies ?? {})]);
    return [...repository.files.keys()].filter(isScript).flatMap((file) => {
      // the screens are built into files that need no package any more
      const may = file.startsWith("src/") && !file.startsWith("src/web/") && !isTest(file) ? shipped : all;
      return repository
        .imports(file)
        .filter((found) => found.target === undefined && found.way !== "url" && !found.typeOnly)
        .filter((found) => !found.specifier.startsWith("node:") && !may.has(packageOf(found.specifier)))
        .map((found) => ({
          file,
          line: found.line,
          rule: "import/dependency",
          advice: `${found.specifier} is not among the ${may === shipped ? "dependencies" : "dependencies or devDependencies"} of package.json: declare it, or write node:${found.specifier} if it is Node's`,
        }));
    });
  },
  examples: [
    {
      allowed: { "package.json": '{"dependencies":{"pg":"1"}}', "src/store/a.ts": 'import pg from "pg";' },
      violation: { "package.json": '{"devDependencies":{"pg":"1"}}', "src/store/a.ts": 'import pg from "pg";' },
    },
    {
      allowed: { "package.json": '{"devDependencies":{"react":"1"}}', "src/web/a.tsx": 'import { x } from "react";' },
      violation: { "package.json": '{"devDependencies":{"vue":"1"}}', "src/web/a.tsx": 'import { x } from "react";' },
    },
    { allowed: { "tools/a.ts": 'import "node:fs";' }, violation: { "tools/a.ts": 'import "fs";' } },
  ],
};

const internal: Rule = {
  name: "import/internal",
  check: (repository) =>
    [...repository.files.keys()].filter(isScript).flatMap((file) =>
      repository.imports(file).flatMap((found) => {
        const home = /^(.*\/)internal\//.exec(found.target ?? "")?.[1];
        if (home === undefined || file.startsWith(home)) return [];
        const advice = `${found.target} is private to ${home}: import what that folder offers outside internal/`;
        return [{ file, line: found.line, rule: "import/internal", advice }];
      }),
    ),
  examples: [
    {
      allowed: { "src/store/a.ts": 'import { x } from "./internal/b.ts";' },
      violation: { "src/app/a.ts": 'import { x } from "../store/internal/b.ts";' },
    },
  ],
};

const barrel: Rule = {
  name: "barrel",
  check: (repository) =>
    [...repository.files.keys()].filter(isScript).flatMap((file) => {
      const source = repository.source(file);
      const found: Finding[] = [...source.code.matchAll(/\bexport\s*\*/g)].map((star) => ({
        file,
        line: source.lineOf(star.index),
        rule: "barrel",
        advice: "`export *` hides what is public: export by name, or import the file that has the noun",
      }));
      if (posix.basename(file).startsWith("index.") && file.startsWith("src/") && !matches(file, ...doors)) {
        found.push({
          file,
          line: 1,
          rule: "barrel",
          advice: "only published doors are index files: name it by its noun",
        });
      }
      return found;
    }),
  examples: [
    {
      allowed: { "src/isa95/index.ts": 'export { a } from "./a.ts";' },
      violation: { "src/isa95/index.ts": 'export * from "./a.ts";' },
    },
    { allowed: { "src/erp/sap/index.ts": "" }, violation: { "src/store/index.ts": "" } },
  ],
};

const cycle: Rule = {
  name: "import/cycle",
  check: (repository) => {
    const files = [...repository.files.keys()].filter((file) => file.startsWith("src/") && isScript(file)).sort();
    return findCycles(files, (file) => targetsOf(repository, file)).map((path) => ({
      file: path[0] ?? "",
      line: repository.imports(path[0] ?? "").find((found) => found.target === path[1 % path.length])?.line ?? 1,
      rule: "import/cycle",
      advice: `imports itself over ${[...path.slice(1), path[0]].join(" -> ")}: move what both need into a file below them`,
    }));
  },
  examples: [
    {
      allowed: { "src/base/a.ts": 'import { b } from "./b.ts";', "src/base/b.ts": "" },
      violation: {
        "src/base/a.ts": 'import { b } from "./b.ts";',
        "src/base/b.ts": 'import type { A } from "./a.ts";',
      },
    },
  ],
};

function targetsOf(repository: Repository, file: string): string[] {
  return repository.imports(file).flatMap(({ target }) => (target && repository.files.has(target) ? [target] : []));
}

/** One path per cycle found by depth-first search; each begins at the file that was reached first. */
function findCycles(files: readonly string[], targets: (file: string) => readonly string[]): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const open: string[] = [];
  const visit = (file: string): void => {
    const at = open.indexOf(file);
    if (at >= 0) cycles.push(open.slice(at));
    if (at >= 0 || done.has(file)) return;
    open.push(file);
    for (const target of targets(file)) visit(target);
    open.pop();
    done.add(file);
  };
  for (const file of files) visit(file);
  return cycles;
}

const deadFile: Rule = {
  name: "dead-file",
  check: (repository) => {
    const files = [...repository.files.keys()].filter(isScript);
    const missing = entryPoints
      .filter((entry) => !repository.files.has(entry))
      .map((entry) => ({
        file: entry,
        line: 1,
        rule: "dead-file",
        advice: "this entry point does not exist: correct entryPoints in tools/tidy/room.ts",
      }));
    if (missing.length > 0) return missing;
    const begins = (file: string): boolean => !file.startsWith("src/") || matches(file, ...workers);
    const reached = new Set([...entryPoints, ...awaited, ...files.filter(begins)]);
    for (const file of reached) for (const target of targetsOf(repository, file)) reached.add(target);
    return sourceFiles(repository)
      .filter((file) => !reached.has(file) && !matches(file, ...doors))
      .map((file) => ({
        file,
        line: 1,
        rule: "dead-file",
        advice: "nothing but its own test reaches this file: wire it in, or delete it",
      }));
  },
  examples: [
    {
      allowed: {
        "src/cli/millrace.ts": 'import { a } from "../app/a.ts"; new Worker(new URL("./w.ts", import.meta.url));',
        "src/app/a.ts": "",
        "src/cli/w.ts": "",
      },
      violation: { "src/cli/millrace.ts": "", "src/app/a.ts": "", "src/app/a.test.ts": 'import { a } from "./a.ts";' },
    },
    { allowed: { "src/cli/millrace.ts": "" }, violation: { "src/app/a.ts": "" } },
    {
      allowed: {
        "src/cli/millrace.ts": "",
        "src/gateway/buffer-worker.ts": 'import { a } from "./a.ts";',
        "src/gateway/a.ts": "",
      },
      violation: { "src/cli/millrace.ts": "", "src/gateway/worker-pool.ts": "" },
    },
  ],
};

export const importRules: readonly Rule[] = [...roomRules, noRoom, dependency, internal, barrel, cycle, deadFile];
