/** What the job needs and what of it is loaded where; what is missing is said plainly. Loading begins with a scan. */
import { useState, type ReactNode } from "react";
import type { Terminal } from "../../../api/contract/terminal.ts";
import { Age } from "../../parts/age.tsx";
import { useMay } from "../../session/session.tsx";
import { useText } from "../../text/text.tsx";
import { useDesk } from "./desk.tsx";
import { NumberPad, usePad, valueOf } from "./number-pad.tsx";
import { SheetFrame } from "./sheet.tsx";

type Material = Terminal["materials"][number];
type Loaded = Material["loaded"][number];

export function Materials(): ReactNode {
  const { t, many } = useText();
  const { terminal, open } = useDesk();
  const may = useMay();
  if (terminal.materials.length === 0) return null;
  const missing = terminal.materials.filter(({ isLoaded }) => !isLoaded).length;
  return (
    <section className="card" aria-labelledby="desk-materials">
      <div className="row">
        <h2 id="desk-materials" className="grow">
          {t("terminal.materials")}
        </h2>
        {missing > 0 ? (
          <strong className="bad-text">! {many("terminal.missing", missing)}</strong>
        ) : (
          <strong className="good-text">✓ {t("terminal.materials.all")}</strong>
        )}
      </div>
      <ul className="desk-materials">
        {terminal.materials.map((material, index) => (
          // Two jobs at once may have lines of one name.
          <MaterialRow key={`${index}/${material.requirement}`} material={material} />
        ))}
      </ul>
      {may("terminal.report") ? (
        <button type="button" className="key" onClick={() => open({ is: "scan", text: "", turn: 0 })}>
          {t("terminal.load.scan")}
        </button>
      ) : null}
    </section>
  );
}

function MaterialRow(props: { readonly material: Material }): ReactNode {
  const { material } = props;
  const { t, amount, digits } = useText();
  const { projection } = useDesk();
  const isLoading = projection.loading.has(material.material) || projection.loading.has(material.requirement);
  return (
    <li className={material.isLoaded ? "desk-material-row" : "desk-material-row is-missing"}>
      <div className="row">
        <strong className="grow">
          {material.material}
          {material.lot === null ? null : ` · ${t("terminal.lot")} ${material.lot}`}
        </strong>
        <span>
          {digits(material.used)} / {amount(material.quantity)}
        </span>
      </div>
      {isLoading ? <span className="unbooked">{t("terminal.loading")}</span> : null}
      {material.isLoaded || isLoading ? null : <p className="bad-text">! {t("terminal.not-loaded")}</p>}
      {material.loaded.map((loaded) => (
        <LoadedRow key={loaded.position} loaded={loaded} />
      ))}
    </li>
  );
}

function LoadedRow(props: { readonly loaded: Loaded }): ReactNode {
  const { loaded } = props;
  const { t, amount } = useText();
  const { projection, open } = useDesk();
  const may = useMay();
  const isLeaving = projection.unloading.has(loaded.position);
  return (
    <div className="row desk-loaded">
      <span className="grow">
        <strong>{loaded.position}</strong> · {loaded.lot ?? loaded.handlingUnit ?? loaded.material}
        {loaded.quantity === null ? null : ` · ${amount(loaded.quantity)}`} · {t("terminal.since")}{" "}
        <Age time={loaded.since} />
        {loaded.isSubstitute ? <em> · {t("terminal.substitute.is", { material: loaded.material })}</em> : null}
      </span>
      {isLeaving ? (
        <span className="unbooked">{t("terminal.unloading")}</span>
      ) : may("terminal.report") ? (
        <button
          type="button"
          className="key"
          aria-label={t("terminal.unload.at", { position: loaded.position })}
          onClick={() => open({ is: "unload", loaded })}
        >
          {t("terminal.unload")}
        </button>
      ) : null}
    </div>
  );
}

export function UnloadSheet(props: { readonly loaded: Loaded }): ReactNode {
  const { loaded } = props;
  const { t, amount } = useText();
  const { say, close } = useDesk();
  const uom = loaded.quantity?.uom ?? "C62";
  const pad = usePad(loaded.quantity?.value ?? "", uom);
  const [isTold, tell] = useState(false);
  const value = valueOf(pad.entry);
  const unload = (returned: { value: string; uom: string } | null): void => {
    if (say({ kind: "unload", position: loaded.position, returned })) close();
  };
  const name = `${loaded.material} ${loaded.lot ?? ""} · ${loaded.position}`;
  if (loaded.quantity === null) {
    return (
      <SheetFrame title={t("terminal.unload.title", { what: name })} onClose={close}>
        <button type="button" className="key action sheet-do" data-first onClick={() => unload(null)}>
          {t("terminal.unload.do")}
        </button>
      </SheetFrame>
    );
  }
  return (
    <SheetFrame title={t("terminal.unload.title", { what: name })} onClose={close} onKeyDown={pad.onKeyDown}>
      <p>{t("terminal.unload.how", { amount: amount(loaded.quantity) })}</p>
      <NumberPad pad={pad} uom={uom} quick={[]} />
      <div role="alert">{isTold ? <p className="note note-bad">{t("terminal.unload.none")}</p> : null}</div>
      <div className="desk-actions">
        <button
          type="button"
          className="key action"
          data-first
          onClick={() => (value === null ? tell(true) : unload({ value, uom }))}
        >
          {t("terminal.unload.return", { amount: value === null ? "0" : amount({ value, uom }) })}
        </button>
        <button type="button" className="key action" onClick={() => unload({ value: "0", uom })}>
          {t("terminal.unload.empty")}
        </button>
      </div>
    </SheetFrame>
  );
}
