import { describe, expect, it } from 'vitest';
import { type QuantityCode, toSteps } from '#model/quantity.ts';
import type { HazardPoint, Registry } from '#model/registry.ts';
import { formatLint } from '#model/result.ts';
import { compileRules, lintRules } from '#rules/compile.ts';
import { createEngine } from '#rules/engine.ts';
import { HOUR, MINUTE, rowMaker, T0, type Value } from '#test/rules/rows.ts';

const text = { zh: '站', en: 'station' };
const point = (id: string, kind: HazardPoint['kind'], water?: HazardPoint['water']): [string, HazardPoint] => [
  id,
  {
    ...{ id, name: text, kind, riskGrade: 'major', lon: 0, lat: 0, gridCode: '1', households: [] },
    ...(water === undefined ? {} : { water }),
  },
];
const sensor = (id: string, pointId: string, quantity: QuantityCode, edgeId = 'e1') =>
  [id, { id, pointId, edgeId, quantity, name: text, staleAfterMs: 30 * MINUTE }] as const;
const edge = (id: string, township: string) =>
  [id, { id, township, origin: 'live', name: text, buses: [], links: [], outputs: [], mutes: [] }] as const;

const county: Registry = {
  version: '1',
  county: { code: '451099', name: text, zone: 'Asia/Shanghai' },
  grids: new Map(),
  people: new Map(),
  duty: [],
  points: new Map([
    point('dam', 'reservoir', {
      datum: '1985',
      zeroM: 398,
      floodSeason: { fromDate: 415, toDate: 1015 },
      limits: { floodLimit: 412.5, design: 413.8 },
    }),
    point('town', 'river', { datum: 'assumed', zeroM: 0, floodSeason: null, limits: { warning: 3, guarantee: 4 } }),
    point('mill', 'river'),
    point('far', 'river'),
  ]),
  sensors: new Map([
    sensor('dam-level', 'dam', 'level'),
    sensor('dam-in', 'dam', 'flow'),
    sensor('dam-out', 'dam', 'flow'),
    sensor('town-level', 'town', 'level'),
    sensor('mill-level', 'mill', 'level'),
    sensor('far-level', 'far', 'level', 'e2'),
  ]),
  edges: new Map([edge('e1', '451099101'), edge('e2', '451099102')]),
  channels: [],
};

function engineFor(rules: string) {
  const compiled = compileRules([{ file: 'water.yaml', text: rules }], county, { tickMs: MINUTE });
  if (!compiled.ok) throw new Error(compiled.error.map(formatLint).join('\n'));
  const found = [...compiled.value].find(([, { rules: bound }]) => bound.length > 0);
  if (found === undefined) throw new Error('the rule is bound nowhere');
  const [partition, ruleSet] = found;
  const engine = createEngine(partition);
  const rows = rowMaker(partition);
  engine.apply(rows.rules(ruleSet));
  const say = (values: readonly (readonly [id: string, minute: number, value: number])[]) =>
    values
      .map(([id, minute, value]): Value => {
        const quantity = county.sensors.get(id)?.quantity ?? 'level';
        return { id, atMs: T0 + minute * MINUTE, value: toSteps(quantity, value) };
      })
      .flatMap((value) => engine.apply(rows.batch([value])));
  return { ruleSet, say };
}

const everyFive = (minutes: number) => Array.from({ length: minutes / 5 + 1 }, (_, index) => index * 5);

const TRAVEL = `rules:
  - id: wave
    title: { zh: 上游来水, en: water from upstream }
    hazard: flood
    quantity: level
    unit: m
    measure:
      kind: travelTime
      lag: 2h
      band: 15m
      relation: [{ upstream: 2, here: 1 }, { upstream: 6, here: 5 }]
    inputs: { upstream: { sensors: [mill-level] } }
    where: { points: [town] }
    levels: { yellow: { station: warning }, red: { station: guarantee } }
    deadband: 0.1
    offDelay: 0s
`;

describe('rules about water, compiled and judged', () => {
  it('warn of a wave two hours before it comes, name both stations, and clear when it went by', () => {
    const { say } = engineFor(TRAVEL);
    const stage = (minute: number) => (minute >= 200 && minute < 230 ? 5.2 : 2);
    const found = say(
      everyFive(480).flatMap((minute) => [
        ['town-level', minute, 1] as const,
        ['mill-level', minute, stage(minute)] as const,
      ]),
    );
    expect(found.map(({ atMs, from, to }) => `${(atMs - T0) / MINUTE} ${from}→${to}`)).toEqual([
      '200 none→red',
      // Its last sample upstream is of minute 225; 2 h 15 min later no water of it is under way.
      '360 red→none',
    ]);
    expect(found[0]?.reason.zh).toMatch(/^上游站 mill-level 水位 5\.2 m，约 2 小时后到达.*本站 town-level 达 4\.20 m/);
    expect(found[0]?.evidence.forecast).toEqual({ fromMs: T0 + 305 * MINUTE, toMs: T0 + 335 * MINUTE });
  });

  it('refuse an upstream station whose rows are judged apart, with the place', () => {
    const lints = lintRules([{ file: 'water.yaml', text: TRAVEL.replace('mill-level', 'far-level') }], county);
    expect(lints.map(formatLint).join('\n')).toMatch(/far-level.*townships that are judged apart/);
  });

  it('see by inflow, outflow and storage that a still reservoir will be full, and act on the hours', () => {
    const { say, ruleSet } = engineFor(`rules:
  - id: room
    title: { zh: 库容, en: room left }
    hazard: flood
    quantity: level
    unit: h
    measure:
      kind: timeToLevel
      to: { station: floodLimit }
      storage: [{ level: { datum: 410 }, volume: 100 }, { level: { station: floodLimit }, volume: 180 }]
    inputs: { inflow: { sensors: [dam-in] }, outflow: { sensors: [dam-out] } }
    where: { points: [dam] }
    levels: { yellow: 12, orange: 6, red: 2 }
    deadband: 0.5
    offDelay: 30m
`);
    expect(ruleSet.rules[0]?.limits.map(({ level, limit }) => `${level} ${limit}`)).toEqual([
      'yellow -1200',
      'orange -600',
      'red -200',
    ]);
    // 12 m on the gauge are 410 m: room for 800,000 m³.
    const flow = (minute: number) => (minute < 120 ? 10 : 45);
    const found = say(
      everyFive(180).flatMap((minute) => [
        ['dam-in', minute, flow(minute)] as const,
        ['dam-out', minute, 10] as const,
        ['dam-level', minute, 12] as const,
      ]),
    );
    expect(found.map(({ atMs, to }) => `${(atMs - T0) / MINUTE} ${to}`)).toEqual(['120 orange']);
    // 800,000 m³ ÷ (45 − 10 + a tenth of both) m³/s.
    expect(found[0]?.evidence.value).toBe(Math.round((800_000 / 40.5 / 3_600) * 100));
    expect(found[0]?.reason.zh).toContain('到达汛限水位 14.5 m');
    expect(found[0]?.evidence.forecast?.toMs).toBeCloseTo(T0 + 2 * HOUR + (800_000 / 29.5 / 3_600) * HOUR, -3);
  });

  it('find a limit that the point does not have, and a name that no station has', () => {
    const rule = (name: string) => `rules:
  - id: time
    title: { zh: 时间, en: time }
    hazard: flood
    quantity: level
    measure: { kind: timeToLevel, to: { station: ${name} } }
    where: { points: [dam] }
    levels: { red: 2 }
`;
    const said = (name: string) =>
      lintRules([{ file: 'water.yaml', text: rule(name) }], county)
        .map(formatLint)
        .join('\n');
    expect(said('crest')).toMatch(/water\.yaml:6:\d+: .*the point has no limit "crest" \(坝顶高程\) \(dam\)/);
    expect(said('floodLimt')).toMatch(
      /water\.yaml:6:\d+: .*no station has a limit "floodLimt".*did you mean "floodLimit"/,
    );
    expect(said('design')).toBe('');
  });
});
