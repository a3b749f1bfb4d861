/**
 * The county that a file of rule tests is judged in: the sensors and points that it declares, and beside them those of a
 * county when it names one. Places that only its rules name stand there empty, so that a rule file can be tested alone;
 * whether they exist is what `fengsui check` asks.
 */
import { isQuantityCode } from '#model/quantity.ts';
import type { EdgeUnit, Grid, GridCode, HazardPoint, PointId, Registry, Sensor } from '#model/registry.ts';
import type { RuleFile } from '../schema.ts';
import type { TestFile, TestPoint, TestSensor } from './schema.ts';

export const TEST_COUNTY = '990000';
const TEST_EDGE = 'test-edge';
const DEFAULT_ZONE = 'Asia/Shanghai';
/** As with a real unit: missed after ten samples that stayed away, not before a minute. */
const STALE_SAMPLES = 10;
const MIN_STALE_MS = 60_000;

const named = (id: string) => ({ zh: id, en: id });

const EMPTY: Registry = {
  version: 'test',
  county: { code: TEST_COUNTY, name: named('test'), zone: DEFAULT_ZONE },
  grids: new Map(),
  people: new Map(),
  duty: [],
  points: new Map(),
  sensors: new Map(),
  edges: new Map(),
  channels: [],
};

/** A code and those above it, as the divisions number them: county, township, village. */
function addGrid(grids: Map<GridCode, Grid>, code: GridCode): void {
  if (grids.has(code)) return;
  const parent = code.length > 6 ? code.slice(0, -3) : null;
  if (parent !== null) addGrid(grids, parent);
  const tier = code.length <= 6 ? 1 : code.length <= 9 ? 2 : 3;
  const kind = tier === 1 ? 'county' : tier === 2 ? 'township' : 'village';
  grids.set(code, { code, tier, kind, name: named(code), parent, boundary: [] });
}

function pointOf(given: Omit<TestPoint, 'id'>, id: PointId): HazardPoint {
  const { kind = 'slope', lon = 106.5, lat = 24.4, grid = TEST_COUNTY, water } = given;
  const bare = { id, name: named(id), kind, riskGrade: 'general', lon, lat, gridCode: grid, households: [] } as const;
  if (water === undefined) return bare;
  const { datum, zero, floodSeason = null, limits } = water;
  return { ...bare, water: { datum, zeroM: zero, floodSeason, limits } };
}

/** The longest distance of two samples that any series of the sensor has in the file. */
function intervalOf(file: TestFile, sensorId: string): number {
  const intervals = file.tests.flatMap((test) =>
    test.inputSeries
      .filter(({ sensor }) => sensor === sensorId)
      .map(({ interval }) => interval ?? test.interval ?? file.interval),
  );
  return Math.max(0, ...intervals);
}

function sensorOf(file: TestFile, given: TestSensor, edgeId: string): Sensor {
  const { id, point, quantity, zone } = given;
  const staleAfterMs = given.staleAfter ?? Math.max(MIN_STALE_MS, STALE_SAMPLES * intervalOf(file, id));
  const bare = { id, pointId: point, edgeId, quantity, name: named(id), staleAfterMs };
  return zone === undefined ? bare : { ...bare, zone };
}

type Drafts = {
  readonly grids: Map<GridCode, Grid>;
  readonly points: Map<PointId, HazardPoint>;
  readonly sensors: Map<string, Sensor>;
  readonly edges: Map<string, EdgeUnit>;
};

/** Sensors of one point come by edges of one township, as the compiler demands. */
function edgeFor(drafts: Drafts, given: TestSensor): string {
  const neighbour = [...drafts.sensors.values()].find(({ pointId }) => pointId === given.point)?.edgeId;
  const id = given.edge ?? neighbour ?? TEST_EDGE;
  if (!drafts.edges.has(id)) {
    const township = drafts.edges.get(neighbour ?? '')?.township ?? TEST_COUNTY;
    const nothing = { buses: [], links: [], outputs: [], mutes: [] };
    drafts.edges.set(id, { id, township, origin: 'live', name: named(id), ...nothing });
  }
  return id;
}

/** Points, grids and sensors that the rules name and nobody has declared. */
function addNamed(file: TestFile, drafts: Drafts, ruleFiles: readonly RuleFile[]): void {
  const rules = ruleFiles.flatMap((one) => one.rules ?? []);
  for (const place of rules.flatMap(({ where, overrides = [] }) => [where, ...overrides])) {
    for (const code of place?.grids ?? []) addGrid(drafts.grids, code);
    for (const id of place?.points ?? []) if (!drafts.points.has(id)) drafts.points.set(id, pointOf({}, id));
  }
  const add = (id: string, quantity: string) => {
    if (!drafts.sensors.has(id) && isQuantityCode(quantity)) addSensor(file, drafts, { id, quantity, point: id });
  };
  for (const { where, quantity, inputs = {} } of rules) {
    for (const id of where?.sensors ?? []) add(id, quantity);
    for (const input of Object.values(inputs))
      for (const id of input.sensors ?? []) add(id, input.quantity ?? quantity);
  }
}

function addSensor(file: TestFile, drafts: Drafts, given: TestSensor): void {
  if (!drafts.points.has(given.point)) drafts.points.set(given.point, pointOf(given, given.point));
  drafts.sensors.set(given.id, sensorOf(file, given, edgeFor(drafts, given)));
}

/** What the rules of a test file are compiled for. */
export function placeOfTests(file: TestFile, ruleFiles: readonly RuleFile[], county: Registry | undefined): Registry {
  const base = county ?? EMPTY;
  const drafts: Drafts = {
    grids: new Map(base.grids),
    points: new Map(base.points),
    sensors: new Map(base.sensors),
    edges: new Map(base.edges),
  };
  addGrid(drafts.grids, TEST_COUNTY);
  for (const given of file.points) drafts.points.set(given.id, pointOf(given, given.id));
  for (const given of file.sensors) addSensor(file, drafts, given);
  if (county === undefined) addNamed(file, drafts, ruleFiles);
  for (const { gridCode } of drafts.points.values()) addGrid(drafts.grids, gridCode);
  return { ...base, ...drafts, county: { ...base.county, zone: file.zone ?? base.county.zone } };
}
