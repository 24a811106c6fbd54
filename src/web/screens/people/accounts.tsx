/** Accounts with their roles: making one, switching it off, a new password, erasing a name. */
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { Account } from "../../../api/contract/people.ts";
import { useCommand, useRead } from "../../api/query.ts";
import { Age } from "../../parts/age.tsx";
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
            <Empty title={t("people.empty")} />
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
  const { t } = useText();
  const may = useMay();
  return (
    <div className="table-frame">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t("people.name")}</th>
            <th scope="col">{t("people.login")}</th>
            <th scope="col">{t("people.roles")}</th>
            <th scope="col">{t("order.state")}</th>
            <th scope="col" className="number">
              {t("people.last-sign-in")}
            </th>
            {may("people.manage") ? <th scope="col">{t("people.actions")}</th> : null}
          </tr>
        </thead>
        <tbody>
          {props.accounts.map((account) => (
            <AccountRow key={account.person} {...props} account={account} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function AccountRow(props: { readonly account: Account } & Reactions): ReactNode {
  const { account } = props;
  const { t } = useText();
  const may = useMay();
  return (
    <tr>
      <td>
        {account.name ?? (
          <>
            {t("people.erased")} <span className="soft mono">{account.person}</span>
          </>
        )}
      </td>
      <td>
        {account.login}
        <br />
        <span className="soft">{account.email}</span>
      </td>
      <td>
        {account.grants.map((grant) => (
          <div key={`${grant.role} ${grant.equipment}`}>
            {t(`role.${grant.role}`)} <span className="soft">{grant.equipment}</span>
          </div>
        ))}
      </td>
      <td>
        <Mark tone={account.isActive ? "good" : "quiet"}>
          {t(account.isActive ? "people.active" : "people.inactive")}
        </Mark>
      </td>
      <td className="number">
        <Age time={account.lastSignInAt} />
      </td>
      {may("people.manage") ? (
        <td>
          <AccountActions {...props} />
        </td>
      ) : null}
    </tr>
  );
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
