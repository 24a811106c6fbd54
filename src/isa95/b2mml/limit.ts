/** How much a document may ask for. Whoever sends is not trusted: each limit is checked while reading, not after. */

export interface Limits {
  readonly bytesMax: number;
  /** Elements inside elements. */
  readonly depthMax: number;
  readonly elementsMax: number;
  /** Characters of one text or attribute. */
  readonly textMax: number;
}

export const usualLimits: Limits = {
  bytesMax: 64 * 1024 * 1024,
  depthMax: 64,
  elementsMax: 2_000_000,
  textMax: 1024 * 1024,
};
