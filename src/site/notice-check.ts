/** What a schema cannot see in `notices`: that channels and equipment exist, and that one rule holds for a kind at a place. */
import { checkConnection } from "./connection.ts";
import { problem, type ContentPath, type Problem } from "./finding.ts";
import { channelKinds } from "./notice-schema.ts";
import type { ReferenceLookup } from "./reference.ts";
import type { SiteContent } from "./schema.ts";
import { didYouMean, listed } from "./spelling.ts";

const lasting: ReadonlySet<string> = new Set(["stop-without-reason", "machine-stale"]);

export function checkNotices(site: SiteContent): readonly Problem[] {
  const { channels, rules } = site.notices;
  const ids = channels.map(({ id }) => id);
  return [
    ...channels.flatMap(({ id }, index) =>
      ids.indexOf(id) === index
        ? []
        : [problem(["notices", "channels", index, "id"], `${id} is already there; write another id`)],
    ),
    ...rules.flatMap((rule, index) => {
      const at: ContentPath = ["notices", "rules", index];
      const escalation = typeof rule.escalate === "object" ? rule.escalate.by : [];
      return [
        ...unknownEquipment(site, rule.equipment, at),
        ...unknownChannels(rule.by, ids, [...at, "by"]),
        ...unknownChannels(escalation, ids, [...at, "escalate", "by"]),
        ...needlessWait(rule, at),
        ...doubles(site, index, at),
      ];
    }),
  ];
}

/** The settings of every channel, as those of connections. */
export function checkChannels(site: SiteContent, lookup: ReferenceLookup | null): readonly Problem[] {
  return site.notices.channels.flatMap(({ kind, settings }, index) =>
    checkConnection(
      { path: ["notices", "channels", index], kindKey: "kind", kind, settings, known: channelKinds },
      lookup,
    ),
  );
}

function unknownEquipment(site: SiteContent, id: string | undefined, at: ContentPath): readonly Problem[] {
  const known = site.equipment.map((element) => element.id);
  if (id === undefined || known.includes(id)) return [];
  return [problem([...at, "equipment"], `there is no equipment ${id}${didYouMean(id, known)}; write ${listed(known)}`)];
}

function unknownChannels(by: readonly string[], known: readonly string[], at: ContentPath): readonly Problem[] {
  return by.flatMap((id, index) =>
    known.includes(id)
      ? []
      : [
          problem(
            [...at, index],
            `there is no channel ${id}${didYouMean(id, known)}; write ${listed(known, "it into channels first")}`,
          ),
        ],
  );
}

function needlessWait(rule: SiteContent["notices"]["rules"][number], at: ContentPath): readonly Problem[] {
  const other = rule.kinds.find((kind) => !lasting.has(kind));
  if (rule.afterSeconds === undefined || other === undefined) return [];
  const text = `${other} happens at once and has no duration; write afterSeconds into a rule of stop-without-reason or machine-stale`;
  return [problem([...at, "afterSeconds"], text)];
}

/** Otherwise it would be the order in the file that decides who is told. */
function doubles(site: SiteContent, index: number, at: ContentPath): readonly Problem[] {
  const { rules } = site.notices;
  const own = rules[index];
  if (!own) return [];
  const place = (rule: { readonly equipment?: string | undefined }): string => rule.equipment ?? site.site.id;
  const others = rules.slice(0, index).filter((other) => place(other) === place(own));
  const kind = own.kinds.find((one) => others.some(({ kinds }) => kinds.includes(one)));
  if (kind === undefined) return [];
  return [problem([...at, "kinds"], `${kind} already has a rule at ${place(own)}; write one for each kind and place`)];
}
