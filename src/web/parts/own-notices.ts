/** How many open notifications of whoever is signed in nobody has taken over, counted once for the bell and for the floor, so that both tell the same number. */
import { useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import type { OpenNotifications } from "../../api/contract/notification.ts";
import { useCommand, useRead, type Command } from "../api/query.ts";
import { useMay } from "../session/session.tsx";

const none: OpenNotifications = { count: 0, urgent: 0, byEquipment: [] };

/** Null: one may not read any. */
export function useOpenNotices(): OpenNotifications | null {
  const isAllowed = useMay()("notification.read");
  const { data } = useRead("GET /api/v1/notifications/open", {}, { enabled: isAllowed });
  return isAllowed ? (data ?? none) : null;
}

/** How many are about which equipment; what is left out has none. */
export function useNoticesByEquipment(): ReadonlyMap<string, number> {
  const own = useOpenNotices();
  return useMemo(() => new Map(own?.byEquipment.map(({ equipment, count }) => [equipment, count])), [own]);
}

export function useTakeOver(): Command<"POST /api/v1/notifications/:notification/acknowledge"> {
  const client = useQueryClient();
  return useCommand("POST /api/v1/notifications/:notification/acknowledge", () => {
    for (const route of ["GET /api/v1/notifications", "GET /api/v1/notifications/open"])
      void client.invalidateQueries({ queryKey: [route] });
  });
}
