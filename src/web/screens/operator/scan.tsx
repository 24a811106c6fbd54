/** A scan: what the code means here and now is shown first, and one big key does it. Nothing is booked by scanning alone. */
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { ScanMeaning, TerminalJob } from "../../../api/contract/terminal.ts";
import { call } from "../../api/call.ts";
import { ProblemNote } from "../../parts/problem.tsx";
import { useMay } from "../../session/session.tsx";
import { useText } from "../../text/text.tsx";
import { useDesk } from "./desk.tsx";
import { StartKeys } from "./next.tsx";
import { SheetFrame } from "./sheet.tsx";

export type MaterialMeaning = Extract<ScanMeaning, { readonly means: "material" }>;

const answerMs = 10_000;

/** @param turn another one for each scan: the same label scanned twice is asked twice */
export function ScanSheet(props: { readonly text: string; readonly turn: number }): ReactNode {
  const { text, turn } = props;
  const { t } = useText();
  const { unit, close, open } = useDesk();
  const [typed, setTyped] = useState("");
  const read = useQuery({
    queryKey: ["POST /api/v1/units/:unit/scans", unit, text, turn],
    queryFn: ({ signal }) =>
      call(
        "POST /api/v1/units/:unit/scans",
        { params: { unit }, body: { text } },
        AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
      ),
    enabled: text !== "",
    retry: 1,
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY, // asked again by a person, never by itself
    networkMode: "always",
  });
  return (
    <SheetFrame title={t("terminal.scan")} onClose={close}>
      <form
        className="row row-end"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim() === "") return;
          open({ is: "scan", text: typed.trim(), turn: turn + 1 });
          setTyped("");
        }}
      >
        <label className="field grow">
          {t("terminal.scan.field")}
          <input
            className="input"
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            data-first
            value={typed}
            onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          />
        </label>
        <button type="submit" className="key">
          {t("terminal.scan.ask")}
        </button>
      </form>
      {text === "" ? <p className="soft">{t("terminal.scan.hint")}</p> : <p className="mono">{text}</p>}
      <div aria-live="assertive" className="stack">
        {read.isFetching ? <p>{t("terminal.scan.asking")}</p> : null}
        {read.error === null || read.isFetching ? null : (
          <>
            <ProblemNote error={read.error} />
            <button type="button" className="key" onClick={() => void read.refetch()}>
              {t("app.again")}
            </button>
          </>
        )}
        {read.data === undefined || read.isFetching ? null : <Meaning meaning={read.data} />}
      </div>
    </SheetFrame>
  );
}

function Meaning(props: { readonly meaning: ScanMeaning }): ReactNode {
  const { meaning } = props;
  switch (meaning.means) {
    case "operation":
      return <OperationMeaning job={meaning.job} />;
    case "material":
      return meaning.fits ? <Fitting meaning={meaning} fits={meaning.fits} /> : <NotFitting meaning={meaning} />;
    case "unknown":
      return <p className="note note-bad sheet-big">✕ {meaning.why}</p>;
  }
}

function OperationMeaning(props: { readonly job: TerminalJob }): ReactNode {
  const { job } = props;
  const { t, amount } = useText();
  const { projection, close } = useDesk();
  const isCurrent = projection.job?.jobOrder === job.jobOrder;
  return (
    <>
      <p className="sheet-big">
        {job.number} / {job.operation} · {job.description}
      </p>
      <p>
        <strong>{job.material}</strong> · {amount(job.quantity)}
      </p>
      {isCurrent ? (
        <p className="note note-good">✓ {t("terminal.scan.current")}</p>
      ) : projection.situation === "idle" ? (
        <div className="desk-actions">
          <StartKeys job={job} onStarted={close} />
        </div>
      ) : (
        <p className="note note-bad">✕ {t(projection.job === null ? "terminal.controlled" : "terminal.scan.busy")}</p>
      )}
    </>
  );
}

function What(props: { readonly meaning: MaterialMeaning }): ReactNode {
  const { material, lot, handlingUnit, quantity } = props.meaning;
  const { t, amount } = useText();
  return (
    <p className="sheet-big">
      <strong>{material}</strong>
      {lot === null ? null : ` · ${t("terminal.lot")} ${lot}`}
      {handlingUnit === null ? null : ` · ${handlingUnit}`}
      {quantity === null ? null : ` · ${amount(quantity)}`}
    </p>
  );
}

function Fitting(props: {
  readonly meaning: MaterialMeaning;
  readonly fits: { readonly requirement: string; readonly position: string };
}): ReactNode {
  const { meaning, fits } = props;
  const { t } = useText();
  const { say, close } = useDesk();
  const { material, lot, handlingUnit, quantity } = meaning;
  const load = (): void => {
    const { position } = fits;
    if (say({ kind: "load", material, lot, handlingUnit, position, quantity, substitutes: null })) close();
  };
  return (
    <>
      <What meaning={meaning} />
      <p className="note note-good">✓ {t("terminal.scan.fits", { position: fits.position })}</p>
      <button type="button" className="key action action-good sheet-do" onClick={load}>
        {t("terminal.load.do", { position: fits.position })}
      </button>
    </>
  );
}

/** Wrong here: said in red, with what is wanted. Only who may substitute sees how. */
function NotFitting(props: { readonly meaning: MaterialMeaning }): ReactNode {
  const { meaning } = props;
  const { t, look } = useText();
  const may = useMay();
  const wanted = useWanted(meaning);
  return (
    <>
      <What meaning={meaning} />
      <div className="note note-bad" role="alert">
        <p className="sheet-big">✕ {look(`problem.${meaning.code ?? ""}`) ?? t("terminal.scan.unfit")}</p>
        {wanted === "" ? null : (
          <p>
            {t("terminal.scan.wanted")} <strong>{wanted}</strong>
          </p>
        )}
        <p lang="en">{meaning.why}</p>
      </div>
      {isOther(meaning) && may("terminal.substitute") ? <Substitute meaning={meaning} /> : null}
    </>
  );
}

/** Another material or lot than the order asks for; all else is mended where it is, not stood in for. */
function isOther({ code }: MaterialMeaning): boolean {
  return code === "reporting/wrong-material" || code === "reporting/wrong-lot";
}

/** What to fetch instead: the lots of this material, or what is not loaded yet. Nothing where what was scanned is right. */
function useWanted({ code, material }: MaterialMeaning): string {
  const { t } = useText();
  const { materials } = useDesk().terminal;
  const missing = materials.filter(({ isLoaded }) => !isLoaded);
  const wanted =
    code === "reporting/wrong-lot"
      ? materials.filter((one) => one.material === material)
      : code === "reporting/wrong-material"
        ? missing.length > 0
          ? missing
          : materials
        : [];
  return wanted
    .map((one) => (one.lot === null ? one.material : `${one.material} · ${t("terminal.lot")} ${one.lot}`))
    .join(", ");
}

function Substitute(props: { readonly meaning: MaterialMeaning }): ReactNode {
  const { material, lot, handlingUnit, quantity } = props.meaning;
  const { t } = useText();
  const { terminal, say, close } = useDesk();
  const taken = useTaken();
  const [requirement, choose] = useState<string | null>(null);
  const [position, setPosition] = useState("");
  const chosen = terminal.materials.find((one) => one.requirement === requirement);
  const pick = (one: (typeof terminal.materials)[number]): void => {
    choose(one.requirement);
    const [only, other] = terminal.positions.filter(({ id }) => !taken.has(id));
    setPosition(other === undefined ? (only?.id ?? "") : "");
  };
  const isNowhere = position.trim() === "";
  const load = (): void => {
    const place = position.trim();
    if (requirement === null || place === "") return;
    if (say({ kind: "load", material, lot, handlingUnit, position: place, quantity, substitutes: requirement }))
      close();
  };
  return (
    <>
      <p>{t("terminal.substitute.for")}</p>
      <div className="tiles" role="group" aria-label={t("terminal.substitute.for")}>
        {terminal.materials.map((one) => (
          <button
            key={one.requirement}
            type="button"
            className="key tile-key"
            aria-pressed={one.requirement === requirement}
            onClick={() => pick(one)}
          >
            {one.material}
          </button>
        ))}
      </div>
      {chosen === undefined ? null : (
        <>
          <Place position={position} onChange={setPosition} />
          <button type="button" className="key action action-hold sheet-do" disabled={isNowhere} onClick={load}>
            {t("terminal.substitute.do", { material, wanted: chosen.material })}
          </button>
        </>
      )}
    </>
  );
}

/** Places of the job's material with something there that nobody has taken off: the server would refuse them. */
function useTaken(): ReadonlySet<string> {
  const { terminal, projection } = useDesk();
  const loaded = terminal.materials.flatMap((one) => one.loaded.map(({ position }) => position));
  return new Set(loaded.filter((position) => !projection.unloading.has(position)));
}

/** Where it goes: one of the unit's places; only where the site names none it is written. */
function Place(props: { readonly position: string; readonly onChange: (position: string) => void }): ReactNode {
  const { t } = useText();
  const { positions } = useDesk().terminal;
  const taken = useTaken();
  if (positions.length === 0) {
    return (
      <label className="field">
        {t("terminal.position")}
        <input
          className="input"
          autoComplete="off"
          value={props.position}
          onChange={({ currentTarget }) => props.onChange(currentTarget.value)}
        />
      </label>
    );
  }
  return (
    <>
      <p>{t("terminal.position")}</p>
      <div className="tiles" role="group" aria-label={t("terminal.position")}>
        {positions.map(({ id, description }) => (
          <button
            key={id}
            type="button"
            className="key tile-key"
            aria-pressed={id === props.position}
            disabled={taken.has(id)}
            onClick={() => props.onChange(id)}
          >
            {id} {taken.has(id) ? t("terminal.position.taken") : description === id ? null : description}
          </button>
        ))}
      </div>
    </>
  );
}
