/** What is wrong with a duty roster although every line of it can be read: names that nobody bears, hours without anybody. */
import type { RosterDesk } from '#cli/load/duty.ts';
import type { Holiday, Substitution } from '#cli/load/duty-schema.ts';
import type { BoundGrids } from '#cli/load/grids.ts';
import type { Desk } from '#cli/load/schemas.ts';
import type { Item, Path, Source } from '#cli/load/source.ts';

const DAY_MINUTES = 1_440;
export const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

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

export function checkDesk(
  source: Source,
  path: Path,
  desk: Desk,
  grids: BoundGrids,
  people: ReadonlySet<string>,
): void {
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

export type Known = {
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

export function checkHoliday(
  source: Source,
  { path, value }: Item<Holiday>,
  desks: readonly Desk[],
  known: Known,
): void {
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
export function checkOverlaps(source: Source, holidays: readonly Item<Holiday>[]): void {
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

export function checkSubstitution(
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
