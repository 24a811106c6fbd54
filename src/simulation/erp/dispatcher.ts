/**
 * From an address to an answer: finds the service, set, entity or function, reads or writes, and says the result in
 * OData v2. Knows nothing of connections, logins or faults.
 */
import { randomId } from "../../base/id.ts";
import type { Locks } from "./lock.ts";
import { accepted, refused, type Answer, type Refusal } from "./message.ts";
import { parseAddress, type EntityKey } from "./odata/address.ts";
import type { EdmValue, EntitySet, EntityType, FunctionImport, Row, Service } from "./odata/edm.ts";
import { parseLiteral } from "./odata/literal.ts";
import { metadataDocument } from "./odata/metadata.ts";
import { answerQuery, cut, parseQuery, type QueryPage } from "./odata/query.ts";
import { readEntity } from "./odata/reader.ts";
import { etagOf, wholeRow, Writer, type Projection } from "./odata/writer.ts";
import { dataReply, messageReply, notFound, refusalReply, textReply, type Reply } from "./reply.ts";
import type { PendingWrite, ServiceHandler } from "./service/handler.ts";

export interface ErpRequest {
  readonly method: string;
  /** Service and what stands behind it. */
  readonly service: string;
  readonly path: string;
  readonly query: string;
  /** Absolute address of the services, for links. */
  readonly root: string;
  readonly body: string;
  readonly user: string;
}

export interface DispatcherSettings {
  readonly handlers: readonly ServiceHandler[];
  readonly locks: Locks;
  /** Most rows in one answer. */
  readonly pageSize: number;
  /** Called between taking the locks and writing: how long a write takes. Null: no time at all. */
  readonly work: (() => Promise<void>) | null;
}

export class Dispatcher {
  readonly #settings: DispatcherSettings;
  readonly #handlers: ReadonlyMap<string, ServiceHandler>;
  readonly #metadata: ReadonlyMap<string, string>;

  constructor(settings: DispatcherSettings) {
    this.#settings = settings;
    this.#handlers = new Map(settings.handlers.map((handler) => [handler.service.name, handler]));
    this.#metadata = new Map(settings.handlers.map(({ service }) => [service.name, metadataDocument(service)]));
  }

  async answer(request: ErpRequest): Promise<Reply> {
    const handler = this.#handlers.get(request.service);
    if (!handler)
      return textReply(403, "text/html", `<html><title>No service found for ${request.service}</title></html>`);
    const answer =
      request.method === "POST" ? await this.#write(handler, request) : this.#read(handler.service, request);
    return answer.ok ? answer.value : refusalReply(answer.refusal, randomId());
  }

  #read(service: Service, request: ErpRequest): Answer<Reply> {
    const address = parseAddress(request.path);
    const writer = new Writer(service, `${request.root}/${service.name}`);
    switch (address?.kind) {
      case "service":
        return accepted(dataReply(200, { EntitySets: [...service.sets.keys()] }));
      case "metadata":
        return accepted(textReply(200, "application/xml;charset=utf-8", this.#metadata.get(service.name) ?? ""));
      case "set": {
        const set = service.sets.get(address.name);
        if (!set) return refused(notFound(address.name));
        return this.#readRows(
          { type: set.type, from: set, path: request.path, isCount: address.isCount, writer },
          request,
        );
      }
      case "entity": {
        const set = service.sets.get(address.name);
        const row = set && findByKey(set, address.key);
        if (!set || !row) return refused(notFound(address.name));
        if (address.link === null) return this.#readEntity(set.type, row, writer, request);
        const link = set.type.navigation.get(address.link);
        if (!link) return refused(notFound(address.link));
        return this.#readRows(
          { type: link.target(), from: link.rows(row), path: request.path, isCount: false, writer },
          request,
        );
      }
      default:
        return refused(notFound(request.path));
    }
  }

  #readEntity(type: EntityType, row: Row, writer: Writer, request: ErpRequest): Answer<Reply> {
    const query = parseQuery(new URLSearchParams(request.query), type);
    if (!query.ok) return query;
    const etag = etagOf(type, row);
    return accepted(dataReply(200, writer.row(type, row, query.value.projection), etag === null ? {} : { etag }));
  }

  #readRows(
    of: { type: EntityType; from: EntitySet | readonly Row[]; path: string; isCount: boolean; writer: Writer },
    request: ErpRequest,
  ): Answer<Reply> {
    const parameters = new URLSearchParams(request.query);
    const query = parseQuery(parameters, of.type);
    if (!query.ok) return query;
    const isList = Array.isArray(of.from);
    const page: QueryPage = isSet(of.from)
      ? answerQuery(of.from, query.value, of.isCount ? Number.MAX_SAFE_INTEGER : this.#settings.pageSize)
      : cut(of.from, of.type, query.value, isList ? this.#settings.pageSize : Number.MAX_SAFE_INTEGER);
    if (of.isCount) return accepted(textReply(200, "text/plain;charset=utf-8", String(page.rows.length)));
    const results = page.rows.map((row) => of.writer.row(of.type, row, query.value.projection));
    return accepted(
      dataReply(200, {
        ...(page.count === null ? {} : { __count: String(page.count) }),
        results,
        ...(page.nextSkip === null ? {} : { __next: nextAddress(request, parameters, page.nextSkip) }),
      }),
    );
  }

  async #write(handler: ServiceHandler, request: ErpRequest): Promise<Answer<Reply>> {
    const pending = prepare(handler, request);
    if (!pending.ok) return pending;
    const { write, name, projection } = pending.value;
    const lock = this.#settings.locks.acquire(write.locks, request.user);
    if (!lock.ok) return lock;
    try {
      if (this.#settings.work) await this.#settings.work();
      const done = write.commit();
      if (!done.ok) return done;
      if (done.value.kind === "message") return accepted(messageReply(name, done.value.message));
      const { set, row } = done.value;
      const writer = new Writer(handler.service, `${request.root}/${handler.service.name}`);
      const isFunction = handler.service.functions.has(name);
      const headers = isFunction ? {} : { location: writer.address(set.type, row) };
      return accepted(dataReply(isFunction ? 200 : 201, writer.row(set.type, row, projection), headers));
    } finally {
      lock.value();
    }
  }
}

function isSet(from: EntitySet | readonly Row[]): from is EntitySet {
  return !Array.isArray(from);
}

function nextAddress(request: ErpRequest, parameters: URLSearchParams, skip: number): string {
  const next = new URLSearchParams(parameters);
  next.delete("$skip");
  next.set("$skiptoken", String(skip));
  return `${request.root}/${request.service}/${request.path.replace(/^\//, "")}?${next.toString()}`;
}

function findByKey(set: EntitySet, key: EntityKey): Row | undefined {
  const { keys, properties } = set.type;
  const wanted = "single" in key ? new Map([[keys[0] ?? "", key.single]]) : key.named;
  if (wanted.size !== keys.length) return undefined;
  const fast = keys.find((name) => set.find.has(name));
  const value = fast === undefined ? undefined : wanted.get(fast);
  const rows = fast !== undefined && typeof value === "string" ? (set.find.get(fast)?.(value) ?? []) : set.all();
  for (const row of rows) {
    if (keys.every((name) => isSame(properties.get(name)?.get(row) ?? null, wanted.get(name)))) return row;
  }
  return undefined;
}

/** Numbers are the same with and without zeros in front. */
function isSame(a: EdmValue, b: EdmValue | undefined): boolean {
  const bare = (value: EdmValue | undefined): string => String(value).replace(/^0+(?=\d)/, "");
  return bare(a) === bare(b);
}

interface Prepared {
  readonly write: PendingWrite;
  readonly name: string;
  readonly projection: Projection;
}

function prepare(handler: ServiceHandler, request: ErpRequest): Answer<Prepared> {
  const name = request.path.replace(/^\/+|\/+$/g, "");
  const functionImport = handler.service.functions.get(name);
  if (functionImport) {
    const values = readArguments(functionImport, new URLSearchParams(request.query));
    if (!values.ok) return values;
    const write = handler.call(name, values.value, request.user);
    return write ? accepted({ write, name, projection: wholeRow }) : refused(notFound(name));
  }
  const set = handler.service.sets.get(name);
  if (!set) return refused(notFound(name));
  const body = parseJson(request.body);
  if (body === undefined) return refused(badBody);
  const entity = readEntity(set.type, body);
  if (!entity.ok) return entity;
  const write = handler.create(set, entity.value, request.user);
  if (!write) return refused({ status: 405, code: "/IWFND/CM_BEC/013", text: `${name} cannot be created`, target: "" });
  const expand = new Map([...entity.value.links.keys()].map((link) => [link, wholeRow]));
  return accepted({ write, name, projection: { properties: null, expand } });
}

const badBody: Refusal = {
  status: 400,
  code: "/IWFND/CM_BEC/026",
  text: "Error while parsing the request: the body is no JSON",
  target: "",
};

function parseJson(body: string): unknown {
  try {
    const parsed: unknown = JSON.parse(body);
    return parsed;
  } catch {
    return undefined;
  }
}

function readArguments(of: FunctionImport, parameters: URLSearchParams): Answer<ReadonlyMap<string, EdmValue>> {
  const values = new Map<string, EdmValue>();
  for (const [name, { isOptional }] of of.parameters) {
    const source = parameters.get(name);
    if (source === null && isOptional) continue;
    const value = source === null ? undefined : parseLiteral(source);
    if (value === undefined) {
      const text = `Parameter ${name} of ${of.name} is missing or malformed`;
      return refused({ status: 400, code: "/IWFND/CM_BEC/022", text, target: name });
    }
    values.set(name, value);
  }
  return accepted(values);
}
