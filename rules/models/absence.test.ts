import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { absence } from './absence.ts';
import { lostTogether } from './lost-together.ts';
import { MINUTE, messUp, openPlace, T0 } from './place.support.ts';

const AWAY = 10;

/** The silence of a sensor at an instant, from all looks and all samples again. */
function naiveSilence(heard: readonly number[], looks: readonly number[], now: number): number {
  let since = looks[0] ?? now;
  for (const [index, look] of looks.entries()) if (index > 0 && look - (looks[index - 1] ?? 0) > AWAY) since = look;
  return Math.max(0, now - Math.max(since, ...heard));
}

/** A day of ticks and samples of three sensors, each with the instant at which it comes in. */
const history = fc.array(
  fc.record({
    step: fc.oneof({ weight: 12, arbitrary: fc.integer({ min: 0, max: 3 }) }, fc.constantFrom(9, 10, 11, 60)),
    sensor: fc.constantFrom(-1, -1, 0, 1, 2),
    age: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 90 })),
  }),
  { minLength: 1, maxLength: 80 },
);

describe('absence', () => {
  it('is the time since the newest value that was watched, whatever comes late, and whenever we were away', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const own = openPlace(absence, {}, [{ quantity: 'level' }]);
        const three = openPlace(lostTogether, { silentFor: '7m' }, [{}, {}, {}]);
        const heard: number[][] = [[], [], []];
        const [looks, all]: [number[], number[]] = [[], []];
        let now = 0;
        for (const { step, sensor, age } of steps) {
          now += step;
          all.push(now);
          if (sensor >= 0) heard[sensor]?.push(now - age);
          const given = { nowMs: T0 + now * MINUTE };
          const together = sensor < 0 ? three.tick(now) : three.step(now - age, 1, sensor, given);
          const silent = heard.filter((instants) => naiveSilence(instants, all, now) > 7).length;
          expect(together?.value).toBe(silent);
          if (sensor > 0) continue;
          looks.push(now);
          const figure = sensor < 0 ? own.tick(now) : own.step(now - age, 1, 0, given);
          expect(figure?.value).toBe(naiveSilence(heard[0] ?? [], looks, now));
        }
      }),
      { numRuns: 300, verbose: 1 },
    );
  });

  it('says for how long, and that a value came', () => {
    const { step, tick } = openPlace(absence, {}, [{ quantity: 'level' }]);
    expect(step(0, 7)?.say()).toEqual({ zh: '有有效数值', en: 'gave a value' });
    for (let minute = 1; minute < 35; minute++) tick(minute);
    const figure = tick(35);
    expect(figure).toMatchObject({ value: 35, mayLower: true });
    expect(figure?.say()).toEqual({ zh: '已 35 分钟没有有效数值', en: 'no value for 35 minutes' });
  });

  it('counts a sensor that never spoke from when somebody began to look', () => {
    const { tick } = openPlace(absence, {}, [{ quantity: 'level' }]);
    expect(tick(500)?.value).toBe(0);
    expect(tick(508)?.value).toBe(8);
  });

  it('is not ended by a doubted value', () => {
    const { step } = openPlace(absence, {}, [{ quantity: 'level' }]);
    expect(step(0, 7, 0, { suspect: true })?.mayLower).toBe(false);
  });
});

describe('a daily report at 08:00', () => {
  // T0 is 08:00 in UTC+8.
  const open = () => openPlace(absence, { dailyAt: '08:00', early: '1h' }, [{ quantity: 'level' }]);
  const watch = (tick: (minute: number) => unknown, from: number, to: number) => {
    for (let minute = from; minute < to; minute += 5) tick(minute);
  };

  it('that comes, also a little early, is not overdue all day', () => {
    const { step, tick } = open();
    watch(tick, -120, -40);
    step(-30, 7);
    watch(tick, -30, 600);
    expect(tick(600)).toMatchObject({ value: 0 });
    expect(tick(600)?.say().en).toBe('the report of 08:00 has come');
  });

  it('that does not come is overdue from its time on', () => {
    const { tick } = open();
    watch(tick, -120, 35);
    expect(tick(35)?.say()).toEqual({
      zh: '应于 08:00 报送，已迟 35 分钟',
      en: 'the report of 08:00 is 35 minutes overdue',
    });
    watch(tick, 35, 24 * 60);
    expect(tick(24 * 60 - 1)?.value).toBe(24 * 60 - 1);
  });

  it('of yesterday is none for today', () => {
    const { step, tick } = open();
    step(0, 7);
    watch(tick, 0, 24 * 60 + 20);
    expect(tick(24 * 60 + 20)?.value).toBe(20);
  });

  it('counts from our return when we were away at its time', () => {
    const { step, tick } = open();
    step(-120, 7);
    expect(tick(50)?.value).toBe(0);
    expect(tick(58)?.value).toBe(8);
  });

  it('has a time of day in its rule', () => {
    expect(() => openPlace(absence, { dailyAt: '8 o’clock' })).toThrow('dailyAt must be a time of day');
  });
});

describe('sensors lost together', () => {
  it('are named, a few of them', () => {
    const { tick } = openPlace(
      lostTogether,
      {},
      Array.from({ length: 7 }, (_, index) => ({ quantity: 'smoke' as const, staleAfterMs: (index + 1) * MINUTE })),
    );
    tick(0);
    expect(tick(3)?.say()).toEqual({
      zh: '7 个传感器中 2 个同时无数据：s0、s1',
      en: '2 of 7 sensors are silent at the same time: s0, s1',
    });
    expect(tick(8)?.say().zh).toBe('7 个传感器中 7 个同时无数据：s0、s1、s2、s3、s4 等');
  });

  it('come back in any order', () => {
    const place = openPlace(lostTogether, { silentFor: '5m' }, [{}, {}, {}]);
    place.tick(0);
    expect(place.tick(6)?.value).toBe(3);
    expect(messUp([0, 1, 2], [2, 0, 1]).map((sensor) => place.step(6, 1, sensor)?.value)).toEqual([2, 1, 0]);
  });
});
