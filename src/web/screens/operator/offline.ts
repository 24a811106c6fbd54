/** Whether the terminal is cut off: the browser says so at once, the stream's silence after some seconds. */
import { useSyncExternalStore } from "react";
import { useSilence } from "../../api/hearing.ts";

function listen(listener: () => void): () => void {
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
}

export function useOffline(): boolean {
  const silentSince = useSilence();
  const isOnline = useSyncExternalStore(listen, () => navigator.onLine);
  return !isOnline || silentSince !== null;
}
