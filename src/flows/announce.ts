/**
 * What flows announce when they have committed something that a screen may be showing: which thing, not what it is now.
 * Who hears it asks again. Nothing depends on it: an announcement that is lost makes a screen late, not wrong.
 */
export type Announcement =
  /** `isNewState`: what a person sees first has changed; it is not held back. */
  | { readonly kind: "unit"; readonly unit: string; readonly isNewState: boolean }
  /** `equipment`: where it is done, so that only those hear it who may see one of these. */
  | { readonly kind: "order"; readonly order: string; readonly equipment: readonly string[] }
  | {
      readonly kind: "posting";
      readonly posting: string;
      readonly order: string;
      readonly equipment: readonly string[];
    }
  | { readonly kind: "notification"; readonly notification: string; readonly equipment: readonly string[] }
  | { readonly kind: "mend" }
  | { readonly kind: "connections" };

/** Called after the commit, never within the transaction. Never throws, never waits. */
export type Announce = (announcement: Announcement) => void;
