/**
 * The duty roster: a recurring pattern (turns of so many days, shifts within a day, teams of A and B) written out as
 * shifts between two instants. The pattern has no beginning and no end; `anchor` only fixes its phase.
 */
import type { BoundGrids } from '#cli/load/grids.ts';
import { type Desk, deskSchema } from '#cli/load/schemas.ts';
import { type Path, parseList, type Source } from '#cli/load/source.ts';
import { dateOfDay, dayNumber, openZone, type ZoneClock } from '#cli/load/zone.ts';
import type { DutyShift } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';

const DAY_MINUTES = 1_440;
const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
const modulo = (value: number, by: number): number => ((value % by) + by) % by;

function shiftsOfDay(desk: Desk, day: number, zone: ZoneClock): DutyShift[] {
  const turn = Math.floor((day - dayNumber(desk.anchor)) / desk.daysPerTurn);
  const date = dateOfDay(day);
  return desk.shifts.map((shift) => {
    const change = desk.changes.find((one) => one.date === date && one.from === shift.from);
    const [a = '', b] = change?.team ?? shift.teams[modulo(turn, shift.teams.length)] ?? [];
    const [from, to] = [minuteOf(shift.from), minuteOf(shift.to)];
    // A shift that ends at or before its own beginning ends on the next day.
    const fromMs = zone.toEpoch(day, from);
    const toMs = zone.toEpoch(to > from ? day : day + 1, to);
    return { gridCode: desk.grid, fromMs, toMs, a, b: b ?? null };
  });
}

/** Every shift that touches `[fromMs, toMs)`, whole, by beginning. */
export function expandDuty(
  desks: readonly Desk[],
  zoneName: string,
  fromMs: EpochMs,
  toMs: EpochMs,
): readonly DutyShift[] {
  const zone = openZone(zoneName);
  const [first, last] = [zone.dayOf(fromMs) - 1, zone.dayOf(toMs)];
  const out: DutyShift[] = [];
  for (const desk of desks)
    for (let day = first; day <= last; day++)
      for (const shift of shiftsOfDay(desk, day, zone)) if (shift.toMs > fromMs && shift.fromMs < toMs) out.push(shift);
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

/** Reads `duty.yaml`; desks with findings are left out of the roster. */
export function bindDuty(
  source: Source,
  grids: BoundGrids,
  people: ReadonlySet<string>,
  gridSource: Source,
): readonly Desk[] {
  const declared = new Set<string>();
  const rows = parseList(source, 'desks', deskSchema, 'grid', declared);
  for (const { path, value } of rows) checkDesk(source, path, value, grids, people);
  for (const grid of grids.grids.values())
    if (grid.tier <= 2 && !declared.has(grid.code))
      gridSource.find(grids.pathOf(grid.code), {
        kind: 'duty-gap',
        message: `"${grid.code}" ${grid.name.zh} has no duty desk`,
        mend: 'add one to duty.yaml; until then the alert goes to the head of the grid',
        severity: 'warning',
      });
  return rows.map(({ value }) => value);
}
