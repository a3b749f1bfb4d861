/** One row of the bench: what is measured, in which unit, and the budget that it has to keep. */
export type BenchRow = {
  readonly name: string;
  readonly unit: string;
  readonly budget: number;
  readonly better: 'higher' | 'lower';
  readonly run: () => Promise<number>;
};
