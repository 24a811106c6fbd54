/** Orders as the ERP asked them. */
import { toJson, withExactNumbers } from "../base/json.ts";
import type { RequestRepository } from "../flows/ports.ts";
import type { OperationsRequest } from "../isa95/schedule/operations-request.ts";
import { at, int, Outrun, text, type Query } from "./connection.ts";
import { projectOrders } from "./view/order-projection.ts";

export function requestRepository(query: Query): RequestRepository {
  return {
    async lock(id) {
      const [row] = await query.run(
        "request.lock",
        "select body, version from operations_request where id = $1 for update",
        [id],
      );
      return row ? { request: withExactNumbers<OperationsRequest>(row["body"]), version: int(row["version"]) } : null;
    },

    async get(ids) {
      if (ids.length === 0) return [];
      const rows = await query.run(
        "request.get",
        "select body from operations_request where id in (select * from unnest($1::text[]))",
        [ids],
      );
      return rows.map((row) => withExactNumbers<OperationsRequest>(row["body"]));
    },

    async find(number) {
      const rows = await query.run(
        "request.find",
        "select id from operations_request where id = $1 or number = $1 order by id",
        [number],
      );
      return rows.map((row) => text(row["id"]));
    },

    async save(request, from, acceptedAt) {
      const { id, reference, state } = request;
      const values = [id, reference.erp, reference.company, reference.number, state, toJson(request), at(acceptedAt)];
      const rows = from
        ? await query.run(
            "request.replace",
            `update operations_request set state = $5, body = $6, accepted_at = $7, version = version + 1
             where id = $1 and erp = $2 and company = $3 and number = $4 and version = $8 returning id`,
            [...values, from.version],
          )
        : await query.run(
            "request.insert",
            `insert into operations_request (id, erp, company, number, state, body, accepted_at)
             values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning id`,
            values,
          );
      // There was nothing to lock when it was looked for: who comes second looks again, and finds it.
      if (rows.length !== 1 && !from) throw new Outrun(`Order ${id} was accepted by somebody else meanwhile.`);
      if (rows.length !== 1) throw new Error(`Order ${id} was changed by somebody else meanwhile.`);
      projectOrders(query, [id]);
    },
  };
}
