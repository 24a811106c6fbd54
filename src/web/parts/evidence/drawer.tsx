/** The drawer over a page: what an entry opens to, each with links to what is below it, down to raw samples. */
import { Drawer } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useText } from "../../text/text.tsx";
import { FactEvidence } from "./fact.tsx";
import { InstructionEvidence } from "./instruction.tsx";
import { MessageEvidence } from "./message.tsx";
import { openedOf, type Opened } from "./open-link.tsx";
import { PostingEvidence } from "./posting.tsx";
import { RunEvidence } from "./run.tsx";

export function EvidenceDrawer(props: { readonly open: string | undefined }): ReactNode {
  const { t } = useText();
  const navigate = useNavigate();
  const opened = openedOf(props.open);
  if (!opened) return null;
  return (
    <Drawer
      opened
      onClose={() =>
        void navigate({ to: ".", search: (before) => ({ ...before, open: undefined }), resetScroll: false })
      }
      title={t(`evidence.${opened.kind}`)}
      size="min(720px, 100vw)"
      closeButtonProps={{ "aria-label": t("app.close"), size: "lg" }}
    >
      <Content key={`${opened.kind}:${opened.id}`} opened={opened} />
    </Drawer>
  );
}

function Content(props: { readonly opened: Opened }): ReactNode {
  const { kind, id } = props.opened;
  switch (kind) {
    case "fact":
      return <FactEvidence id={id} />;
    case "posting":
      return <PostingEvidence id={id} />;
    case "message":
      return <MessageEvidence id={id} />;
    case "instruction":
      return <InstructionEvidence id={id} />;
    case "run":
      return <RunEvidence id={id} />;
  }
}
