/** `fengsui roster who|gaps`: answers from the county's folder, so they work without a running centre. */
import { type CountyAt, readCountyAt } from '#cli/io/county-at.ts';
import type { GapsOptions, WhoOptions } from '#cli/io/roster-command.ts';
import type { Settings } from '#cli/settings.ts';
import { formatTable } from '#cli/table.ts';
import { ancestry, type DutyShift, type GridCode, inSubtree, type Registry } from '#model/registry.ts';
import { nextShift, onDuty, rosterGaps } from '#model/roster.ts';
import { DAY_MS, type EpochMs, formatInZone } from '#model/time.ts';

const shown = (registry: Registry, atMs: EpochMs): string =>
  formatInZone(atMs, registry.county.zone).slice(0, 16).replace('T', ' ');
const shiftsOf = (registry: Registry, grid: GridCode): readonly DutyShift[] =>
  registry.duty.filter(({ gridCode }) => gridCode === grid);
const personText = (registry: Registry, id: string | null): string => {
  const person = id === null ? undefined : registry.people.get(id);
  return person === undefined ? (id ?? '-') : `${person.name} (${person.id})`;
};

/** The grid's own desk, else the nearest one above. */
function deskFor(registry: Registry, grid: GridCode): GridCode | undefined {
  return ancestry(registry, grid).find(({ code }) => registry.duty.some(({ gridCode }) => gridCode === code))?.code;
}

type Row = {
  readonly grid: GridCode;
  readonly name: string;
  readonly at: string;
  readonly people: readonly { readonly id: string; readonly name: string; readonly place: 'a' | 'b' }[];
  readonly from: string | null;
  readonly to: string | null;
  readonly next: { readonly from: string; readonly a: string; readonly b: string | null } | null;
};

function rowOf({ registry, atMs }: CountyAt, grid: GridCode): Row {
  const shifts = shiftsOf(registry, grid);
  const on = onDuty(shifts, atMs);
  const shift = on[0]?.shift;
  const next = nextShift(shifts, atMs);
  return {
    grid,
    name: registry.grids.get(grid)?.name.zh ?? grid,
    at: formatInZone(atMs, registry.county.zone),
    people: on.map(({ personId, place }) => ({
      id: personId,
      name: registry.people.get(personId)?.name ?? personId,
      place,
    })),
    from: shift === undefined ? null : formatInZone(shift.fromMs, registry.county.zone),
    to: shift === undefined ? null : formatInZone(shift.toMs, registry.county.zone),
    next: next === undefined ? null : { from: formatInZone(next.fromMs, registry.county.zone), a: next.a, b: next.b },
  };
}

const clock = (iso: string | null): string => (iso === null ? '-' : iso.slice(5, 16).replace('T', ' '));

export function rosterWho(settings: Settings, options: WhoOptions): number {
  const read = readCountyAt(options.county ?? settings.countyDir, options.at);
  if (!read.ok) {
    console.error(read.error);
    return 2;
  }
  const { registry, atMs } = read.value;
  const { grid } = options;
  if (grid !== undefined && !registry.grids.has(grid)) {
    console.error(`There is no grid "${grid}" in this county.`);
    return 2;
  }
  const desk = grid === undefined ? undefined : deskFor(registry, grid);
  if (grid !== undefined && desk === undefined) {
    console.error(`Neither "${grid}" nor any grid above it has a desk in duty.yaml.`);
    return 1;
  }
  const codes = desk === undefined ? [...new Set(registry.duty.map(({ gridCode }) => gridCode))].sort() : [desk];
  const rows = codes.map((code) => rowOf(read.value, code));
  if (options.json) {
    console.log(JSON.stringify({ at: formatInZone(atMs, registry.county.zone), asked: grid ?? null, desks: rows }));
    return 0;
  }
  if (grid !== undefined && desk !== grid)
    console.log(`${grid} has no desk of its own; the desk above answers 本级无值班，由上级值班负责：`);
  const cells = rows.map(({ grid: code, name, people, from, to, next }) => [
    code,
    name,
    people.length === 0
      ? '无人值班 nobody'
      : people.map((one) => `${one.name} (${one.id}, ${one.place.toUpperCase()}岗)`).join('、'),
    `${clock(from)} – ${clock(to)}`,
    next === null ? '-' : `${clock(next.from)} ${personText(registry, next.a)}`,
  ]);
  console.log(`${shown(registry, atMs)} (${registry.county.zone})`);
  console.log(formatTable(['grid', '网格', '当班 on duty', '班次 shift', '下一班 next'], cells));
  return 0;
}

type Gap = { readonly grid: GridCode; readonly name: string; readonly from: string | null; readonly to: string | null };

/** Beyond the days that one registry carries, the pattern is written out again. */
const STEP_MS = 30 * DAY_MS;

function gapsOf(read: CountyAt, codes: readonly GridCode[], toMs: EpochMs): readonly Gap[] {
  const { zone } = read.registry.county;
  const found: Gap[] = [];
  for (let fromMs = read.atMs; fromMs < toMs; fromMs += STEP_MS) {
    const registry = read.at(fromMs);
    const byGrid = Map.groupBy(registry.duty, ({ gridCode }) => gridCode);
    for (const grid of codes) {
      const shifts = byGrid.get(grid);
      if (shifts === undefined) continue;
      for (const gap of rosterGaps(shifts, fromMs, Math.min(toMs, fromMs + STEP_MS))) {
        const name = registry.grids.get(grid)?.name.zh ?? grid;
        found.push({ grid, name, from: formatInZone(gap.fromMs, zone), to: formatInZone(gap.toMs, zone) });
      }
    }
  }
  return found;
}

export function rosterGapsCommand(settings: Settings, options: GapsOptions): number {
  const days = Number(options.days);
  const read = readCountyAt(options.county ?? settings.countyDir, options.from);
  if (!read.ok || !Number.isInteger(days) || days < 1 || days > 366) {
    console.error(read.ok ? '--days must be a whole number from 1 to 366.' : read.error);
    return 2;
  }
  const { registry, atMs } = read.value;
  const root = options.grid ?? registry.county.code;
  if (!registry.grids.has(root)) {
    console.error(`There is no grid "${root}" in this county.`);
    return 2;
  }
  const mine = [...registry.grids.values()].filter(({ code }) => inSubtree(registry, code, root));
  const desks = new Set(registry.duty.map(({ gridCode }) => gridCode));
  const without = mine
    .filter(({ tier, code }) => tier <= 2 && !desks.has(code))
    .map(({ code, name }): Gap => ({ grid: code, name: name.zh, from: null, to: null }));
  const codes = mine.map(({ code }) => code).filter((code) => desks.has(code));
  const gaps = [...without, ...gapsOf(read.value, codes, atMs + days * DAY_MS)];
  if (options.json)
    console.log(JSON.stringify({ from: formatInZone(atMs, registry.county.zone), days, desks: codes.length, gaps }));
  else if (gaps.length === 0) console.log(`${codes.length} desks, ${days} days: no hour without anybody 无空岗。`);
  else {
    const cells = gaps.map(({ grid, name, from, to }) => [
      grid,
      name,
      from === null
        ? '没有值班岗位 no desk'
        : `${from.slice(0, 16).replace('T', ' ')} – ${(to ?? '').slice(0, 16).replace('T', ' ')}`,
    ]);
    console.log(formatTable(['grid', '网格', '空岗 nobody on duty'], cells));
  }
  return gaps.length === 0 ? 0 : 1;
}
