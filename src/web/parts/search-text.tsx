/** A search field that tells what it holds when the person pauses, so that not every letter is a request. */
import { TextInput } from "@mantine/core";
import { useEffect, useRef, useState, type ReactNode } from "react";

const typingMs = 250;

export interface SearchTextProps {
  readonly label: string;
  /** What the address says. */
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export function SearchText(props: SearchTextProps): ReactNode {
  const { value, onChange } = props;
  const [text, setText] = useState(value);
  const told = useRef(value);
  const tell = useRef(onChange);
  useEffect(() => {
    tell.current = onChange;
  });
  useEffect(() => {
    if (value === told.current) return; // our own word coming back, perhaps behind what was typed since
    told.current = value;
    setText(value);
  }, [value]);
  useEffect(() => {
    const wanted = text.trim();
    if (wanted === told.current) return undefined;
    const timer = setTimeout(() => {
      told.current = wanted;
      tell.current(wanted);
    }, typingMs);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <TextInput
      type="search"
      label={props.label}
      value={text}
      onChange={({ currentTarget }) => setText(currentTarget.value)}
    />
  );
}
