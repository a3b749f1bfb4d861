/** Limit lines equal those of the rules: every step of every panel against the compiled rules, counted the other way round. */
import { describe, expect, it } from 'vitest';
import { buildBoards } from '#dashboards/grafana/boards.ts';
import { limitGroups, limitLines } from '#dashboards/grafana/limits.ts';
import type { Level } from '#model/level.ts';
import { QUANTITIES } from '#model/quantity.ts';
import type { Sensor } from '#model/registry.ts';
import type { BoundRule, LevelLimit } from '#model/rule-set.ts';
import { asJson, type JsonPanel } from '#test/grafana/support/board-json.ts';
import { shippedCounty } from '#test/grafana/support/county.ts';

const county = shippedCounty();
const rules = county.ruleSets.flatMap((set) => set.rules);
const COLOUR: { readonly [L in Level]: string } = {
  blue: '#3274d9',
  yellow: '#f2cc0c',
  orange: '#ff780a',
  red: '#e02f44',
};

const panelsOf = (board: string): ReadonlyMap<string, JsonPanel> => {
  const built = buildBoards(county, 'en').find((one) => one.board.key === board);
  const panels = asJson(built?.dashboard).panels;
  return new Map(built?.board.panels.map(({ key }, index) => [key, panels[index] as JsonPanel]));
};

/** [value in the panel's unit, colour] of what the rules say of one sensor, worst colour a value, by hand. */
function expected(
  sensorId: string,
  isDrawn: (rule: BoundRule) => boolean,
  perStep: number,
): readonly (readonly [number, string])[] {
  const own = rules.filter((rule) => rule.sensorId === sensorId && isDrawn(rule));
  const limits: readonly LevelLimit[] = own.flatMap((rule) => [
    ...rule.limits,
    ...Object.values(rule.schedule?.limits ?? {}).flat(),
  ]);
  const order = ['blue', 'yellow', 'orange', 'red'];
  const worst = new Map<number, Level>();
  for (const { limit, level } of limits) {
    const known = worst.get(limit);
    if (known === undefined || order.indexOf(level) > order.indexOf(known)) worst.set(limit, level);
  }
  return [...worst].sort(([a], [b]) => a - b).map(([limit, level]) => [limit / perStep, COLOUR[level]]);
}

const drawn = (panel: JsonPanel | undefined): readonly (readonly [number, string])[] =>
  (panel?.fieldConfig.defaults.thresholds?.steps ?? []).flatMap(({ value, color }) =>
    value === null ? [] : [[value, color] as const],
  );
const close = (found: readonly (readonly [number, string])[], wanted: readonly (readonly [number, string])[]) => {
  expect(found.map(([, colour]) => colour)).toEqual(wanted.map(([, colour]) => colour));
  for (const [index, [value]] of found.entries()) expect(value).toBeCloseTo(wanted[index]?.[0] ?? Number.NaN, 9);
};

describe('limit lines', () => {
  it('of water are those of the level rule, in and out of the season, and beside them the rest of the station table', () => {
    const panel = panelsOf('water').get('level-value-1');
    const ofRules = expected('longtan-level', ({ measure }) => measure.kind === 'value', 1_000);
    expect(ofRules.map(([value]) => value)).toEqual([14.5, 14.8, 15.2, 15.8, 16.3]);
    const found = drawn(panel);
    close(
      found.filter(([, colour]) => colour !== '#8e8e8e'),
      ofRules,
    );
    // 402.00 and 415.50 m above the datum, the gauge's zero at 398.00.
    expect(found.filter(([, colour]) => colour === '#8e8e8e').map(([value]) => value)).toEqual([4, 17.5]);
  });

  it('of the rate of rise are those of its model, in metres an hour', () => {
    const wanted = expected(
      'longtan-level',
      ({ measure }) => measure.kind === 'model' && measure.model === 'riseRate',
      1_000,
    );
    expect(wanted.map(([value]) => value)).toEqual([0.5, 1, 2]);
    close(drawn(panelsOf('water').get('level-rate-1')), wanted);
  });

  it('of displacement, its rate in mm a day and its acceleration are those of the rules on slopes', () => {
    const panels = panelsOf('displacement');
    const id = 'taoshuwan-crack';
    close(
      drawn(panels.get('displacement-value-1')),
      expected(id, ({ measure }) => measure.kind === 'value', 100),
    );
    // The rule's limits are hundredths of a millimetre an hour.
    const rate = expected(id, ({ measure }) => measure.kind === 'rate', 100 / 24);
    expect(rate.map(([value]) => Math.round(value))).toEqual([48, 120, 240]);
    close(drawn(panels.get('displacement-rate-1')), rate);
    const acceleration = expected(
      id,
      ({ measure }) => measure.kind === 'model' && measure.model === 'acceleration',
      100,
    );
    expect(acceleration.map(([value]) => value)).toEqual([0.9, 3]);
    close(drawn(panels.get('displacement-acceleration-1')), acceleration);
  });

  it('of moving sums are those of all rules of that window: each window of a rule has its panel', () => {
    const panels = panelsOf('rain');
    const windows = new Set(rules.flatMap(({ measure }) => (measure.kind === 'rollingSum' ? [measure.windowMs] : [])));
    expect(windows.size).toBeGreaterThan(5);
    for (const windowMs of windows) {
      const wanted = expected(
        'taoshuwan-rain',
        ({ measure }) => measure.kind === 'rollingSum' && measure.windowMs === windowMs,
        1_000,
      );
      expect(wanted.length).toBeGreaterThan(0);
      close(drawn(panels.get(`sum-${windowMs / 60_000}m-1`)), wanted);
    }
  });

  it('of heat is the fixed one', () => {
    const panel = panelsOf('devices').get('temperature-value-1');
    expect(drawn(panel)).toEqual([[57, '#ff780a']]);
  });

  it('stand on every panel whose sensors have a rule on its value', () => {
    const ruled = new Set(rules.filter(({ measure }) => measure.kind === 'value').map(({ sensorId }) => sensorId));
    const gauges = [...county.registry.sensors.values()].filter(
      ({ id, quantity }) => ruled.has(id) && QUANTITIES[quantity].kind === 'gauge',
    );
    const named = ['water', 'displacement', 'devices'].flatMap((board) =>
      [...panelsOf(board).values()]
        .filter((panel) => drawn(panel).length > 0)
        .flatMap(({ fieldConfig }) => fieldConfig.overrides.map(({ matcher }) => matcher.options)),
    );
    expect(gauges.length).toBeGreaterThan(3);
    for (const { id } of gauges) expect(named).toContain(id);
  });
});

describe('sensors with the same lines', () => {
  const sensor = (id: string, pointId: string): Sensor => ({
    ...{ id, pointId, edgeId: 'e', quantity: 'displacement', name: { zh: id, en: id }, staleAfterMs: 60_000 },
  });
  const rule = (sensorId: string, limit: number, extra: Partial<BoundRule> = {}): BoundRule => ({
    rule: `r-${limit}@1`,
    title: { zh: '规则', en: 'rule' },
    ...{ hazard: 'landslide', pointId: 'p', sensorId, measure: { kind: 'value' } },
    limits: [{ level: 'red', limit, deadband: 0, onDelayMs: 0, offDelayMs: 0 }],
    ...extra,
  });
  const point = (riskGrade: 'major' | 'low') => ({ ...[...county.registry.points.values()][0], riskGrade });
  const registry = {
    points: new Map([
      ['p', point('low')],
      ['q', point('major')],
    ]),
  } as unknown as typeof county.registry;

  it('share a panel; others have their own, the graver points first, and the rest one without lines', () => {
    const sensors = [sensor('a', 'p'), sensor('b', 'p'), sensor('c', 'q'), sensor('d', 'p')];
    const given = [rule('a', 1_000), rule('b', 1_000), rule('c', 2_000), rule('d', 3_000)];
    const groups = limitGroups({ registry, rules: given }, sensors, { kind: 'value' }, 2);
    expect(groups.map((group) => group.sensors.map(({ id }) => id))).toEqual([['c'], ['a', 'b'], ['d']]);
    expect(groups.map(({ lines }) => lines.map(({ value }) => value))).toEqual([[20], [10], []]);
  });

  it('have the limit as a person reads it where a level raises as the value falls', () => {
    const lines = limitLines({ registry, rules: [rule('a', -500, { below: true })] }, sensor('a', 'p'), {
      kind: 'value',
    });
    expect(lines).toMatchObject([{ value: 5, level: 'red' }]);
  });
});
