import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkCounty } from '#cli/load/county.ts';
import { gridCheck } from '#cli/registry/io/grid-check.ts';
import { COUNTY_DIR, shippedFiles } from '#test/county/shipped.ts';

const at = (text: string) => Date.parse(text);
const NOW = at('2026-06-03T06:00:00Z');

/** All but one file as JSON, which is read four times as fast. */
const light = (): Map<string, string> =>
  new Map(
    [...shippedFiles()].map(([name, text]) =>
      name.endsWith('.yaml') ? [name.replace('.yaml', '.json'), JSON.stringify(parse(text))] : [name, text],
    ),
  );
type Household = { readonly [field: string]: unknown };
const listed = (households: readonly Household[]) =>
  light().set('households/more.json', JSON.stringify({ households }));
const one = {
  point: 'panshi-houshan',
  id: 'ps-90',
  head: '石某',
  people: 2,
  phone: '13900009003',
  caller: 'meng-dali',
};
const kinds = (files: ReadonlyMap<string, string>) =>
  checkCounty(files, NOW).lints.map(({ kind, path }) => `${kind} ${path}`);

describe('the village of the story', () => {
  it('has 62 households and 138 people, each with a caller of the village, a way out and room where it leads', () => {
    const registry = checkCounty(light(), NOW).county?.registry;
    const point = registry?.points.get('panshi-houshan');
    const households = point?.households ?? [];
    expect(point?.gridCode).toBe('451099101204-G01');
    expect(households).toHaveLength(62);
    expect(households.reduce((sum, { people }) => sum + people, 0)).toBe(138);
    expect(households.filter(({ needsHelp }) => needsHelp !== undefined)).toHaveLength(9);
    expect(new Set(households.map(({ gridCode }) => gridCode))).toEqual(
      new Set([undefined, '451099101204-G02', '451099101204-G03']),
    );
    const posts = (id: string) => registry?.people.get(id)?.posts.map(({ gridCode }) => gridCode.slice(0, 12));
    for (const { callerId, shelterId, routeId } of households) {
      expect(posts(callerId)).toContain('451099101204');
      expect(registry?.shelters?.has(shelterId ?? '')).toBe(true);
      expect(registry?.routes?.has(routeId ?? '')).toBe(true);
    }
    const room = [...(registry?.shelters?.values() ?? [])].reduce((sum, { capacity }) => sum + capacity, 0);
    expect(room).toBeGreaterThan(138);
  });
});

describe('households on a list of their own', () => {
  it('stand on their point’s list, and go where their route leads', () => {
    const { county } = checkCounty(listed([{ ...one, route: 'hekou-office' }]), NOW);
    const found = county?.registry.points.get('panshi-houshan')?.households.at(-1);
    expect(found).toMatchObject({ id: 'ps-90', shelterId: 'panshi-office', routeId: 'hekou-office' });
  });

  it.each([
    ['a point that does not exist', { point: 'nowhere' }, 'unknown-point households[0].point'],
    ['a caller whom nobody knows', { caller: 'nobody' }, 'unknown-person households[0].caller'],
    ['no caller', { caller: undefined }, 'no-caller households[0]'],
    ['a grid that does not exist', { grid: '999' }, 'unknown-grid households[0].grid'],
    ['a route that does not exist', { route: 'x' }, 'unknown-route households[0].route'],
    ['a shelter that does not exist', { shelter: 'x' }, 'unknown-shelter households[0].shelter'],
    [
      'a route that leads elsewhere',
      { route: 'hekou-office', shelter: 'panshi-school' },
      'wrong-way households[0].route',
    ],
    ['an id that stands already', { id: 'ps-01' }, 'duplicate households[0].id'],
    ['more people than the shelter holds', { people: 40, shelter: 'panshi-office' }, 'capacity points[4]'],
  ])('with %s are told so', (_, change, expected) => {
    expect(kinds(listed([{ ...one, ...change }]))).toEqual([expected]);
  });
});

describe('a code that was replaced', () => {
  const files = light();
  const { grids } = JSON.parse(files.get('grids.json') ?? '') as { grids: { code: string }[] };
  const old = grids.find(({ code }) => code === '451099101203');
  const renewed = grids.flatMap((grid) =>
    grid === old
      ? [
          { ...grid, validTo: '2026-07-01', successor: '451099101209' },
          { ...grid, code: '451099101209', validFrom: '2026-07-01' },
        ]
      : [grid],
  );
  files.set('grids.json', JSON.stringify({ grids: renewed }));
  const map = JSON.parse(files.get('grids.geojson') ?? '') as { features: { properties: { code: string } }[] };
  const shape = map.features.find(({ properties }) => properties.code === '451099101203');
  files.set(
    'grids.geojson',
    JSON.stringify({ ...map, features: [...map.features, { ...shape, properties: { code: '451099101209' } }] }),
  );
  const points = JSON.parse(files.get('points.json') ?? '') as { points: object[] };
  const inside = { id: 'moved', name: { zh: '点', en: 'p' }, kind: 'slope', risk: 'low', lon: 106.41, lat: 24.27 };
  files.set('points.json', JSON.stringify({ points: [...points.points, inside] }));

  it('gives its points to its successor on the day, also in a registry that runs on', () => {
    const { county } = checkCounty(files, NOW);
    const gridOn = (when: string) => county?.at(at(when)).points.get('moved')?.gridCode;
    // Midnight of the county, UTC+8.
    expect(gridOn('2026-06-30T15:59:59Z')).toBe('451099101203');
    expect(gridOn('2026-06-30T16:00:00Z')).toBe('451099101209');
    expect(gridOn('2026-06-01T00:00:00Z')).toBe('451099101203');
    expect(county?.nextChangeMs(NOW)).toBe(at('2026-06-30T16:00:00Z'));
    expect(county?.nextChangeMs(at('2026-06-30T16:00:00Z'))).toBe(Number.POSITIVE_INFINITY);
    expect(county?.at(at('2026-07-02T00:00:00Z')).version).not.toBe(county?.registry.version);
  });

  it('is no overlap with its successor, and tells after the day who still has his post there', () => {
    expect(checkCounty(files, NOW).lints.map(({ kind }) => kind)).toEqual([]);
    const after = checkCounty(files, at('2026-07-02T00:00:00Z')).lints;
    expect(after.filter(({ kind }) => kind === 'post-out-of-force').map(({ mend }) => mend)).toEqual([
      'its successor is "451099101209"',
      'its successor is "451099101209"',
    ]);
    expect(after.filter(({ kind }) => kind === 'vacant-post')).toHaveLength(2);
  });

  it.each([
    ['a successor that does not exist', { validTo: '2026-07-01', successor: '451099101999' }, 'unknown-grid'],
    ['a successor without an end', { successor: '451099101201' }, 'validity'],
    ['an end before the beginning', { validFrom: '2026-07-01', validTo: '2026-01-01' }, 'validity'],
    ['a day that does not exist', { validTo: '2026-02-30' }, 'value'],
  ])('with %s is told so', (_, change, kind) => {
    const broken = light().set(
      'grids.json',
      JSON.stringify({ grids: grids.map((grid) => (grid === old ? { ...grid, ...change } : grid)) }),
    );
    expect(checkCounty(broken, NOW).lints.some((lint) => lint.kind === kind)).toBe(true);
  });
});

it('fengsui grid check finds nothing in the shipped county, and says how much it looked at', () => {
  const { told, looked, partition } = gridCheck(COUNTY_DIR, NOW, 100);
  expect(told.map(({ lint }) => lint.message)).toEqual([]);
  expect(looked['grids']).toBe(18);
  expect(partition.looked).toMatchObject({ parents: 5, children: 17, exact: 5 });
});
