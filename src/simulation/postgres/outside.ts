/**
 * What is under way at a real server while a world stands still. The schedule goes on when every answer has come, or when
 * all that is awaited waits for a lock: only somebody who has not been chosen yet can give that back.
 */

export interface Outside {
  /** Something is sent; whoever calls what it returns says that the answer is there. */
  begin(): () => void;
  /** Null when nothing is awaited. */
  wait(): Promise<void> | null;
}

/**
 * So long a statement may work before the server is asked what it waits for; most have their answer in a tenth of it, and
 * a deadlock is seen before.
 */
const patienceMs = 20;

/** @param waiting  how many connections wait for a lock that somebody else holds */
export function outside(waiting: () => Promise<number>): Outside {
  let underWay = 0;
  let turn = 0;
  let wake: () => void = () => undefined;
  /** Somebody waited for a lock the last time: they are asked about at once. */
  let isLocked = false;
  const rest = async (): Promise<void> => {
    for (;;) {
      // Whoever has an answer goes as far as it can.
      await nextTurn();
      if (underWay === 0) {
        isLocked = false;
        return;
      }
      const before = turn;
      if (!isLocked) await Promise.race([changed(), pause(patienceMs)]);
      if (turn !== before) continue;
      const count = await waiting();
      isLocked = turn === before && count >= underWay;
      if (isLocked) return;
      if (turn === before) await Promise.race([changed(), pause(patienceMs)]);
    }
  };
  const changed = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  return {
    begin() {
      let isOver = false;
      underWay += 1;
      turn += 1;
      return () => {
        if (isOver) return;
        isOver = true;
        underWay -= 1;
        turn += 1;
        wake();
      };
    },
    wait: () => (underWay === 0 ? null : rest()),
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
