/** Waiting to a fraction of a millisecond: the gap of a fast line is shorter than a timer's step. */

export const preciseNowMs = (): number => performance.now();
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Timers fire up to a millisecond late: the last bit is waited out turn by turn, so that bytes are seen meanwhile. */
export async function waitUntil(atMs: number): Promise<void> {
  for (let leftMs = atMs - preciseNowMs(); leftMs > 0; leftMs = atMs - preciseNowMs()) {
    if (leftMs > 2) await new Promise((resolve) => setTimeout(resolve, Math.floor(leftMs - 1)));
    else await nextTurn();
  }
}
