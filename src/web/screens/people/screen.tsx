/** Accounts, API keys and the audit, each for those who may see it. */
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useMay, type Permission } from "../../session/session.tsx";
import { useText } from "../../text/text.tsx";
import { Accounts } from "./accounts.tsx";
import { Audit } from "./audit.tsx";
import { Keys } from "./keys.tsx";

const route = getRouteApi("/people");

const parts = ["accounts", "keys", "audit"] as const;
type Part = (typeof parts)[number];

const needs: Readonly<Record<Part, Permission>> = { accounts: "people.read", keys: "key.manage", audit: "audit.read" };
const views: Readonly<Record<Part, () => ReactNode>> = { accounts: Accounts, keys: Keys, audit: Audit };

export function PeopleScreen(): ReactNode {
  const { t } = useText();
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const part = parts.find((one) => one === search.part) ?? parts.find((one) => may(needs[one])) ?? "accounts";
  const View = views[part];
  return (
    <>
      <div className="head">
        <h1 className="grow">{t("nav.people")}</h1>
        <div className="row" role="group" aria-label={t("people.parts")}>
          {parts
            .filter((one) => may(needs[one]))
            .map((one) => (
              <button
                key={one}
                type="button"
                className="chip"
                aria-pressed={one === part}
                onClick={() => void navigate({ search: { part: one } })}
              >
                {t(`people.part.${one}`)}
              </button>
            ))}
        </div>
      </div>
      <View />
    </>
  );
}
