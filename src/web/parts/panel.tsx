/** A button of the bar with a panel under it: opens by click or key, closes by Escape, a click elsewhere or leaving it. */
import { useEffect, useId, useRef, useState, type ReactNode } from "react";

export interface PanelProps {
  /** What a screen reader calls the button. */
  readonly label: string;
  readonly title: string;
  readonly button: ReactNode;
  readonly children: ReactNode;
}

export function Panel(props: PanelProps): ReactNode {
  const [isOpen, open] = useState(false);
  const home = useRef<HTMLDivElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => {
    if (!isOpen) return undefined;
    const onDown = (event: Event): void => {
      if (event.target instanceof Node && !home.current?.contains(event.target)) open(false);
    };
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== "Escape") return;
      open(false);
      trigger.current?.focus();
    };
    document.addEventListener("pointerdown", onDown);
    document.addEventListener("focusin", onDown);
    document.addEventListener("keydown", onKey);
    return () => {
      document.removeEventListener("pointerdown", onDown);
      document.removeEventListener("focusin", onDown);
      document.removeEventListener("keydown", onKey);
    };
  }, [isOpen]);
  return (
    <div className="panel-home" ref={home}>
      <button
        ref={trigger}
        type="button"
        className="bar-button"
        aria-label={props.label}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => open(!isOpen)}
      >
        {props.button}
      </button>
      {isOpen ? (
        <section id={id} className="panel" aria-label={props.title}>
          {props.children}
        </section>
      ) : null}
    </div>
  );
}
