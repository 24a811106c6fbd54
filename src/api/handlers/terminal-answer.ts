/** What the terminal shows, as the contract writes it. */
import { formatInstant, type Instant } from "../../base/instant.ts";
import { formatMicro, type Quantity } from "../../base/quantity.ts";
import type { ScanMeaning, ShownJob, ShownMaterial, Terminal } from "../../flows/view/terminal.ts";
import { numberIn } from "../../isa95/schedule/operations-request.ts";
import type { InstructionState } from "../../record/instruction.ts";
import type { ReasonNode, Site, SiteWorkUnit } from "../../site/site.ts";
import type { Amount } from "../contract/answer.ts";
import type { FloorUnit } from "../contract/floor.ts";
import type {
  Reason,
  ScanMeaning as ScanAnswer,
  Terminal as TerminalAnswer,
  TerminalJob,
} from "../contract/terminal.ts";

/** @param at the work unit: as the floor shows it, and as the site describes it */
export function terminalAnswer(
  shown: Terminal,
  at: { readonly shown: FloorUnit; readonly unit: SiteWorkUnit },
  site: Site,
  now: Instant,
): TerminalAnswer {
  const { reasons } = site.terminal;
  return {
    asOf: formatInstant(now),
    unit: at.shown,
    current: shown.current.map(jobAnswer),
    next: shown.next.map(jobAnswer),
    setup: setupLines(shown.setup),
    materials: shown.materials.map(materialAnswer),
    positions: (at.unit.positions ?? []).map(({ id, description }) => ({ id, description })),
    signedOn: shown.people.map(({ person, name, since, onBreak }) => ({
      person,
      name,
      since: formatInstant(since),
      onBreak,
    })),
    openStop: shown.stoppedSince === null ? null : { since: formatInstant(shown.stoppedSince) },
    reasons: { stop: reasons.stop.map(reasonAnswer), scrap: reasons.scrap.map(reasonAnswer) },
    phase: shown.phase,
    control: shown.control,
  };
}

function jobAnswer({ row, request, isHeld, acknowledgedAt }: ShownJob): TerminalJob {
  const { jobOrder } = row;
  const segment = request.segments.find(({ id }) => id === jobOrder.segment);
  const { uom } = jobOrder.quantity;
  const latestEnd = segment?.latestEnd ?? request.latestEnd;
  return {
    jobOrder: jobOrder.id,
    order: request.id,
    number: numberIn(request.id),
    operation: jobOrder.segment,
    description: segment?.description ?? "",
    material: jobOrder.material,
    quantity: amountAnswer(jobOrder.quantity),
    good: amountAnswer({ micro: row.goodMicro, uom }),
    scrap: amountAnswer({ micro: row.scrapMicro, uom }),
    rework: amountAnswer({ micro: row.reworkMicro, uom }),
    state: isHeld ? "held" : jobOrder.state,
    priority: request.priority,
    latestEnd: latestEnd === null ? null : formatInstant(latestEnd),
    acknowledgedAt: acknowledgedAt === null ? null : formatInstant(acknowledgedAt),
  };
}

type SetupState = TerminalAnswer["setup"][number]["state"];

const setupStates: Readonly<Record<InstructionState, SetupState>> = {
  planned: "waiting",
  writing: "written",
  verified: "verified",
  armed: "verified",
  "rolled-back": "rolled-back",
  "in-doubt": "written",
  refused: "differs",
};

/** What was read stays to be seen when the set-up was taken back: it is why. */
function setupLines(setup: Terminal["setup"]): TerminalAnswer["setup"] {
  if (!setup) return [];
  const state = setupStates[setup.state];
  const held = new Map(setup.held.map((value) => [value.item, value.read]));
  return setup.setup.map(({ item, value }) => {
    const read = held.get(item) ?? null;
    return { item, wanted: String(value), read: read === null ? null : String(read), state };
  });
}

function materialAnswer({ line, used, isLoaded, loads }: ShownMaterial): TerminalAnswer["materials"][number] {
  return {
    requirement: line.id,
    material: line.material,
    lot: line.lot,
    quantity: amountAnswer(line.quantity),
    used: amountAnswer(used),
    mode: line.mode,
    isLoaded,
    loaded: loads.map(({ material, lot, handlingUnit, position, left, since, isSubstitute }) => ({
      material,
      lot,
      handlingUnit,
      position,
      quantity: left && amountAnswer(left),
      since: formatInstant(since),
      isSubstitute,
    })),
  };
}

function reasonAnswer({ code, text, children }: ReasonNode): Reason {
  return { code, text: { ...text }, children: children.map(reasonAnswer) };
}

export function scanAnswer(meaning: ScanMeaning): ScanAnswer {
  switch (meaning.means) {
    case "operation":
      return { means: "operation", job: jobAnswer(meaning.job) };
    case "material": {
      const { material, lot, handlingUnit, quantity, unitOfQuantity, fits, code, why } = meaning;
      const uom = quantity?.uom ?? unitOfQuantity ?? "C62";
      return {
        means: "material",
        material,
        lot,
        handlingUnit,
        quantity: quantity && { value: quantity.value, uom },
        fits: fits && { ...fits },
        code,
        why,
      };
    }
    case "unknown":
      return { means: "unknown", why: meaning.why };
  }
}

function amountAnswer({ micro, uom }: Quantity): Amount {
  return { value: formatMicro(micro), uom };
}
