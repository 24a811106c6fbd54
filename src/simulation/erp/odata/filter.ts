/**
 * `$filter`: comparisons, `and`, `or`, `not`, brackets, and the functions substringof, startswith, endswith. Parsed into
 * a test over rows, with the equalities that must hold, so that a set can look rows up instead of walking all of them.
 */
import { withoutPadding } from "../books.ts";
import { accepted, refused, type Answer } from "../message.ts";
import type { EdmValue, EntityType, Property, Row } from "./edm.ts";
import { parseLiteral } from "./literal.ts";

export interface Filter {
  matches(row: Row): boolean;
  /** Property → values of which every match has one. */
  readonly equalities: ReadonlyMap<string, readonly EdmValue[]>;
}

/** Everything matches. */
export const noFilter: Filter = { matches: () => true, equalities: new Map() };

export function parseFilter(source: string, type: EntityType): Answer<Filter> {
  const tokens = tokensOf(source);
  if (!tokens) return invalid(source);
  try {
    const parser = new Parser(tokens, type);
    const filter = parser.or();
    return parser.isDone() ? accepted(filter) : invalid(source);
  } catch (error) {
    if (error instanceof NoFilter) return invalid(error.message || source);
    throw error;
  }
}

/** Brackets, commas, quoted literals with their prefix, and words; null when something else is in between. */
function tokensOf(source: string): readonly string[] | null {
  const token = /\s*([(),]|(?:datetimeoffset|datetime|time|guid)?'(?:[^']|'')*'|[^\s(),']+)/y;
  const text = source.trimEnd();
  const tokens: string[] = [];
  while (token.lastIndex < text.length) {
    const found = token.exec(text)?.[1];
    if (found === undefined) return null;
    tokens.push(found);
  }
  return tokens;
}

function invalid(what: string): { readonly ok: false; readonly refusal: Parameters<typeof refused>[0] } {
  return refused({ status: 400, code: "/IWFND/CM_BEC/022", text: `Invalid filter: ${what}`, target: "$filter" });
}

/** Ends the descent when the text is no filter; never leaves this file. */
class NoFilter extends Error {}

class Parser {
  readonly #tokens: readonly string[];
  readonly #type: EntityType;
  #at = 0;

  constructor(tokens: readonly string[], type: EntityType) {
    this.#tokens = tokens;
    this.#type = type;
  }

  isDone(): boolean {
    return this.#at === this.#tokens.length;
  }

  or(): Filter {
    let left = this.#and();
    while (this.#take("or")) {
      const [a, b] = [left, this.#and()];
      const equalities = inBoth(a.equalities, b.equalities);
      left = { matches: (row) => a.matches(row) || b.matches(row), equalities };
    }
    return left;
  }

  #and(): Filter {
    let left = this.#unary();
    while (this.#take("and")) {
      const [a, b] = [left, this.#unary()];
      const equalities = new Map([...a.equalities, ...b.equalities]);
      left = { matches: (row) => a.matches(row) && b.matches(row), equalities };
    }
    return left;
  }

  #unary(): Filter {
    if (this.#take("not")) {
      const inner = this.#unary();
      return { matches: (row) => !inner.matches(row), equalities: new Map() };
    }
    if (this.#take("(")) {
      const inner = this.or();
      this.#expect(")");
      return inner;
    }
    const word = this.#next();
    if (word === "substringof" || word === "startswith" || word === "endswith") return this.#function(word);
    return this.#comparison(word);
  }

  #function(name: "substringof" | "startswith" | "endswith"): Filter {
    this.#expect("(");
    const first = this.#next();
    this.#expect(",");
    const second = this.#next();
    this.#expect(")");
    const [propertyName, literal] = name === "substringof" ? [second, first] : [first, second];
    const property = this.#property(propertyName);
    const part = String(this.#literal(literal));
    if (this.#take("eq")) {
      if (this.#next() !== "true") throw new NoFilter(`only "${name}(…) eq true"`);
    }
    const test = (value: string): boolean =>
      name === "substringof"
        ? value.includes(part)
        : name === "startswith"
          ? value.startsWith(part)
          : value.endsWith(part);
    return { matches: (row) => test(String(property.get(row))), equalities: new Map() };
  }

  #comparison(name: string): Filter {
    const property = this.#property(name);
    const operator = this.#next();
    const wanted = normal(this.#literal(this.#next()));
    const compare = comparisons[operator];
    if (!compare) throw new NoFilter(`operator ${operator}`);
    const equalities = new Map<string, readonly EdmValue[]>(operator === "eq" ? [[name, [wanted]]] : []);
    return { matches: (row) => compare(normal(property.get(row)), wanted), equalities };
  }

  #property(name: string): Property<Row> {
    const property = this.#type.properties.get(name);
    if (!property) throw new NoFilter(`property ${name} does not exist in ${this.#type.name}`);
    return property;
  }

  #literal(source: string): EdmValue {
    const value = parseLiteral(source);
    if (value === undefined) throw new NoFilter(`${source} is no literal`);
    return value;
  }

  #next(): string {
    const next = this.#tokens[this.#at++];
    if (next === undefined) throw new NoFilter("the filter ends too early");
    return next;
  }

  #take(word: string): boolean {
    if (this.#tokens[this.#at] !== word) return false;
    this.#at += 1;
    return true;
  }

  #expect(word: string): void {
    if (!this.#take(word)) throw new NoFilter(`"${word}" expected`);
  }
}

/** What holds whichever of two sides matches: properties that both compare. */
function inBoth(a: Filter["equalities"], b: Filter["equalities"]): Filter["equalities"] {
  return new Map(
    [...a].flatMap(([name, values]) => {
      const others = b.get(name);
      return others ? [[name, [...new Set([...values, ...others])]] as const] : [];
    }),
  );
}

/** Numbers of orders and documents are equal with and without zeros in front. */
function normal(value: EdmValue): EdmValue {
  return typeof value === "string" && value.startsWith("0") && value.length > 8 ? withoutPadding(value) : value;
}

type Comparison = (a: EdmValue, b: EdmValue) => boolean;

const comparisons: Readonly<Record<string, Comparison>> = {
  eq: (a, b) => a === b || (isNumeric(a) && isNumeric(b) && micro(a) === micro(b)),
  ne: (a, b) => a !== b && !(isNumeric(a) && isNumeric(b) && micro(a) === micro(b)),
  gt: ordered((sign) => sign > 0),
  ge: ordered((sign) => sign >= 0),
  lt: ordered((sign) => sign < 0),
  le: ordered((sign) => sign <= 0),
};

function ordered(test: (sign: number) => boolean): Comparison {
  return (a, b) => {
    if (a === null || b === null) return false;
    if (typeof a === "bigint" || typeof b === "bigint") {
      return isNumeric(a) && isNumeric(b) && test(micro(a) < micro(b) ? -1 : micro(a) > micro(b) ? 1 : 0);
    }
    return typeof a === typeof b && test(a < b ? -1 : a > b ? 1 : 0);
  };
}

function isNumeric(value: EdmValue): value is bigint | number {
  return typeof value === "bigint" || typeof value === "number";
}

/** Whole numbers of properties meet decimal literals, which are millionths. */
function micro(value: bigint | number): bigint {
  return typeof value === "bigint" ? value : BigInt(Math.round(value * 1_000_000));
}
