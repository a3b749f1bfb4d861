import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandDuty } from '#cli/load/duty.ts';
import type { Desk } from '#cli/load/schemas.ts';
import { openZone } from '#cli/load/zone.ts';
import { DAY_MS, formatInZone, HOUR_MS } from '#model/time.ts';

const desk: Desk = {
  grid: 'g',
  anchor: '2026-01-05',
  daysPerTurn: 7,
  shifts: [
    { from: '08:00', to: '20:00', teams: [['a', 'b'], ['c']] },
    { from: '20:00', to: '08:00', teams: [['d', 'e'], ['f', 'g'], ['h']] },
  ],
  changes: [{ date: '2026-02-17', from: '08:00', team: ['x', 'y'] }],
};
const at = (iso: string, zone = 'Asia/Shanghai', one: Desk = desk) => {
  const nowMs = Date.parse(iso);
  const on = expandDuty([one], zone, nowMs - DAY_MS, nowMs + DAY_MS).filter(
    ({ fromMs, toMs }) => fromMs <= nowMs && nowMs < toMs,
  );
  return on.map(({ a, b }) => (b === null ? a : `${a}/${b}`));
};

describe('the duty roster', () => {
  it.each([
    ['the anchor day at its first minute', '2026-01-05T08:00:00+08:00', ['a/b']],
    ['the last moment of the day shift', '2026-01-05T19:59:59+08:00', ['a/b']],
    ['the first moment of the night shift', '2026-01-05T20:00:00+08:00', ['d/e']],
    ['the night shift after midnight', '2026-01-06T07:59:59+08:00', ['d/e']],
    ['the turn of the second team, alone', '2026-01-12T12:00:00+08:00', ['c']],
    ['the night before a new turn, which the old team ends', '2026-01-12T03:00:00+08:00', ['d/e']],
    ['the third night team', '2026-01-19T23:00:00+08:00', ['h']],
    ['the day before the anchor', '2026-01-04T12:00:00+08:00', ['c']],
    ['a date long before the anchor (643 turns)', '2013-09-12T12:00:00+08:00', ['c']],
    ['a day with an exception', '2026-02-17T12:00:00+08:00', ['x/y']],
    ['the night of that day, which has none', '2026-02-17T22:00:00+08:00', ['d/e']],
  ])('on %s', (_, iso, expected) => {
    expect(at(iso)).toEqual(expected);
  });

  it('begins shifts by the clock on the wall on both days of a clock change', () => {
    const spring = expandDuty(
      [desk],
      'America/Denver',
      Date.parse('2026-03-07T12:00:00Z'),
      Date.parse('2026-03-09T12:00:00Z'),
    );
    expect(spring.map(({ fromMs }) => formatInZone(fromMs, 'America/Denver'))).toEqual([
      '2026-03-06T20:00:00-07:00',
      '2026-03-07T08:00:00-07:00',
      '2026-03-07T20:00:00-07:00',
      '2026-03-08T08:00:00-06:00',
      '2026-03-08T20:00:00-06:00',
    ]);
    expect(spring.map(({ fromMs, toMs }) => (toMs - fromMs) / HOUR_MS)).toEqual([12, 12, 11, 12, 12]);
    const autumn = expandDuty(
      [desk],
      'America/Denver',
      Date.parse('2026-11-01T03:00:00Z'),
      Date.parse('2026-11-01T04:00:00Z'),
    );
    expect(autumn.map(({ fromMs, toMs }) => (toMs - fromMs) / HOUR_MS)).toEqual([13]);
  });

  it('has exactly one team at any moment of any century, in any zone', () => {
    const zones = fc.constantFrom('Asia/Shanghai', 'America/Denver', 'Asia/Kathmandu', 'UTC', 'Pacific/Auckland');
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1992, 0), max: Date.UTC(2090, 0) }), zones, (nowMs, zone) => {
        expect(at(new Date(nowMs).toISOString(), zone, { ...desk, changes: [] })).toHaveLength(1);
      }),
      { numRuns: 300 },
    );
  });

  it('reads a local time that a clock change leaves out as a moment beside the change', () => {
    const zone = openZone('America/Denver');
    const day = Date.parse('2026-03-08T00:00:00Z') / DAY_MS;
    const skipped = zone.toEpoch(day, 150);
    expect(Math.abs(skipped - Date.parse('2026-03-08T09:00:00Z'))).toBeLessThanOrEqual(HOUR_MS);
  });
});
