/** One thing to mend: what it is, why it waits and since when, with what is known of it and what may be done. */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import type { Outcome } from "../../../api/contract/answer.ts";
import { Age } from "../../parts/age.tsx";
import { Empty, Loaded } from "../../parts/page-state.tsx";
import { useText } from "../../text/text.tsx";

/** What every list is told: which cause to show, and whom to tell what a decision came to. */
export interface MendListProps {
  readonly code: string | undefined;
  readonly onDone: (outcome: Outcome) => void;
}

export interface CardProps {
  readonly title: ReactNode;
  readonly code: string;
  /** The server's, in English. */
  readonly message: string;
  readonly since: string;
  readonly actions: ReactNode;
  readonly children?: ReactNode;
}

export function Card(props: CardProps): ReactNode {
  const { look } = useText();
  return (
    <li className="card stack mend-card">
      <div className="row">
        <h2 className="grow row">{props.title}</h2>
        <span className="soft">
          <Age time={props.since} />
        </span>
      </div>
      <p>
        <strong>{look(`cause.${props.code}`) ?? props.code}.</strong> <span lang="en">{props.message}</span>
      </p>
      {props.children}
      <div className="row">{props.actions}</div>
    </li>
  );
}

interface Rows<T> {
  readonly rows: readonly T[];
  readonly data: object | undefined;
  readonly error: unknown;
  readonly isPending: boolean;
  readonly hasMore: boolean;
  readonly isReadingMore: boolean;
  readonly more: () => void;
  readonly refetch: () => unknown;
}

export function Cards<T>(props: { readonly list: Rows<T>; readonly card: (row: T) => ReactNode }): ReactNode {
  const { t } = useText();
  const { list } = props;
  return (
    <Loaded read={list}>
      {() =>
        list.rows.length === 0 ? (
          <Empty title={t("mend.empty")} hint={t("mend.empty.do")} />
        ) : (
          <>
            <ul className="notices">{list.rows.map(props.card)}</ul>
            {list.hasMore ? (
              <Button variant="default" loading={list.isReadingMore} onClick={list.more}>
                {t("app.more")}
              </Button>
            ) : null}
          </>
        )
      }
    </Loaded>
  );
}
