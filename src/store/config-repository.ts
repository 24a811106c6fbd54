/** Versions of a site's files. Rows are added and never changed; the number is their identity. */
import { toJson } from "../base/json.ts";
import type { ConfigRepository, ConfigStore, ConfigVersion } from "../flows/ports.ts";
import { at, text, when, type Database, type Query, type Row } from "./connection.ts";

export function configStore(database: Database): ConfigStore {
  return { transaction: (work) => database.transaction((query) => work(configRepository(query))) };
}

const columns = "id, applied_at, content";

function configRepository(query: Query): ConfigRepository {
  const one = async (name: string, sql: string, values: readonly unknown[] = []): Promise<ConfigVersion | null> => {
    const [row] = await query.run(name, sql, values);
    return row ? versionOf(row) : null;
  };
  return {
    async lock() {
      await query.run("config.lock", "lock table config_version in share row exclusive mode");
    },

    newest: () =>
      one("config.newest", `select ${columns} from config_version order by length(id) desc, id desc limit 1`),

    get: (number) => one("config.get", `select ${columns} from config_version where id = $1`, [String(number)]),

    async list(limit) {
      const sql = `select ${columns} from config_version order by length(id) desc, id desc limit $1`;
      return (await query.run("config.list", sql, [limit])).map(versionOf);
    },

    async holds(site) {
      const sql = "select 1 from config_version where content->>'site' = $1 limit 1";
      return (await query.run("config.holds", sql, [site])).length > 0;
    },

    async append({ number, appliedAt, site, files, from }) {
      const content = toJson({ site, files, from });
      const sql = "insert into config_version (id, applied_at, content) values ($1, $2, $3)";
      await query.run("config.append", sql, [String(number), at(appliedAt), content]);
    },
  };
}

function versionOf(row: Row): ConfigVersion {
  // Written by `append` alone.
  const content = row["content"] as Pick<ConfigVersion, "site" | "files" | "from">;
  return { number: Number(text(row["id"])), appliedAt: when(row["applied_at"]), ...content };
}
