/** The session's cookie. Over TLS it is bound to the host and sent over TLS alone; scripts never see it. */
import type { FastifyReply, FastifyRequest } from "fastify";

export interface SessionCookie {
  /** Port that we listen on: cookies know no ports, and two Millraces may share a host. */
  readonly port: () => number;
}

export const cookies = { read, write };

function nameOf(cookie: SessionCookie, isSecure: boolean): string {
  return `${isSecure ? "__Host-" : ""}millrace-${cookie.port()}`;
}

function read(cookie: SessionCookie, request: FastifyRequest): string | null {
  return request.cookies[nameOf(cookie, isSecure(request))] ?? null;
}

function write(cookie: SessionCookie, request: FastifyRequest, reply: FastifyReply, token: string | null): void {
  const secure = isSecure(request);
  const options = { path: "/", httpOnly: true, sameSite: "strict", secure } as const;
  // Without an end of its own: it goes with the browser, and the server knows when it is over.
  if (token === null) reply.clearCookie(nameOf(cookie, secure), options);
  else reply.setCookie(nameOf(cookie, secure), token, options);
}

function isSecure(request: FastifyRequest): boolean {
  return request.protocol === "https";
}
