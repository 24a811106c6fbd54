/** A line that can be cut, stopped and watched: TCP in between a client and a server. Only for tests. */
import { connect, createServer, type Server, type Socket } from "node:net";

export class Proxy {
  readonly #server: Server;
  readonly #pairs = new Set<{ readonly client: Socket; readonly upstream: Socket }>();
  readonly port: number;
  /** Bytes are taken on both sides and kept: nothing arrives, nothing breaks. */
  #stopped = false;
  /** Connections ever made. */
  accepted = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** With no port to go to, connections are taken and never answered. */
  static async start(target: number | null): Promise<Proxy> {
    const server = createServer();
    await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
    const address = server.address();
    const proxy = new Proxy(server, address && typeof address === "object" ? address.port : 0);
    server.on("connection", (client) => proxy.#pair(client, target));
    return proxy;
  }

  get url(): string {
    return `opc.tcp://127.0.0.1:${this.port}`;
  }

  get open(): number {
    return this.#pairs.size;
  }

  /** Breaks every connection; new ones are taken. */
  cut(): void {
    for (const { client, upstream } of this.#pairs) {
      client.destroy();
      upstream.destroy();
    }
  }

  /** As if the cable were pulled: nobody is told. */
  stop(): void {
    this.#stopped = true;
    for (const { client, upstream } of this.#pairs) {
      client.pause();
      upstream.pause();
    }
  }

  go(): void {
    this.#stopped = false;
    for (const { client, upstream } of this.#pairs) {
      client.resume();
      upstream.resume();
    }
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((done) => void this.#server.close(() => done()));
  }

  #pair(client: Socket, target: number | null): void {
    this.accepted += 1;
    const upstream = target === null ? client : connect(target, "127.0.0.1");
    const pair = { client, upstream };
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.on("error", end).on("close", end);
    if (target !== null) {
      client.on("data", (bytes) => void upstream.write(bytes));
      upstream.on("data", (bytes) => void client.write(bytes));
    } else client.resume();
    if (this.#stopped) this.stop();
  }
}
