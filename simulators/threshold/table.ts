/** A series at an even step that a scenario computes once: balances and responses that have no closed form. */

export type Table = {
  readonly stepMs: number;
  /** From the begin on; before it the first holds, after its end the last. */
  readonly values: readonly number[];
};

export function tableAt({ stepMs, values }: Table, tMs: number, how: 'linear' | 'hold' = 'linear'): number {
  const at = Math.max(0, tMs) / stepMs;
  const index = Math.floor(at);
  const before = values[Math.min(index, values.length - 1)] ?? 0;
  const after = values[index + 1];
  return how === 'hold' || after === undefined ? before : before + (after - before) * (at - index);
}

/** `untilMs` included. */
export function tabulate(stepMs: number, untilMs: number, valueAt: (tMs: number) => number): Table {
  const count = Math.ceil(untilMs / stepMs) + 1;
  return { stepMs, values: Array.from({ length: count }, (_, index) => valueAt(index * stepMs)) };
}
