/** A decision with its reason: a dialog that asks why, sends once, and shows what came of it when it did not work. */
import { Button, Modal, Textarea } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useText } from "../text/text.tsx";
import { BackCloses } from "./back-closes.tsx";
import { ProblemNote } from "./problem.tsx";

/** As the contract has it. */
const becauseMin = 3;

export interface DecisionProps {
  readonly title: string;
  /** What will happen, in a sentence. */
  readonly text: string;
  /** The word on the button that does it. */
  readonly verb: string;
  readonly isHarmful?: boolean;
  /** False while fields above are incomplete. */
  readonly isReady?: boolean;
  readonly isSending: boolean;
  readonly error: unknown;
  readonly onDecide: (because: string) => void;
  readonly onClose: () => void;
  /** Fields above the reason. */
  readonly children?: ReactNode;
}

export function Decision(props: DecisionProps): ReactNode {
  const { t } = useText();
  const [because, setBecause] = useState("");
  const [wasTried, setTried] = useState(false);
  const isShort = because.trim().length < becauseMin;
  return (
    <Modal opened onClose={props.onClose} title={props.title} closeButtonProps={{ "aria-label": t("app.close") }}>
      <BackCloses onClose={props.onClose} />
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (!isShort && props.isReady !== false) props.onDecide(because.trim());
        }}
      >
        <p>{props.text}</p>
        {props.children}
        <Textarea
          label={t("decision.because")}
          description={t("decision.because.kept")}
          error={wasTried && isShort ? t("decision.because.short") : null}
          data-autofocus
          minRows={2}
          value={because}
          onChange={({ currentTarget }) => setBecause(currentTarget.value)}
        />
        <ProblemNote error={props.error} />
        <div className="row">
          <Button type="submit" color={props.isHarmful === true ? "red" : "blue"} loading={props.isSending}>
            {props.verb}
          </Button>
          <Button variant="default" onClick={props.onClose}>
            {t("app.cancel")}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
