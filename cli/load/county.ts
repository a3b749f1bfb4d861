/** The county's files as one registry: parsed, bound to one another and checked, with every finding at once. */
import { bindChannels } from '#cli/load/channels.ts';
import { checkCover } from '#cli/load/cover.ts';
import { bindNative, hangNative } from '#cli/load/devices-native.ts';
import { bindDuty, expandDuty } from '#cli/load/duty.ts';
import { bindEdges, hangSensors, type Profiles } from '#cli/load/edges.ts';
import { bindExchange } from '#cli/load/exchange.ts';
import { openLocator } from '#cli/load/geometry.ts';
import { bindGrids } from '#cli/load/grids.ts';
import { lintHistory } from '#cli/load/history-lint.ts';
import { historyOf } from '#cli/load/history-schema.ts';
import { listHouseholds } from '#cli/load/households.ts';
import { checkOutputPoints } from '#cli/load/outputs.ts';
import { bindPeople } from '#cli/load/people.ts';
import { bindPoints } from '#cli/load/points.ts';
import { bindPolicy } from '#cli/load/policy.ts';
import { countySchema } from '#cli/load/schemas.ts';
import { bindShelters } from '#cli/load/shelters.ts';
import { type Finding, idsIn, openSource, parsePart, type Source } from '#cli/load/source.ts';
import { bindTeams } from '#cli/load/teams.ts';
import { dayOfZone, placesByDay } from '#cli/load/validity.ts';
import { versionOf } from '#cli/load/version.ts';
import { type Grid, type GridCode, isInForce, type Registry } from '#model/registry.ts';
import { err, type Lint, ok, type Result } from '#model/result.ts';
import { DAY_MS, type EpochMs } from '#model/time.ts';

/** The roster is written out this far around the moment of loading. */
export const ROSTER_SPAN_MS = 40 * DAY_MS;

/**
 * Files that the loader reads; a folder `people/` or `points/` may hold a township in each file. What a program writes may be
 * JSON of the same shape: it loads
 * four times as fast (docs/decisions/county-files.md).
 */
const FILE =
  /^(county|grids|people|teams|duty|policy|points|shelters|routes|households|edges|native|channels|exchange)\.(yaml|json)$|^grids\.geojson$|^(grids|people|points|shelters|routes|households)\/[^/]+\.(yaml|json)$|^grids\/[^/]+\.geojson$/;
/** Families that may be a folder of files, a township or an import each. */
export const COUNTY_FOLDERS: ReadonlySet<string> = new Set([
  'grids',
  'people',
  'points',
  'shelters',
  'routes',
  'households',
]);
export const isCountyFile = (name: string): boolean => FILE.test(name);

export type CountyReport = {
  /** Null when there are errors. */
  readonly county: LoadedCounty | null;
  readonly lints: readonly Lint[];
  /** How many of each were looked at; a check that looked at nothing is none. */
  readonly looked: {
    readonly [what in 'files' | 'grids' | 'people' | 'desks' | 'points' | 'sensors' | 'edges' | 'channels']: number;
  };
};

export type LoadedCounty = {
  readonly registry: Registry;
  /** The same registry with the roster written out around another moment. */
  readonly at: (nowMs: EpochMs) => Registry;
  /** When the next grid begins or ceases to be in force, after this moment; infinite when none does. */
  readonly nextChangeMs: (afterMs: EpochMs) => EpochMs;
};

type Files = ReadonlyMap<string, string>;

/** Opens the named file, or all of a family (`points.yaml`, `points/*.yaml`); a missing one is a finding. */
function openers(files: Files, lints: Lint[]) {
  const names = [...files.keys()].filter(isCountyFile).sort();
  const missing = (file: string): Source => {
    const mend = 'every county has one; take the shipped county as a model';
    const message = 'the file is missing';
    lints.push({ file, line: 0, column: 0, path: '', kind: 'missing-file', message, mend, severity: 'error' });
    return { file, value: undefined, find: () => {} };
  };
  const any = (name: string): readonly Source[] =>
    names
      .filter((file) => !file.endsWith('.geojson'))
      .filter((file) => file.startsWith(`${name}/`) || file === `${name}.yaml` || file === `${name}.json`)
      .map((file) => openSource(file, files.get(file) ?? '', lints));
  const some = (name: string): readonly [Source, ...Source[]] => {
    const [first, ...rest] = any(name);
    return first === undefined ? [missing(`${name}.yaml`)] : [first, ...rest];
  };
  const one = (name: string): Source => {
    const [first, second] = some(name);
    second?.find([], { kind: 'twice', message: `stands beside ${first.file}`, mend: 'keep one of the two files' });
    return first;
  };
  const optional = (name: string): Source | undefined =>
    names.some((file) => file === `${name}.yaml` || file === `${name}.json`) ? one(name) : undefined;
  const shapes = (): readonly Source[] => {
    const found = names.filter((file) => file.endsWith('.geojson'));
    return found.length === 0
      ? [missing('grids.geojson')]
      : found.map((file) => openSource(file, files.get(file) ?? '', lints));
  };
  return { one, some, any, optional, shapes };
}

const byPlace = (a: Lint, b: Lint): number =>
  a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1;

/** An exact look at how the grids in force cover the county, instead of the quick one; each finding is of one grid. */
export type GridLook = (inForce: readonly Grid[]) => readonly { readonly code: GridCode; readonly finding: Finding }[];

/** Reads and checks everything; warnings come along whether it holds or not. */
export function checkCounty(files: Files, nowMs: EpochMs, profiles?: Profiles, look?: GridLook): CountyReport {
  const lints: Lint[] = [];
  const open = openers(files, lints);
  const countySource = open.one('county');
  const county =
    countySource.value === undefined ? undefined : parsePart(countySource, [], countySource.value, countySchema);
  if (county?.history !== undefined) lintHistory(countySource, historyOf(county.history));
  const day = dayOfZone(county?.zone ?? 'UTC')(nowMs);
  const grids = bindGrids(open.some('grids'), open.shapes(), county?.code);
  const inForce = [...grids.grids.values()].filter((grid) => isInForce(grid, day));
  if (look === undefined) checkCover(grids.byCode, inForce);
  else for (const { code, finding } of look(inForce)) grids.byCode.find([code], finding);
  const people = bindPeople(open.some('people'), grids, day);
  const teams = bindTeams(open.optional('teams'), { grids, people: people.declared });
  const desks = bindDuty(open.one('duty'), grids, people.declared, grids.byCode);
  const edgeSource = open.one('edges');
  const edges = bindEdges(edgeSource, grids, profiles);
  const native = bindNative(open.optional('native'), grids, edges.declared);
  const locate = openLocator(grids.grids.values(), day);
  const before = lints.length;
  const known = { locate, people: people.declared };
  const places = bindShelters({ shelters: open.any('shelters'), routes: open.any('routes') }, known);
  const households = { people: people.declared, grids, places };
  const listed = listHouseholds(open.any('households'));
  const points = bindPoints(open.some('points'), { locate, households, listed, edges, native, profiles });
  const complete = !lints.slice(before).some(({ severity }) => severity === 'error');
  // A point that could not be read is told where it stands, not again at every output that names it.
  if (complete) checkOutputPoints(edgeSource, edges.edges, points.points, points.sensors);
  const boxes = hangSensors(edgeSource, edges, points.wires, complete);
  const hung = new Map([...boxes, ...hangNative(native, points.natives, points.sensors, complete)]);
  const channelSource = open.one('channels');
  const channels = bindChannels(channelSource, people.people);
  const { declared } = grids;
  const names = { grids: grids.grids, declared, channels, channelIds: idsIn(channelSource, 'channels') };
  const policy = bindPolicy(open.optional('policy'), names);
  const exchange = bindExchange(open.optional('exchange'));
  const looked = {
    files: [...files.keys()].filter(isCountyFile).length,
    grids: grids.grids.size,
    people: people.people.size,
    desks: desks.length,
    points: points.points.size,
    sensors: points.sensors.size,
    edges: hung.size,
    channels: channels.length,
  };
  lints.sort(byPlace);
  if (county === undefined || lints.some(({ severity }) => severity === 'error'))
    return { county: null, lints, looked };
  const { history, ...named } = county;
  const content = {
    county: named,
    grids: grids.grids,
    people: people.people,
    points: points.points,
    sensors: points.sensors,
    edges: hung,
    channels,
    teams,
    shelters: places.shelters,
    routes: places.routes,
    ...(history !== undefined && { history: historyOf(history) }),
    ...(policy !== undefined && { policy }),
    ...(exchange !== undefined && { exchange }),
  };
  const onDay = placesByDay(content, county.zone, (placed) => versionOf({ ...placed, desks }), day);
  const at = (when: EpochMs): Registry => {
    const duty = expandDuty(desks, county.zone, when - ROSTER_SPAN_MS, when + ROSTER_SPAN_MS);
    return { ...onDay.at(when), duty };
  };
  return { county: { registry: at(nowMs), at, nextChangeMs: onDay.nextChangeMs }, lints, looked };
}

/** The registry, or everything that is wrong (with the warnings, so that one reading mends all). */
export function parseCounty(files: Files, nowMs: EpochMs, profiles?: Profiles): Result<Registry, readonly Lint[]> {
  const { county, lints } = checkCounty(files, nowMs, profiles);
  return county === null ? err(lints) : ok(county.registry);
}
