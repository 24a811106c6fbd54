/**
 * Named points at which crash tests stop or kill the process: just after something became durable, just before it is
 * acted upon. In production no probe is given and nothing happens here.
 */

/**
 * - `startup`             the role is up, nothing was resumed yet
 * - `buffer-durable`      batches are on the disk, nobody was told yet
 * - `history-slice`       a slice of a machine's history was appended
 * - `instruction-written` a machine holds what it was told, nothing was read back yet
 * - `posting-sending`     the attempt is committed and the request is on its way, no reply was read yet
 */
export type ProbePoint = "buffer-durable" | "history-slice" | "instruction-written" | "posting-sending" | "startup";

/** `about` names the thing at hand: a source, an instruction, a posting key. Awaited before work goes on. */
export type Probe = (point: ProbePoint, about: string) => void | Promise<void>;
