/** Whether the server is there, without caring who asks. */
export async function isServerThere(signal: AbortSignal): Promise<boolean> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(5000)]);
  const reply = await fetch("/api/v1/session", { signal: limit, credentials: "same-origin" }).catch(() => null);
  return reply !== null && reply.status < 500;
}
