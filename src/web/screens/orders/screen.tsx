/** The screen of this part. */
import type { ReactNode } from "react";
import { useText } from "../../text/text.tsx";

export function OrdersScreen(): ReactNode {
  const { t } = useText();
  return <h1>{t("nav.orders")}</h1>;
}
