import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bindDuty, expandDuty, type RosterDesk } from '#cli/load/duty.ts';
import type { BoundGrids } from '#cli/load/grids.ts';
import { openSource } from '#cli/load/source.ts';
import { formatLint, type Lint } from '#model/result.ts';
import { DAY_MS, formatInZone, HOUR_MS } from '#model/time.ts';

const ZONE = 'Asia/Shanghai';
const NOBODY = { file: 'grids.yaml', value: undefined, find: () => {} };
const GRIDS: BoundGrids = { grids: new Map(), declared: new Set(['g', 'h']), pathOf: () => [], byCode: NOBODY };
const PEOPLE = new Set(['a', 'b', 'c', 'd', 'x', 'y']);

function read(text: string) {
  const lints: Lint[] = [];
  const desks = bindDuty(openSource('duty.yaml', text, lints), GRIDS, PEOPLE, NOBODY);
  return { desks, told: lints.map(formatLint) };
}
const DESK = `desks:
  - { grid: g, anchor: 2026-01-05, daysPerTurn: 1, shifts: [{ from: "08:00", to: "20:00", teams: [[a, b]] }, { from: "20:00", to: "08:00", teams: [[c, d]] }] }
`;
const on = (desks: readonly RosterDesk[], iso: string): string | undefined => {
  const nowMs = Date.parse(iso);
  const [shift] = expandDuty(desks, ZONE, nowMs, nowMs + 1);
  return shift === undefined ? undefined : `${shift.a}${shift.b === null ? '' : `/${shift.b}`}`;
};

describe('holidays', () => {
  const { desks, told } = read(`${DESK}
holidays:
  - name: { zh: 春节, en: Spring Festival }
    from: 2026-02-16
    to: 2026-02-18
    desks: [{ grid: g, from: "08:00", teams: [[x, y], [y]] }]
  - { name: { zh: 元旦, en: New Year }, from: 2026-01-01, desks: [{ grid: g, from: "20:00", teams: [[x]] }] }
`);
  it.each([
    ['the day before', '2026-02-15T12:00:00+08:00', 'a/b'],
    ['the first day', '2026-02-16T12:00:00+08:00', 'x/y'],
    ['the second day, the next team', '2026-02-17T12:00:00+08:00', 'y'],
    ['the last day, the first team again', '2026-02-18T12:00:00+08:00', 'x/y'],
    ['the day after', '2026-02-19T12:00:00+08:00', 'a/b'],
    ['a shift that the holiday does not name', '2026-02-16T22:00:00+08:00', 'c/d'],
    ['a night of one day', '2026-01-01T22:00:00+08:00', 'x'],
    ['that night after midnight, which still belongs to it', '2026-01-02T07:00:00+08:00', 'x'],
    ['the next night', '2026-01-02T22:00:00+08:00', 'c/d'],
  ])('on %s', (_, iso, expected) => {
    expect(told).toEqual([]);
    expect(on(desks, iso)).toBe(expected);
  });
});

describe('substitutions', () => {
  const { desks, told } = read(`${DESK}
substitutions:
  - { person: a, by: x, from: "2026-03-02 10:00", to: "2026-03-03 12:30" }
  - { person: c, by: d, from: 2026-03-02, to: 2026-03-04, grid: g }
`);
  it.each([
    ['before it begins', '2026-03-02T09:59:59+08:00', 'a/b'],
    ['in the minute in which it begins, within the shift', '2026-03-02T10:00:00+08:00', 'x/b'],
    ['in the last moment', '2026-03-03T12:29:59+08:00', 'x/b'],
    ['in the minute in which it ends', '2026-03-03T12:30:00+08:00', 'a/b'],
    ['who would stand in for himself leaves B empty', '2026-03-02T22:00:00+08:00', 'd'],
  ])('%s', (_, iso, expected) => {
    expect(told).toEqual([]);
    expect(on(desks, iso)).toBe(expected);
  });

  it('cut a shift without a gap and without an overlap', () => {
    const shifts = expandDuty(desks, ZONE, Date.parse('2026-03-01T00:00:00Z'), Date.parse('2026-03-05T00:00:00Z'));
    for (const [index, shift] of shifts.entries()) if (index > 0) expect(shift.fromMs).toBe(shifts[index - 1]?.toMs);
  });
});

describe('a mistake in holidays and substitutions is told', () => {
  const holiday = (rest: string) => `${DESK}holidays:\n  - { name: { zh: 节, en: Feast }, ${rest} }\n`;
  it.each<readonly [string, string, string]>([
    [
      'a holiday that ends before it begins',
      holiday('from: 2026-02-16, to: 2026-02-15, desks: [{ grid: g, from: "08:00", teams: [[a]] }]'),
      'ends on 2026-02-15, before it begins',
    ],
    [
      'a shift that there is not',
      holiday('from: 2026-02-16, desks: [{ grid: g, from: "09:00", teams: [[a]] }]'),
      'no shift begins at 09:00 — use one of 08:00, 20:00',
    ],
    [
      'a desk that there is not',
      holiday('from: 2026-02-16, desks: [{ grid: h, from: "08:00", teams: [[a]] }]'),
      'there is no desk of "h" in this file',
    ],
    [
      'a person whom nobody knows',
      holiday('from: 2026-02-16, desks: [{ grid: g, from: "08:00", teams: [[q]] }]'),
      'there is no person "q"',
    ],
    [
      'no such day',
      holiday('from: 2026-02-30, desks: [{ grid: g, from: "08:00", teams: [[a]] }]'),
      'there is no such day',
    ],
    [
      'two holidays at once',
      `${holiday('from: 2026-02-16, desks: [{ grid: g, from: "08:00", teams: [[a]] }]')}  - { name: { zh: 又, en: Again }, from: 2026-02-15, to: 2026-02-17, desks: [{ grid: g, from: "08:00", teams: [[b]] }] }`,
      'warning: holidays[1].from: "Again" and "Feast" name teams for the same shifts',
    ],
    [
      'a substitution that ends as it begins',
      `${DESK}substitutions: [{ person: a, by: x, from: 2026-03-02, to: 2026-03-02 }]`,
      'before it begins',
    ],
    [
      'a substitute whom nobody knows',
      `${DESK}substitutions: [{ person: a, by: q, from: 2026-03-02, to: 2026-03-03 }]`,
      'there is no person "q"',
    ],
    [
      'somebody without a duty',
      `${DESK}substitutions: [{ person: y, by: x, from: 2026-03-02, to: 2026-03-03 }]`,
      'warning: substitutions[0].person: "y" has no duty',
    ],
    ['a list that is none', `${DESK}holidays: { a: 1 }`, '"holidays:" must hold a list'],
  ])('%s', (_, text, expected) => {
    const { told } = read(text);
    expect(told.join('\n')).toContain(expected);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^duty\.yaml:\d+:\d+: /);
  });
});

describe('on the days of a clock change', () => {
  const denver: RosterDesk = {
    grid: 'g',
    anchor: '2026-01-05',
    daysPerTurn: 1,
    shifts: [
      { from: '02:30', to: '14:30', teams: [['a']] },
      { from: '14:30', to: '02:30', teams: [['c']] },
    ],
    changes: [],
  };
  const shown = (from: string, to: string) =>
    expandDuty([denver], 'America/Denver', Date.parse(from), Date.parse(to)).map(
      ({ fromMs, toMs, a }) => `${formatInZone(fromMs, 'America/Denver')} ${a} ${(toMs - fromMs) / HOUR_MS} h`,
    );
  it('a shift that would begin at the skipped 02:30 begins with the change, and nobody is missing', () => {
    expect(shown('2026-03-07T10:00:00Z', '2026-03-08T22:00:00Z')).toEqual([
      '2026-03-07T02:30:00-07:00 a 12 h',
      '2026-03-07T14:30:00-07:00 c 11.5 h',
      '2026-03-08T03:00:00-06:00 a 11.5 h',
      '2026-03-08T14:30:00-06:00 c 12 h',
    ]);
  });
  it('a shift that begins at the repeated 01:30 begins the first time, and the day has 25 hours', () => {
    const repeated: RosterDesk = {
      ...denver,
      shifts: [
        { from: '01:30', to: '13:30', teams: [['a']] },
        { from: '13:30', to: '01:30', teams: [['c']] },
      ],
    };
    const shifts = expandDuty(
      [repeated],
      'America/Denver',
      Date.parse('2026-10-31T20:00:00Z'),
      Date.parse('2026-11-02T20:00:00Z'),
    );
    expect(
      shifts.map(({ fromMs, toMs }) => [formatInZone(fromMs, 'America/Denver'), (toMs - fromMs) / HOUR_MS]),
    ).toEqual([
      ['2026-10-31T13:30:00-06:00', 12],
      ['2026-11-01T01:30:00-06:00', 13],
      ['2026-11-01T13:30:00-07:00', 12],
      ['2026-11-02T01:30:00-07:00', 12],
    ]);
  });
  it('in Berlin the 02:30 that comes twice is the first, and the one that is skipped leaves no gap', () => {
    const berlin = (from: string, to: string) =>
      expandDuty([denver], 'Europe/Berlin', Date.parse(from), Date.parse(to)).map(
        ({ fromMs, toMs }) => [formatInZone(fromMs, 'Europe/Berlin'), (toMs - fromMs) / HOUR_MS] as const,
      );
    expect(berlin('2026-10-25T00:00:00Z', '2026-10-25T12:00:00Z')).toEqual([
      ['2026-10-24T14:30:00+02:00', 12],
      ['2026-10-25T02:30:00+02:00', 13],
    ]);
    const spring = berlin('2026-03-28T20:00:00Z', '2026-03-29T12:00:00Z');
    expect(spring.map(([, hours]) => hours)).toEqual([11.5, 11.5]);
  });
  it('every minute has exactly one team, whatever the shifts and the zone', () => {
    const zones = fc.constantFrom('America/Denver', 'Europe/Berlin', 'Australia/Lord_Howe', 'America/St_Johns');
    const minute = fc.integer({ min: 0, max: 1_439 });
    const clock = (at: number) => `${String(Math.floor(at / 60)).padStart(2, '0')}:${String(at % 60).padStart(2, '0')}`;
    fc.assert(
      fc.property(zones, fc.uniqueArray(minute, { minLength: 2, maxLength: 4 }), (zone, minutes) => {
        const starts = [...minutes].sort((x, y) => x - y).map(clock);
        const shifts = starts.map((from, index) => ({
          from,
          to: starts[(index + 1) % starts.length] ?? '',
          teams: [['a']],
        }));
        const fromMs = Date.UTC(2026, 0, 1);
        const all = expandDuty([{ ...denver, shifts }], zone, fromMs, fromMs + 365 * DAY_MS);
        for (const [index, shift] of all.entries()) {
          expect(shift.toMs).toBeGreaterThanOrEqual(shift.fromMs);
          if (index > 0) expect(shift.fromMs).toBe(all[index - 1]?.toMs);
        }
      }),
      { numRuns: 40 },
    );
  });
});
