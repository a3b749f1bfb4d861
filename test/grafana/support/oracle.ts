/**
 * What each panel must show, counted from the ledger's rows by plain loops: no InfluxQL and nothing of the boards' own code.
 * A question that is new has no entry here, and the test says so.
 */
import type { Registry } from '#model/registry.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#model/time.ts';
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
type Oracle = (ask: Ask) => Wanted;
type Field = 'value' | 'suspect' | 'bad';
type Pick = (row: Row) => boolean;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
/** The nearest rank. */
const percentile =
  (p: number) =>
  (values: readonly number[]): number =>
    [...values].sort((a, b) => a - b)[Math.floor((values.length * p) / 100 + 0.5) - 1] ?? Number.NaN;

const allows = (choice: View['variables'][string] | undefined, tag: string): boolean =>
  choice === undefined || choice === '$__all' || choice === tag || (typeof choice !== 'string' && choice.includes(tag));

/** The chosen places, of one or some quantities. */
const placed =
  (view: View, ...quantities: readonly string[]): Pick =>
  (row) =>
    (quantities.length === 0 || quantities.includes(row.quantity)) &&
    (['township', 'village', 'point', 'sensor'] as const).every((tag) => allows(view.variables[tag], row.tags[tag]));

const shanghai = 8 * HOUR_MS;
/** The beginning of a bucket; whole ones of UTC, or of the county's clock with an offset. */
const floorTo = (atMs: number, everyMs: number, offsetMs = 0): number =>
  Math.floor((atMs - offsetMs) / everyMs) * everyMs + offsetMs;

type Bucketing = {
  readonly everyMs: number;
  readonly offsetMs?: number;
  readonly by?: (row: Row) => string;
  /** What an interval without a value has. */
  readonly empty?: number | null | 'none';
};
type Series = Map<string, Map<number, number | null>>;

/** Both ends belong to the range; a bucket without a value is null or left out. */
function bucketed(
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

const asWanted = (series: Series, comparedFromMs?: number): Wanted => ({
  kind: 'series',
  series,
  ...(comparedFromMs === undefined ? {} : { comparedFromMs }),
});
const renamed = (series: Series, name: (old: string) => string): Series =>
  new Map([...series].map(([old, points]) => [name(old), points]));

const plain =
  (quantities: readonly string[], field: Field, reduce: typeof sum, everyMs?: number): Oracle =>
  (ask) => {
    const found = bucketed(ask, placed(ask.view, ...quantities), field, reduce, { everyMs: everyMs ?? ask.intervalMs });
    return asWanted(field === 'suspect' ? renamed(found, (name) => `${name} ?`) : found);
  };

/** From one value to the next that is there, in units of `perMs`. */
function slopes(series: Series, perMs: number): Series {
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

const rates =
  (quantity: string, perMs: number, everyOf: (view: View) => number, times: 1 | 2): Oracle =>
  (ask) => {
    const everyMs = everyOf(ask.view);
    // One bucket further back than the range, and then compared only from where that no longer matters.
    const means = bucketed(ask, placed(ask.view, quantity), 'value', mean, { everyMs, empty: 'none' });
    const found = times === 1 ? slopes(means, perMs) : slopes(slopes(means, perMs), perMs);
    return asWanted(found, floorTo(ask.view.fromMs, everyMs) + (times + 1) * everyMs);
  };
const stretch = ({ variables }: View): number => {
  const text = String(variables['stretch']);
  return Number.parseInt(text, 10) * (text.endsWith('d') ? DAY_MS : HOUR_MS);
};

const running = (series: Series): Series =>
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
const moving =
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

const lastHours =
  (hours: number, column: string, field: Field, reduce: typeof sum): Oracle =>
  ({ world, view }) => {
    const rows = world.rows.filter(
      (row) =>
        placed(view, 'rain')(row) &&
        row[field] !== undefined &&
        row.atMs > view.toMs - hours * HOUR_MS &&
        row.atMs <= view.toMs,
    );
    const sensors = [...new Set(rows.map(({ tags }) => tags.sensor))];
    return {
      kind: 'table',
      ignore: ['Time'],
      rows: sensors.map((sensor) => ({
        sensor,
        [column]: reduce(rows.filter(({ tags }) => tags.sensor === sensor).map((row) => row[field] ?? 0)),
      })),
    };
  };

/** The newest entry of each point or area and hazard, where it is not closed. */
function openAt({ world, view }: Ask): readonly AlertRow[] {
  const newest = new Map<string, AlertRow>();
  const heard = world.alerts.filter(({ atMs, origin }) => atMs <= view.toMs && origin === view.variables['origin']);
  for (const row of heard.filter(({ township }) => allows(view.variables['township'], township)))
    newest.set(row.key, row);
  return [...newest.values()].filter(({ isOpen }) => isOpen);
}

const openTable: Oracle = (ask) => ({
  kind: 'table',
  ignore: [],
  rows: openAt(ask).map(({ atMs, point, hazard, level, zh }) => ({ Time: atMs, point, hazard, level, text: zh })),
});

const openOf =
  (level: number, name: string): Oracle =>
  (ask) => {
    const count = openAt(ask).filter((row) => row.level === level).length;
    return asWanted(count === 0 ? new Map() : new Map([[name, new Map([[0, count]])]]));
  };

function byPoint(rows: readonly Row[], column: string, figure: (own: readonly Row[]) => number): Wanted {
  const points = [...new Set(rows.map(({ tags }) => tags.point))];
  const found = points.map((point) => ({ point, [column]: figure(rows.filter(({ tags }) => tags.point === point)) }));
  return { kind: 'table', ignore: ['Time'], rows: found };
}
const lastHourRows = ({ world, view }: Ask, quantity: string): readonly Row[] =>
  world.rows.filter(
    (row) =>
      row.quantity === quantity && row.value !== undefined && row.atMs > view.toMs - HOUR_MS && row.atMs <= view.toMs,
  );
const newestBy =
  (quantity: string): Oracle =>
  (ask) =>
    byPoint(
      lastHourRows(ask, quantity),
      quantity,
      (own) => own.reduce((a, b) => (b.atMs > a.atMs ? b : a)).value ?? Number.NaN,
    );

const wettest = (rows: readonly Row[]): number =>
  most(
    [...new Set(rows.map(({ tags }) => tags.sensor))].map((id) =>
      sum(rows.filter(({ tags }) => tags.sensor === id).map(({ value = 0 }) => value)),
    ),
  );

const townshipRain: Oracle = (ask) => {
  const sums = bucketed(ask, ({ quantity }) => quantity === 'rain', 'value', sum, {
    everyMs: HOUR_MS,
    by: ({ tags }) => `${tags.township} ${tags.sensor}`,
  });
  const series: Series = new Map();
  for (const [name, points] of sums) {
    const township = name.split(' ')[0] ?? '';
    const known = series.get(township) ?? new Map<number, number | null>();
    for (const [at, value] of points) {
      const before = known.get(at) ?? null;
      known.set(at, value === null ? before : before === null ? value : Math.max(before, value));
    }
    series.set(township, known);
  }
  return asWanted(series);
};

const heard: Oracle = ({ world, view }) => {
  const rows = world.rows.filter(
    (row) => row.value !== undefined && row.atMs > view.toMs - 15 * MINUTE_MS && row.atMs <= view.toMs,
  );
  const quantities = [...new Set(rows.map(({ quantity }) => quantity))];
  const count = (quantity: string) =>
    new Set(rows.filter((row) => row.quantity === quantity).map(({ tags }) => tags.sensor)).size;
  return asWanted(new Map(quantities.map((quantity) => [`simulated_${quantity}`, new Map([[0, count(quantity)]])])));
};

const percentiles: Oracle = ({ world, view }) => {
  const rows = world.rows.filter(
    (row) =>
      placed(view, String(view.variables['quantity']))(row) &&
      row.value !== undefined &&
      row.atMs >= view.fromMs &&
      row.atMs <= view.toMs,
  );
  const sensors = [...new Set(rows.map(({ tags }) => tags.sensor))];
  const valuesOf = (sensor: string) => rows.filter(({ tags }) => tags.sensor === sensor).map(({ value = 0 }) => value);
  return {
    kind: 'table',
    ignore: ['Time'],
    rows: sensors.map((sensor) => {
      const values = valuesOf(sensor);
      const ranks = Object.fromEntries([10, 50, 90].map((p) => [`p${p}`, percentile(p)(values)]));
      return { sensor, n: values.length, min: least(values), ...ranks, max: most(values) };
    }),
  };
};

const daily =
  (quantityOf: (view: View) => string, reduce: typeof sum, name = (sensor: string) => sensor): Oracle =>
  (ask) =>
    asWanted(
      renamed(
        bucketed(ask, placed(ask.view, quantityOf(ask.view)), 'value', reduce, {
          everyMs: DAY_MS,
          offsetMs: -shanghai,
        }),
        name,
      ),
    );
const chosenQuantity = (view: View): string => String(view.variables['quantity']);
const rainSoFar: Oracle = (ask) =>
  asWanted(running(bucketed(ask, placed(ask.view, 'rain'), 'value', sum, { everyMs: DAY_MS, offsetMs: -shanghai })));

const systemRows = ({ world, view }: Ask, metric?: string): readonly Row[] =>
  world.system
    .filter((row) => metric === undefined || row.metric === metric)
    .filter(({ atMs }) => atMs >= view.fromMs && atMs <= view.toMs)
    .map(({ atMs, process, label, value }) => ({
      ...{ atMs, value, quantity: 'output' },
      tags: { sensor: `${process} ${label}`, edge: process, township: '', village: '', point: '' },
    }));
const system =
  (metric: string): Oracle =>
  (ask) => {
    const world = { ...ask.world, rows: systemRows(ask, metric) };
    if (!metric.endsWith('_total'))
      return asWanted(bucketed({ ...ask, world }, () => true, 'value', most, { everyMs: ask.intervalMs }));
    const growth = slopes(
      bucketed({ ...ask, world }, () => true, 'value', most, { everyMs: MINUTE_MS, empty: 'none' }),
      1_000,
    );
    const grown = [...growth].map(
      ([name, points]) => [name, new Map([...points].filter(([, value]) => (value ?? 0) >= 0))] as const,
    );
    return asWanted(new Map(grown), ask.view.fromMs + 2 * MINUTE_MS);
  };
const processes: Oracle = (ask) =>
  asWanted(
    bucketed(
      { ...ask, world: { ...ask.world, rows: systemRows(ask) } },
      () => true,
      'value',
      (values) => values.length,
      {
        everyMs: ask.intervalMs,
        empty: 0,
        by: ({ tags }) => tags.edge,
      },
    ),
  );

const quality =
  (field: 'bad' | 'suspect', word: string): Oracle =>
  (ask) =>
    asWanted(
      bucketed(ask, placed(ask.view), field, (values) => values.length, {
        everyMs: ask.intervalMs,
        empty: 0,
        by: ({ tags, quantity }) => `${tags.edge} simulated_${quantity} ${word}`,
      }),
    );

const SUMS = [1, 3, 6, 12, 24, 72] as const;
const sums: readonly (readonly [string, Oracle])[] = [
  ...SUMS.map((hours, index) => ['ABCDEF'.charAt(index), lastHours(hours, `h${hours}`, 'value', sum)] as const),
  ['G', lastHours(24, 'missed', 'bad', (values) => values.length)],
];
const STATES = [
  'fault',
  'contamination',
  'contact',
  'callPoint',
  'tamper',
  'lowBattery',
  'obstruction',
  'selfTest',
  'output',
];
const places: Oracle = ({ world }) => ({
  kind: 'table',
  ignore: ['Time'],
  rows: [...world.registry.points.values()].map(({ id, lon, lat }) => ({ point: id, lon, lat })),
});
const bothOf = (board: string, quantity: string, reduce: typeof sum): readonly (readonly [string, Oracle])[] =>
  [1, 2, 3].flatMap((group) => [
    [`${board}/${quantity}-value-${group}/A`, plain([quantity], 'value', reduce)] as const,
    [`${board}/${quantity}-value-${group}/B`, plain([quantity], 'suspect', reduce)] as const,
  ]);

/** By board, panel and question. */
export const ORACLES: ReadonlyMap<string, Oracle> = new Map<string, Oracle>([
  ...(['红色', '橙色', '黄色', '蓝色'] as const).map(
    (name, index) => [`overview/open-by-level/${'ABCD'.charAt(index)}`, openOf(4 - index, name)] as const,
  ),
  ['overview/heard/A', heard],
  ['overview/map/A', places],
  [
    'overview/map/B',
    (ask) => {
      const open = openAt(ask);
      const points = [...new Set(open.map(({ point }) => point))];
      const rows = points.map((point) => ({
        point,
        level: most(open.filter((row) => row.point === point).map(({ level }) => level)),
      }));
      return { kind: 'table', ignore: ['Time'], rows };
    },
  ],
  ['overview/map/C', (ask) => byPoint(lastHourRows(ask, 'rain'), 'rain', wettest)],
  ['overview/map/D', newestBy('displacement')],
  ['overview/map/E', newestBy('level')],
  ['overview/open-alerts/A', openTable],
  ['overview/township-rain/A', townshipRain],
  ['township/open-alerts/A', openTable],
  ...(['township', 'rain'] as const).flatMap((board) => [
    ...sums.map(([refId, oracle]) => [`${board}/sums/${refId}`, oracle] as const),
    [`${board}/hourly/A`, plain(['rain'], 'value', sum, HOUR_MS)] as const,
    [`${board}/hourly/B`, plain(['rain'], 'suspect', sum, HOUR_MS)] as const,
  ]),
  ...(['township', 'water'] as const).flatMap((board) => bothOf(board, 'level', most)),
  ...(['township', 'displacement'] as const).flatMap((board) => bothOf(board, 'displacement', mean)),
  ['township/smoke/A', plain(['smoke'], 'value', most)],
  [
    'rain/cumulative/A',
    (ask) => asWanted(running(bucketed(ask, placed(ask.view, 'rain'), 'value', sum, { everyMs: 10 * MINUTE_MS }))),
  ],
  [
    'rain/daily/A',
    (ask) =>
      asWanted(
        bucketed(ask, placed(ask.view, 'rain'), 'value', sum, { everyMs: DAY_MS, offsetMs: 8 * HOUR_MS - shanghai }),
      ),
  ],
  ...(
    [
      [10, 5],
      [60, 5],
      [180, 10],
      [360, 10],
      [720, 10],
      [1_440, 10],
      [4_320, 60],
    ] as const
  ).flatMap(([window, bucket]) =>
    ([1, 2] as const).map((group) => {
      // No rule knows the second gauge of Taoshuwan, so it has a panel without lines.
      const isOurs = (sensor: string) => (sensor === 'taoshuwan-rain-2') === (group === 2);
      return [`rain/sum-${window}m-${group}/A`, moving(window * MINUTE_MS, bucket * MINUTE_MS, isOurs)] as const;
    }),
  ),
  ['water/level-rate-1/A', rates('level', HOUR_MS, () => 30 * MINUTE_MS, 1)],
  ['displacement/displacement-rate-1/A', rates('displacement', DAY_MS, stretch, 1)],
  ['displacement/displacement-acceleration-1/A', rates('displacement', DAY_MS, stretch, 2)],
  ['devices/smoke/A', plain(['smoke'], 'value', most)],
  ['devices/states/A', plain(STATES, 'value', most)],
  ...bothOf('devices', 'temperature', most),
  ['devices/reasons/A', plain([], 'bad', most)],
  ['devices/quality/A', quality('bad', '缺测')],
  ['devices/quality/B', quality('suspect', '可疑')],
  ['trend/percentiles/A', percentiles],
  ...[10, 50, 90].map(
    (p, index) =>
      [
        `trend/daily-percentiles/${'ABC'.charAt(index)}`,
        daily(chosenQuantity, percentile(p), (sensor) => `${sensor} P${p}`),
      ] as const,
  ),
  ...(['this-year', 'last-year'] as const).flatMap((year) => [
    [`trend/means-${year}/A`, daily(chosenQuantity, mean)] as const,
    [`trend/rain-${year}/A`, rainSoFar] as const,
  ]),
  ['system/processes/A', processes],
]);

/** The system's panels are named by their metric. */
export function oracleOf(board: string, panel: string, refId: string): Oracle | undefined {
  if (board === 'system' && panel.startsWith('fengsui_')) return system(panel);
  return ORACLES.get(`${board}/${panel}/${refId}`);
}
