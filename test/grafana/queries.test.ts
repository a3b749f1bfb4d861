/**
 * Every question of every panel against a real InfluxDB that the simulator has filled: it must give back the simulator's
 * ledger, stamp by stamp, gaps as gaps; and a question with one wrong name in it must not.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SYSTEM_METRICS } from '#dashboards/grafana/boards/system.ts';
import { buildBoards } from '#dashboards/grafana/boards.ts';
import { contextOf } from '#dashboards/grafana/context.ts';
import { deadMen } from '#dashboards/grafana/dead-man.ts';
import { systemLines } from '#ingest/influx/beside/system-lines.ts';
import { lineOf, placesOf } from '#ingest/influx/lines.ts';
import { DAY_MS, HOUR_MS } from '#model/time.ts';
import { alertStory, placesStory, SYSTEM_HOURS, systemStory } from '#test/grafana/support/beside.ts';
import { type Asked, asJson, type JsonPanel } from '#test/grafana/support/board-json.ts';
import type { Wanted, World } from '#test/grafana/support/count.ts';
import { shippedCounty } from '#test/grafana/support/county.ts';
import {
  askInflux,
  asSeries,
  asTable,
  type Cell,
  type Choice,
  intervalMs,
  shiftView,
  substitute,
  type View,
} from '#test/grafana/support/grafana.ts';
import { END_MS, makeLedger, withSecondGauge } from '#test/grafana/support/ledger.ts';
import { oracleOf } from '#test/grafana/support/oracle.ts';
import { type Database, startInflux } from '#test/support/influxd.ts';
import { needs } from '#test/support/needs.ts';

const shipped = shippedCounty();
const county = { ...shipped, registry: withSecondGauge(shipped.registry) };
const { registry } = county;
const boards = buildBoards(county, 'zh');
const DB = 'fengsui';

/** Each choice leaves something out, so that a condition that is not applied shows. */
const CHOSEN: { readonly [name: string]: Choice } = {
  origin: 'simulated',
  township: ['451099101', '451099102', '451099103'],
  village: [...new Set([...registry.grids.values()].filter(({ tier }) => tier === 3).map(({ code }) => code))],
  point: [...registry.points.keys()].filter((id) => id !== 'panshi-houshan'),
  sensor: [...registry.sensors.keys()].filter((id) => id !== 'cangku-3-fence-2'),
  stretch: '2h',
  quantity: 'level',
};
const RANGE_MS: { readonly [board: string]: number } = {
  overview: DAY_MS,
  township: DAY_MS,
  rain: 3 * DAY_MS,
  water: DAY_MS,
  displacement: 3 * DAY_MS,
  devices: DAY_MS,
  trend: 13 * DAY_MS,
  'rain/daily': 13 * DAY_MS,
  system: SYSTEM_HOURS * HOUR_MS,
};
/** The range ends beside a whole hour, as it does in the field. */
const TO_MS = END_MS - 37_000;

type Question = {
  readonly name: string;
  readonly board: string;
  readonly key: string;
  readonly panel: JsonPanel;
  readonly target: Asked;
};
const questions: readonly Question[] = boards.flatMap(({ board, dashboard }) =>
  asJson(dashboard).panels.flatMap((panel, index) =>
    panel.targets.map((target) => {
      const key = board.panels[index]?.key ?? '';
      return { name: `${board.key}/${key}/${target.refId}`, board: board.key, key, panel, target };
    }),
  ),
);

function viewOf({ board, key }: Question, variables: View['variables'] = CHOSEN, toMs = TO_MS): View {
  return { fromMs: toMs - (RANGE_MS[`${board}/${key}`] ?? RANGE_MS[board] ?? DAY_MS), toMs, variables };
}
/** One township at a time is chosen on its board. */
const viewsOf = (question: Question): readonly View[] =>
  question.board === 'township'
    ? ['451099101', '451099102', '451099103'].map((township) => viewOf(question, { origin: 'simulated', township }))
    : [viewOf(question)];

const same = (a: Cell, b: Cell): boolean =>
  typeof a === 'number' && typeof b === 'number'
    ? Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b))
    : a === b;

type Compared = { readonly wrong: readonly string[]; readonly stamps: number; readonly gaps: number };

/** So many wrong ones are enough to say. */
const ENOUGH = 20;

function compareSeries(
  wanted: Extract<Wanted, { kind: 'series' }>,
  found: ReadonlyMap<string, ReadonlyMap<number, Cell>>,
): Compared {
  const { series, comparedFromMs = Number.NEGATIVE_INFINITY } = wanted;
  const wrong: string[] = [];
  let [stamps, gaps] = [0, 0];
  for (const name of new Set([...series.keys(), ...found.keys()])) {
    const [ours, theirs] = [series.get(name), found.get(name)];
    if (ours === undefined || theirs === undefined) {
      const there = [...((ours ?? theirs) as ReadonlyMap<number, Cell>).keys()];
      // A series that only warms up has nothing to be compared.
      if (there.some((at) => at >= comparedFromMs))
        wrong.push(`${name}: ${ours === undefined ? 'not in the ledger' : 'not answered'}`);
      continue;
    }
    for (const at of new Set([...ours.keys(), ...theirs.keys()])) {
      if (wrong.length > ENOUGH) break;
      if (at < comparedFromMs) continue;
      const [want, got] = [ours.get(at), theirs.get(at)];
      if (want === undefined || got === undefined || !same(want, got))
        wrong.push(`${name} at ${new Date(at).toISOString()}: ${want} ≠ ${got}`);
      else if (want === null) gaps++;
      else stamps++;
    }
  }
  return { wrong, stamps, gaps };
}

function compareTable(
  wanted: Extract<Wanted, { kind: 'table' }>,
  found: readonly { readonly [column: string]: Cell }[],
): Compared {
  const textOf = (row: { readonly [column: string]: Cell }): string =>
    Object.entries(row)
      .filter(([column]) => !wanted.ignore.includes(column))
      .map(([column, cell]) => `${column}=${typeof cell === 'number' ? Number(cell.toPrecision(9)) : cell}`)
      .sort()
      .join();
  const [ours, theirs] = [wanted.rows.map(textOf).sort(), found.map(textOf).sort()];
  const wrong = [
    ...ours.filter((row) => !theirs.includes(row)),
    ...theirs.filter((row) => !ours.includes(row)).map((row) => `too much: ${row}`),
  ];
  return {
    wrong: ours.length === theirs.length ? wrong : [...wrong, `${ours.length} rows ≠ ${theirs.length}`],
    stamps: ours.length,
    gaps: 0,
  };
}

describe.skipIf(!needs('influxd'))('with a real InfluxDB that the simulator has filled', () => {
  let database: Database;
  let world: World;

  beforeAll(async () => {
    database = await startInflux();
    await askInflux(database.url, DB, `CREATE DATABASE ${DB}`);
    const ledger = makeLedger(registry, county.profiles);
    const alerts = alertStory(registry, END_MS);
    const system = systemStory(
      SYSTEM_METRICS.map(({ metric }) => metric),
      END_MS,
    );
    world = { registry, rows: ledger.rows, alerts: alerts.rows, system: system.rows };
    const lines = [...ledger.lines, ...alerts.lines, ...system.lines, ...placesStory(registry, END_MS)];
    for (let from = 0; from < lines.length; from += 20_000) {
      const body = lines.slice(from, from + 20_000).join('\n');
      const answer = await fetch(`${database.url}/write?db=${DB}&precision=ns`, { method: 'POST', body });
      if (answer.status !== 204) throw new Error(await answer.text());
    }
  }, 30_000);
  afterAll(() => database?.stop());

  /** Counted once for a question and its many mutants. */
  const known = new Map<string, Wanted>();
  function wantedOf(name: string, count: () => Wanted): Wanted {
    const wanted = known.get(name) ?? count();
    known.set(name, wanted);
    return wanted;
  }

  async function compare({ board, key, panel, target }: Question, view: View, query = target.query): Promise<Compared> {
    const oracle = oracleOf(board, key, target.refId);
    if (oracle === undefined) return { wrong: ['nobody has said what this must show'], stamps: 0, gaps: 0 };
    const name = `${board}/${key}/${target.refId} ${view.toMs} ${String(view.variables['township'])}`;
    const wanted = wantedOf(name, () =>
      oracle({ world, view: shiftView(view, panel.timeShift), intervalMs: intervalMs(view, panel.interval) }),
    );
    const answer = await askInflux(database.url, DB, substitute(query, panel, view));
    return wanted.kind === 'table'
      ? compareTable(wanted, asTable(answer))
      : compareSeries(wanted, asSeries(target, answer));
  }

  /** A figure at the end of the range is asked for at twelve ends. */
  const isOfOneInstant = ({ target, panel }: Question): boolean =>
    target.resultFormat === 'table' || panel.type === 'stat';

  const ENDS = 12;
  const endsOf = (question: Question): readonly View[] =>
    viewsOf(question).flatMap((view) =>
      isOfOneInstant(question)
        ? Array.from({ length: ENDS }, (_, index) => viewOf(question, view.variables, view.toMs - index * 2 * HOUR_MS))
        : [view],
    );

  async function compareAll(question: Question): Promise<Compared> {
    const views = endsOf(question);
    const all: Compared[] = [];
    for (const view of views) all.push(await compare(question, view));
    return {
      wrong: all.flatMap(({ wrong }) => wrong),
      stamps: all.reduce((sum, { stamps }) => sum + stamps, 0),
      gaps: all.reduce((sum, { gaps }) => sum + gaps, 0),
    };
  }

  it.each(questions.map((question) => [question.name, question] as const))(
    '%s gives back the ledger at ten stamps or more',
    async (name, question) => {
      const { wrong, stamps, gaps } = await compareAll(question);
      expect(wrong.slice(0, 5), name).toEqual([]);
      // A figure of one instant was asked for at twelve, at some of which nothing may be open.
      expect(stamps, name).toBeGreaterThanOrEqual(isOfOneInstant(question) ? 1 : 10);
      // Whatever is drawn by intervals shows the hour, or the day, in which nothing came.
      if (question.target.query.includes('fill(null)') && !/cumulative_sum|derivative/.test(question.target.query))
        expect(gaps, name).toBeGreaterThan(0);
    },
  );

  it('with everything chosen, or one of each, shows what is chosen and nothing else', async () => {
    const [level] = questions.filter(({ name }) => name === 'water/level-value-1/A');
    const [rain] = questions.filter(({ name }) => name === 'rain/hourly/A');
    if (level === undefined || rain === undefined) throw new Error('the boards have other panels now');
    const every = { ...CHOSEN, township: '$__all', village: '$__all', point: '$__all', sensor: '$__all' };
    for (const question of [level, rain]) {
      const view = { ...viewOf(question, every), toMs: TO_MS - 1 };
      expect((await compare(question, view)).wrong).toEqual([]);
    }
    const elsewhere = { ...viewOf(rain, { ...CHOSEN, township: ['451099103'] }), toMs: TO_MS - 2 };
    expect(await compare(rain, elsewhere)).toEqual({ wrong: [], stamps: 0, gaps: 0 });
    const drill = substitute(rain.target.query, rain.panel, viewOf(rain, { ...every, origin: 'drill' }));
    const values = [...asSeries(rain.target, await askInflux(database.url, DB, drill)).values()].flatMap((points) => [
      ...points.values(),
    ]);
    // The drill's readings are all 7 steps, and each hour has six of them.
    expect(values.some((value) => value === 0.042)).toBe(true);
    expect(values.every((value) => value === null || (value as number) <= 0.043)).toBe(true);
  });

  it('offers the sensors that are there, narrowed by what is chosen before', async () => {
    for (const { dashboard, board } of boards) {
      const sensor = asJson(dashboard).templating.list.find(({ name }) => name === 'sensor');
      if (sensor === undefined) continue;
      const query = String((sensor.query as { readonly query: string }).query);
      const view = { fromMs: 0, toMs: TO_MS, variables: { ...CHOSEN, township: ['451099102'], village: '$__all' } };
      const found = asTable(await askInflux(database.url, DB, substitute(query, {}, view))).map(({ value }) => value);
      const wanted = { rain: ['longtan-rain'], water: ['longtan-level'], displacement: [] }[board.key];
      expect([...new Set(found)].sort(), board.key).toEqual(wanted ?? ['longtan-level', 'longtan-rain']);
    }
  });

  it('marks every entry of every alert of the chosen origin', async () => {
    const [marks] = asJson(boards[0]?.dashboard).annotations.list;
    const view = { fromMs: END_MS - DAY_MS, toMs: END_MS, variables: { origin: 'simulated' } };
    const found = asTable(await askInflux(database.url, DB, substitute(marks?.target.query ?? '', {}, view)));
    const wanted = world.alerts.filter(({ atMs, origin }) => atMs >= view.fromMs && origin === 'simulated');
    expect(found.map(({ Time }) => Time)).toEqual(wanted.map(({ atMs }) => atMs));
    expect(found.length).toBeGreaterThan(10);
    expect(found[0]).toMatchObject({ point: 'taoshuwan', kind: 'raised', text: '第 2 条' });
  });

  it("the dead man's questions have no answer while nothing comes, and count what comes", async () => {
    const [readings, heartbeat] = deadMen(contextOf(county, 'zh'));
    const ask = async (query = ''): Promise<number> =>
      asTable(await askInflux(database.url, DB, query)).reduce((sum, { count }) => sum + Number(count), 0);
    // The ledger is of another time.
    expect([await ask(readings?.query), await ask(heartbeat?.query)]).toEqual([0, 0]);
    const nowMs = Date.now();
    const sensor = registry.sensors.get('longtan-level');
    const place = placesOf(registry).get(sensor?.id ?? '');
    if (place === undefined) throw new Error('nobody knows the level gauge');
    const point = { atMs: nowMs - 60_000, value: 14_000, raw: undefined, quality: 'good', flags: [] } as const;
    const system = systemLines(
      [{ metric: 'fengsui_edge_online', labels: [['process', 'centre']], value: 1 }],
      nowMs,
      1,
    );
    const bad = lineOf(
      'simulated',
      place,
      { ...point, atMs: nowMs, value: undefined, quality: 'bad', reason: 'timeout' },
      0,
    );
    const write = (lines: readonly string[]) =>
      fetch(`${database.url}/write?db=${DB}&precision=ns`, { method: 'POST', body: lines.join('\n') });
    // A reading without a value is no sign of a county that is watched.
    await write([bad, ...system]);
    expect([await ask(readings?.query), await ask(heartbeat?.query)]).toEqual([0, 1]);
    await write([lineOf('simulated', place, point, 0)]);
    expect(await ask(readings?.query)).toBe(1);
  });

  /** Each quoted name and each pattern of measurements of a question, one at a time, wrong. */
  function mutants({ board, target }: Question): readonly string[] {
    const { query } = target;
    const names = [...query.matchAll(/"([^"]+)"/g)].map(({ index, 0: name }) => [index, name] as const);
    const patterns = [...query.matchAll(/FROM \/\^/g)].map(({ index, 0: text }) => [index, `${text} `] as const);
    // What the outer question groups by InfluxDB groups the inner one by as well, so there it may be missing.
    const outerFrom = query.lastIndexOf(' GROUP BY ');
    const outer = query.slice(outerFrom);
    const isGrouping = (at: number) => query.lastIndexOf(' GROUP BY ', at) > query.lastIndexOf(' WHERE ', at);
    // On the board of one township there is nothing to be told apart by township.
    const isOne = (at: number, name: string) => board === 'township' && name === '"township"' && isGrouping(at);
    const isHandedDown = (at: number, name: string) =>
      query.includes('FROM (') && at < outerFrom && outer.includes(name) && isGrouping(at);
    return [...names, ...patterns]
      .filter(([at, name]) => !isHandedDown(at, name) && !isOne(at, name))
      .map(([at, name]) => `${query.slice(0, at + name.length - 1)}x${query.slice(at + name.length - 1)}`);
  }

  async function isCaught(question: Question, query: string): Promise<boolean> {
    for (const view of endsOf(question)) {
      const isWrong = await compare(question, view, query).then(
        ({ wrong }) => wrong.length > 0,
        () => true,
      );
      if (isWrong) return true;
    }
    return false;
  }

  it('no question with a wrong measurement, tag or field anywhere in it passes', async () => {
    // Questions that differ only in a number, in which sensors share a panel, or in the metric, are one shape.
    const shapeOf = (query: string): string =>
      query
        .replace(/\d+/g, 'N')
        .replace(/\^\([\w|-]+\)\$/g, '^(…)$')
        .replace(/'fengsui_\w+'/, "'…'");
    const families = new Map<string, Question[]>();
    for (const question of questions) {
      const shape = shapeOf(question.target.query);
      families.set(shape, [...(families.get(shape) ?? []), question]);
    }
    let tried = 0;
    const passed: string[] = [];
    for (const family of families.values()) {
      const each = family.map((question) => ({ question, wrong: mutants(question) }));
      for (const [index, query] of (each[0]?.wrong ?? []).entries()) {
        tried++;
        let caught = false;
        for (const { question, wrong } of each) caught ||= await isCaught(question, wrong[index] ?? '');
        if (!caught) passed.push(`${family[0]?.name}: ${query}`);
      }
    }
    expect(passed).toEqual([]);
    expect(tried).toBeGreaterThan(200);
  }, 120_000);
});
