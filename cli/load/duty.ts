/**
 * The duty roster: a recurring pattern (turns of so many days, shifts within a day, teams of A and B) written out as
 * shifts between two instants. The pattern has no beginning and no end; `anchor` only fixes its phase. A day's own change
 * goes before a holiday, a holiday before the pattern; who stands in for whom is applied to what comes of it.
 */
import {
  checkDesk,
  checkHoliday,
  checkOverlaps,
  checkSubstitution,
  type Known,
  minuteOf,
} from '#cli/load/duty-lint.ts';
import { type Holiday, holidaySchema, type Substitution, substitutionSchema } from '#cli/load/duty-schema.ts';
import type { BoundGrids } from '#cli/load/grids.ts';
import { type Desk, deskSchema } from '#cli/load/schemas.ts';
import { type Item, parseList, parsePart, type Source } from '#cli/load/source.ts';
import { dateOfDay, dayNumber, openZone, type ZoneClock } from '#cli/load/zone.ts';
import type { DutyShift, PersonId } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';

type HolidayTeams = { readonly firstDay: number; readonly lastDay: number } & Holiday['desks'][number];
/** A desk with the holidays and substitutions that concern it. */
export type RosterDesk = Desk & {
  readonly holidays?: readonly HolidayTeams[];
  readonly substitutions?: readonly Substitution[];
};

const modulo = (value: number, by: number): number => ((value % by) + by) % by;

/** The team of a shift that begins on a day. */
function teamOf(desk: RosterDesk, shift: Desk['shifts'][number], day: number): readonly string[] {
  const date = dateOfDay(day);
  const change = desk.changes.find((one) => one.date === date && one.from === shift.from);
  if (change !== undefined) return change.team;
  const holiday = desk.holidays?.find((one) => one.from === shift.from && one.firstDay <= day && day <= one.lastDay);
  if (holiday !== undefined) return holiday.teams[(day - holiday.firstDay) % holiday.teams.length] ?? [];
  const turn = Math.floor((day - dayNumber(desk.anchor)) / desk.daysPerTurn);
  return shift.teams[modulo(turn, shift.teams.length)] ?? [];
}

function shiftsOfDay(desk: RosterDesk, day: number, zone: ZoneClock): DutyShift[] {
  return desk.shifts.map((shift) => {
    const [a = '', b] = teamOf(desk, shift, day);
    const [from, to] = [minuteOf(shift.from), minuteOf(shift.to)];
    // A shift that ends at or before its own beginning ends on the next day.
    const fromMs = zone.toEpoch(day, from);
    const toMs = zone.toEpoch(to > from ? day : day + 1, to);
    return { gridCode: desk.grid, fromMs, toMs, a, b: b ?? null };
  });
}

type StandIn = { readonly person: PersonId; readonly by: PersonId; readonly fromMs: EpochMs; readonly toMs: EpochMs };

const standInOf = ({ person, by, from, to }: Substitution, zone: ZoneClock): StandIn => ({
  person,
  by,
  fromMs: zone.toEpoch(dayNumber(from.date), minuteOf(from.time)),
  toMs: zone.toEpoch(dayNumber(to.date), minuteOf(to.time)),
});

/** A shift cut where somebody begins or ceases to stand in; whoever would stand in for himself leaves B empty. */
function substituted(shift: DutyShift, standIns: readonly StandIn[]): readonly DutyShift[] {
  const own = standIns.filter(
    ({ person, fromMs, toMs }) =>
      (person === shift.a || person === shift.b) && fromMs < shift.toMs && toMs > shift.fromMs,
  );
  if (own.length === 0) return [shift];
  const inside = own.flatMap(({ fromMs, toMs }) => [fromMs, toMs]).filter((at) => shift.fromMs < at && at < shift.toMs);
  const cuts = [...new Set([shift.fromMs, ...inside])].sort((x, y) => x - y);
  return cuts.map((fromMs, index) => {
    const who = (person: PersonId): PersonId =>
      own.find((one) => one.person === person && one.fromMs <= fromMs && fromMs < one.toMs)?.by ?? person;
    const a = who(shift.a);
    const b = shift.b === null ? null : who(shift.b);
    return { ...shift, fromMs, toMs: cuts[index + 1] ?? shift.toMs, a, b: b === a ? null : b };
  });
}

/** Every shift that touches `[fromMs, toMs)`, whole, by beginning. */
export function expandDuty(
  desks: readonly RosterDesk[],
  zoneName: string,
  fromMs: EpochMs,
  toMs: EpochMs,
): readonly DutyShift[] {
  const zone = openZone(zoneName);
  const [first, last] = [zone.dayOf(fromMs) - 1, zone.dayOf(toMs)];
  const out: DutyShift[] = [];
  for (const desk of desks) {
    const standIns = (desk.substitutions ?? []).map((one) => standInOf(one, zone));
    for (let day = first; day <= last; day++)
      for (const whole of shiftsOfDay(desk, day, zone))
        for (const shift of substituted(whole, standIns))
          if (shift.toMs > fromMs && shift.fromMs < toMs) out.push(shift);
  }
  return out.sort((a, b) => a.fromMs - b.fromMs || (a.gridCode < b.gridCode ? -1 : a.gridCode > b.gridCode ? 1 : 0));
}

/** One of the file's lists; `desks` must be there, the others may be left out. */
function listIn<T>(source: Source, key: string, schema: Parameters<typeof parsePart<T>>[3]): readonly Item<T>[] {
  const list = (source.value as { readonly [key: string]: unknown } | null | undefined)?.[key];
  if (list === undefined) return [];
  if (!Array.isArray(list)) {
    source.find([key], { kind: 'shape', message: `"${key}:" must hold a list`, mend: 'begin each item with "- "' });
    return [];
  }
  return list.flatMap((raw: unknown, index) => {
    const value = parsePart(source, [key, index], raw, schema);
    return value === undefined ? [] : [{ path: [key, index], value }];
  });
}

const LISTS = ['holidays', 'substitutions'] as const;

/** The desks alone, so that the other lists of the file are no unknown keys. */
function desksOnly(source: Source): Source {
  const root = source.value;
  if (typeof root !== 'object' || root === null || Array.isArray(root)) return source;
  const rest = Object.fromEntries(Object.entries(root).filter(([key]) => !(LISTS as readonly string[]).includes(key)));
  return { ...source, value: rest };
}

const teamsOf = (holidays: readonly Item<Holiday>[], grid: string): readonly HolidayTeams[] =>
  holidays.flatMap(({ value }) =>
    value.desks
      .filter((row) => row.grid === grid)
      .map((row) => ({ ...row, firstDay: dayNumber(value.from), lastDay: dayNumber(value.to ?? value.from) })),
  );

/** Reads `duty.yaml`; desks with findings are left out of the roster. */
export function bindDuty(
  source: Source,
  grids: BoundGrids,
  people: ReadonlySet<string>,
  gridSource: Source,
): readonly RosterDesk[] {
  const declared = new Set<string>();
  const rows = parseList(desksOnly(source), 'desks', deskSchema, 'grid', declared);
  const known: Known = { grids, people, declared };
  for (const { path, value } of rows) checkDesk(source, path, value, grids, people);
  for (const grid of grids.grids.values())
    if (grid.tier <= 2 && !declared.has(grid.code))
      gridSource.find(grids.pathOf(grid.code), {
        kind: 'duty-gap',
        message: `"${grid.code}" ${grid.name.zh} has no duty desk`,
        mend: 'add one to duty.yaml; until then the alert goes to the head of the grid',
        severity: 'warning',
      });
  const holidays = listIn(source, 'holidays', holidaySchema);
  const substitutions = listIn(source, 'substitutions', substitutionSchema);
  const desks = rows.map(({ value }): RosterDesk => {
    const days = teamsOf(holidays, value.grid);
    const standIns = substitutions.flatMap((one) => ((one.value.grid ?? value.grid) === value.grid ? [one.value] : []));
    return {
      ...value,
      ...(days.length > 0 && { holidays: days }),
      ...(standIns.length > 0 && { substitutions: standIns }),
    };
  });
  for (const one of holidays) checkHoliday(source, one, desks, known);
  checkOverlaps(source, holidays);
  for (const one of substitutions) checkSubstitution(source, one, desks, known);
  return desks;
}
