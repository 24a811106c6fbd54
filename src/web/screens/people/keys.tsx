/** API keys: what each may do and when it was last used; making and revoking one. */
import { Button, Modal, NativeSelect, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { ReplyOf } from "../../../api/contract/contract.ts";
import { useCommand, useRead } from "../../api/query.ts";
import { Age, At } from "../../parts/age.tsx";
import { FoldingTable, type FoldingColumn } from "../../parts/folding-table.tsx";
import { Mark } from "../../parts/mark.tsx";
import { Empty, Loaded } from "../../parts/page-state.tsx";
import { ProblemNote } from "../../parts/problem.tsx";
import { useSessionState, type Permission } from "../../session/session.tsx";
import { BackCloses } from "../../parts/back-closes.tsx";
import { useText } from "../../text/text.tsx";
import { Confirm } from "./confirm.tsx";
import { Secret } from "./secret.tsx";

type Key = ReplyOf<"GET /api/v1/keys">["items"][number];

export function Keys(): ReactNode {
  const { t } = useText();
  const client = useQueryClient();
  const read = useRead("GET /api/v1/keys", {});
  const [secret, setSecret] = useState<{ readonly name: string; readonly secret: string } | null>(null);
  const onChange = (): void => void client.invalidateQueries({ queryKey: ["GET /api/v1/keys"] });
  return (
    <div className="stack">
      {secret === null ? null : (
        <Secret
          title={t("keys.secret", { name: secret.name })}
          text={t("keys.once")}
          secret={secret.secret}
          onClose={() => setSecret(null)}
        />
      )}
      <NewKey
        onMade={(reply) => {
          setSecret({ name: reply.key.name, secret: reply.secret });
          onChange();
        }}
      />
      <Loaded read={read}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t("keys.empty")} hint={t("keys.empty.do")} />
          ) : (
            <KeyTable keys={items} onChange={onChange} />
          )
        }
      </Loaded>
    </div>
  );
}

function KeyTable(props: { readonly keys: readonly Key[]; readonly onChange: () => void }): ReactNode {
  const { t } = useText();
  const columns: readonly FoldingColumn<Key>[] = [
    {
      id: "name",
      title: t("people.name"),
      cell: ({ name, prefix }) => (
        <>
          {name} <span className="soft mono">{prefix}…</span>
        </>
      ),
    },
    {
      id: "scopes",
      title: t("keys.scopes"),
      isWide: true,
      cell: ({ scopes }) => scopes.map((scope) => t(`permission.${scope}`)).join(", "),
    },
    { id: "place", title: t("floor.place"), cell: ({ equipment }) => equipment },
    {
      id: "state",
      title: t("order.state"),
      cell: ({ revokedAt }) => (
        <Mark tone={revokedAt === null ? "good" : "quiet"}>
          {t(revokedAt === null ? "people.active" : "keys.revoked")}
        </Mark>
      ),
    },
    {
      id: "last-used",
      title: t("keys.last-used"),
      isNumber: true,
      cell: ({ lastUsedAt }) => <Age time={lastUsedAt} />,
    },
    { id: "expires", title: t("keys.expires"), cell: ({ expiresAt }) => <At time={expiresAt} /> },
    {
      id: "actions",
      title: t("people.actions"),
      isWide: true,
      cell: (key) => (key.revokedAt === null ? <Revoke value={key} onChange={props.onChange} /> : null),
    },
  ];
  return <FoldingTable columns={columns} rows={props.keys} keyOf={({ id }) => id} />;
}

function Revoke(props: { readonly value: Key; readonly onChange: () => void }): ReactNode {
  const revoke = useCommand("DELETE /api/v1/keys/:key", props.onChange);
  return (
    <>
      <Confirm
        name="revoke"
        isSending={revoke.isSending}
        onConfirm={() => revoke.send({ params: { key: props.value.id } })}
      />
      <ProblemNote error={revoke.error} />
    </>
  );
}

function NewKey(props: { readonly onMade: (reply: ReplyOf<"POST /api/v1/keys">) => void }): ReactNode {
  const { t } = useText();
  const { session } = useSessionState();
  const floor = useRead("GET /api/v1/floor", {});
  const [isOpen, open] = useState(false);
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly Permission[]>(["floor.read"]);
  const [equipment, setEquipment] = useState(session?.site.id ?? "");
  const make = useCommand("POST /api/v1/keys", (reply) => {
    open(false);
    props.onMade(reply);
  });
  return (
    <div className="row">
      <Button onClick={() => open(true)}>{t("keys.new")}</Button>
      <Modal
        opened={isOpen}
        onClose={() => open(false)}
        title={t("keys.new")}
        closeButtonProps={{ "aria-label": t("app.close") }}
      >
        <BackCloses onClose={() => open(false)} />
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (scopes.length > 0) make.send({ body: { name, scopes: [...scopes], equipment, expiresAt: null } });
          }}
        >
          <TextInput
            label={t("people.name")}
            required
            minLength={2}
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
          <NativeSelect
            label={t("floor.place")}
            value={equipment}
            onChange={({ currentTarget }) => setEquipment(currentTarget.value)}
            data={(floor.data?.equipment ?? []).map(({ id, description }) => ({ value: id, label: description }))}
          />
          <Scopes chosen={scopes} offered={session?.permissions ?? []} onChange={setScopes} />
          <ProblemNote error={make.error} />
          <div className="row">
            <Button type="submit" loading={make.isSending}>
              {t("keys.make")}
            </Button>
            <Button variant="default" onClick={() => open(false)}>
              {t("app.cancel")}
            </Button>
          </div>
        </form>
      </Modal>
    </div>
  );
}

/** What the key may do: of what one may oneself. */
function Scopes(props: {
  readonly chosen: readonly Permission[];
  readonly offered: readonly Permission[];
  readonly onChange: (scopes: readonly Permission[]) => void;
}): ReactNode {
  const { t } = useText();
  return (
    <fieldset className="choice">
      <legend>{t("keys.scopes")}</legend>
      {props.offered.map((scope) => (
        <label key={scope}>
          <input
            type="checkbox"
            checked={props.chosen.includes(scope)}
            onChange={({ currentTarget }) =>
              props.onChange(
                currentTarget.checked ? [...props.chosen, scope] : props.chosen.filter((one) => one !== scope),
              )
            }
          />
          {t(`permission.${scope}`)}
        </label>
      ))}
    </fieldset>
  );
}
