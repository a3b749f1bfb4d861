/** Counting over the ledger's rows by plain loops: buckets, slopes, sums that move; no InfluxQL and nothing of the boards' own code. */
import type { Registry } from '#model/registry.ts';
import { DAY_MS, HOUR_MS } from '#model/time.ts';
import type { AlertRow, SystemRow } from '#test/grafana/support/beside.ts';
import type { Cell, View } from '#test/grafana/support/grafana.ts';
import type { Row } from '#test/grafana/support/ledger.ts';

export type World = {
  readonly registry: Registry;
  readonly rows: readonly Row[];
  readonly alerts: readonly AlertRow[];
  readonly system: readonly SystemRow[];
};
export type Wanted =
  | {
      readonly kind: 'series';
      readonly series: ReadonlyMap<string, ReadonlyMap<number, Cell>>;
      /** Stamps before it are warming up: InfluxDB may look a bucket further back than the range, or not. */
      readonly comparedFromMs?: number;
    }
  | {
      readonly kind: 'table';
      readonly rows: readonly { readonly [column: string]: Cell }[];
      readonly ignore: readonly string[];
    };
/** `intervalMs` is that of `$__interval`. */
export type Ask = { readonly world: World; readonly view: View; readonly intervalMs: number };
export type Oracle = (ask: Ask) => Wanted;
export type Field = 'value' | 'suspect' | 'bad';
export type Pick = (row: Row) => boolean;

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
export const mean = (values: readonly number[]): number => sum(values) / values.length;
export const most = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
export const least = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
/** The nearest rank. */
export const percentile =
  (p: number) =>
  (values: readonly number[]): number =>
    [...values].sort((a, b) => a - b)[Math.floor((values.length * p) / 100 + 0.5) - 1] ?? Number.NaN;

export const allows = (choice: View['variables'][string] | undefined, tag: string): boolean =>
  choice === undefined || choice === '$__all' || choice === tag || (typeof choice !== 'string' && choice.includes(tag));

/** The chosen places, of one or some quantities. */
export const placed =
  (view: View, ...quantities: readonly string[]): Pick =>
  (row) =>
    (quantities.length === 0 || quantities.includes(row.quantity)) &&
    (['township', 'village', 'point', 'sensor'] as const).every((tag) => allows(view.variables[tag], row.tags[tag]));

export const shanghai = 8 * HOUR_MS;
/** The beginning of a bucket; whole ones of UTC, or of the county's clock with an offset. */
export const floorTo = (atMs: number, everyMs: number, offsetMs = 0): number =>
  Math.floor((atMs - offsetMs) / everyMs) * everyMs + offsetMs;

export type Bucketing = {
  readonly everyMs: number;
  readonly offsetMs?: number;
  readonly by?: (row: Row) => string;
  /** What an interval without a value has. */
  readonly empty?: number | null | 'none';
};
export type Series = Map<string, Map<number, number | null>>;

/** Both ends belong to the range; a bucket without a value is null or left out. */
export function bucketed(
  { world, view }: Ask,
  pick: Pick,
  field: Field,
  reduce: (values: readonly number[]) => number,
  { everyMs, offsetMs = 0, by = ({ tags }) => tags.sensor, empty = null }: Bucketing,
): Series {
  const grouped = new Map<string, Map<number, number[]>>();
  for (const row of world.rows) {
    const value = row[field];
    if (value === undefined || row.atMs < view.fromMs || row.atMs > view.toMs || !pick(row)) continue;
    const at = floorTo(row.atMs, everyMs, offsetMs);
    const buckets = grouped.get(by(row)) ?? new Map<number, number[]>();
    const values = buckets.get(at) ?? [];
    values.push(value);
    grouped.set(by(row), buckets.set(at, values));
  }
  const series: Series = new Map();
  for (const [name, buckets] of grouped) {
    const found = new Map<number, number | null>();
    for (let at = floorTo(view.fromMs, everyMs, offsetMs); at <= view.toMs; at += everyMs) {
      const values = buckets.get(at);
      if (values !== undefined) found.set(at, reduce(values));
      else if (empty !== 'none') found.set(at, empty);
    }
    series.set(name, found);
  }
  return series;
}

export const asWanted = (series: Series, comparedFromMs?: number): Wanted => ({
  kind: 'series',
  series,
  ...(comparedFromMs === undefined ? {} : { comparedFromMs }),
});
export const renamed = (series: Series, name: (old: string) => string): Series =>
  new Map([...series].map(([old, points]) => [name(old), points]));

export const plain =
  (quantities: readonly string[], field: Field, reduce: typeof sum, everyMs?: number): Oracle =>
  (ask) => {
    const found = bucketed(ask, placed(ask.view, ...quantities), field, reduce, { everyMs: everyMs ?? ask.intervalMs });
    return asWanted(field === 'suspect' ? renamed(found, (name) => `${name} ?`) : found);
  };

/** From one value to the next that is there, in units of `perMs`. */
export function slopes(series: Series, perMs: number): Series {
  return new Map(
    [...series].map(([name, points]) => {
      const there = [...points].filter((point): point is [number, number] => point[1] !== null);
      return [
        name,
        new Map(
          there.slice(1).map(([at, value], index) => {
            const [beforeMs, before] = there[index] ?? [at, value];
            return [at, ((value - before) / (at - beforeMs)) * perMs];
          }),
        ),
      ];
    }),
  );
}

export const rates =
  (quantity: string, perMs: number, everyOf: (view: View) => number, times: 1 | 2): Oracle =>
  (ask) => {
    const everyMs = everyOf(ask.view);
    // One bucket further back than the range, and then compared only from where that no longer matters.
    const means = bucketed(ask, placed(ask.view, quantity), 'value', mean, { everyMs, empty: 'none' });
    const found = times === 1 ? slopes(means, perMs) : slopes(slopes(means, perMs), perMs);
    return asWanted(found, floorTo(ask.view.fromMs, everyMs) + (times + 1) * everyMs);
  };
export const stretch = ({ variables }: View): number => {
  const text = String(variables['stretch']);
  return Number.parseInt(text, 10) * (text.endsWith('d') ? DAY_MS : HOUR_MS);
};

export const running = (series: Series): Series =>
  new Map(
    [...series].map(([name, points]) => {
      let total = 0;
      const add = (value: number): number => {
        total += value;
        return total;
      };
      return [name, new Map([...points].flatMap(([at, value]) => (value === null ? [] : [[at, add(value)] as const])))];
    }),
  );

/** For each bucket of the range the rain of the window that ends with it, where anything was heard in it. */
export const moving =
  (windowMs: number, bucketMs: number, isOurs: (sensor: string) => boolean): Oracle =>
  ({ world, view }) => {
    const series: Series = new Map();
    const own = world.rows.filter(
      (row) =>
        placed(view, 'rain')(row) &&
        isOurs(row.tags.sensor) &&
        row.value !== undefined &&
        row.atMs > view.fromMs - windowMs &&
        row.atMs <= view.toMs,
    );
    for (const sensor of new Set(own.map(({ tags }) => tags.sensor))) {
      const rows = own.filter(({ tags }) => tags.sensor === sensor);
      const found = new Map<number, number | null>();
      for (let at = floorTo(view.fromMs, bucketMs) + bucketMs; at <= view.toMs; at += bucketMs) {
        const within = rows.filter(({ atMs }) => atMs >= at + bucketMs - windowMs && atMs < at + bucketMs);
        if (within.length > 0) found.set(at, sum(within.map(({ value = 0 }) => value)));
      }
      series.set(sensor, found);
    }
    return asWanted(series, view.fromMs);
  };
