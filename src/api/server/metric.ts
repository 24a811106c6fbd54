/**
 * Numbers for whoever watches, in the text form of Prometheus. Counters and histograms live here; gauges are asked when
 * somebody looks. Labels are routes and states, never people or things that grow without end.
 * @source Prometheus text exposition format 0.0.4
 */
export interface Metrics {
  counter(name: string, help: string): (labels: Labels, by?: number) => void;
  histogram(name: string, help: string, bounds: readonly number[]): (labels: Labels, value: number) => void;
  /** Asked at each look; what throws is left out. */
  gauges(read: () => Promise<readonly Gauge[]>): void;
  text(): Promise<string>;
}

export type Labels = Readonly<Record<string, string>>;

export interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly values: readonly { readonly labels: Labels; readonly value: number }[];
}

interface Histogram {
  readonly counts: number[];
  sum: number;
  count: number;
}

export function metrics(): Metrics {
  const counters: (() => string)[] = [];
  const readers: (() => Promise<readonly Gauge[]>)[] = [];
  return {
    counter(name, help) {
      const values = new Map<string, number>();
      counters.push(() =>
        block(
          name,
          help,
          "counter",
          [...values].map(([labels, value]) => `${name}${labels} ${value}`),
        ),
      );
      return (labels, by = 1) => {
        const key = written(labels);
        values.set(key, (values.get(key) ?? 0) + by);
      };
    },
    histogram(name, help, bounds) {
      const held = new Map<string, { readonly labels: Labels; readonly of: Histogram }>();
      counters.push(() =>
        block(
          name,
          help,
          "histogram",
          [...held.values()].flatMap((one) => histogramLines(name, bounds, one)),
        ),
      );
      return (labels, value) => {
        const key = written(labels);
        const one = held.get(key) ?? { labels, of: { counts: bounds.map(() => 0), sum: 0, count: 0 } };
        held.set(key, one);
        one.of.sum += value;
        one.of.count += 1;
        for (const [index, bound] of bounds.entries())
          if (value <= bound) one.of.counts[index] = (one.of.counts[index] ?? 0) + 1;
      };
    },
    gauges: (read) => void readers.push(read),
    async text() {
      const read = await Promise.all(readers.map((reader) => reader().catch(() => [])));
      const gauges = read.flat().map(({ name, help, values }) =>
        block(
          name,
          help,
          "gauge",
          values.map(({ labels, value }) => `${name}${written(labels)} ${value}`),
        ),
      );
      return [...counters.map((counter) => counter()), ...gauges].join("");
    },
  };
}

function histogramLines(
  name: string,
  bounds: readonly number[],
  { labels, of }: { readonly labels: Labels; readonly of: Histogram },
): string[] {
  return [
    ...bounds.map(
      (bound, index) => `${name}_bucket${written({ ...labels, le: String(bound) })} ${of.counts[index] ?? 0}`,
    ),
    `${name}_bucket${written({ ...labels, le: "+Inf" })} ${of.count}`,
    `${name}_sum${written(labels)} ${of.sum}`,
    `${name}_count${written(labels)} ${of.count}`,
  ];
}

function block(name: string, help: string, type: string, lines: readonly string[]): string {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ""].join("\n");
}

function written(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
