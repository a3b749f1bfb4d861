/**
 * The duty roster: a recurring pattern (turns of so many days, shifts within a day, teams of A and B) written out as
 * shifts between two instants. The pattern has no beginning and no end; `anchor` only fixes its phase. A day's own change
 * goes before a holiday, a holiday before the pattern; who stands in for whom is applied to what comes of it.
 */
import { type Holiday, holidaySchema, type Substitution, substitutionSchema } from '#cli/load/duty-schema.ts';
import type { BoundGrids } from '#cli/load/grids.ts';
import { type Desk, deskSchema } from '#cli/load/schemas.ts';
import { type Item, type Path, parseList, parsePart, type Source } from '#cli/load/source.ts';
import { dateOfDay, dayNumber, openZone, type ZoneClock } from '#cli/load/zone.ts';
import type { DutyShift, PersonId } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';

type HolidayTeams = { readonly firstDay: number; readonly lastDay: number } & Holiday['desks'][number];
/** A desk with the holidays and substitutions that concern it. */
export type RosterDesk = Desk & {
  readonly holidays?: readonly HolidayTeams[];
  readonly substitutions?: readonly Substitution[];
};

const DAY_MINUTES = 1_440;
const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
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

/** Times of day that no shift of the desk covers, as `[from, to)` minutes. */
function dailyGaps(desk: Desk): readonly (readonly [number, number])[] {
  const spans = desk.shifts.flatMap(({ from, to }) => {
    const [start, end] = [minuteOf(from), minuteOf(to)];
    return end > start ? [[start, end] as const] : [[start, DAY_MINUTES] as const, [0, end] as const];
  });
  spans.sort(([a], [b]) => a - b);
  const gaps: (readonly [number, number])[] = [];
  let covered = 0;
  for (const [start, end] of spans) {
    if (start > covered) gaps.push([covered, start]);
    covered = Math.max(covered, end);
  }
  if (covered < DAY_MINUTES) gaps.push([covered, DAY_MINUTES]);
  return gaps;
}

const clock = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

function checkTeam(source: Source, path: Path, team: readonly string[], people: ReadonlySet<string>): void {
  team.forEach((person, index) => {
    if (people.has(person)) return;
    const mend = 'mend the id, or add the person to people.yaml';
    source.find([...path, index], { kind: 'unknown-person', message: `there is no person "${person}"`, mend });
  });
  if (team.length === 2 && team[0] === team[1])
    source.find(path, {
      kind: 'same-person',
      message: `"${team[0]}" cannot stand in for himself`,
      mend: 'name another person as B',
      severity: 'warning',
    });
}

function checkDesk(source: Source, path: Path, desk: Desk, grids: BoundGrids, people: ReadonlySet<string>): void {
  if (!grids.declared.has(desk.grid)) {
    const mend = 'mend the code, or add the grid to grids.yaml';
    source.find([...path, 'grid'], { kind: 'unknown-grid', message: `there is no grid "${desk.grid}"`, mend });
  }
  desk.shifts.forEach((shift, at) => {
    shift.teams.forEach((team, index) => {
      checkTeam(source, [...path, 'shifts', at, 'teams', index], team, people);
    });
  });
  desk.changes.forEach((change, index) => {
    const here = [...path, 'changes', index];
    checkTeam(source, [...here, 'team'], change.team, people);
    if (!desk.shifts.some((shift) => shift.from === change.from)) {
      const mend = `use one of ${desk.shifts.map((shift) => shift.from).join(', ')}`;
      source.find([...here, 'from'], { kind: 'unknown-shift', message: `no shift begins at ${change.from}`, mend });
    }
  });
  for (const [from, to] of dailyGaps(desk))
    source.find([...path, 'shifts'], {
      kind: 'duty-gap',
      message: `nobody is on duty at "${desk.grid}" from ${clock(from)} to ${clock(to)}`,
      mend: 'lengthen a shift or add one; until then the alert goes to the head of the grid',
      severity: 'warning',
    });
}

type Known = {
  readonly grids: BoundGrids;
  readonly people: ReadonlySet<string>;
  readonly declared: ReadonlySet<string>;
};

function checkPerson(source: Source, path: Path, id: string, { people }: Known): void {
  if (people.has(id)) return;
  const mend = 'mend the id, or add the person to people.yaml';
  source.find(path, { kind: 'unknown-person', message: `there is no person "${id}"`, mend });
}

function checkDeskName(source: Source, path: Path, grid: string, { declared }: Known): void {
  if (declared.has(grid)) return;
  const mend = 'mend the code, or add the desk above';
  source.find(path, { kind: 'unknown-desk', message: `there is no desk of "${grid}" in this file`, mend });
}

function checkHoliday(source: Source, { path, value }: Item<Holiday>, desks: readonly Desk[], known: Known): void {
  if (value.to !== undefined && value.to < value.from)
    source.find([...path, 'to'], {
      kind: 'order',
      message: `"${value.name.en}" ends on ${value.to}, before it begins on ${value.from}`,
      mend: '"to" is its last day',
    });
  value.desks.forEach((row, index) => {
    const here = [...path, 'desks', index];
    checkDeskName(source, [...here, 'grid'], row.grid, known);
    row.teams.forEach((team, at) => {
      checkTeam(source, [...here, 'teams', at], team, known.people);
    });
    const desk = desks.find(({ grid }) => grid === row.grid);
    if (desk === undefined || desk.shifts.some(({ from }) => from === row.from)) return;
    const mend = `use one of ${desk.shifts.map(({ from }) => from).join(', ')}`;
    source.find([...here, 'from'], { kind: 'unknown-shift', message: `no shift begins at ${row.from}`, mend });
  });
}

/** The same shift of the same desk in two holidays: the first one counts, and the file says two things. */
function checkOverlaps(source: Source, holidays: readonly Item<Holiday>[]): void {
  holidays.forEach(({ path, value }, index) => {
    const other = holidays
      .slice(0, index)
      .find(
        (one) =>
          one.value.from <= (value.to ?? value.from) &&
          value.from <= (one.value.to ?? one.value.from) &&
          one.value.desks.some(({ grid, from }) => value.desks.some((row) => row.grid === grid && row.from === from)),
      );
    if (other === undefined) return;
    source.find([...path, 'from'], {
      kind: 'overlap',
      message: `"${value.name.en}" and "${other.value.name.en}" name teams for the same shifts; the first one counts`,
      mend: 'end one before the other begins',
      severity: 'warning',
    });
  });
}

function checkSubstitution(
  source: Source,
  { path, value }: Item<Substitution>,
  desks: readonly RosterDesk[],
  known: Known,
): void {
  checkPerson(source, [...path, 'person'], value.person, known);
  checkPerson(source, [...path, 'by'], value.by, known);
  if (value.grid !== undefined) checkDeskName(source, [...path, 'grid'], value.grid, known);
  const text = ({ date, time }: Substitution['from']): string => `${date} ${time}`;
  if (text(value.to) <= text(value.from))
    source.find([...path, 'to'], {
      kind: 'order',
      message: `the substitution ends at ${text(value.to)}, before it begins`,
      mend: '"to" is the first minute at which it does not hold any more',
    });
  const mine = desks.filter(({ grid }) => value.grid === undefined || grid === value.grid);
  const sits = mine.some((desk) =>
    [...desk.shifts.flatMap(({ teams }) => teams), ...desk.changes.map(({ team }) => team)]
      .concat((desk.holidays ?? []).flatMap(({ teams }) => teams))
      .some((team) => team.includes(value.person)),
  );
  if (!sits && known.people.has(value.person))
    source.find([...path, 'person'], {
      kind: 'no-duty',
      message: `"${value.person}" has no duty for which "${value.by}" could stand in`,
      mend: 'mend the person or the grid, or remove the substitution',
      severity: 'warning',
    });
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
