import { describe, expect, it } from 'vitest';
import { formatLint, type Lint } from '#model/result.ts';
import { coverRules } from './coverage.ts';
import { readTestFile } from './read.ts';
import { type FileOutcome, runTestFile } from './run-file.ts';

const RULE = `rules:
  - id: crack
    title: { zh: 裂缝, en: crack }
    hazard: landslide
    quantity: displacement
    measure: { kind: value }
    levels: { blue: 10, red: 80 }
    deadband: 1
    onDelay: 0s
    offDelay: 10m
`;
const HEAD = `rules: [a.yaml]
sensors: [{ id: meter, quantity: displacement, point: slope }]
tests:
`;
const CLIMB = `  - name: it climbs
    inputSeries: [{ sensor: meter, values: "0+5x20" }]
`;

function run(tests: string, rules = RULE, head = HEAD): FileOutcome {
  const lints: Lint[] = [];
  const source = readTestFile('a.test.yaml', `${head}${tests}`, lints);
  return runTestFile(source, lints, [{ file: 'a.yaml', text: rules }], undefined);
}
const failures = (outcome: FileOutcome): string[] => [
  ...outcome.lints.map(formatLint),
  ...outcome.cases.flatMap((one) =>
    one.failures.map(
      ({ line, column, expected, came, reason }) =>
        `${line}:${column} expected ${expected}, came ${came} | ${reason?.zh} | ${reason?.en}`,
    ),
  ),
];
const climbing = (expectation: string): string[] => failures(run(`${CLIMB}    ${expectation}\n`));

describe('a rule test that holds', () => {
  it.each([
    'expect: [{ at: 1m, level: none }, { at: 2m, sensor: meter, level: blue }, { at: 16m, point: slope, level: red }]',
    'expect: [{ at: 2m, rule: crack, hazard: landslide, level: blue, reason: [位移 10.0 mm, displacement of 10.0 mm] }]',
    'changes: [{ at: 2m, level: blue }, { at: 16m, level: red, from: blue }]',
    'changes: [{ at: 16m, level: red }, { at: 2m, level: blue, condition: active, sensor: meter }]',
    'never: [{ level: blue, hazard: flood }]',
    'never: [{ level: blue, rule: sensor-silent }]',
    'doubted: [{ at: 5m, sensor: meter, doubted: false }]',
  ])('says nothing: %s', (expectation) => {
    expect(climbing(expectation)).toEqual([]);
  });
});

describe('a rule test that fails', () => {
  it.each([
    ['expect: [{ at: 1m, level: blue }]', /^6:14 expected at 1m level blue, came level none \| undefined/],
    ['expect: [{ at: 2m, level: none }]', /came level blue since 2m \| 位移 10\.0 mm，达到蓝色阈值 10\.0 mm/],
    ['expect: [{ at: 16m, level: blue }]', /came level red since 16m .*the red limit of 80\.0 mm/],
    ['expect: [{ at: 2m, level: blue, reason: 99 mm }]', /with "99 mm" in its reason, came another reason since 2m/],
    ['expect: [{ at: 2m, level: blue, condition: dataLost }]', /level blue dataLost, came active since 2m/],
    ['changes: []', /6:\d+ expected no further change, came 2m crack meter none → blue .*位移 10\.0 mm/],
    ['changes: [{ at: 2m, level: blue }]', /no further change, came 16m crack meter blue → red/],
    [
      'changes: [{ at: 3m, level: blue }, { at: 16m, level: red }]',
      /6:15 expected the change 3m → blue, came 2m crack meter none → blue/,
    ],
    [
      'changes: [{ at: 2m, level: blue }, { at: 16m, level: red, late: true }]',
      /→ red late, came 16m crack meter blue → red/,
    ],
    [
      'changes: [{ at: 2m, level: blue }, { at: 16m, level: red }, { at: 17m, level: none }]',
      /→ none, came no such change/,
    ],
    ['never: red', /expected never red, came 16m crack meter blue → red .*80\.0 mm/],
    ['never: blue', /expected never blue or worse, came 2m crack meter none → blue/],
    ['doubted: [{ at: 5m, sensor: meter }]', /at 5m meter doubted, came not doubted/],
  ])('says what was expected, what came and why: %s', (expectation, message) => {
    const found = climbing(expectation);
    expect(found.join('\n')).toMatch(message);
    expect(found).toHaveLength(expectation === 'changes: []' ? 2 : 1);
  });
});

describe('a rule test that says nothing', () => {
  it.each([
    ['no expectation', CLIMB, /4:5: error: .*expects nothing: it can never fail/],
    ['no test', '  []\n', /3:1: error: tests: /],
    [
      'a sensor that nobody declared',
      `${CLIMB}    expect: [{ at: 1m, sensor: metre, level: none }]\n`,
      /6:32: error: .*no sensor "metre" .*did you mean "meter"/,
    ],
    [
      'a rule that is not in its files',
      `${CLIMB}    never: [{ level: red, rule: crak }]\n`,
      /6:33: .*no rule "crak" .*did you mean "crack"/,
    ],
    [
      'a point that is not there',
      `${CLIMB}    expect: [{ at: 1m, point: slop, level: none }]\n`,
      /no point "slop".*did you mean "slope"/,
    ],
    [
      'a series of an unknown sensor',
      '  - { name: x, changes: [], inputSeries: [{ sensor: m, values: "1" }] }\n',
      /4:53: error: .*no sensor "m"/,
    ],
    [
      'a series that cannot be read',
      '  - { name: x, changes: [], inputSeries: [{ sensor: meter, values: "1 1+2" }] }\n',
      /4:68: error: .*has a step and no count/,
    ],
    [
      'a number for samples',
      '  - { name: x, changes: [], inputSeries: [{ sensor: meter, values: 0x35 }] }\n',
      /put them in quotes/,
    ],
    ['an unknown key', `${CLIMB}    expects: [{ at: 1m }]\n`, /6:5: error: .*"expects" is not known here/],
    ['a level that does not exist', `${CLIMB}    never: rosa\n`, /6:12: error: .*write a level/],
    [
      'a time without a unit',
      `${CLIMB}    expect: [{ at: 90, level: red }]\n`,
      /6:20: error: .*a time is a duration since the start/,
    ],
    [
      'a hazard that no rule here is about',
      `${CLIMB}    expect: [{ at: 1m, hazard: fire, level: none }]\n`,
      /6:14: error: .*no rule judges what this expectation names/,
    ],
    ['too long a test', `${CLIMB}    never: red\n    until: 900d\n`, /4:5: error: .*more than 200000 evaluations/],
  ])('is refused for %s', (_, tests, message) => {
    const outcome = run(tests);
    expect(outcome.lints.map(formatLint).join('\n')).toMatch(message);
  });

  it('is refused for a window that holds no reading at that time, unless it says that the data are lost', () => {
    const rules = RULE.replace('displacement', 'rain').replace('kind: value', 'kind: rollingSum, window: 1h');
    const head = HEAD.replace('displacement', 'rain');
    const test = (wish: string) => `  - name: x
    inputSeries: [{ sensor: meter, values: "20" }]
    expect: [{ ${wish} }]
`;
    expect(failures(run(test('at: 59m, level: blue'), rules, head))).toEqual([]);
    expect(failures(run(test('at: 2h, level: blue'), rules, head)).join()).toMatch(
      /6:14: error: .*the window of crack holds no reading/,
    );
    expect(failures(run(test('at: 2h, level: blue, condition: dataLost'), rules, head))).toEqual([]);
  });

  it('is not run when its rules do not compile: the finding is that of the rule file', () => {
    const outcome = run(`${CLIMB}    never: red\n`, RULE.replace('blue: 10', 'blue: 90'));
    expect(outcome.cases).toEqual([]);
    expect(outcome.lints.map(formatLint).join()).toMatch(/^a\.yaml:7:\d+: error: .*blue is not below red/);
  });
});

describe('the place of a rule test', () => {
  it('has the points, grids and sensors that only the rules name, so that a rule file can be tested alone', () => {
    const rules = `${RULE}    where: { grids: ["451099"] }
    overrides:
      - { points: [elsewhere], levels: { blue: 5 } }
      - { grids: ["451099102"], levels: { blue: 30 } }
`;
    const head = `rules: [a.yaml]
sensors:
  - { id: meter, quantity: displacement, point: slope, grid: "451099101201" }
  - { id: other, quantity: displacement, point: far, grid: "451099102201" }
tests:
`;
    const test = `  - name: x
    inputSeries: [{ sensor: meter, values: "20" }, { sensor: other, values: "20" }]
    expect: [{ at: 0, sensor: meter, level: blue }, { at: 0, sensor: other, level: none }]
`;
    expect(failures(run(test, rules, head))).toEqual([]);
  });

  it('begins at a local time of its zone', () => {
    const source = readTestFile(
      'a.test.yaml',
      `${HEAD.replace('sensors', 'zone: Asia/Shanghai\nstart: "2026-03-01T08:30"\nsensors')}${CLIMB}    never: red\n`,
      [],
    );
    expect(source.content?.start).toBe('2026-03-01T08:30');
  });

  it('counts time from the arrival of what comes late', () => {
    const late = (arrives: string) => `  - name: x
    inputSeries:
      - { sensor: meter, values: "0x9" }
      - { sensor: meter, from: 10m, values: "50x4", arrives: ${arrives} }
`;
    expect(
      failures(
        run(
          `${late('+2h')}    changes: [{ at: 2h10m, level: blue, from: none }, { at: 2h10m, level: blue, condition: dataLost }]\n`,
        ),
      ),
    ).toEqual([]);
    expect(
      failures(
        run(`${late('3h')}    changes: [{ at: 3h, level: blue }, { at: 3h, level: blue, condition: dataLost }]\n`),
      ),
    ).toEqual([]);
  });

  it('lets a gateway go and come', () => {
    const test = `  - name: x
    inputSeries: [{ sensor: meter, values: "50x4 _x10 50x2" }]
    gateways: [{ at: 5m, edge: test-edge, state: lost }, { at: 15m, edge: test-edge, state: online }]
    expect:
      - { at: 10m, sensor: meter, level: blue, condition: dataLost }
      - { at: 10m, point: test-edge, rule: gateway-lost, level: yellow }
      - { at: 16m, sensor: meter, level: blue, condition: active, reason: 数据恢复 }
`;
    expect(failures(run(test))).toEqual([]);
  });
});

describe('what tests show of rules', () => {
  const cover = (tests: string, rules = RULE) =>
    coverRules([{ file: 'a.yaml', text: rules }], [run(tests, rules)]).lints.map(formatLint);
  const quiet = `  - { name: quiet, changes: [], inputSeries: [{ sensor: meter, values: "1x20" }] }\n`;
  const always = `  - { name: loud, never: red, inputSeries: [{ sensor: meter, values: "20x20" }] }\n`;

  it('is enough when the rule fires somewhere and is quiet somewhere', () => {
    expect(cover(quiet + always)).toEqual([]);
    expect(cover(`${CLIMB}    never: [{ level: red, hazard: fire }]\n`)).toEqual([]);
  });
  it('is a finding when it never fires in its tests', () => {
    expect(cover(quiet).join()).toMatch(
      /a\.yaml:2:9: error: rules\[0\]\.id: the rule "crack" fires in none of its 1 tests/,
    );
  });
  it('is a finding when it always fires in its tests', () => {
    expect(cover(always).join()).toMatch(/a\.yaml:2:9: error: .*is quiet in none of its 1 tests/);
  });
  it('is a warning when no test gives it data', () => {
    const more =
      RULE +
      RULE.replace('rules:\n', '')
        .replace('id: crack', 'id: other')
        .replace('measure:', 'where: { kinds: [warehouse] }\n    measure:');
    expect(cover(quiet + always, more).join()).toMatch(/a\.yaml:11:9: warning: .*no test gives the rule "other" data/);
  });
});
