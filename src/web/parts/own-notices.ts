/** The open notifications of whoever is signed in, read once for the bell and for the floor, so that both tell the same number. */
import type { UseQueryResult } from "@tanstack/react-query";
import { useMemo } from "react";
import type { ReplyOf } from "../../api/contract/contract.ts";
import { useRead } from "../api/query.ts";
import { useMay } from "../session/session.tsx";

export const shownMax = 50;

export interface OwnNotices {
  readonly isAllowed: boolean;
  readonly read: UseQueryResult<ReplyOf<"GET /api/v1/notifications">>;
}

export function useOwnNotices(): OwnNotices {
  const isAllowed = useMay()("notification.read");
  const read = useRead(
    "GET /api/v1/notifications",
    { query: { state: "open", limit: shownMax } },
    { enabled: isAllowed },
  );
  return { isAllowed, read };
}

/** How many that nobody has taken over yet are about which equipment; null where there are more of them than were read. */
export function useNoticesByEquipment(): ReadonlyMap<string, number> | null {
  const { data } = useOwnNotices().read;
  return useMemo(() => {
    if (data && data.next !== null) return null;
    const open = (data?.items ?? []).filter(({ acknowledgedAt }) => acknowledgedAt === null);
    return new Map([...Map.groupBy(open, ({ equipment }) => equipment)].map(([id, own]) => [id, own.length]));
  }, [data]);
}
