/** Runs the rows of the budget table and prints each beside its budget; a missed one is said to be missed. */
import type { BenchRow } from '#test/bench/row.ts';
import { machineSpeed } from '#test/bench/yardstick.ts';

export type BenchOutcome = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly budget: number | null;
  readonly met: boolean;
  /** How fast the machine was beside the quiet hour of docs/bench.md: the slower of before and after. */
  readonly machine: number;
};

async function allRows(): Promise<readonly BenchRow[]> {
  const [
    rules,
    backtest,
    centre,
    latency,
    edge,
    siren,
    outbox,
    peers,
    grid,
    storm,
    targeting,
    embedded,
    influx,
    queries,
  ] = await Promise.all([
    import('#test/bench/rules.ts'),
    import('#test/bench/backtest.ts'),
    import('#test/bench/centre.ts'),
    import('#test/bench/latency.ts'),
    import('#test/bench/edge.ts'),
    import('#test/bench/edge-siren.ts'),
    import('#test/bench/edge-outbox.ts'),
    import('#test/bench/rules-peers.ts'),
    import('#test/bench/grid.ts'),
    import('#test/bench/storm.ts'),
    import('#test/bench/targeting.ts'),
    import('#test/bench/history-embedded.ts'),
    import('#test/bench/history-influx.ts'),
    import('#test/bench/history-queries.ts'),
  ]);
  return [
    ...centre.rows,
    ...latency.rows,
    ...rules.rows,
    ...backtest.rows,
    ...peers.rows,
    ...edge.rows,
    ...siren.rows,
    ...outbox.rows,
    ...grid.rows,
    ...storm.rows,
    ...targeting.rows,
    ...embedded.rows,
    ...influx.rows,
    ...queries.rows,
  ];
}

/** Below it a figure says more of the machine's neighbours than of the program. */
const SLOW = 0.8;

const shown = (value: number): string =>
  Math.abs(value) >= 1_000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));

const isMet = ({ budget, better }: BenchRow, value: number): boolean =>
  budget === null || (better === 'higher' ? value >= budget : value <= budget);

const verdict = (row: BenchRow, met: boolean): string => {
  if (row.budget === null) return 'for comparison';
  return `budget ${row.better === 'higher' ? '≥' : '≤'} ${shown(row.budget)}  ${met ? 'met' : 'MISSED'}`;
};

/** Rows whose name begins with `only`, in the order of the table. */
export async function runBench(options: {
  readonly only: string;
  readonly json: boolean;
}): Promise<readonly BenchOutcome[]> {
  const outcomes: BenchOutcome[] = [];
  for (const row of (await allRows()).filter((candidate) => candidate.name.startsWith(options.only))) {
    const before = machineSpeed();
    const value = await row.run();
    const machine = Number(Math.min(before, machineSpeed()).toFixed(2));
    const met = isMet(row, value);
    const { name, unit, budget } = row;
    outcomes.push({ name, value: Number(value.toPrecision(6)), unit, budget, met, machine });
    const slow = machine < SLOW ? `  (machine at ${machine} of its speed)` : '';
    console.log(`${name.padEnd(36)} ${shown(value).padStart(12)} ${unit.padEnd(12)} ${verdict(row, met)}${slow}`);
  }
  if (options.json) console.log(JSON.stringify({ rows: outcomes }));
  return outcomes;
}
