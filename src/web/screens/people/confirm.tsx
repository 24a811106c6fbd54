/** A button that says what will happen before it does it. */
import { Button, Modal } from "@mantine/core";
import { useState, type ReactNode } from "react";
import type { TextKey } from "../../text/en.ts";
import { BackCloses } from "../../parts/back-closes.tsx";
import { useText } from "../../text/text.tsx";

type ConfirmName = { [K in TextKey]: K extends `confirm.${infer Name}.text` ? Name : never }[TextKey];

export interface ConfirmProps {
  /** Its texts: `confirm.NAME` and `confirm.NAME.text`. */
  readonly name: ConfirmName;
  readonly isSending: boolean;
  readonly onConfirm: () => void;
}

export function Confirm(props: ConfirmProps): ReactNode {
  const { t } = useText();
  const [isAsking, ask] = useState(false);
  const verb = t(`confirm.${props.name}`);
  return (
    <>
      <Button size="compact-sm" variant="default" loading={props.isSending} onClick={() => ask(true)}>
        {verb}
      </Button>
      <Modal
        opened={isAsking}
        onClose={() => ask(false)}
        title={verb}
        closeButtonProps={{ "aria-label": t("app.close") }}
      >
        <BackCloses onClose={() => ask(false)} />
        <div className="stack">
          <p>{t(`confirm.${props.name}.text`)}</p>
          <div className="row">
            <Button
              onClick={() => {
                ask(false);
                props.onConfirm();
              }}
            >
              {verb}
            </Button>
            <Button variant="default" onClick={() => ask(false)}>
              {t("app.cancel")}
            </Button>
          </div>
        </div>
      </Modal>
    </>
  );
}
