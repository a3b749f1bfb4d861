/** One row of the bench: what is measured, in which unit, and the budget that it has to keep. */
export type BenchRow = {
  readonly name: string;
  readonly unit: string;
  /** Null: a peer's row, there to be compared with. */
  readonly budget: number | null;
  readonly better: 'higher' | 'lower';
  readonly run: () => Promise<number>;
};
