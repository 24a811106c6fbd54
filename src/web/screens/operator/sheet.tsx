/** A sheet over the terminal: modal, closed by its button, Escape or Back, never by a touch beside it. */
import { useEffect, useId, useRef, type KeyboardEvent, type ReactNode } from "react";
import { BackCloses } from "../../parts/back-closes.tsx";
import { useText } from "../../text/text.tsx";

export interface SheetFrameProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
  readonly children: ReactNode;
}

export function SheetFrame(props: SheetFrameProps): ReactNode {
  const { t } = useText();
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const shown = dialog.current;
    const before = document.activeElement;
    shown?.showModal();
    // the answer most people give, not the way out
    shown?.querySelector<HTMLElement>("[data-first]")?.focus();
    return () => {
      shown?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      className="sheet"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
      onKeyDown={props.onKeyDown}
    >
      <BackCloses onClose={props.onClose} />
      <div className="sheet-head">
        <h2 id={id}>{props.title}</h2>
        <button type="button" className="key" onClick={props.onClose}>
          {t("app.cancel")}
        </button>
      </div>
      {props.children}
    </dialog>
  );
}
