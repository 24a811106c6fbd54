/** Accounts with their roles: making one, switching it off, a new password, erasing a name. */
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { Account } from "../../../api/contract/people.ts";
import { useCommand, useRead } from "../../api/query.ts";
import { Age } from "../../parts/age.tsx";
import { FoldingTable, type FoldingColumn } from "../../parts/folding-table.tsx";
import { Mark } from "../../parts/mark.tsx";
import { Empty, Loaded } from "../../parts/page-state.tsx";
import { ProblemNote } from "../../parts/problem.tsx";
import { useMay } from "../../session/session.tsx";
import { useText } from "../../text/text.tsx";
import { Confirm } from "./confirm.tsx";
import { EditAccount, NewAccount } from "./edit-account.tsx";
import { Secret } from "./secret.tsx";

export function Accounts(): ReactNode {
  const { t } = useText();
  const may = useMay();
  const client = useQueryClient();
  const read = useRead("GET /api/v1/people", {});
  const [secret, setSecret] = useState<{ readonly login: string; readonly password: string } | null>(null);
  const onChange = (): void => void client.invalidateQueries({ queryKey: ["GET /api/v1/people"] });
  const onSecret = (account: Account, password: string): void => {
    setSecret({ login: account.login, password });
    onChange();
  };
  return (
    <div className="stack">
      {secret === null ? null : (
        <Secret
          title={t("people.password.of", { login: secret.login })}
          text={t("people.password.once")}
          secret={secret.password}
          onClose={() => setSecret(null)}
        />
      )}
      {may("people.manage") ? <NewAccount onMade={onSecret} /> : null}
      <Loaded read={read}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t("people.empty")} hint={t("people.empty.do")} />
          ) : (
            <AccountTable accounts={items} onChange={onChange} onSecret={onSecret} />
          )
        }
      </Loaded>
    </div>
  );
}

interface Reactions {
  readonly onChange: () => void;
  readonly onSecret: (account: Account, password: string) => void;
}

function AccountTable(props: { readonly accounts: readonly Account[] } & Reactions): ReactNode {
  const { accounts, ...reactions } = props;
  const { t } = useText();
  const may = useMay();
  const columns: readonly FoldingColumn<Account>[] = [
    {
      id: "name",
      title: t("people.name"),
      cell: ({ name, person }) =>
        name ?? (
          <>
            {t("people.erased")} <span className="soft mono">{person}</span>
          </>
        ),
    },
    {
      id: "login",
      title: t("people.login"),
      cell: ({ login, email }) => (
        <>
          {login}
          <br />
          <span className="soft">{email}</span>
        </>
      ),
    },
    { id: "roles", title: t("people.roles"), cell: (account) => <Roles account={account} /> },
    {
      id: "state",
      title: t("order.state"),
      cell: ({ isActive }) => (
        <Mark tone={isActive ? "good" : "quiet"}>{t(isActive ? "people.active" : "people.inactive")}</Mark>
      ),
    },
    {
      id: "last-sign-in",
      title: t("people.last-sign-in"),
      isNumber: true,
      cell: ({ lastSignInAt }) => <Age time={lastSignInAt} />,
    },
  ];
  const actions: FoldingColumn<Account> = {
    id: "actions",
    title: t("people.actions"),
    isWide: true,
    cell: (account) => <AccountActions {...reactions} account={account} />,
  };
  return (
    <FoldingTable
      columns={may("people.manage") ? [...columns, actions] : columns}
      rows={accounts}
      keyOf={({ person }) => person}
    />
  );
}

function Roles(props: { readonly account: Account }): ReactNode {
  const { t } = useText();
  return props.account.grants.map((grant) => (
    <div key={`${grant.role} ${grant.equipment}`}>
      {t(`role.${grant.role}`)} <span className="soft">{grant.equipment}</span>
    </div>
  ));
}

function AccountActions(props: { readonly account: Account } & Reactions): ReactNode {
  const { account, onChange, onSecret } = props;
  const { t } = useText();
  const { person, version } = account;
  const change = useCommand("PATCH /api/v1/people/:person", onChange);
  const password = useCommand("POST /api/v1/people/:person/password", (reply) =>
    onSecret(reply.account, reply.oneTimePassword),
  );
  const erase = useCommand("DELETE /api/v1/people/:person/name", onChange);
  return (
    <div className="row">
      <EditAccount account={account} onChange={onChange} />
      <Button
        size="compact-sm"
        variant="default"
        loading={change.isSending}
        onClick={() => change.send({ params: { person }, version, body: { isActive: !account.isActive } })}
      >
        {t(account.isActive ? "people.switch-off" : "people.switch-on")}
      </Button>
      <Confirm
        name="new-password"
        isSending={password.isSending}
        onConfirm={() => password.send({ params: { person } })}
      />
      {account.name === null ? null : (
        <Confirm name="erase" isSending={erase.isSending} onConfirm={() => erase.send({ params: { person } })} />
      )}
      <ProblemNote error={change.error ?? password.error ?? erase.error} />
    </div>
  );
}
