/** The dictionary in use: which language, how a text is filled in, and numbers, amounts and times in the site's zone. */
import { createContext, use, useEffect, useMemo, useState, type ReactNode } from "react";
import { de } from "./de.ts";
import { en, type TextKey } from "./en.ts";
import { formatOf, type Format } from "./format.ts";

export const languages = ["en", "de"] as const;
export type Language = (typeof languages)[number];
export type Values = Readonly<Record<string, string | number>>;

/** The keys that have a form for one and one for several. */
export type CountKey = { [K in TextKey]: K extends `${infer Base}.other` ? Base : never }[TextKey];

const dictionaries: Readonly<Record<Language, Readonly<Record<TextKey, string>>>> = { en, de };

export interface Texts extends Format {
  readonly language: Language;
  readonly setLanguage: (language: Language) => void;
  readonly t: (key: TextKey, values?: Values) => string;
  /** `{count}` is filled in, and the form chosen by the language's rule. */
  readonly many: (key: CountKey, count: number) => string;
  /** The text of a key that is put together at run time (codes of faults, states), or undefined. */
  readonly look: (key: string, values?: Values) => string | undefined;
}

const Context = createContext<Texts | null>(null);
const stored = "millrace.language";

/** What was chosen on this device, else what the browser asks for, else English. */
export function firstLanguage(): Language {
  const wanted = [readStored(), ...navigator.languages.map((one) => one.slice(0, 2))];
  return wanted.map((one) => languages.find((known) => known === one)).find((one) => one !== undefined) ?? "en";
}

function readStored(): string | null {
  try {
    return localStorage.getItem(stored);
  } catch {
    return null; // storage may be forbidden on a shared terminal
  }
}

function writeStored(language: Language): void {
  try {
    localStorage.setItem(stored, language);
  } catch {
    return; // then it holds until the page is closed
  }
}

export function fill(text: string, values: Values): string {
  return text.replace(/\{([\w-]+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

function textsOf(language: Language, setLanguage: (language: Language) => void, timeZone: string): Texts {
  // a table of all keys, looked into with any text: what is not there is undefined
  const words = dictionaries[language] as Readonly<Record<string, string | undefined>>;
  const plural = new Intl.PluralRules(language);
  const look = (key: string, values: Values = {}): string | undefined => {
    const found = words[key];
    return found === undefined ? undefined : fill(found, values);
  };
  return {
    language,
    setLanguage,
    look,
    t: (key, values) => look(key, values) ?? key,
    many: (key, count) => {
      const form = plural.select(count) === "one" ? "one" : "other";
      return look(`${key}.${form}`, { count: new Intl.NumberFormat(language).format(count) }) ?? key;
    },
    ...formatOf(language, timeZone),
  };
}

/** @param timeZone IANA zone of the site: everyone sees the times of the plant, wherever they sit */
export function TextProvider(props: { readonly timeZone: string; readonly children: ReactNode }): ReactNode {
  const [language, choose] = useState(firstLanguage);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const texts = useMemo(() => {
    const set = (chosen: Language): void => {
      writeStored(chosen);
      choose(chosen);
    };
    return textsOf(language, set, props.timeZone);
  }, [language, props.timeZone]);
  return <Context value={texts}>{props.children}</Context>;
}

export function useText(): Texts {
  const texts = use(Context);
  if (!texts) throw new Error("useText needs a TextProvider above it");
  return texts;
}
