import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JournalRow } from '#model/journal.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import { isDoubt } from '#model/transition.ts';
import { createEngine, type Engine, restoreEngine } from '#rules/engine.ts';
import { holdsAt, offsetAt } from '#rules/schedule.ts';
import { zoneOffsets } from '#rules/zone-offsets.ts';
import { compiled, countyOf, findings, TOWNSHIP } from '#test/rules/county-of.ts';
import { HOUR, MINUTE, rowMaker, T0, type Value } from '#test/rules/rows.ts';

const DAY = 24 * HOUR;
const title = 'title: { zh: 规则, en: rule }';

type Told = { readonly line: string; readonly zh: string; readonly en: string };

/** Runs values through an engine that holds the rule set, one batch a value, and tells what changed. */
function runOn(ruleSet: CompiledRuleSet, edgeId = `edge-${TOWNSHIP}`, engine: Engine = createEngine(3)) {
  const make = rowMaker();
  const told: Told[] = [];
  const apply = (row: JournalRow): void => {
    for (const { atMs, from, to, condition, reason, rule } of engine.apply(row)) {
      const line = `${Math.round((atMs - T0) / MINUTE)}m ${rule.split('@')[0]} ${from}→${to} ${condition}`;
      told.push({ line, zh: reason.zh, en: reason.en });
    }
  };
  apply(make.rules(ruleSet));
  return {
    engine,
    told,
    lines: () => told.map(({ line }) => line),
    rules: (next: CompiledRuleSet, atMs: number) => apply(make.rules(next, atMs)),
    tick: (atMs: number) => apply(make.tick(atMs)),
    online: (atMs: number) => apply(make.edge(atMs, 'online', edgeId)),
    values: (...values: readonly Value[]) => {
      for (const value of values) apply(make.batch([value], value.atMs, { edgeId }));
    },
    drill: (value: Value) => apply(make.batch([value], value.atMs, { edgeId, origin: 'drill' })),
  };
}

const slope = countyOf({ slope: {} }, { crack: { point: 'slope', quantity: 'displacement' } });

describe('a rule that raises as the value falls', () => {
  const registry = countyOf({ store: { kind: 'warehouse' } }, { battery: { point: 'store', quantity: 'battery' } });
  const rules = `rules:
  - { id: battery-low, ${title}, hazard: equipment, quantity: battery, measure: { kind: value }, raiseWhen: below,
      levels: { blue: 20, yellow: 10 }, deadband: 5, offDelay: 0s }`;

  it('raises at the limit and below it, clears above limit and deadband, and tells both with the numbers as they are', () => {
    const { values, told, lines } = runOn(compiled(registry, rules));
    values(...[50, 21, 20, 9, 24, 25].map((value, index) => ({ id: 'battery', atMs: T0 + index * MINUTE, value })));
    expect(lines()).toEqual([
      '2m battery-low none→blue active',
      '3m battery-low blue→yellow active',
      '4m battery-low yellow→blue active',
      '5m battery-low blue→none cleared',
    ]);
    expect(told[0]?.zh).toBe('电池电量 20 %，降到蓝色阈值 20 %');
    expect(told[3]?.zh).toBe('电池电量 25 %，回升至蓝色解除线 25 % 以上，解除');
  });

  it('has its numbers in the evidence as they were measured', () => {
    const make = rowMaker();
    const engine = createEngine(3);
    engine.apply(make.rules(compiled(registry, rules)));
    const [raised] = engine.apply(
      make.batch([{ id: 'battery', atMs: T0, value: 8 }], T0, { edgeId: `edge-${TOWNSHIP}` }),
    );
    expect(raised?.evidence).toMatchObject({ value: 8, limit: 10, limits: [{ limit: 20 }, { limit: 10 }] });
  });

  it('is refused where the levels are in the wrong order', () => {
    expect(findings(registry, rules.replace('blue: 20, yellow: 10', 'blue: 10, yellow: 20'))[0]).toMatch(
      /^rules\.yaml:3:7: error: rules\[0\]\.levels: blue is not above yellow: yellow would come first — lower/,
    );
  });
});

describe('limits by season and by hour', () => {
  const registry = countyOf(
    { dam: { kind: 'reservoir' } },
    { level: { point: 'dam', quantity: 'level' } },
    'Asia/Shanghai',
  );
  const rules = `rules:
  - id: level
    ${title}
    hazard: flood
    quantity: level
    measure: { kind: value }
    levels: { blue: 14 }
    deadband: 0.1
    offDelay: 0s
    schedule:
      - { dates: "06-01..09-30", levels: { blue: 12, red: 15 } }
      - { hours: "22:00..06:00", levels: { red: 14.5 } }
`;
  // T0 is 08:00 of 1 June in Shanghai.
  const at = (days: number, hour: number) => T0 + days * DAY + (hour - 8) * HOUR;
  const level = (atMs: number, metres: number): Value => ({ id: 'level', atMs, value: Math.round(metres * 1_000) });

  it('take the value of now by the limits of now, in the county local time', () => {
    const { values, lines } = runOn(compiled(registry, rules));
    values(level(at(0, 9), 13), level(at(0, 21), 14.6), level(at(0, 22), 14.6), level(at(1, 6), 14.6));
    expect(lines()).toEqual([
      '60m level none→blue active',
      '840m level blue→red active',
      '1320m level red→blue active',
    ]);
  });

  it('let a level fall that has no limit any more', () => {
    const { values, lines } = runOn(compiled(registry, rules));
    values(level(at(0, 9), 15.5), level(at(121, 23), 15.5), level(at(122, 9), 15.5), level(at(122, 10), 13.8));
    // 30 September at night is red by both; on 1 October only the night has a red.
    expect(lines().map((line) => line.replace(/^\d+m /, ''))).toEqual([
      'level none→red active',
      'level red→blue active',
      'level blue→none cleared',
    ]);
  });

  it('are chosen in the zone, summer time included, as Intl tells it', () => {
    const zones = ['Europe/Berlin', 'America/Los_Angeles', 'Asia/Shanghai', 'Australia/Lord_Howe', 'UTC'];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: Date.UTC(1985, 0, 2), max: Date.UTC(2060, 0, 1) }),
        (zone, atMs) => {
          const local = new Intl.DateTimeFormat('en-CA', {
            ...{ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
            ...{ hour: '2-digit', minute: '2-digit' },
          } as const)
            .format(new Date(atMs))
            .replace(', ', 'T');
          expect(new Date(atMs + offsetAt(zoneOffsets(zone), atMs)).toISOString().slice(0, 16)).toBe(local);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('run over the new year and over midnight, both ends of dates included, the end of hours not', () => {
    const winter = { fromDate: 1_115, toDate: 315 };
    const night = { fromMinute: 22 * 60, toMinute: 6 * 60 };
    const holds = (when: Parameters<typeof holdsAt>[0], iso: string) => holdsAt(when, Date.parse(`${iso}Z`));
    expect(
      ['2026-11-14T23:59', '2026-11-15T00:00', '2027-03-15T23:59', '2027-03-16T00:00'].map((one) => holds(winter, one)),
    ).toEqual([false, true, true, false]);
    expect(
      ['2026-06-01T21:59', '2026-06-01T22:00', '2026-06-02T05:59', '2026-06-02T06:00'].map((one) => holds(night, one)),
    ).toEqual([false, true, true, false]);
  });

  it('are refused with their place when the span makes no sense, or the order of levels is wrong at some time', () => {
    expect(findings(registry, rules.replace('06-01..09-30', '06-31..09-30'))[0]).toMatch(
      /^rules\.yaml:11:\d+: error: rules\[0\]\.schedule\[0\]\.dates: "06-31\.\.09-30" is no span of dates/,
    );
    expect(findings(registry, rules.replace('red: 14.5', 'red: 11'))[0]).toMatch(
      /^rules\.yaml:12:\d+: error: rules\[0\]\.schedule\[1\]\.levels: blue is not below red/,
    );
  });
});

describe('levels that the station names', () => {
  const water = { datum: '1985', zeroM: 400, floodSeason: null, limits: { floodLimit: 412.5, check: 416 } } as const;
  const registry = countyOf(
    { dam: { kind: 'reservoir', water }, pond: { kind: 'reservoir' } },
    { level: { point: 'dam', quantity: 'level' }, pondLevel: { point: 'pond', quantity: 'level' } },
  );
  const rules = `rules:
  - { id: level, ${title}, hazard: flood, quantity: level, measure: { kind: value },
      levels: { blue: { station: floodLimit }, orange: { datum: 415 }, red: { limit: { station: check }, offDelay: 2h } } }`;

  it('are metres of its own gauge; what it does not have is left out; a station without a table is told', () => {
    const { rules: bound } = compiled(registry, rules);
    expect(
      bound.map(({ sensorId, limits }) => [sensorId, limits.map(({ level, limit }) => `${level} ${limit}`)]),
    ).toEqual([['level', ['blue 12500', 'orange 15000', 'red 16000']]]);
    const { values, told } = runOn(compiled(registry, rules));
    values({ id: 'level', atMs: T0, value: 12_600 }, { id: 'level', atMs: T0 + MINUTE, value: 15_000 });
    expect(told.map(({ zh, en }) => `${zh} | ${en}`)).toEqual([
      '水位 12.6 m，达到蓝色阈值 汛限水位 12.5 m | water level of 12.6 m reached the blue limit of the flood season limit level, 12.5 m',
      '水位 15.0 m，达到橙色阈值 15.0 m | water level of 15.0 m reached the orange limit of 15.0 m',
    ]);
    expect(findings(registry, rules)).toEqual([
      expect.stringContaining('warning: rules[0].levels: the point pond has no water table'),
    ]);
    expect(findings(registry, rules.replace('floodLimit', 'floodLimt'))[0]).toContain('did you mean "floodLimit"?');
  });
});

describe('a doubted sensor', () => {
  const near = (km: number) => ({ kind: 'rain-station', lon: 106 + km / 101, lat: 24 }) as const;
  const registry = countyOf(
    { a: near(0), b: near(3), c: near(6), far: near(90) },
    Object.fromEntries(['a', 'b', 'c', 'far'].map((point) => [point, { point, quantity: 'rain' }] as const)),
  );
  const rules = `rules:
  - { id: rain-1h, ${title}, hazard: rainstorm, quantity: rain, measure: { kind: rollingSum, window: 1h }, levels: { red: 30 } }
  - { id: lone, ${title}, quantity: rain, measure: { kind: corroboration, window: 1h }, inputs: { neighbours: { within: 15km } }, doubt: { limit: 10, hold: 3h } }`;

  it('still raises, with the doubt in the reason, and a note tells of it', () => {
    const make = rowMaker();
    const engine = createEngine(3);
    engine.apply(make.rules(compiled(registry, rules)));
    const doubts: string[] = [];
    const reasons: string[] = [];
    for (let minute = 0; minute <= 120; minute += 5) {
      const atMs = T0 + minute * MINUTE;
      for (const id of ['b', 'c', 'far', 'a']) {
        const value = id === 'a' && minute > 60 ? 4_000 : 0;
        const row = make.batch([{ id, atMs, value }], atMs, { edgeId: `edge-${TOWNSHIP}` });
        for (const { reason, to } of engine.apply(row)) reasons.push(`${to} ${reason.zh}`);
        for (const note of engine.notes().filter(isDoubt)) doubts.push(`${minute} ${note.sensorId} ${note.doubted}`);
      }
    }
    expect(doubts).toEqual(['75 a true']);
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toMatch(/^red .*数据可疑，须人工核实/);
  });

  it('needs a limit of its own and no levels', () => {
    expect(
      findings(
        registry,
        rules.replace('doubt: { limit: 10, hold: 3h }', 'levels: { red: 10 }, doubt: { limit: 10, hold: 3h }'),
      )[0],
    ).toContain('either raises levels or doubts a sensor');
  });
});

describe('a model of several sensors', () => {
  const registry = countyOf(
    { store: { kind: 'warehouse' } },
    Object.fromEntries(
      ['h1', 'h2', 'h3', 'h4'].map((id, index) => [
        id,
        { point: 'store', quantity: 'smoke', zone: index < 3 ? 'east' : 'west', staleAfterMs: 10 * MINUTE } as const,
      ]),
    ),
  );
  const rules = `rules:
  - { id: two-heads, ${title}, hazard: fire, quantity: smoke, per: zone, measure: { kind: zoneCoincidence, hold: 5m }, levels: { yellow: 1, red: 2 }, offDelay: 0s, onDelay: 0s }`;
  const heads = (minute: number, ...values: readonly (number | undefined)[]): Value[] =>
    values.flatMap((value, index) =>
      value === undefined ? [] : [{ id: `h${index + 1}`, atMs: T0 + minute * MINUTE, value }],
    );

  it('counts the heads of one zone, not those of the next', () => {
    const { values, lines } = runOn(compiled(registry, rules));
    values(...heads(0, 0, 0, 0, 0), ...heads(1, 2, 0, 0, 2), ...heads(2, 0, 0, 2, 0));
    expect(lines()).toContain('2m two-heads yellow→red active');
    expect(lines().filter((line) => line.includes('red'))).toHaveLength(1);
  });

  it('loses its data with the last of its heads, and a drill does not count for it', () => {
    const { values, drill, tick, online, lines } = runOn(compiled(registry, rules));
    online(T0);
    values(...heads(0, 0, 0, 0, 0), ...heads(1, 2, 0, 0));
    values(...heads(9, undefined, 0, 0));
    tick(T0 + 12 * MINUTE);
    expect(lines().filter((line) => line.includes('dataLost'))).toEqual([]);
    tick(T0 + 25 * MINUTE);
    expect(lines().filter((line) => line.includes('two-heads') && line.includes('dataLost'))).toHaveLength(1);
    const before = lines().length;
    drill({ id: 'h2', atMs: T0 + 26 * MINUTE, value: 2 });
    expect(
      lines()
        .slice(before)
        .filter((line) => line.includes('red')),
    ).toEqual([]);
  });

  it('is refused for what it does not know, with the word that was meant', () => {
    const [unknown] = findings(registry, rules.replace('zoneCoincidence', 'zoneCoincidense'));
    expect(unknown).toContain('there is no measure "zoneCoincidense" — did you mean "zoneCoincidence"?');
    expect(findings(registry, rules.replace('hold: 5m', 'hold: 5 minutes'))[0]).toMatch(
      /^rules\.yaml:2:\d+: error: rules\[0\]\.measure\.hold: hold must be a duration/,
    );
    expect(findings(registry, rules.replace('hold: 5m', 'hald: 5m'))[0]).toContain('"hald" is not known here');
    expect(findings(registry, rules.replace('quantity: smoke', 'quantity: battery'))[0]).toContain(
      'is not made of battery',
    );
  });
});

describe('what a model has learned', () => {
  const rules = (levels: string, more = '') => `rules:
  - { id: far, ${title}, hazard: landslide, quantity: displacement, measure: { kind: windowStat, stat: range, window: 2d${more} }, levels: { ${levels} }, offDelay: 0s, onDelay: 0s }`;
  const crack = (hour: number, mm: number): Value => ({ id: 'crack', atMs: T0 + hour * HOUR, value: mm * 100 });

  it('outlives an edit of its limits, and the condition takes its place under the next version', () => {
    const run = runOn(compiled(slope, rules('blue: 4')));
    run.values(...[0, 2, 5].map((mm, hour) => crack(hour, mm)));
    expect(run.lines()).toEqual(['120m far none→blue active']);
    run.rules(compiled(slope, rules('blue: 3')), T0 + 2 * HOUR + MINUTE);
    expect(run.lines().slice(1)).toEqual(['121m far blue→none closed', '120m far none→blue active']);
    expect(run.told.at(-1)?.zh).toContain('规则修改前的最后结果');
    run.values(crack(3, 5));
    expect(run.lines()).toHaveLength(3);
  });

  it('begins anew under other parameters, and the old condition is closed with a reason', () => {
    const run = runOn(compiled(slope, rules('blue: 4')));
    run.values(...[0, 2, 5].map((mm, hour) => crack(hour, mm)));
    run.rules(compiled(slope, rules('blue: 4').replace('2d', '3d')), T0 + 2 * HOUR + MINUTE);
    expect(run.lines().slice(1)).toEqual(['121m far blue→none closed']);
    expect(run.told.at(-1)?.zh).toContain('已修改或删除');
  });
});

it('goes on from a snapshot at any row with exactly the same transitions and notes, whatever models there are', () => {
  const registry = countyOf(
    { slope: {}, b: { lon: 106.02 }, c: { lon: 106.04 } },
    {
      crack: { point: 'slope', quantity: 'displacement' },
      rain: { point: 'slope', quantity: 'rain' },
      rainB: { point: 'b', quantity: 'rain' },
      rainC: { point: 'c', quantity: 'rain' },
    },
  );
  const ruleSet = compiled(
    registry,
    `rules:
  - { id: api, ${title}, hazard: landslide, quantity: rain, measure: { kind: antecedentRain }, levels: { blue: 5, red: 20 } }
  - { id: line, ${title}, hazard: landslide, quantity: rain, measure: { kind: intensityDuration, a: 14.82, b: 0.39 }, levels: { yellow: 40 } }
  - { id: range, ${title}, hazard: landslide, quantity: displacement, measure: { kind: windowStat, stat: range, window: 6h }, levels: { blue: 2, red: 6 },
      schedule: [{ hours: "06:00..18:00", levels: { red: 4 } }] }
  - { id: gone, ${title}, hazard: equipment, quantity: rain, measure: { kind: absence }, levels: { blue: 90 } }
  - { id: lone, ${title}, quantity: rain, measure: { kind: corroboration, min: 1 }, doubt: { limit: 2, hold: 2h } }`,
  );
  const ids = ['crack', 'rain', 'rainB', 'rainC'] as const;
  const steps = fc.array(
    fc.record({
      id: fc.constantFrom(...ids),
      forward: fc.integer({ min: 0, max: 40 }),
      late: fc.oneof(
        { weight: 5, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 600 }) },
      ),
      value: fc.integer({ min: 0, max: 600 }),
      suspect: fc.boolean(),
    }),
    { minLength: 60, maxLength: 160, size: 'max' },
  );
  let seen = 0;
  fc.assert(
    fc.property(steps, fc.nat(), (all, cutAt) => {
      const make = rowMaker();
      const edgeId = `edge-${TOWNSHIP}`;
      let nowMs = T0;
      const rows: JournalRow[] = [make.rules(ruleSet), make.edge(T0, 'online', edgeId)];
      for (const [index, { id, forward, late, value, suspect }] of all.entries()) {
        nowMs += forward * MINUTE;
        const steps = id === 'crack' ? value : value * 10;
        rows.push(make.batch([{ id, atMs: nowMs - late * MINUTE, value: steps, suspect }], nowMs, { edgeId }));
        if (index % 3 === 0) rows.push(make.tick(nowMs));
      }
      const whole = createEngine(3);
      const told = (engine: Engine, row: JournalRow) => [...engine.apply(row), ...engine.notes()];
      const want = rows.map((row) => told(whole, row));
      const cut = cutAt % rows.length;
      const first = createEngine(3);
      for (const row of rows.slice(0, cut)) first.apply(row);
      const second = restoreEngine(3, first.snapshot());
      if (second === undefined) throw new Error('the snapshot was refused');
      expect(rows.slice(cut).map((row) => told(second, row))).toEqual(want.slice(cut));
      seen += want.flat().length;
    }),
    { numRuns: 25 },
  );
  expect(seen).toBeGreaterThan(100);
});
