/** What each panel must show. A question that is new has no entry here, and the test says so. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#model/time.ts';
import type { AlertRow } from '#test/grafana/support/beside.ts';
import {
  type Ask,
  allows,
  asWanted,
  bucketed,
  type Field,
  least,
  mean,
  most,
  moving,
  type Oracle,
  percentile,
  placed,
  plain,
  rates,
  renamed,
  running,
  type Series,
  shanghai,
  slopes,
  stretch,
  sum,
  type Wanted,
} from '#test/grafana/support/count.ts';
import type { View } from '#test/grafana/support/grafana.ts';
import type { Row } from '#test/grafana/support/ledger.ts';

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
