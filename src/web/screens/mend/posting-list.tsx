/** Postings that were refused, are parked or in doubt, in business words, with what is known of whether the ERP has them. */
import { TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useList } from "../../api/query.ts";
import { Act } from "../../parts/act.tsx";
import { At } from "../../parts/age.tsx";
import { OpenLink } from "../../parts/evidence/open-link.tsx";
import { PostingLines } from "../../parts/evidence/posting.tsx";
import { Mark, type Tone } from "../../parts/mark.tsx";
import { Pairs } from "../../parts/pairs.tsx";
import { useMay } from "../../session/session.tsx";
import { useText } from "../../text/text.tsx";
import { Card, Cards, type MendListProps } from "./card.tsx";
import { EditPosting, type MendPosting } from "./edit-posting.tsx";

const tones: Readonly<Record<MendPosting["state"], Tone>> = {
  refused: "bad",
  parked: "warning",
  "in-doubt": "warning",
  "needs-person": "bad",
};

export function PostingList(props: MendListProps): ReactNode {
  const { code } = props;
  const list = useList("GET /api/v1/mend/postings", { query: code === undefined ? {} : { code } });
  return <Cards list={list} card={(row) => <PostingCard key={row.id} row={row} onDone={props.onDone} />} />;
}

interface PostingProps {
  readonly row: MendPosting;
  readonly onDone: MendListProps["onDone"];
}

function PostingCard(props: PostingProps): ReactNode {
  const { row } = props;
  const { t, number, many } = useText();
  const may = useMay();
  const isDoubtful = row.state === "in-doubt" || row.state === "needs-person";
  return (
    <Card
      title={
        <>
          {t(`word.${row.kind}`)}
          <Link to="/orders/$order" params={{ order: row.order }}>
            {row.number} / {row.operation}
          </Link>
          <Mark tone={tones[row.state]}>{t(`word.${row.state}`)}</Mark>
        </>
      }
      code={row.code}
      message={row.message}
      since={row.plannedAt}
      actions={
        <>
          {may("mend.decide") ? isDoubtful ? <Doubt {...props} /> : <Refusal {...props} /> : null}
          <OpenLink kind="posting" id={row.id}>
            {t("mend.open.posting")}
          </OpenLink>
        </>
      }
    >
      <PostingLines lines={row.lines} />
      <Pairs
        isRow
        of={[
          [t("evidence.attempts"), number(row.attempts)],
          [t("evidence.sent"), <At key="sent" time={row.sentAt} />],
          ...(row.nextTryAt === null
            ? []
            : [[t("evidence.next-try"), <At key="next" time={row.nextTryAt} />] as const]),
          ...(isDoubtful ? [[t("mend.asked"), many("mend.asked.absent", row.askedAbsent)] as const] : []),
        ]}
      />
    </Card>
  );
}

function Refusal({ row, onDone }: PostingProps): ReactNode {
  const input = (because: string) => ({ params: { posting: row.id }, body: { because }, version: row.version });
  return (
    <>
      <Act route="POST /api/v1/mend/postings/:posting/retry" name="retry" isFirst input={input} onDone={onDone} />
      <EditPosting row={row} onDone={onDone} />
      <Act
        route="POST /api/v1/mend/postings/:posting/dismiss"
        name="dismiss-posting"
        isHarmful
        input={input}
        onDone={onDone}
      />
    </>
  );
}

/** Nobody knows whether the ERP has it: a person looks there and says so. */
function Doubt({ row, onDone }: PostingProps): ReactNode {
  const { t } = useText();
  const [document, setDocument] = useState("");
  const target = { params: { posting: row.id }, version: row.version };
  return (
    <>
      <Act
        route="POST /api/v1/mend/postings/:posting/found"
        name="found"
        isFirst
        isReady={document.trim() !== ""}
        input={(because) => ({ ...target, body: { because, document: document.trim() } })}
        onDone={onDone}
      >
        <TextInput
          label={t("mend.found.document")}
          required
          value={document}
          onChange={({ currentTarget }) => setDocument(currentTarget.value)}
        />
      </Act>
      <Act
        route="POST /api/v1/mend/postings/:posting/missing"
        name="missing"
        input={(because) => ({ ...target, body: { because } })}
        onDone={onDone}
      />
    </>
  );
}
