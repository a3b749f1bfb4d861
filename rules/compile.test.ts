import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { partitionOf } from '#model/partition.ts';
import type { Registry } from '#model/registry.ts';
import { formatLint } from '#model/result.ts';
import { compileRules, lintRules } from './compile.ts';

const text = (name: string) => ({ zh: name, en: name });
const grid = (code: string, tier: 1 | 2 | 3, parent: string | null) =>
  [code, { code, tier, kind: 'village', name: text(code), parent, boundary: [] }] as const;
const point = (id: string, kind: 'slope' | 'reservoir', gridCode: string) =>
  [id, { id, name: text(id), kind, riskGrade: 'major', lon: 1, lat: 1, gridCode, households: [] }] as const;
const sensor = (id: string, pointId: string, edgeId: string, quantity: 'rain' | 'displacement') =>
  [id, { id, pointId, edgeId, quantity, name: text(id), staleAfterMs: 60_000 }] as const;
const edge = (id: string, township: string) =>
  [id, { id, township, origin: 'simulated', name: text(id), buses: [], links: [], outputs: [], mutes: [] }] as const;

const registry: Registry = {
  version: '1',
  county: { code: '451099', name: text('c'), zone: 'Asia/Shanghai' },
  grids: new Map([grid('451099', 1, null), grid('451099101', 2, '451099'), grid('451099101201', 3, '451099101')]),
  people: new Map(),
  duty: [],
  points: new Map([point('upper', 'slope', '451099101201'), point('lower', 'slope', '451099101')]),
  sensors: new Map([
    sensor('upper-crack', 'upper', 'edge-a', 'displacement'),
    sensor('upper-rain', 'upper', 'edge-a', 'rain'),
    sensor('lower-crack', 'lower', 'edge-a', 'displacement'),
  ]),
  edges: new Map([edge('edge-a', '451099101')]),
  channels: [],
};

const RULE = `rules:
  - id: crack
    title: { zh: 裂缝, en: crack }
    hazard: landslide
    quantity: displacement
    measure: { kind: value }
    levels: { blue: 10, red: 80 }
`;
const compiled = (source: string) =>
  compileRules([{ file: 'rules/a.yaml', text: source }], registry, { tickMs: 1_000 });
const findings = (source: string) => lintRules([{ file: 'rules/a.yaml', text: source }], registry).map(formatLint);
const rulesOf = (source: string) => {
  const result = compiled(source);
  if (!result.ok) throw new Error(result.error.map(formatLint).join('\n'));
  return [...result.value.values()].flatMap(({ rules }) => rules);
};
const limitsAt = (source: string, sensorId: string) =>
  rulesOf(source)
    .filter((rule) => rule.sensorId === sensorId)
    .flatMap(({ limits }) => limits.map(({ level, limit }) => `${level} ${limit}`));

describe('a rule file whose form is wrong in one place', () => {
  it('has its other rules looked at all the same, and says what is missing with the mend', () => {
    const found = findings(`rules:
  - id: sum
    title: { zh: 雨, en: rain }
    hazard: rainstorm
    quantity: rain
    measure: { kind: rollingSum }
    levels: { blue: 10 }
  - id: crack
    title: { zh: 裂缝, en: crack }
    hazard: landslide
    quantity: displacment
    measure: { kind: value }
    levels: { blue: 80, red: 10 }
`);
    expect(found).toEqual([
      'rules/a.yaml:6:5: error: rules[0].measure.window: window is missing — add e.g. window: 3h',
      'rules/a.yaml:11:15: error: rules[1].quantity: there is no quantity "displacment" — did you mean "displacement"?',
    ]);
  });
});

describe('compiling rules', () => {
  it('binds a rule to every sensor of its quantity and puts it in the partition of the township of its edge', () => {
    const result = compiled(RULE);
    expect(result.ok && [...result.value.keys()]).toEqual([partitionOf('451099101')]);
    expect(rulesOf(RULE).map(({ sensorId }) => sensorId)).toEqual(['upper-crack', 'lower-crack']);
  });

  it('lists the whole inventory, with the origin of the edge, rules or not', () => {
    const result = compiled('rules: []');
    expect(
      result.ok && [...result.value.values()][0]?.inventory.map(({ sensorId, origin }) => [sensorId, origin]),
    ).toEqual([
      ['lower-crack', 'simulated'],
      ['upper-crack', 'simulated'],
      ['upper-rain', 'simulated'],
    ]);
  });

  it('gives every level a deadband and an off-delay, also where the file says nothing', () => {
    for (const { limits } of rulesOf(RULE))
      for (const limit of limits) expect(Math.min(limit.deadband, limit.offDelayMs)).toBeGreaterThan(0);
  });

  it('keeps the version when only the layout, comments or title change', () => {
    const other = `# why\nrules: [{ measure: {kind: value}, levels: {red: 80.0, blue: 10}, quantity: displacement,\n hazard: landslide, id: crack, title: {zh: 另, en: other} }]`;
    expect(rulesOf(other).map(({ rule }) => rule)).toEqual(rulesOf(RULE).map(({ rule }) => rule));
  });

  it('lets the nearer override win: county, township, village, point', () => {
    const source = `${RULE}    overrides:
      - { points: [upper], levels: { blue: 4 } }
      - { grids: ["451099101201"], levels: { blue: 5, red: 50 } }
      - { grids: ["451099"], levels: { blue: 6 } }
      - { grids: ["451099101"], levels: { blue: 7 } }
`;
    expect(limitsAt(source, 'upper-crack')).toEqual(['blue 400', 'red 5000']);
    expect(limitsAt(source, 'lower-crack')).toEqual(['blue 700', 'red 8000']);
  });

  it('changes the version only where an override changes the meaning', () => {
    const before = rulesOf(RULE);
    const after = rulesOf(`${RULE}    overrides: [{ points: [upper], levels: { red: 60 } }]\n`);
    expect(after[0]?.rule).not.toEqual(before[0]?.rule);
    expect(after[1]?.rule).toEqual(before[1]?.rule);
  });

  it('leaves a point out where an override says off', () => {
    expect(rulesOf(`${RULE}    overrides: [{ points: [upper], off: true }]\n`).map(({ sensorId }) => sensorId)).toEqual(
      ['lower-crack'],
    );
  });
});

const line = (source: string, part: string) => source.split('\n').findIndex((text) => text.includes(part)) + 1;

describe('linting rules', () => {
  it.each([
    ['a hazard that does not exist', RULE.replace('landslide', 'landslid'), 'landslid', /did you mean "landslide"/],
    [
      'a quantity that does not exist',
      RULE.replace('displacement', 'displacment'),
      'displacment',
      /did you mean "displacement"/,
    ],
    ['blue above red', RULE.replace('blue: 10', 'blue: 90'), 'levels', /blue is not below red/],
    [
      'a limit that is no whole step',
      RULE.replace('blue: 10', 'blue: 10.001'),
      'levels',
      /not a whole number of steps of 0.01 mm — use 10/,
    ],
    ['a key that nobody reads', RULE.replace('hazard', 'hazrd: x\n    hazard'), 'hazrd', /"hazrd" is not known/],
    ['a duration without a unit', `${RULE}    offDelay: "10"\n`, 'offDelay', /a duration is a number with/],
    ['a unit that is not that of the quantity', `${RULE}    unit: cm\n`, 'unit: cm', /is mm, not cm/],
    ['a point that does not exist', `${RULE}    where: { points: [uper] }\n`, 'uper', /did you mean "upper"/],
    [
      'a sum of what does not add up',
      RULE.replace('kind: value', 'kind: rollingSum, window: 1h'),
      'measure',
      /is not an amount that adds up/,
    ],
    [
      'a window that is no whole number of buckets',
      RULE.replace('displacement', 'rain').replace('kind: value', 'kind: rollingSum, window: 62m'),
      'measure',
      /whole number of buckets of 5 minutes — use 60m/,
    ],
    [
      'an override that makes the levels contradict',
      `${RULE}    overrides: [{ points: [upper], levels: { blue: 99 } }]\n`,
      'overrides',
      /blue is not below red at upper/,
    ],
    ['a rule id used twice', RULE + RULE.slice('rules:\n'.length), 'id: crack', /has a rule "crack" already/],
    ['broken YAML', 'rules: [', 'rules', /error/],
  ])('finds %s, with file, line and column', (_, source, part, message) => {
    const found = findings(source);
    expect(found.join('\n')).toMatch(message);
    expect(found.some((lint) => /^rules\/a\.yaml:\d+:\d+: error:/.test(lint))).toBe(true);
    if (part !== 'id: crack') expect(found.join('\n')).toContain(`rules/a.yaml:${line(source, part)}:`);
    expect(compiled(source).ok).toBe(false);
  });

  it('lists all findings at once, in the order of the file', () => {
    const source = RULE.replace('landslide', 'x')
      .replace('blue: 10', 'blue: 0.001')
      .replace('quantity: displacement', 'quantity: displacement\n    unit: m');
    const lines = findings(source).map((lint) => Number(lint.split(':')[1]));
    expect(lines.length).toBe(3);
    expect(lines).toEqual([...lines].sort((a, b) => a - b));
  });

  it('warns of a rule that watches nothing, and compiles all the same', () => {
    const source = `${RULE}    where: { kinds: [warehouse] }\n`;
    expect(findings(source).join()).toMatch(/warning: .*no sensor of the county/);
    expect(compiled(source).ok).toBe(true);
  });

  it('refuses a point whose sensors are judged in two partitions', () => {
    const torn: Registry = {
      ...registry,
      edges: new Map([edge('edge-a', '451099101'), edge('edge-b', '451099102')]),
      sensors: new Map([
        sensor('upper-crack', 'upper', 'edge-a', 'displacement'),
        sensor('upper-rain', 'upper', 'edge-b', 'rain'),
      ]),
    };
    expect(partitionOf('451099101')).not.toBe(partitionOf('451099102'));
    expect(lintRules([], torn).map(({ kind }) => kind)).toEqual(['partition']);
  });
});

describe("the county's own rules", () => {
  const folder = new URL('../county/rules/', import.meta.url);
  const files = readdirSync(folder)
    .filter((file) => !file.endsWith('.test.yaml'))
    .map((file) => ({ file, text: readFileSync(new URL(file, folder), 'utf8') }));

  it('keep to the national table for rainstorms', () => {
    const result = compileRules(files, registry, { tickMs: 1_000 });
    const mends = result.ok
      ? []
      : result.error.filter((lint) => lint.severity === 'error' && lint.kind !== 'unknown-point').map(formatLint);
    expect(mends).toEqual([]);
    const national = files.filter(({ file }) => file === 'rainstorm-national.yaml');
    const rules = compileRules(national, registry, { tickMs: 1_000 });
    const table = (rules.ok ? [...rules.value.values()] : []).flatMap((set) =>
      set.rules.flatMap(({ measure, limits }) =>
        limits.map(
          ({ level, limit }) =>
            `${level} ${measure.kind === 'rollingSum' ? measure.windowMs / 3_600_000 : 0} h ${limit / 1_000} mm`,
        ),
      ),
    );
    expect(table).toEqual(['blue 12 h 50 mm', 'yellow 6 h 50 mm', 'orange 3 h 50 mm', 'red 3 h 100 mm']);
  });
});
