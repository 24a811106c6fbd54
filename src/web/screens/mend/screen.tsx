/** The screen of this part. */
import type { ReactNode } from "react";
import { useText } from "../../text/text.tsx";

export function MendScreen(): ReactNode {
  const { t } = useText();
  return <h1>{t("nav.mend")}</h1>;
}
