/**
 * Accounts of the ledger in words: `stock:PL01/101C` is a storage location, `unit:X` a machine, `world:*` the outside, of a
 * location where it names one: `world:erp@PL01/101C` is not `world:erp@PL01/102C`.
 */
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
      const [world = "", where] = name.split("@", 2);
      const word = look(`materials.world.${world}`);
      return word === undefined ? account : where === undefined ? word : `${word} ${where}`;
    },
    [t, look],
  );
}
