/** A button that asks for the reason and carries out one command; what came of it is told to the page. */
import { Button } from "@mantine/core";
import { useState, type ReactNode } from "react";
import type { ReplyOf } from "../../api/contract/contract.ts";
import { useCommand, type Asked, type CommandName } from "../api/query.ts";
import type { TextKey } from "../text/en.ts";
import { useText } from "../text/text.tsx";
import { Decision } from "./decision.tsx";

/** What an act is called: `act.NAME`, and `act.NAME.text` says what will happen. */
export type ActName = { [K in TextKey]: K extends `act.${infer Name}.text` ? Name : never }[TextKey];

export interface ActProps<R extends CommandName> {
  readonly route: R;
  readonly name: ActName;
  /** The command with the reason in it. */
  readonly input: (because: string) => Asked<R>;
  readonly onDone: (reply: ReplyOf<R>) => void;
  readonly isHarmful?: boolean;
  readonly isReady?: boolean;
  readonly isFirst?: boolean;
  /** It is about to be asked: what the fields begin with is what is known now. */
  readonly onAsk?: () => void;
  /** Fields above the reason. */
  readonly children?: ReactNode;
}

export function Act<R extends CommandName>(props: ActProps<R>): ReactNode {
  const { t } = useText();
  const [isAsking, ask] = useState(false);
  const command = useCommand(props.route, (reply) => {
    ask(false);
    props.onDone(reply);
  });
  return (
    <>
      <Button
        variant={props.isFirst === true ? "filled" : "default"}
        onClick={() => {
          props.onAsk?.();
          ask(true);
        }}
      >
        {t(`act.${props.name}`)}
      </Button>
      {isAsking ? (
        <Decision
          title={t(`act.${props.name}`)}
          text={t(`act.${props.name}.text`)}
          verb={t(`act.${props.name}`)}
          isHarmful={props.isHarmful ?? false}
          isReady={props.isReady ?? true}
          isSending={command.isSending}
          error={command.error}
          onDecide={(because) => command.send(props.input(because))}
          onClose={() => {
            command.reset();
            ask(false);
          }}
        >
          {props.children}
        </Decision>
      ) : null}
    </>
  );
}
