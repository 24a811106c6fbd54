/** A password or key that is shown once. */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { useText } from "../../text/text.tsx";

export interface SecretProps {
  readonly title: string;
  readonly text: string;
  readonly secret: string;
  readonly onClose: () => void;
}

export function Secret(props: SecretProps): ReactNode {
  const { t } = useText();
  return (
    <div className="note note-good stack" role="status">
      <h2>{props.title}</h2>
      <p>{props.text}</p>
      <p>
        <strong className="mono">{props.secret}</strong>
      </p>
      <div className="row">
        <Button variant="default" onClick={props.onClose}>
          {t("people.secret.done")}
        </Button>
      </div>
    </div>
  );
}
