/** The four machines of the demo: two cutters that count on for ever, two crimpers that count each run. */
import type { ArticleProfile, MachineProfile } from "../machine/profile.ts";
import type { PlannedLine } from "../plant.ts";
import { products } from "./product.ts";

const cutArticles: readonly ArticleProfile[] = products.map((product) => ({
  article: product.material,
  step: "0010",
  material: product.wire,
  perPiece: product.lengthMm,
}));

const crimpArticles: readonly ArticleProfile[] = products.map((product) => ({
  article: product.material,
  step: "0020",
  material: product.terminal,
  perPiece: product.terminals,
}));

/** @param good  where its counter stands: close below the top of its 16 bits it rolls over during the demo */
const cutter = (name: string, good: number): MachineProfile => ({
  name,
  description: `Wire cutter ${name}`,
  counters: { kind: "rolling-16", good, scrap: 1_203 },
  cycleMs: 6_000,
  setupMs: 10_000,
  reactionMs: 5_000,
  scrapRate: 0.05,
  capacity: 5,
  start: "automatic",
  materialUnit: "MMT",
  steps: ["0010"],
  articles: cutArticles,
  setpoints: [
    {
      name: "Length",
      type: "UInt32",
      initial: 100,
      lowest: 20,
      highest: 20_000,
      role: "per-piece",
      description: "Length of a piece in millimetres",
    },
  ],
  powerKw: { idle: 0.3, running: 1.8 },
  script: [],
});

const crimper = (name: string): MachineProfile => ({
  name,
  description: `Crimping press ${name}`,
  counters: { kind: "per-run" },
  cycleMs: 7_000,
  setupMs: 10_000,
  reactionMs: 5_000,
  scrapRate: 0.02,
  capacity: 3,
  start: "automatic",
  materialUnit: "C62",
  steps: ["0020"],
  articles: crimpArticles,
  setpoints: [
    {
      name: "PressForce",
      type: "UInt32",
      initial: 1_000,
      lowest: 200,
      highest: 5_000,
      role: "none",
      description: "Force of the press in newtons",
    },
  ],
  powerKw: { idle: 0.5, running: 2.6 },
  // Whichever press gets the job.
  script: [
    {
      job: "1000002-0020",
      afterGood: 6,
      does: { kind: "hold", ms: 60_000, alarm: { code: 412, text: "Terminal strip is empty" } },
    },
  ],
});

/** It stops now and then without a word, and goes on after a while. */
const moody = { perPiece: 0.03, ms: 90_000 } as const;

export const lines: readonly PlannedLine[] = [
  { urlName: "CUTTERS_URL", machines: [cutter("CUT-1", 65_480), cutter("CUT-2", 21_007)] },
  { urlName: "CRIMPERS_URL", machines: [crimper("CRIMP-1"), { ...crimper("CRIMP-2"), halts: moody }] },
];
