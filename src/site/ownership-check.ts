/** What a schema cannot see in `policies.ownership`: that owners and fields exist, and that each field has one owner. */
import { fieldsOf, masterNoun, type MasterNounName } from "../isa95/master-data/noun.ts";
import { everyField, ownOwner, siteOwner } from "../isa95/master-data/ownership.ts";
import { baseField } from "../isa95/master-data/thing.ts";
import { problem, type ContentPath, type Problem } from "./finding.ts";
import type { SiteContent } from "./schema.ts";
import { didYouMean, listed } from "./spelling.ts";

export function checkOwnership(site: SiteContent): readonly Problem[] {
  const { ownership } = site.policies;
  const owners = [siteOwner, ownOwner, ...site.erps.map(({ id }) => id)];
  return ownership.flatMap(({ noun, fields, owner }, index) => {
    const at: ContentPath = ["policies", "ownership", index];
    const before = ownership.slice(0, index).filter((rule) => rule.noun === noun);
    const taken = new Set(before.flatMap((rule) => rule.fields ?? [everyField]));
    const own = fields ?? [everyField];
    const twice = own.find((field, place) => taken.has(field) || own.indexOf(field) !== place);
    return [
      ...(owners.includes(owner)
        ? []
        : [problem([...at, "owner"], `there is no ERP ${owner}${didYouMean(owner, owners)}; write ${listed(owners)}`)]),
      ...(fields ?? []).flatMap((field, place) => unknownField(noun, field, [...at, "fields", place])),
      ...(twice === undefined ? [] : [problem(at, `${twice} of ${noun} already has an owner; name it once`)]),
      ...(fields === undefined && before.length > 0
        ? [problem(at, `all fields of ${noun} would overrule what stands above; write it first`)]
        : []),
    ];
  });
}

function unknownField(noun: MasterNounName, field: string, at: ContentPath): readonly Problem[] {
  const { properties, parts } = masterNoun(noun);
  const known = ["ID", ...fieldsOf(noun), ...(parts === null ? [] : [parts])];
  const base = baseField(field);
  if (field !== base && base !== properties) {
    const instead = properties === null ? `${noun} has none` : `a property is ${properties}/ID`;
    return [problem(at, `${field} is no property; ${instead}`)];
  }
  if (known.includes(base)) return [];
  return [problem(at, `${noun} has no field ${base}${didYouMean(base, known)}; write ${listed(known)}`)];
}
