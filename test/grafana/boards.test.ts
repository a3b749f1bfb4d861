/** The boards as files: valid, readable in both languages, with nothing that only a running Grafana would find missing. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { SYSTEM_METRICS } from '#dashboards/grafana/boards/system.ts';
import { buildBoards } from '#dashboards/grafana/boards.ts';
import type { GrafanaCounty } from '#dashboards/grafana/context.ts';
import type { BuiltBoard } from '#dashboards/grafana/layout.ts';
import { type Asked, asJson, isRecord, type JsonBoard, type JsonPanel } from '#test/grafana/support/board-json.ts';
import { shippedCounty } from '#test/grafana/support/county.ts';
import { type Check, dashboardSchema } from '#test/grafana/support/schema.ts';

const county = shippedCounty();
const boards = { zh: buildBoards(county, 'zh'), en: buildBoards(county, 'en') };
const all: readonly BuiltBoard[] = [...boards.zh, ...boards.en];
const queriesOf = (board: JsonBoard): readonly Asked[] => [
  ...board.panels.flatMap(({ targets }) => targets),
  ...board.annotations.list.map(({ target }) => target),
];
/** `${name:format}` and `[[name]]`; `$__…` and `$timeFilter` are Grafana's own, `$tag_…`, `$m` of an alias as well. */
const variablesIn = (text: string): readonly string[] =>
  [...text.matchAll(/\$\{([A-Za-z]\w*)(?::\w+)?\}/g)].map(([, name = '']) => name);

describe('a board', () => {
  let check: Check;
  beforeAll(() => {
    check = dashboardSchema();
  });

  it.each(all.map(({ uid, dashboard }) => [uid, dashboard] as const))(
    '%s is what the types of the SDK say, down to the options of its panels',
    (_uid, dashboard) => {
      const board = asJson(dashboard);
      expect(check('TheDashboard', board)).toEqual([]);
      for (const { type, options, fieldConfig } of board.panels) {
        const name = type.replaceAll('-', '_');
        expect(check(`Options_${name}`, options)).toEqual([]);
        if (name === 'timeseries' || name === 'state_timeline')
          expect(check(`Fields_${name}`, fieldConfig.defaults['custom'])).toEqual([]);
      }
    },
  );

  it('with a wrong type, an unknown key or a question without its name is refused by the schema', () => {
    const board = asJson(boards.zh[0]?.dashboard);
    expect(check('TheDashboard', { ...board, refresh: 30 })).not.toEqual([]);
    expect(check('TheDashboard', { ...board, tittle: 'x' })).not.toEqual([]);
    const [panel] = board.panels;
    const { refId: _, ...nameless } = panel?.targets[0] ?? { refId: '' };
    expect(check('TheDashboard', { ...board, panels: [{ ...panel, targets: [nameless] }] })).not.toEqual([]);
  });

  it('has a uid of its own, panels with ids of their own, and questions with names of their own', () => {
    expect(new Set(all.map(({ uid }) => uid)).size).toBe(all.length);
    for (const { dashboard, uid } of all) {
      const { panels } = asJson(dashboard);
      expect(new Set(panels.map(({ id }) => id)).size, uid).toBe(panels.length);
      for (const { targets, title } of panels) {
        expect(targets.length, title).toBeGreaterThan(0);
        expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length);
      }
    }
  });

  it('has no two panels that overlap, and none beyond the 24 columns', () => {
    for (const { dashboard, uid } of all) {
      const places = asJson(dashboard).panels.map(({ gridPos }) => gridPos);
      for (const [index, a] of places.entries()) {
        expect(a.x + a.w, uid).toBeLessThanOrEqual(24);
        for (const b of places.slice(index + 1)) {
          const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
          expect(apart, `${uid}: ${JSON.stringify([a, b])}`).toBe(true);
        }
      }
    }
  });

  it('asks the one data source, and uses the variables that it defines, all of them', () => {
    for (const { dashboard, uid } of all) {
      const board = asJson(dashboard);
      const defined = board.templating.list.map(({ name }) => name);
      const used = new Set(queriesOf(board).flatMap(({ query }) => variablesIn(query)));
      for (const { datasource } of [...board.panels, ...queriesOf(board)])
        expect(datasource, uid).toEqual({ type: 'influxdb', uid: 'fengsui-influxdb' });
      expect([...used].sort(), uid).toEqual([...defined].sort());
      for (const variable of board.templating.list) {
        const asked = isRecord(variable.query) ? String(variable.query['query']) : '';
        const before = defined.slice(0, defined.indexOf(variable.name));
        for (const name of variablesIn(asked)) expect(before, `${uid} ${variable.name}`).toContain(name);
      }
    }
  });

  it('says the same in both languages: the same panels and questions, other words', () => {
    const bare = (board: BuiltBoard) => {
      const { panels, templating } = asJson(board.dashboard);
      const plain = ({ query }: Asked) => query.replaceAll('textZh', 'text').replaceAll('textEn', 'text');
      const places = panels.map(({ type, gridPos, targets }: JsonPanel) => [type, gridPos, targets.map(plain)]);
      return [
        board.board.key,
        board.board.panels.map(({ key }) => key),
        places,
        templating.list.map(({ name }) => name),
      ];
    };
    expect(boards.zh.map(bare)).toEqual(boards.en.map(bare));
    for (const [index, { dashboard }] of boards.zh.entries()) {
      const other = asJson(boards.en[index]?.dashboard);
      for (const [at, panel] of asJson(dashboard).panels.entries()) {
        expect(panel.title).toMatch(/\p{Script=Han}/u);
        expect(other.panels[at]?.title).not.toMatch(/\p{Script=Han}/u);
      }
    }
  });

  it('offers points by name, or where there are too many of them, by what is stored', () => {
    const pointOf = (given: GrafanaCounty) =>
      asJson(buildBoards(given, 'zh').find(({ board }) => board.key === 'rain')?.dashboard).templating.list.find(
        ({ name }) => name === 'point',
      );
    expect(String(pointOf(county)?.query)).toContain('龙潭水库 : longtan');
    const [first] = [...county.registry.points.values()];
    if (first === undefined) throw new Error('the county has no point');
    const points = new Map(Array.from({ length: 1_001 }, (_, index) => [`p${index}`, { ...first, id: `p${index}` }]));
    const many = pointOf({ ...county, registry: { ...county.registry, points } });
    expect([many?.type, JSON.stringify(many?.query)]).toEqual(['query', expect.stringContaining('SHOW TAG VALUES')]);
  });

  it('begins with live readings wherever there are any', () => {
    const originOf = (given: GrafanaCounty) =>
      asJson(buildBoards(given, 'zh')[0]?.dashboard).templating.list.find(({ name }) => name === 'origin')?.current;
    expect(originOf(county)?.value).toBe('simulated');
    const [edge] = [...county.registry.edges.values()];
    if (edge === undefined) throw new Error('the county has no edge');
    const edges = new Map([...county.registry.edges, [edge.id, { ...edge, origin: 'live' as const }]]);
    expect(originOf({ ...county, registry: { ...county.registry, edges } })?.value).toBe('live');
  });

  it('has marks for alerts of the chosen origin', () => {
    for (const { dashboard } of all) {
      const [marks] = asJson(dashboard).annotations.list;
      expect(marks?.target.query).toContain('"alert_event"');
      expect(marks?.target).toMatchObject({ fromAnnotations: true, textColumn: 'text' });
    }
  });

  it('asks the network for nothing: no address but of a tile that is in the board', () => {
    const text = JSON.stringify(all.map(({ dashboard }) => dashboard));
    expect(text).not.toMatch(/https?:\/\//);
    expect(text).toContain('data:image/png;base64,');
  });
});

describe('a county of 20,000 slopes', () => {
  it('has boards that are soon made, small enough to be opened, with questions of bounded length', () => {
    const [point] = [...county.registry.points.values()];
    const sensor = county.registry.sensors.get('taoshuwan-crack');
    const rule = county.ruleSets
      .flatMap(({ rules }) => rules)
      .find(({ sensorId, measure }) => sensorId === sensor?.id && measure.kind === 'value');
    if (point === undefined || sensor === undefined || rule === undefined) throw new Error('the county has no slope');
    const ids = Array.from({ length: 20_000 }, (_, index) => `slope-${index}`);
    const registry = {
      ...county.registry,
      points: new Map(ids.map((id) => [id, { ...point, id }])),
      sensors: new Map(ids.map((id) => [id, { ...sensor, id, pointId: id }])),
    };
    // Sixty slopes have limits of their own.
    const limitsOf = (index: number) =>
      rule.limits.map((one) => ({ ...one, limit: one.limit + (index < 60 ? index : 60) }));
    const rules = ids.map((id, index) => ({ ...rule, sensorId: id, pointId: id, limits: limitsOf(index) }));
    const [set] = county.ruleSets;
    if (set === undefined) throw new Error('there are no rules');
    const startedMs = performance.now();
    const large = buildBoards({ registry, ruleSets: [{ ...set, rules }] }, 'zh');
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    for (const { dashboard, uid } of large) {
      expect(JSON.stringify(dashboard).length, uid).toBeLessThan(500_000);
      for (const { query } of queriesOf(asJson(dashboard))) expect(query.length, uid).toBeLessThan(20_000);
    }
    const keys = large.find(({ board }) => board.key === 'displacement')?.board.panels.map(({ key }) => key) ?? [];
    expect(keys.filter((key) => key.includes('-value-')).length).toBe(25);
  });
});

describe('the board of the system itself', () => {
  it('shows metrics that exist', () => {
    const sources = ['ingest', 'rules', 'alerts', 'edge', 'broker', 'cli', 'model'].flatMap((stage) =>
      readdirSync(stage, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
        .map((name) => readFileSync(join(stage, name), 'utf8')),
    );
    const missing = SYSTEM_METRICS.filter(({ metric }) => !sources.some((text) => text.includes(`'${metric}'`)));
    expect(missing).toEqual([]);
    expect(SYSTEM_METRICS.length).toBeGreaterThan(8);
  });
});
