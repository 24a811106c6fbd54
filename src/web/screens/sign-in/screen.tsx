/** Signing in, and changing a one-time password before anything else. The address behind it stays as it is. */
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { LanguageChoice } from "../../parts/account-menu.tsx";
import { ProblemNote } from "../../parts/problem.tsx";
import { useSessionState } from "../../session/session.tsx";
import { useText } from "../../text/text.tsx";

const passwordMin = 12;

export function SignInScreen(): ReactNode {
  const { t } = useText();
  const { session } = useSessionState();
  return (
    <main className="sign-in" id="content">
      <h1>
        <img src="/mark.svg" alt="" width="30" height="30" /> {t("app.name")}
      </h1>
      {session?.mustChangePassword === true ? <NewPassword /> : <SignIn />}
      <LanguageChoice />
    </main>
  );
}

/** Runs one attempt at a time and keeps why it failed. */
function useAttempt(attempt: () => Promise<void>): {
  readonly run: () => void;
  readonly isRunning: boolean;
  readonly error: unknown;
} {
  const [isRunning, setRunning] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const run = (): void => {
    if (isRunning) return;
    setRunning(true);
    setError(null);
    attempt()
      .catch((reason: unknown) => setError(reason))
      .finally(() => setRunning(false));
  };
  return { run, isRunning, error };
}

function SignIn(): ReactNode {
  const { t } = useText();
  const { signIn } = useSessionState();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const { run, isRunning, error } = useAttempt(() => signIn(login.trim(), password));
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        run();
      }}
    >
      <TextInput
        label={t("sign-in.login")}
        autoComplete="username"
        autoCapitalize="none"
        required
        withAsterisk={false}
        value={login}
        onChange={({ currentTarget }) => setLogin(currentTarget.value)}
      />
      <PasswordInput
        label={t("sign-in.password")}
        autoComplete="current-password"
        required
        withAsterisk={false}
        visibilityToggleButtonProps={{ "aria-label": t("sign-in.show") }}
        value={password}
        onChange={({ currentTarget }) => setPassword(currentTarget.value)}
      />
      <ProblemNote error={error} />
      <Button type="submit" loading={isRunning}>
        {t("sign-in.do")}
      </Button>
    </form>
  );
}

function NewPassword(): ReactNode {
  const { t } = useText();
  const { changePassword, signOut } = useSessionState();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const { run, isRunning, error } = useAttempt(() => changePassword(old, next));
  const isShort = next !== "" && next.length < passwordMin;
  const isOther = again !== "" && again !== next;
  const field = {
    required: true,
    withAsterisk: false,
    visibilityToggleButtonProps: { "aria-label": t("sign-in.show") },
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (next.length >= passwordMin && next === again) run();
        else setAgain(again === "" ? " " : again);
      }}
    >
      <p>{t("sign-in.change")}</p>
      <PasswordInput
        {...field}
        label={t("sign-in.old")}
        autoComplete="current-password"
        value={old}
        onChange={({ currentTarget }) => setOld(currentTarget.value)}
      />
      <PasswordInput
        {...field}
        label={t("sign-in.new")}
        description={t("sign-in.rule", { count: passwordMin })}
        error={isShort ? t("sign-in.short", { count: passwordMin }) : null}
        autoComplete="new-password"
        value={next}
        onChange={({ currentTarget }) => setNext(currentTarget.value)}
      />
      <PasswordInput
        {...field}
        label={t("sign-in.again")}
        error={isOther ? t("sign-in.differs") : null}
        autoComplete="new-password"
        value={again}
        onChange={({ currentTarget }) => setAgain(currentTarget.value)}
      />
      <ProblemNote error={error} />
      <Button type="submit" loading={isRunning}>
        {t("sign-in.change.do")}
      </Button>
      <Button variant="default" onClick={() => void signOut()}>
        {t("app.sign-out")}
      </Button>
    </form>
  );
}
