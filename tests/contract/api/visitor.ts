/** Somebody with a browser: keeps the cookie, sends the CSRF token, and shows what came back. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON, `{}` when there is none. A test knows what it asked for. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export class Visitor {
  cookie = "";
  csrf = "";
  login = "";
  password = "";
  person = "";
  readonly url: string;
  constructor(url: string) {
    this.url = url;
  }

  async ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const reply = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(this.cookie ? { cookie: this.cookie } : {}),
        ...(this.csrf && method !== "GET" ? { "x-csrf-token": this.csrf } : {}),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(180_000),
      redirect: "manual",
    });
    const text = await reply.text();
    const isJson = /json/.test(reply.headers.get("content-type") ?? "");
    for (const cookie of reply.headers.getSetCookie()) this.cookie = cookie.split(";")[0] ?? "";
    return { status: reply.status, headers: reply.headers, body: isJson && text !== "" ? JSON.parse(text) : {} };
  }

  get(path: string): Promise<Answer> {
    return this.ask("GET", path);
  }

  command(method: string, path: string, body?: unknown, id: string = randomUUID()): Promise<Answer> {
    return this.ask(method, path, body, { "idempotency-key": id });
  }

  async signIn(login: string, password: string): Promise<Answer> {
    const answer = await this.ask("POST", "/api/v1/session", { login, password });
    if (answer.status === 200) {
      this.csrf = answer.body["csrfToken"];
      this.person = answer.body["person"];
      this.login = login;
      this.password = password;
    }
    return answer;
  }

  /** With a one-time password, which is changed at once. */
  async signInFirst(login: string, oneTimePassword: string): Promise<void> {
    assert.equal((await this.signIn(login, oneTimePassword)).status, 200);
    const chosen = `correct horse ${randomUUID()}`;
    const changed = await this.ask("POST", "/api/v1/session/password", { old: oneTimePassword, new: chosen });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    this.csrf = changed.body["csrfToken"];
    this.password = chosen;
  }
}
