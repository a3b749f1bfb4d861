import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { parseScenario } from '#simulators/scenario.ts';
import { isPlayed, prepareScenario, type ScenarioInput, simulate, simulateAll } from './sweep.ts';
import { parseVariation, type Variation } from './vary.ts';

const RULES = `
rules:
  - id: storm-3h
    title: { zh: 三小时雨量, en: rain of three hours }
    hazard: rainstorm
    quantity: rain
    unit: mm
    measure: { kind: rollingSum, window: 3h }
    levels: { blue: 20, orange: 50, red: { limit: 100 } }
    deadband: 2
  - id: opening
    title: { zh: 裂缝, en: crack }
    hazard: landslide
    quantity: displacement
    unit: mm
    measure: { kind: value }
    levels: { yellow: 20, orange: 40 }
    overrides:
      - points: [hill]
        levels: { orange: 60 }
`;

const scenario = (more: string, faults = ''): string => `
seed: 3
runs: 10h
poll: 5m
points: [{ id: hill, kind: slope }]
storm: { shape: uniform, at: 1h, totalMm: 60, duration: 3h }
sensors:
  - { sensor: gauge, quantity: rain, point: hill, kind: storm }
  - { sensor: crack, quantity: displacement, point: hill, kind: stagedCreep, mmPerDay: 48, onset: 2h, failureAt: 9h }
${faults === '' ? '' : `faults:\n${faults}\n`}${more}`;

const input = (text: string): ScenarioInput => ({ file: 's.yaml', text, rules: [{ file: 'r.yaml', text: RULES }] });
function must<T, E>(result: { ok: true; value: T } | { ok: false; error: E }): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}
const verdictOf = (more: string, faults?: string) => must(simulate(input(scenario(more, faults)))).verdict;
const variation = (text: string): Variation => must(parseVariation(text));

describe('a scenario in the engine', () => {
  it('reaches its levels when the sums do, with the reason of the rule', () => {
    const { changes, misses, leadMs } = verdictOf(
      'expect: [{ by: 4h, level: orange, point: hill, hazard: rainstorm }]',
    );
    const rain = changes.filter(({ hazard }) => hazard === 'rainstorm');
    // 20 mm/h from 1h: 20 mm after one hour and 50 mm after two and a half.
    expect(rain.slice(0, 2).map(({ level, atMs }) => [level, atMs / MINUTE_MS])).toEqual([
      ['blue', 120],
      ['orange', 210],
    ]);
    expect(rain[1]?.reason).toEqual({
      zh: '3 小时降雨量 50.0 mm，达到橙色阈值 50.0 mm',
      en: 'rainfall of 50.0 mm in 3 hours reached the orange limit of 50.0 mm',
    });
    expect(misses).toEqual([]);
    expect(leadMs).toBe(9 * HOUR_MS - 3.5 * HOUR_MS);
  });

  it('says what came instead of a level that did not come, with its reason', () => {
    const { misses } = verdictOf('expect: [{ by: 6h, level: red, point: hill, hazard: rainstorm }]');
    expect(misses).toMatchObject([
      { expected: 'red at hill for rainstorm by 6h', came: 'at most orange at 3h30m (hill, rainstorm)' },
    ]);
    expect(misses[0]?.reason?.en).toContain('orange limit of 50.0 mm');
  });

  it('misses a level that comes too early or too late', () => {
    expect(verdictOf('expect: [{ by: 3h, level: orange, hazard: rainstorm }]').misses).toMatchObject([
      { expected: 'orange for rainstorm by 3h', came: 'orange at 3h30m (hill, rainstorm)' },
    ]);
    expect(verdictOf('expect: [{ from: 4h, by: 5h, level: orange, hazard: rainstorm }]').misses).toHaveLength(1);
    expect(verdictOf('expect: [{ from: 3h30m, by: 3h30m, level: orange, hazard: rainstorm }]').misses).toEqual([]);
  });

  it('misses what must never come, and calls it a false alarm', () => {
    const { misses, falseAlarm } = verdictOf('never: orange');
    expect(misses).toMatchObject([{ expected: 'never orange', came: 'orange at 3h30m (hill, rainstorm)' }]);
    expect(falseAlarm).toBe(true);
    expect(verdictOf('never: [{ level: orange, hazard: flood }]').falseAlarm).toBe(false);
  });

  it('holds the lead time before the failure against what is asked', () => {
    const warning = 'warning: { level: yellow, hazard: landslide, rule: opening }';
    expect(verdictOf(`leadAtLeast: 1h\n${warning}`)).toMatchObject({ misses: [] });
    expect(verdictOf(`leadAtLeast: 1h\n${warning}`).leadMs).toBeGreaterThan(HOUR_MS);
    expect(verdictOf(`leadAtLeast: 8h\n${warning}`).misses).toMatchObject([
      { expected: 'yellow for landslide by opening at least 8h before 9h' },
    ]);
    expect(verdictOf('leadAtLeast: 1h\nwarning: { level: red, hazard: landslide }').misses).toHaveLength(1);
  });

  it('hears nothing of a silent unit, catches up on its counter, and believes a stuck meter', () => {
    const silent = '  - { sensor: gauge, fault: silent, atS: 5400, durationS: 7200 }';
    const { changes } = verdictOf('', silent);
    // From 1h30 to 3h30 nothing is heard; the counter then brings 50 mm at once.
    expect(changes.filter(({ hazard }) => hazard === 'rainstorm')[0]).toMatchObject({
      level: 'orange',
      atMs: 3.5 * HOUR_MS,
    });
    const played = must(simulate(input(scenario('', silent)))).played;
    expect(played.missing).toBe(24 + 13);
    const stuck = '  - { sensor: crack, fault: stuck, atS: 3600 }';
    expect(verdictOf('', stuck).changes.some(({ hazard }) => hazard === 'landslide')).toBe(false);
  });

  it('gives the same twice', () => {
    expect(verdictOf('')).toEqual(verdictOf(''));
  });
});

describe('a sweep', () => {
  it('tries all combinations of a storm and of a limit, and says which hold', () => {
    const text = scenario('expect: [{ by: 4h, level: orange, hazard: rainstorm }]');
    const trials = must(
      simulateAll(input(text), [variation('storm.totalMm=45..60/15'), variation('storm-3h.orange=40..60/10')]),
    );
    expect(trials.map((trial) => [...trial.values, isPlayed(trial) && trial.verdict.misses.length === 0])).toEqual([
      [45, 40, true],
      [45, 50, false],
      [45, 60, false],
      [60, 40, true],
      [60, 50, true],
      [60, 60, true],
    ]);
  });

  it('varies times with their units, words, and a sensor by its name', () => {
    const text = scenario('');
    const late = must(simulateAll(input(text), [variation('sensors.crack.failureAt=5h..9h/2h')]));
    const warned = late.map((trial) =>
      isPlayed(trial) ? trial.verdict.changes.find(({ hazard }) => hazard === 'landslide')?.atMs : 0,
    );
    expect(warned).toEqual([...warned].sort((a, b) => (a ?? 0) - (b ?? 0)));
    expect(new Set(warned).size).toBe(3);
    const shapes = must(simulateAll(input(text), [variation('storm.shape=uniform,chicago,scs2')]));
    const peaks = shapes.map((trial) => (isPlayed(trial) ? trial.verdict.highestAtMs : null));
    expect(new Set(peaks).size).toBe(3);
  });

  it('tries a limit also where an override hid it', () => {
    const orange = (limit: number) => {
      const [trial] = must(simulateAll(input(scenario('')), [variation(`opening.orange=${limit}`)]));
      if (trial === undefined || !isPlayed(trial)) throw new Error('not played');
      return trial.verdict.changes.find(({ level, hazard }) => level === 'orange' && hazard === 'landslide')?.atMs;
    };
    expect(orange(30)).toBeLessThan(orange(40) ?? 0);
  });

  it('shows contradictory limits as such, and goes on', () => {
    const trials = must(simulateAll(input(scenario('')), [variation('storm-3h.red=40,90')]));
    expect(trials.map(isPlayed)).toEqual([false, true]);
    expect(trials[0]).toMatchObject({ finding: expect.stringContaining('r.yaml') });
  });

  it('refuses what is not there, and more than can be tried', () => {
    expect(simulateAll(input(scenario('')), [variation('nothing.red=1,2')])).toMatchObject({
      ok: false,
      error: 'neither the scenario nor a rule is called nothing',
    });
    expect(simulateAll(input(scenario('')), [variation('sensors.other.mm=1')]).ok).toBe(false);
    const many = [variation('storm.totalMm=1..100/1'), variation('storm-3h.red=1..100/1')];
    expect(simulateAll(input(scenario('')), many)).toMatchObject({
      ok: false,
      error: '10000 combinations; at most 2000',
    });
    for (const wrong of ['storm.totalMm', '=3', 'a.b=1h..2m/1h', 'a.b=5..1/1', 'a.b=1..5/0', 'a.b='])
      expect(parseVariation(wrong).ok).toBe(false);
  });
});

describe('a scenario that cannot be played', () => {
  const lintsOf = (text: string): string => {
    const parsed = parseScenario('s.yaml', text);
    return parsed.ok ? '' : parsed.error.map(({ line, message }) => `${line}: ${message}`).join('\n');
  };

  it.each([
    ['a storm that is not there', 'sensors:\n  - { sensor: a, kind: storm }', '2: needs storm: beside sensors:'],
    ['a fire that is not there', 'sensors:\n  - { sensor: a, kind: fireHead, as: density }', '2: needs fire:'],
    [
      'a failure before its onset',
      'sensors:\n  - { sensor: a, kind: stagedCreep, mmPerDay: 1, onset: 3d, failureAt: 2d }',
      'onset',
    ],
    ['a time that is none', 'runs: soon', '1: a time is numbers'],
    ['a wish after the end', 'runs: 2h\nexpect: [{ by: 3h, level: red }]', '2: lies after the end'],
    ['a lead time before nothing', 'leadAtLeast: 2h', 'needs failureAt'],
    [
      'a sensor of an own place without its point',
      'points: [{ id: p }]\nsensors: [{ sensor: a, kind: constant, value: 1, quantity: level }]',
      '2: in a scenario with points of its own',
    ],
    [
      'a sensor at no point',
      'points: [{ id: p }]\nsensors: [{ sensor: a, kind: constant, value: 1, quantity: level, point: q }]',
      '2: no point q',
    ],
    [
      'a place where the county says it',
      'sensors: [{ sensor: a, kind: constant, value: 1, point: q }]',
      '1: quantity, point and zone',
    ],
    [
      'a table that does not rise',
      'reservoir: { level: 3, storage: [[1, 5], [2, 4]] }',
      '1: levels and volumes must rise',
    ],
  ])('names the line of %s', (_, text, message) => {
    expect(lintsOf(text)).toContain(message);
  });

  it('is refused without a length, with too many polls, and without a county where it needs one', () => {
    const error = (text: string) => {
      const prepared = prepareScenario(input(text));
      return prepared.ok ? '' : (prepared.error[0]?.message ?? '');
    };
    const bare = 'points: [{ id: p }]\nsensors: [{ sensor: a, quantity: level, point: p, kind: constant, value: 1 }]\n';
    expect(error(bare)).toBe('it does not say how long it runs');
    expect(error(`${bare}runs: 360d\npoll: 1s`)).toContain('polls are too many');
    expect(error('runs: 1h')).toContain('there is no county');
  });
});
