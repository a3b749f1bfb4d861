/** Behaviours on virtual time: the demonstration's curve, counters that never lose a tip, noise that repeats. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatLint } from '#model/result.ts';
import { type Behaviour, fallenBetween, valueAt } from '#simulators/behaviour.ts';
import { parseScenario } from '#simulators/scenario.ts';

const scenarioFile = fileURLToPath(new URL('../county/simulation.yaml', import.meta.url));
function shipped() {
  const parsed = parseScenario('simulation.yaml', readFileSync(scenarioFile, 'utf8'));
  if (!parsed.ok) throw new Error(parsed.error.map(formatLint).join('\n'));
  return parsed.value;
}
const began = 1_800_000_000_000;
const at = (behaviour: Behaviour, afterMs: number, more: { name?: string; seed?: number } = {}) =>
  valueAt(behaviour, {
    nowMs: began + afterMs,
    beganAtMs: began,
    seed: more.seed ?? 451099,
    name: more.name ?? 'shiqiao-a/2/displacement',
    origin: { atMs: began, total: 0 },
  }) ?? Number.NaN;

describe('the demonstration', () => {
  const scenario = shipped();
  const crack = scenario.sensors.get('taoshuwan-crack');
  if (crack === undefined) throw new Error('no crack');
  const crossing = (limit: number) => {
    for (let tMs = 0; tMs <= 60_000; tMs += 100) if (at(crack, tMs) >= limit) return tMs / 1000;
    return Number.POSITIVE_INFINITY;
  };
  it('opens the crack through 10, 20, 40 and 80 mm at about 12, 18, 26 and 37 s, and past 90 mm by 40 s', () => {
    const times = [10, 20, 40, 80].map(crossing);
    [11.7, 17.6, 25.6, 36.6].forEach((expected, index) => {
      expect(Math.abs((times[index] ?? 0) - expected)).toBeLessThan(0.7);
    });
    expect(at(crack, 40_000)).toBeGreaterThan(90);
    expect(at(crack, 600_000)).toBe(95);
    expect(at(crack, -1_000)).toBe(2);
  });
  it('never lets the crack close, and moves it unevenly', () => {
    let before = at(crack, 0);
    const steps: number[] = [];
    for (let tMs = 250; tMs <= 45_000; tMs += 250) {
      const now = at(crack, tMs);
      expect(now).toBeGreaterThanOrEqual(before);
      steps.push(now - before);
      before = now;
    }
    expect(steps.filter((step, index) => index > 0 && step < (steps[index - 1] ?? 0)).length).toBeGreaterThan(5);
  });
  it('pre-alarms one smoke head after two minutes, while the rest lives quietly', () => {
    const smoke = scenario.sensors.get('cangku-3-smoke-1') ?? { kind: 'constant', value: 9, noise: 0 };
    expect([0, 119_999, 120_000, 209_999, 210_000].map((tMs) => at(smoke, tMs))).toEqual([0, 0, 1, 1, 0]);
    const quiet = scenario.sensors.get('xiangshui-crack') ?? { kind: 'constant', value: 9, noise: 0 };
    for (let tMs = 0; tMs < 600_000; tMs += 777) expect(Math.abs(at(quiet, tMs) - 1.6)).toBeLessThanOrEqual(0.05);
    expect(scenario.sensors.size).toBe(15);
  });
});

describe('behaviours', () => {
  const rain: Behaviour = {
    kind: 'tipping',
    perTip: 0.2,
    intensity: [
      { atMs: 0, perHour: 36 },
      { atMs: 10_000, perHour: 72 },
      { atMs: 20_000, perHour: 0 },
    ],
  };
  it('counts whole tips of what has fallen', () => {
    expect(fallenBetween(rain.kind === 'tipping' ? rain.intensity : [], 0, 20_000)).toBeCloseTo(0.1 + 0.2, 9);
    expect([0, 19_000, 20_000, 100_000].map((tMs) => at(rain, tMs))).toEqual([0, 0.2, 0.2, 0.2]);
  });
  it('gives the same amount however often it is looked at, before the begin and after', () => {
    fc.assert(
      fc.property(fc.nat(30_000), fc.nat(30_000), (first, second) => {
        const intensity = rain.kind === 'tipping' ? rain.intensity : [];
        const whole = fallenBetween(intensity, -5_000, first + second);
        expect(fallenBetween(intensity, -5_000, first) + fallenBetween(intensity, first, first + second)).toBeCloseTo(
          whole,
          9,
        );
      }),
    );
    const beforeBegin = valueAt(rain, {
      nowMs: began,
      beganAtMs: null,
      seed: 1,
      name: 'x',
      origin: { atMs: began - 100_000, total: 5 },
    });
    const atBegin = valueAt(rain, {
      nowMs: began,
      beganAtMs: began,
      seed: 1,
      name: 'x',
      origin: { atMs: began - 100_000, total: 5 },
    });
    expect(beforeBegin).toBe(6);
    expect(atBegin).toBe(6);
  });
  it('interpolates or holds a time line, and may have no value for a while', () => {
    const points = [
      { atMs: 0, value: 1 },
      { atMs: 10, value: 3 },
      { atMs: 20, value: null },
      { atMs: 30, value: 4 },
    ];
    const line: Behaviour = { kind: 'timeline', points, interpolate: 'linear', noise: 0 };
    const hold: Behaviour = { kind: 'timeline', points, interpolate: 'hold', noise: 0 };
    expect([0, 5, 10, 15, 20, 29, 30, 99].map((tMs) => at(line, tMs))).toEqual([
      1,
      2,
      3,
      3,
      Number.NaN,
      Number.NaN,
      4,
      4,
    ]);
    expect([5, 25, 30].map((tMs) => at(hold, tMs))).toEqual([1, Number.NaN, 4]);
    expect([0, 5, 20].map((tMs) => at({ kind: 'ramp', from: 2, to: 4, startMs: 0, durationMs: 10 }, tMs))).toEqual([
      2, 3, 4,
    ]);
  });
  it('makes the same noise from the same seed and name, and another from others', () => {
    const noisy: Behaviour = { kind: 'constant', value: 0, noise: 1 };
    expect(at(noisy, 5_000)).toBe(at(noisy, 5_999));
    expect(at(noisy, 5_000)).not.toBe(at(noisy, 6_000));
    expect(at(noisy, 5_000, { seed: 1 })).not.toBe(at(noisy, 5_000, { seed: 2 }));
    expect(at(noisy, 5_000, { name: 'a' })).not.toBe(at(noisy, 5_000, { name: 'b' }));
  });
});

describe('scenario files', () => {
  it.each([
    ['sensors:\n  - { sensor: a, kind: wobble }\n', /s\.yaml:2:\d+: error: sensors\[0\]/],
    ['sensors:\n  - sensor: a\n    kind: constant\n    value: x\n', /s\.yaml:4:12: error: sensors\[0\]\.value/],
    [
      'sensors:\n  - sensor: a\n    kind: constant\n    value: 1\n    valeu: 2\n',
      /s\.yaml:5:5: error: .*remove the key/,
    ],
    [
      'sensors:\n  - { sensor: a, kind: constant, value: 1 }\n  - { sensor: a, kind: constant, value: 1 }\n',
      /s\.yaml:3:15: .*stands twice/,
    ],
    [
      'sensors:\n  - sensor: a\n    kind: timeline\n    points: [{ atS: 5, value: 1 }, { atS: 5, value: 2 }]\n',
      /s\.yaml:4:\d+: .*times must rise/,
    ],
    ['faults:\n  - { sensor: a, fault: late, atS: 5 }\n', /s\.yaml:2:\d+: error: faults\[0\]\.delayMs/],
    ['faults:\n  - { sensor: a, fault: lat }\n', /s\.yaml:2:\d+: error: faults\[0\].*docs\/simulators\.md/],
    ['faults:\n  - { fault: silent }\n', /s\.yaml:2:\d+: .*either a sensor or a bus/],
    ['faults:\n  - { bus: a, sensor: b, fault: silent }\n', /s\.yaml:2:23: .*either a sensor or a bus/],
    ['faults:\n  - { bus: a, unit: 2, fault: unplug }\n', /s\.yaml:2:21: .*strikes a whole bus/],
    ['faults:\n  - { bus: a, unit: 1, register: x, fault: silent }\n', /s\.yaml:2:34: .*only a fault of values/],
    ['faults:\n  - { bus: a, fault: busy, everyS: 5 }\n', /s\.yaml:2:36: .*needs a durationS/],
    ['faults:\n  - { bus: a, unit: 1, fault: counterReset, durationS: 5 }\n', /s\.yaml:2:\d+: error: faults\[0\]/],
    ['faults:\n  - { bus: a, unit: 248, fault: busy }\n', /s\.yaml:2:21: error: faults\[0\]\.unit/],
    ['faults:\n  - { bus: a, fault: noise, where: after, hex: ABC }\n', /s\.yaml:2:\d+: .*two digits each/],
    ['faults:\n  - { bus: a, fault: silent, durationS: 5, fromS: 1 }\n', /s\.yaml:2:\d+: .*remove the key/],
    ['lines:\n  - { bus: a, listen: "nowhere" }\n', /s\.yaml:2:\d+: .*host:port/],
    ['lines:\n  - { bus: a }\n  - { bus: a, serial: /dev/ttyUSB0 }\n', /s\.yaml:3:12: .*stands twice/],
    ['sensors:\n  - { bus: a, unit: 1, kind: constant, value: 1 }\n', /s\.yaml:2:5: .*either a sensor, or a bus/],
    ['sensors: [\n', /s\.yaml:\d+:\d+: error/],
  ])('names line and column: %j', (text, expected) => {
    const parsed = parseScenario('s.yaml', text);
    expect(parsed.ok ? 'accepted' : parsed.error.map(formatLint).join('\n')).toMatch(expected);
  });
});
