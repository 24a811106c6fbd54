/** Language, appearance, and signing out, in a panel that opens under the person's name. */
import { Button, NativeSelect, useMantineColorScheme } from "@mantine/core";
import type { ReactNode } from "react";
import { useSessionState } from "../session/session.tsx";
import { languages, useText } from "../text/text.tsx";
import { Panel } from "./panel.tsx";

const schemes = ["auto", "light", "dark"] as const;

export function AccountMenu(): ReactNode {
  const { t } = useText();
  const { session, signOut } = useSessionState();
  const name = session?.name ?? session?.login ?? "";
  return (
    <Panel label={t("app.account", { name })} title={name} button={<span className="bar-site">{name}</span>}>
      <LanguageChoice />
      <SchemeChoice />
      <Button variant="default" onClick={() => void signOut()}>
        {t("app.sign-out")}
      </Button>
    </Panel>
  );
}

export function LanguageChoice(): ReactNode {
  const { t, language, setLanguage } = useText();
  return (
    <NativeSelect
      label={t("app.language")}
      value={language}
      onChange={({ currentTarget }) => {
        const chosen = languages.find((one) => one === currentTarget.value);
        if (chosen) setLanguage(chosen);
      }}
      data={languages.map((one) => ({ value: one, label: t(`app.language.${one}`) }))}
    />
  );
}

function SchemeChoice(): ReactNode {
  const { t } = useText();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <NativeSelect
      label={t("app.scheme")}
      value={colorScheme}
      onChange={({ currentTarget }) => {
        const chosen = schemes.find((one) => one === currentTarget.value);
        if (chosen) setColorScheme(chosen);
      }}
      data={schemes.map((one) => ({ value: one, label: t(`app.scheme.${one}`) }))}
    />
  );
}
