/** A new account, and the name, address and roles of one that is there. */
import { Button, Modal, NativeSelect, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import type { Account } from "../../../api/contract/people.ts";
import { useCommand, useRead } from "../../api/query.ts";
import { ProblemNote } from "../../parts/problem.tsx";
import { useSessionState } from "../../session/session.tsx";
import { BackCloses } from "../../parts/back-closes.tsx";
import { useText } from "../../text/text.tsx";

type Grant = Account["grants"][number];

const roles = [
  "operator",
  "supervisor",
  "planner",
  "quality",
  "controller",
  "engineer",
  "administrator",
] as const satisfies readonly Grant["role"][];

interface Draft {
  readonly login: string;
  readonly name: string;
  readonly email: string;
  readonly grants: readonly Grant[];
}

export function NewAccount(props: { readonly onMade: (account: Account, password: string) => void }): ReactNode {
  const { t } = useText();
  const { session } = useSessionState();
  const [isOpen, open] = useState(false);
  const make = useCommand("POST /api/v1/people", (reply) => {
    open(false);
    props.onMade(reply.account, reply.oneTimePassword);
  });
  return (
    <div className="row">
      <Button onClick={() => open(true)}>{t("people.new")}</Button>
      {isOpen ? (
        <AccountForm
          title={t("people.new")}
          first={{ login: "", name: "", email: "", grants: [{ role: "operator", equipment: session?.site.id ?? "" }] }}
          hasLogin
          isSending={make.isSending}
          error={make.error}
          onSave={({ login, name, email, grants }) =>
            make.send({ body: { login, name, email: email === "" ? null : email, grants: [...grants] } })
          }
          onClose={() => open(false)}
        />
      ) : null}
    </div>
  );
}

export function EditAccount(props: { readonly account: Account; readonly onChange: () => void }): ReactNode {
  const { account } = props;
  const { t } = useText();
  const [isOpen, open] = useState(false);
  const change = useCommand("PATCH /api/v1/people/:person", () => {
    open(false);
    props.onChange();
  });
  const { person, version } = account;
  return (
    <>
      <Button size="compact-sm" variant="default" onClick={() => open(true)}>
        {t("people.edit")}
      </Button>
      {isOpen ? (
        <AccountForm
          title={t("people.edit.of", { login: account.login })}
          first={{ ...account, name: account.name ?? "", email: account.email ?? "" }}
          hasLogin={false}
          isSending={change.isSending}
          error={change.error}
          onSave={({ name, email, grants }) =>
            change.send({
              params: { person },
              version,
              body: { name, email: email === "" ? null : email, grants: [...grants] },
            })
          }
          onClose={() => open(false)}
        />
      ) : null}
    </>
  );
}

interface AccountFormProps {
  readonly title: string;
  readonly first: Draft;
  readonly hasLogin: boolean;
  readonly isSending: boolean;
  readonly error: unknown;
  readonly onSave: (draft: Draft) => void;
  readonly onClose: () => void;
}

function AccountForm(props: AccountFormProps): ReactNode {
  const { t } = useText();
  const [draft, setDraft] = useState<Draft>(props.first);
  const set = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  return (
    <Modal opened onClose={props.onClose} title={props.title} closeButtonProps={{ "aria-label": t("app.close") }}>
      <BackCloses onClose={props.onClose} />
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          props.onSave(draft);
        }}
      >
        {props.hasLogin ? (
          <TextInput
            label={t("people.login")}
            required
            minLength={2}
            autoCapitalize="none"
            value={draft.login}
            onChange={({ currentTarget }) => set({ login: currentTarget.value })}
          />
        ) : null}
        <TextInput
          label={t("people.name")}
          required
          value={draft.name}
          onChange={({ currentTarget }) => set({ name: currentTarget.value })}
        />
        <TextInput
          label={t("people.email")}
          type="email"
          value={draft.email}
          onChange={({ currentTarget }) => set({ email: currentTarget.value })}
        />
        <Grants grants={draft.grants} onChange={(grants) => set({ grants })} />
        <ProblemNote error={props.error} />
        <div className="row">
          <Button type="submit" loading={props.isSending}>
            {t("people.save")}
          </Button>
          <Button variant="default" onClick={props.onClose}>
            {t("app.cancel")}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

/** Roles, each for a part of the plant. */
function Grants(props: {
  readonly grants: readonly Grant[];
  readonly onChange: (grants: readonly Grant[]) => void;
}): ReactNode {
  const { t } = useText();
  const { session } = useSessionState();
  const floor = useRead("GET /api/v1/floor", {});
  const site = session?.site;
  const equipment = floor.data?.equipment ?? (site ? [{ id: site.id, description: site.name }] : []);
  const set = (index: number, part: Partial<Grant>): void =>
    props.onChange(props.grants.map((one, at) => (at === index ? { ...one, ...part } : one)));
  return (
    <fieldset className="choice">
      <legend>{t("people.roles")}</legend>
      {props.grants.map((grant, index) => (
        // two of the same may stand there while one of them is being changed
        <div key={index} className="row row-end">
          <NativeSelect
            label={t("people.role")}
            value={grant.role}
            onChange={({ currentTarget }) =>
              set(index, { role: roles.find((one) => one === currentTarget.value) ?? grant.role })
            }
            data={roles.map((value) => ({ value, label: t(`role.${value}`) }))}
          />
          <NativeSelect
            label={t("floor.place")}
            value={grant.equipment}
            onChange={({ currentTarget }) => set(index, { equipment: currentTarget.value })}
            data={equipment.map(({ id, description }) => ({ value: id, label: description }))}
          />
          <Button variant="default" onClick={() => props.onChange(props.grants.toSpliced(index, 1))}>
            {t("people.role.remove")}
          </Button>
        </div>
      ))}
      <div className="row">
        <Button
          variant="default"
          onClick={() => props.onChange([...props.grants, { role: "operator", equipment: site?.id ?? "" }])}
        >
          {t("people.role.add")}
        </Button>
      </div>
    </fieldset>
  );
}
