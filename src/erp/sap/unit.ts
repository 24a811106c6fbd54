/**
 * SAP's units ↔ UN/ECE Rec 20. SAP names one unit three ways: in the language of the logon (`PC`), by ISO code (`PCE`)
 * and by its own code (`ST`). An unknown unit is a fault that names it, never a guess. Millrace has one code for
 * pieces: `C62`.
 */
import { fail, ok, type Result } from "../../base/result.ts";

/** What SAP may write (any of its three names, in English or German) → Rec 20. */
const toRec20: Readonly<Record<string, string>> = {
  PC: "C62", PCE: "C62", ST: "C62", STK: "C62", H87: "C62", C62: "C62", EA: "EA", PR: "PR", PAA: "PR", PAIR: "PR",
  DZ: "DZN", DZN: "DZN", DOZ: "DZN", CEN: "CEN", TS: "MIL", MIL: "MIL", TH: "MIL",
  MG: "MGM", MGM: "MGM", G: "GRM", GRM: "GRM", GM: "GRM", KG: "KGM", KGM: "KGM", T: "TNE", TO: "TNE", TNE: "TNE", TON: "TNE",
  LB: "LBR", LBR: "LBR", OZ: "ONZ", ONZ: "ONZ",
  "µM": "4H", "4H": "4H", MM: "MMT", MMT: "MMT", CM: "CMT", CMT: "CMT", DM: "DMT", DMT: "DMT", M: "MTR", MTR: "MTR", KM: "KMT", KMT: "KMT",
  IN: "INH", '"': "INH", INH: "INH", FT: "FOT", FOT: "FOT", YD: "YRD", YRD: "YRD",
  MM2: "MMK", MMK: "MMK", CM2: "CMK", CMK: "CMK", M2: "MTK", MTK: "MTK",
  ML: "MLT", MLT: "MLT", CM3: "CMQ", CMQ: "CMQ", CCM: "CMQ", L: "LTR", LTR: "LTR", HL: "HLT", HLT: "HLT", M3: "MTQ", MTQ: "MTQ", GAL: "GLL", GLL: "GLL",
  S: "SEC", SEC: "SEC", MIN: "MIN", H: "HUR", HR: "HUR", STD: "HUR", HUR: "HUR", DAY: "DAY", TAG: "DAY",
  J: "JOU", JOU: "JOU", KJ: "KJO", KJO: "KJO", WH: "WHR", WHR: "WHR", KWH: "KWH", MWH: "MWH",
}; // prettier-ignore

/** Rec 20 → what SAP expects in an entry field, in English; German where it differs. */
const fromRec20: Readonly<Record<string, string>> = {
  C62: "PC", H87: "PC", EA: "EA", PR: "PR", DZN: "DZ", MIL: "TS", MGM: "MG", GRM: "G", KGM: "KG", TNE: "TO", LBR: "LB", ONZ: "OZ",
  "4H": "µM", MMT: "MM", CMT: "CM", DMT: "DM", MTR: "M", KMT: "KM", INH: "IN", FOT: "FT", YRD: "YD", MMK: "MM2", CMK: "CM2", MTK: "M2",
  MLT: "ML", CMQ: "CM3", LTR: "L", HLT: "HL", MTQ: "M3", GLL: "GAL", SEC: "S", MIN: "MIN", HUR: "H", DAY: "DAY",
  JOU: "J", KJO: "KJ", WHR: "WH", KWH: "KWH", MWH: "MWH",
}; // prettier-ignore

const german: Readonly<Record<string, string>> = { C62: "ST", H87: "ST", HUR: "STD", DAY: "TAG" };

/** SAP unit → Rec 20 code, as configured for this connection. */
export type UnitMap = Readonly<Record<string, string>>;

/** The three names of one unit; blank where SAP gives none. */
export interface UnitNames {
  readonly unit: string;
  readonly iso: string;
  readonly sap: string;
}

/**
 * The Rec 20 code of a unit; configured names count first, then ISO code, SAP's own code and the name in the language.
 *
 * @fault invalid erp/sap-unit-unknown  none of the names is known
 */
export function readUnit(names: UnitNames, configured: UnitMap): Result<string> {
  const given = [names.unit, names.iso, names.sap].map((name) => name.trim()).filter((name) => name !== "");
  for (const name of given) if (Object.hasOwn(configured, name)) return ok(configured[name] ?? "");
  for (const name of [names.iso.trim(), names.sap.trim(), names.unit.trim()]) {
    // As written first: the capital of µ is another letter.
    const known = [name, name.toUpperCase()].find((form) => Object.hasOwn(toRec20, form));
    if (known !== undefined) return ok(toRec20[known] ?? "");
  }
  const said = given.length ? `the unit "${given[0]}", which Millrace does not know` : "no unit";
  return fail("invalid", "erp/sap-unit-unknown", `SAP names ${said}. Add it to "units" of the SAP connection.`);
}

/**
 * The unit to write into an entry field when the order itself did not name one.
 *
 * @fault invalid erp/sap-unit-unknown  nothing is configured and the table has none
 */
export function writeUnit(uom: string, configured: UnitMap, language: string): Result<string> {
  const own = Object.entries(configured).find(([, code]) => code === uom);
  const name = own?.[0] ?? (language === "DE" ? german[uom] : undefined) ?? fromRec20[uom];
  if (name) return ok(name);
  return fail(
    "invalid",
    "erp/sap-unit-unknown",
    `No SAP unit is known for ${uom}. Add one to "units" of the SAP connection.`,
  );
}
