/** Mistakes in `notices`: each is found on its line, with what to write instead. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { unwrap } from "../base/result.ts";
import { formatFinding } from "./finding.ts";
import { siteJsonSchema } from "./json-schema.ts";
import { checkSite } from "./load.ts";
import { changed, lookup, rules, siteYaml, lineOf } from "./testing/example.ts";
import type { ReferenceLookup } from "./reference.ts";

const good = `notices:
  giveUpAfterHours: 12
  channels:
    - id: andon
      kind: webhook
      settings: { url: { env: HOOK }, secrets: [{ env: KEY }, { file: old }] }
    - id: mail
      kind: email
      settings: { host: mail.example, from: millrace@plant.example, to: [lead@plant.example], user: { env: U }, password: { env: P } }
  rules:
    - kinds: [stop-without-reason]
      equipment: CUTTING
      role: operator
      by: [andon]
      afterSeconds: 120
      escalate: { afterMinutes: 10, role: supervisor, by: [mail] }
    - kinds: [order-new]
      role: planner
      escalate: never
policies:
`;

const withNotices = (text: string): ReturnType<typeof changed> => changed([siteYaml, "policies:\n", text]);
const secret = `whsec_${"A".repeat(32)}`;
const values: Readonly<Record<string, string>> = { HOOK: "https://andon.example/x", KEY: secret, U: "u", P: "p" };
const all: ReferenceLookup = {
  environment: (name) => values[name] ?? lookup.environment(name),
  file: () => secret,
};

test("what the guide says is understood", () => {
  const site = unwrap(checkSite(withNotices(good), rules, all).site);
  assert.equal(site.notices.language, "en");
  assert.equal(site.notices.giveUpAfterHours, 12);
  assert.deepEqual(
    site.notices.rules.map(({ equipment, escalate }) => [equipment, escalate]),
    [
      ["CUTTING", { afterMinutes: 10, role: "supervisor", by: ["mail"] }],
      ["PL01", null],
    ],
  );
  assert.deepEqual(site.notices.channels[0]?.settings, { url: values["HOOK"], secrets: [secret, secret] });
  assert.ok(!JSON.stringify(site.notices).includes(secret), "resolved secrets do not show");
});

test("what the guide of notifications shows has no findings", () => {
  const guide = readFileSync(new URL("../../docs/guide/notification.md", import.meta.url), "utf8");
  const [, shown = ""] = /```yaml\n(.*?)```/s.exec(guide) ?? [];
  const [head = "", notices = ""] = shown.split("\nnotices:\n");
  assert.ok(head.includes("language: de") && notices.includes("PRESSES"));
  const files = changed(
    [siteYaml, "  timeZone: Europe/Warsaw\n\n", "  timeZone: Europe/Warsaw\n  language: de\n\n"],
    [siteYaml, "policies:\n", `notices:\n${notices.replace("PRESSES", "CUTTING")}policies:\n`],
  );
  const { site, findings } = checkSite(files, rules);
  assert.deepEqual(findings.map(formatFinding), []);
  assert.equal(unwrap(site).notices.language, "de");
});

test("without notices there are no channels and no rules", () => {
  const { notices } = unwrap(checkSite(changed(), rules).site);
  assert.deepEqual(notices, { language: "en", rules: [], channels: [], giveUpAfterHours: 24 });
});

const mistakes: readonly (readonly [from: string, to: string, line: string, message: RegExp])[] = [
  ["kinds: [order-new]", "kinds: [order-knew]", "order-knew", /order-new/],
  ["kinds: [order-new]", "kinds: []", "kinds: []", /at least one kind/],
  ["role: planner", "role: plumber", "role: plumber", /operator, supervisor/],
  ["equipment: CUTTING", "equipment: CUTING", "equipment: CUTING", /did you mean CUTTING/],
  ["by: [andon]", "by: [andom]", "by: [andom]", /did you mean andon/],
  ["supervisor, by: [mail]", "supervisor, by: [post]", "by: [post]", /there is no channel post/],
  ["escalate: never", "escalate: always", "escalate: always", /write never, or/],
  ["      escalate: never", "      afterSeconds: 5", "afterSeconds: 5", /order-new happens at once/],
  [
    "kinds: [order-new]",
    "kinds: [order-new]\n      equipment: CUTTING\n      afterSeconds: 0",
    "afterSeconds: 0",
    /at least 1 second/,
  ],
  [
    "    - kinds: [order-new]",
    "    - { kinds: [order-new, question], equipment: PL01, role: operator }\n    - kinds: [order-new]",
    "kinds: [order-new]\n",
    /already has a rule at PL01/,
  ],
  ["id: mail", "id: andon", "id: andon\n      kind: email", /already there/],
  ["kind: webhook", "kind: pager", "kind: pager", /webhook or email/],
  [
    "secrets: [{ env: KEY }, { file: old }]",
    "secrets: [whsec_abc]",
    "secrets: [whsec_abc]",
    /is a secret and must not stand in this file/,
  ],
  ["secrets: [{ env: KEY }, { file: old }]", "secrets: []", "secrets: []", /at least one secret/],
  ["url: { env: HOOK }", "url: ftp://andon.example", "url: ftp", /https:/],
  [
    "from: millrace@plant.example",
    "from: 'millrace@plant.example\\r\\nBcc: x@y.example'",
    "from: 'mill",
    /e-mail address/,
  ],
  ["to: [lead@plant.example]", "to: [lead]", "to: [lead]", /e-mail address/],
  ["password: { env: P }", "password: hunter2", "password: hunter2", /must not stand in this file/],
  ["giveUpAfterHours: 12", "giveUpAfterHours: 0", "giveUpAfterHours: 0", /at least 1 hour/],
  ["channels:", "chanels:", "chanels:", /write channels/],
];

for (const [from, to, line, message] of mistakes) {
  test(`${from.trim()} → ${to.trim()}`, () => {
    assert.ok(good.includes(from));
    const files = withNotices(good.replace(from, () => to));
    const { findings } = checkSite(files, rules);
    const [first] = findings;
    assert.ok(first, "a finding");
    assert.match(first.message, message, findings.map(formatFinding).join("\n"));
    assert.equal(first.line, lineOf(files.get(siteYaml) ?? "", line), formatFinding(first));
  });
}

test("a secret that is none is found at the start, and not shown", () => {
  const wrong: ReferenceLookup = {
    ...all,
    environment: (name) => (name === "KEY" ? "hunter2" : all.environment(name)),
  };
  const { findings } = checkSite(withNotices(good), rules, wrong);
  assert.equal(findings.length, 1);
  assert.match(findings[0]?.message ?? "", /what KEY holds does not fit; write whsec_/);
  assert.ok(!JSON.stringify(findings).includes("hunter2"));
});

test("editors know the settings of each kind of channel", () => {
  const schema = JSON.stringify(siteJsonSchema(rules.registry));
  for (const word of ["whsec_", "starttls", "giveUpAfterHours", "stop-without-reason"])
    assert.ok(schema.includes(word), word);
});
