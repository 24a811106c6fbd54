/** Accounts of the ledger in words: `stock:PL01/101C` is a storage location, `unit:X` a machine, `world:*` the outside. */
import { useCallback } from "react";
import { useText } from "../text/text.tsx";

export function usePlaceName(): (account: string) => string {
  const { t, look } = useText();
  return useCallback(
    (account) => {
      const at = account.indexOf(":");
      const [kind, name] = [account.slice(0, at), account.slice(at + 1)];
      if (kind === "stock") return t("materials.stock", { name });
      if (kind === "unit") return t("materials.unit", { name });
      return look(`materials.world.${name.replace(/@.*/, "")}`) ?? account;
    },
    [t, look],
  );
}
