/** A problem in a person's words: what happened, what to do, and the code to name when asking for help. */
import type { ReactNode } from "react";
import { asProblem, type KnownProblem } from "../api/problem.ts";
import { useText, type Language } from "../text/text.tsx";

export interface ProblemWords {
  readonly title: string;
  readonly text: string;
  /** The language of `text`. */
  readonly lang: Language;
}

/**
 * Our own text for the code if there is one, in the reader's language; else the server's, in English, which names what it
 * is about and says what to do too.
 */
export function useProblemWords(): (problem: KnownProblem) => ProblemWords {
  const { look, t, language } = useText();
  return (problem) => {
    const title = look(`problem.${problem.code}`) ?? look(`problem.status.${problem.status}`) ?? t("problem.unknown");
    const ofCode = problem.status >= 400 ? look(`problem.${problem.code}.do`) : undefined;
    const ofStatus = look(`problem.${problem.code}.do`) ?? look(`problem.status.${problem.status}.do`);
    const said = problem.detail === "" ? undefined : problem.detail;
    const text = ofCode ?? said ?? ofStatus ?? t("problem.unknown.do");
    return { title, text, lang: text === said ? "en" : language };
  };
}

export function ProblemText(props: { readonly problem: KnownProblem }): ReactNode {
  const { t } = useText();
  const { title, text, lang } = useProblemWords()(props.problem);
  const { code, errors, traceId } = props.problem;
  return (
    <div className="problem">
      <strong>{title}</strong>
      <p lang={lang}>{text}</p>
      {errors?.map((one) => (
        <p key={one.at + one.message} className="soft">
          <span className="mono">{one.at}</span> <span lang="en">{one.message}</span>
        </p>
      ))}
      <p className="soft">
        {t("problem.code")} <span className="mono">{code}</span>
        {traceId === undefined ? null : <span className="mono"> {traceId}</span>}
      </p>
    </div>
  );
}

/** Beside the control that caused it, spoken at once. Nothing while there is no error. */
export function ProblemNote(props: { readonly error: unknown }): ReactNode {
  return (
    <div role="alert">
      {props.error === null || props.error === undefined ? null : (
        <div className="note note-bad">
          <ProblemText problem={asProblem(props.error)} />
        </div>
      )}
    </div>
  );
}
