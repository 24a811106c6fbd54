/** A shift that was kept on paper: a file is chosen or pasted and sent; every line is booked, or none and each wrong one says why. */
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useRef, useState, type ReactNode } from "react";
import type { ReplyOf } from "../../../api/contract/contract.ts";
import { asProblem } from "../../api/problem.ts";
import { useCommand, type Command } from "../../api/query.ts";
import { Empty } from "../../parts/page-state.tsx";
import { ProblemText } from "../../parts/problem.tsx";
import { useMay } from "../../session/session.tsx";
import { useText } from "../../text/text.tsx";
import "./operator.css";
import { lineNumber, linesOf, paperMax, paperTemplate, paperText } from "./paper-file.ts";

const paperRoute = "POST /api/v1/units/:unit/paper-shift";
type Entered = ReplyOf<typeof paperRoute>;

const route = getRouteApi("/terminal/$unit/paper");
const becauseMin = 3;
const becauseMax = 500;

export function PaperScreen(): ReactNode {
  const { unit } = route.useParams();
  const { t } = useText();
  const may = useMay();
  return (
    <div className="terminal">
      <header className="desk-head">
        <div className="desk-unit">
          <h1>{t("paper.title")}</h1>
          <span className="soft">{unit}</span>
        </div>
        <Link className="key" to="/terminal/$unit" params={{ unit }}>
          {t("paper.back")}
        </Link>
      </header>
      {may("terminal.back-date") ? (
        <Paper key={unit} unit={unit} />
      ) : (
        <Empty title={t("paper.not-allowed")} hint={t("paper.not-allowed.do")} />
      )}
    </div>
  );
}

interface Sent {
  readonly csv: string;
  readonly entered: Entered;
}

function Paper(props: { readonly unit: string }): ReactNode {
  const [csv, setCsv] = useState("");
  const [because, setBecause] = useState("");
  const [sent, setSent] = useState<Sent | null>(null);
  const command = useCommand(paperRoute, (entered) => setSent({ csv, entered }));
  const edit = (text: string): void => {
    setCsv(text);
    command.reset(); // line numbers of another text
  };
  if (sent !== null) {
    const next = (): void => {
      setSent(null);
      setCsv("");
    };
    return <Booked sent={sent} onNext={next} />;
  }
  const send = (): void => command.send({ params: { unit: props.unit }, body: { csv, because: because.trim() } });
  return (
    <div className="stack">
      <PaperForm {...{ csv, because, command, send }} onCsv={edit} onBecause={setBecause} />
      <div role="alert">{command.error === null ? null : <Refused csv={csv} error={command.error} />}</div>
    </div>
  );
}

interface PaperFormProps {
  readonly csv: string;
  readonly because: string;
  readonly command: Command<typeof paperRoute>;
  readonly send: () => void;
  readonly onCsv: (csv: string) => void;
  readonly onBecause: (because: string) => void;
}

function PaperForm(props: PaperFormProps): ReactNode {
  const { csv, because, command } = props;
  const { t } = useText();
  const [isTold, tell] = useState(false);
  const wrongFile =
    csv.trim() === "" ? t("paper.no-file") : csv.length > paperMax ? t("paper.too-long", { max: paperMax }) : null;
  const wrongWhy = because.trim().length < becauseMin ? t("terminal.back-date.no-why") : null;
  return (
    <form
      className="card stack"
      onSubmit={(event) => {
        event.preventDefault();
        tell(true);
        if (wrongFile === null && wrongWhy === null) props.send();
      }}
    >
      <p>{t("paper.how")}</p>
      <FileKeys onCsv={props.onCsv} isOff={command.isSending} />
      <label className="field">
        {t("paper.text")}
        <textarea
          className="input paper-text"
          rows={10}
          spellCheck={false}
          wrap="off"
          readOnly={command.isSending}
          value={csv}
          onChange={({ currentTarget }) => props.onCsv(currentTarget.value)}
        />
      </label>
      <label className="field">
        {t("terminal.back-date.why")}
        <input
          className="input"
          maxLength={becauseMax}
          readOnly={command.isSending}
          value={because}
          onChange={({ currentTarget }) => props.onBecause(currentTarget.value)}
        />
      </label>
      <div role="alert">
        {isTold && wrongFile !== null ? <p className="note note-bad">{wrongFile}</p> : null}
        {isTold && wrongWhy !== null ? <p className="note note-bad">{wrongWhy}</p> : null}
      </div>
      <button type="submit" className="key action action-good" aria-disabled={command.isSending}>
        {t(command.isSending ? "terminal.sending" : "paper.send")}
      </button>
    </form>
  );
}

/** Choosing a file shows its text, so that what is sent was seen; and the template, made here. */
function FileKeys(props: { readonly onCsv: (csv: string) => void; readonly isOff: boolean }): ReactNode {
  const { t, language } = useText();
  const [isUnread, setUnread] = useState(false);
  const read = async (file: File): Promise<void> => {
    try {
      props.onCsv(paperText(await file.arrayBuffer()));
      setUnread(false);
    } catch {
      setUnread(true); // gone or locked since it was chosen
    }
  };
  const download = (): void => {
    const address = URL.createObjectURL(new Blob([paperTemplate(language)], { type: "text/csv" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = "shift.csv";
    link.click();
    URL.revokeObjectURL(address);
  };
  return (
    <div className="row row-end">
      <label className="field grow paper-file">
        {t("paper.file")}
        <input
          className="input"
          type="file"
          accept=".csv,.txt,text/csv,text/plain"
          disabled={props.isOff}
          onChange={({ currentTarget }) => {
            const [file] = currentTarget.files ?? [];
            if (file) void read(file);
            currentTarget.value = ""; // the same file, mended, may be chosen again
          }}
        />
      </label>
      <button type="button" className="key" onClick={download}>
        {t("paper.template")}
      </button>
      <div role="alert">{isUnread ? <p className="note note-bad">{t("paper.unread")}</p> : null}</div>
    </div>
  );
}

/** Each refused line beside what the file says there. */
function Refused(props: { readonly csv: string; readonly error: unknown }): ReactNode {
  const { t } = useText();
  const { errors = [], ...problem } = asProblem(props.error);
  const lines = errors.flatMap(({ at, message }) => {
    const line = lineNumber(at);
    return line === null ? [] : [{ line, message }];
  });
  const others = errors.filter(({ at }) => lineNumber(at) === null);
  return (
    <div className="note note-bad stack">
      <ProblemText problem={others.length === 0 ? problem : { ...problem, errors: others }} />
      {lines.length === 0 ? null : <Lines csv={props.csv} lines={lines} title={t("paper.why")} />}
    </div>
  );
}

function Booked(props: { readonly sent: Sent; readonly onNext: () => void }): ReactNode {
  const { t, many } = useText();
  const { csv, entered } = props.sent;
  const told = useRef<HTMLParagraphElement>(null);
  // the key that had the focus is gone
  useEffect(() => told.current?.focus(), []);
  return (
    <div className="stack" role="status">
      <p ref={told} tabIndex={-1} className="note note-good sheet-big">
        ✓ {entered.isNew ? many("paper.entered", entered.lines.length) : t("paper.known")}
      </p>
      {entered.lines.length === 0 ? null : <Lines csv={csv} lines={entered.lines} title={t("paper.booked")} />}
      <button type="button" className="key action" onClick={props.onNext}>
        {t("paper.next")}
      </button>
    </div>
  );
}

function Lines(props: { readonly csv: string; readonly lines: Entered["lines"]; readonly title: string }): ReactNode {
  const { t } = useText();
  const texts = linesOf(props.csv);
  return (
    <div className="table-frame">
      <table className="table paper-lines">
        <thead>
          <tr>
            <th scope="col" className="number">
              {t("paper.line")}
            </th>
            <th scope="col">{t("paper.in-file")}</th>
            <th scope="col">{props.title}</th>
          </tr>
        </thead>
        <tbody>
          {props.lines.map(({ line, message }) => (
            <tr key={line}>
              <td className="number">{line}</td>
              <td className="mono">{texts[line - 1] ?? ""}</td>
              <td>{message}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
