import { describe, expect, it } from 'vitest';
import { formatLint, type Lint } from '#model/result.ts';
import { coverRules } from './coverage.ts';
import { readTestFile } from './read.ts';
import { type FileOutcome, runTestFile } from './run-file.ts';

function run(tests: string, rules: string): FileOutcome {
  const lints: Lint[] = [];
  const source = readTestFile('a.test.yaml', tests, lints);
  return runTestFile(source, lints, [{ file: 'a.yaml', text: rules }], undefined);
}
const troubles = (outcome: FileOutcome): string[] => [
  ...outcome.lints.map(formatLint),
  ...outcome.cases.flatMap(({ failures }) =>
    failures.map(({ expected, came, reason }) => `expected ${expected}, came ${came} | ${reason?.zh}`),
  ),
];

describe('rule tests of what is more than a threshold', () => {
  it('run a season and hours of the day by the zone and the start of the test', () => {
    const rules = `rules:
  - id: level
    title: { zh: 水位, en: level }
    hazard: flood
    quantity: level
    measure: { kind: value }
    levels: { blue: 15 }
    deadband: 0.1
    offDelay: 5m
    schedule:
      - { dates: "04-15..10-15", levels: { blue: 14 } }
      - { hours: "22:00..06:00", levels: { blue: 13 } }
`;
    const tests = `rules: [a.yaml]
zone: Asia/Shanghai
start: "2026-01-10T12:00"
sensors: [{ id: gauge, quantity: level, point: dam, kind: reservoir }]
tests:
  - { name: winter, inputSeries: [{ sensor: gauge, values: "14.5x10" }], changes: [] }
  - { name: summer, start: "2026-07-10T12:00", inputSeries: [{ sensor: gauge, values: "14.5x10" }], changes: [{ at: 0, level: blue }] }
  - name: the first minute of the night
    start: "2026-01-10T21:55"
    inputSeries: [{ sensor: gauge, values: "13.5x10" }]
    changes: [{ at: 5m, level: blue, reason: "13.5" }]
  - { name: an hour before the night, start: "2026-01-10T20:55", inputSeries: [{ sensor: gauge, values: "13.5x10" }], changes: [] }
`;
    expect(troubles(run(tests, rules))).toEqual([]);
    expect(troubles(run(tests.replace('T20:55', 'T21:55'), rules))).toHaveLength(1);
  });

  it("take a limit from the declared point's own table of levels", () => {
    const rules = `rules:
  - id: level
    title: { zh: 水位, en: level }
    hazard: flood
    quantity: level
    measure: { kind: value }
    levels: { blue: { station: floodLimit }, red: { station: check } }
    deadband: 0.1
    where: { kinds: [reservoir] }
`;
    const tests = `rules: [a.yaml]
points: [{ id: dam, kind: reservoir, water: { zero: 398, limits: { floodLimit: 413, check: 416 } } }]
sensors: [{ id: gauge, quantity: level, point: dam }]
tests:
  - name: fifteen metres on the gauge are 413 above the datum
    inputSeries: [{ sensor: gauge, values: "14.9x4 15x4 18x4" }]
    changes: [{ at: 5m, level: blue }, { at: 10m, level: red }]
`;
    expect(troubles(run(tests, rules))).toEqual([]);
  });

  it('run a group of sensors by zone, and count the rule as tested by any of its members', () => {
    const rules = `rules:
  - id: zone
    title: { zh: 分区, en: zone }
    hazard: fire
    quantity: smoke
    measure: { kind: kOfN, reach: 2, window: 5m }
    per: zone
    levels: { red: 2 }
    deadband: 1
    offDelay: 0s
`;
    const tests = `rules: [a.yaml]
interval: 10s
sensors:
  - { id: a1, quantity: smoke, point: store, zone: a, kind: warehouse }
  - { id: a2, quantity: smoke, point: store, zone: a }
  - { id: b1, quantity: smoke, point: store, zone: b }
tests:
  - name: two heads of one zone
    inputSeries: [{ sensor: a1, values: "0 2x5" }, { sensor: a2, values: "0x2 2x3" }, { sensor: b1, values: "0x6" }]
    changes: [{ at: 30s, level: red, point: store }]
  - name: two heads of two zones
    inputSeries: [{ sensor: a1, values: "0 2x5" }, { sensor: a2, values: "0x6" }, { sensor: b1, values: "0 2x5" }]
    changes: []
`;
    const outcome = run(tests, rules);
    expect(troubles(outcome)).toEqual([]);
    expect(coverRules([{ file: 'a.yaml', text: rules }], [outcome]).lints.map(formatLint)).toEqual([]);
  });

  it('see a doubt come and go, and count it as the firing of its rule', () => {
    const rules = `rules:
  - id: lone
    title: { zh: 孤立雨量, en: lone rain gauge }
    quantity: rain
    measure: { kind: corroboration, window: 1h, min: 2 }
    inputs: { neighbours: { within: 15km } }
    doubt: { limit: 10, hold: 30m }
`;
    const tests = `rules: [a.yaml]
interval: 5m
sensors:
  - { id: own, quantity: rain, point: p0 }
  - { id: n1, quantity: rain, point: p1 }
  - { id: n2, quantity: rain, point: p2 }
tests:
  - name: rain that nobody else has
    inputSeries:
      - { sensor: n1, values: "0x60" }
      - { sensor: n2, values: "0x60" }
      - { sensor: own, values: "0x24 5x5 0x29" }
    doubted:
      - { at: 2h, sensor: own, doubted: false }
      - { at: 2h30m, sensor: own, rule: lone, reason: 雨量 }
      - { at: 2h30m, sensor: n1, doubted: false }
      - { at: 5h, sensor: own, doubted: false }
  - name: rain that all have
    inputSeries:
      - { sensor: n1, values: "0x24 5x5 0x29" }
      - { sensor: n2, values: "0x24 5x5 0x29" }
      - { sensor: own, values: "0x24 5x5 0x29" }
    doubted: [{ at: 2h30m, sensor: own, doubted: false }]
`;
    const outcome = run(tests, rules);
    expect(troubles(outcome)).toEqual([]);
    expect(coverRules([{ file: 'a.yaml', text: rules }], [outcome]).lints.map(formatLint)).toEqual([]);
  });
});
