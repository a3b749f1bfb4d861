import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkCounty, parseCounty } from '#cli/load/county.ts';
import { compileEdgeConfigs } from '#cli/load/edge-configs.ts';
import { ancestry, type Registry, topicPlace } from '#model/registry.ts';
import { formatLint } from '#model/result.ts';
import { edited, shippedFiles, shippedProfiles } from './shipped.ts';

const NOW = Date.parse('2026-06-03T06:00:00Z');

function load(files: ReadonlyMap<string, string> = shippedFiles(), nowMs = NOW): Registry {
  const parsed = parseCounty(files, nowMs, shippedProfiles());
  if (!parsed.ok) throw new Error(parsed.error.map(formatLint).join('\n'));
  return parsed.value;
}

const villagePosts = (registry: Registry, pointId: string) => {
  const village = registry.points.get(pointId)?.gridCode;
  return [...registry.people.values()].filter((person) => person.posts.some(({ gridCode }) => gridCode === village));
};

describe('the shipped county', () => {
  it('loads without a finding and says how much it looked at', () => {
    const { lints, looked, county } = checkCounty(shippedFiles(), NOW, shippedProfiles());
    console.log('looked at', JSON.stringify(looked));
    expect(lints.map(formatLint)).toEqual([]);
    expect(county).not.toBeNull();
    expect(looked).toMatchObject({ grids: 18, points: 5, sensors: 15, edges: 3, desks: 4 });
    expect(looked.files).toBeGreaterThanOrEqual(11);
    expect(looked.people).toBeGreaterThanOrEqual(30);
  });

  it('has the ids that the other stages build upon', () => {
    const registry = load();
    expect([...registry.points.keys()]).toEqual(['taoshuwan', 'xiangshui', 'longtan', 'cangku-3', 'panshi-houshan']);
    expect([...registry.sensors.values()].map(({ id, edgeId, quantity }) => `${id} ${edgeId} ${quantity}`)).toEqual([
      'taoshuwan-rain edge-shiqiao rain',
      'taoshuwan-crack edge-shiqiao displacement',
      'xiangshui-crack edge-shiqiao displacement',
      'longtan-rain edge-qingxi rain',
      'longtan-level edge-qingxi level',
      'cangku-3-smoke-1 edge-park smoke',
      'cangku-3-smoke-3 edge-park smoke',
      'cangku-3-smoke-2 edge-park smoke',
      'cangku-3-smoke-4 edge-park smoke',
      'cangku-3-panel edge-park fault',
      'cangku-3-heat edge-park temperature',
      'cangku-3-filter edge-park contamination',
      'cangku-3-button edge-park callPoint',
      'cangku-3-fence-1 edge-park contact',
      'cangku-3-fence-2 edge-park contact',
    ]);
    expect([...registry.edges.values()].every(({ origin }) => origin === 'simulated')).toBe(true);
    expect(topicPlace(registry, registry.points.get('taoshuwan')?.gridCode ?? '')).toEqual({
      county: '451099',
      township: '451099101',
      village: '451099101201',
    });
  });

  it('gives two points in two villages posts that have nobody in common', () => {
    const registry = load();
    const taoshuwan = villagePosts(registry, 'taoshuwan').map(({ id }) => id);
    const xiangshui = villagePosts(registry, 'xiangshui').map(({ id }) => id);
    expect(taoshuwan.length).toBeGreaterThanOrEqual(3);
    expect(xiangshui.length).toBeGreaterThanOrEqual(3);
    expect(taoshuwan.filter((id) => xiangshui.includes(id))).toEqual([]);
  });

  it('moves a point to another grid, and so to other people, when its coordinates move', () => {
    const before = load();
    expect(before.points.get('taoshuwan')?.gridCode).toBe('451099101201');
    const moved = load(edited('points.yaml', 'lon: 106.3665\n    lat: 24.3984', 'lon: 106.41\n    lat: 24.27'));
    expect(moved.points.get('taoshuwan')?.gridCode).toBe('451099101203');
    expect(villagePosts(moved, 'taoshuwan').map(({ id }) => id)).toEqual(['mo-youcai', 'mo-yanling']);
    expect(moved.version).not.toBe(before.version);
  });

  it('keeps its version when only comments, spaces or the clock change, and changes it with a telephone number', () => {
    const { version } = load();
    const files = new Map(
      [...shippedFiles()].map(([file, text]) => [file, /yaml$/.test(file) ? `# note\n${text}\n\n` : text]),
    );
    expect(load(files).version).toBe(version);
    expect(load(shippedFiles(), Date.parse('2013-09-11T00:00:00Z')).version).toBe(version);
    expect(load(edited('people.yaml', '"13800001001"', '"13800001099"')).version).not.toBe(version);
  });

  it('is the same county when a program wrote its files as JSON, also one a township', () => {
    const files = new Map(shippedFiles());
    const people = parse(files.get('people.yaml') ?? '') as { people: unknown[] };
    files.delete('people.yaml');
    files.set('people/east.json', JSON.stringify({ people: people.people.slice(0, 20) }));
    files.set('people/west.json', JSON.stringify({ people: people.people.slice(20) }));
    files.set('points.json', JSON.stringify(parse(files.get('points.yaml') ?? '')));
    files.delete('points.yaml');
    expect(load(files)).toEqual(load());
    const twice = new Map(shippedFiles()).set('edges.json', '{"edges":[]}');
    expect(checkCounty(twice, NOW).lints.map(({ file, kind }) => `${file} ${kind}`)).toContain('edges.yaml twice');
  });

  it('has invented telephone numbers only', () => {
    const registry = load();
    const households = [...registry.points.values()].flatMap((point) => point.households);
    const phones = [...registry.people.values(), ...households].map(({ phone }) => phone);
    expect(phones.length).toBeGreaterThan(60);
    expect(phones.filter((phone) => !/^1\d\d0000\d{4}$/.test(phone))).toEqual([]);
    expect(new Set(phones).size).toBe(phones.length);
  });

  it('can walk from every grid to the county', () => {
    const registry = load();
    for (const grid of registry.grids.values()) expect(ancestry(registry, grid.code).at(-1)?.code).toBe('451099');
  });
});

describe('edge configurations', () => {
  const ports = {
    resolvePath: (path: string) => path.replace('tty:', '/lines/'),
    resolvePort: () => 1502,
    ruleSetOf: () => undefined,
    mqttUrl: 'mqtt://127.0.0.1:1883',
    credentialFile: (id: string) => `edges/${id}/password`,
    dataDir: (id: string) => `edges/${id}`,
  };

  it('name the real line, the profiles in use and what hangs on each register', () => {
    const [shiqiao, , park] = compileEdgeConfigs(load(), shippedProfiles(), ports);
    expect(shiqiao).toMatchObject({ edgeId: 'edge-shiqiao', township: '451099101', dataDir: 'edges/edge-shiqiao' });
    expect(shiqiao?.buses[0]).toMatchObject({
      kind: 'modbus-rtu',
      path: '/lines/shiqiao-a',
      baudRate: 9600,
      pollMs: 1000,
    });
    expect(shiqiao?.buses[0]?.units[1]?.sensors).toEqual([{ sensorId: 'taoshuwan-crack', register: 'displacement' }]);
    expect(Object.keys(shiqiao?.profiles ?? {})).toHaveLength(3);
    expect(park?.buses[0]).toMatchObject({ kind: 'modbus-tcp', host: '127.0.0.1', port: 1502 });
  });

  it('carry the same frames over a socket where the machine has no serial lines, under the same inventory version', () => {
    const registry = load();
    const overTcp = { ...ports, resolvePath: () => ({ host: '127.0.0.1', port: 4001 }) };
    const [serial] = compileEdgeConfigs(registry, shippedProfiles(), ports);
    const [socket] = compileEdgeConfigs(registry, shippedProfiles(), overTcp);
    expect(socket?.buses[0]).toMatchObject({ kind: 'modbus-rtu-tcp', host: '127.0.0.1', port: 4001, pollMs: 1000 });
    expect(socket?.inventoryVersion).toBe(serial?.inventoryVersion);
    const slower = compileEdgeConfigs(
      load(
        edited(
          'edges.yaml',
          'path: tty:shiqiao-a\n        baudRate: 9600',
          'path: tty:shiqiao-a\n        baudRate: 4800',
        ),
      ),
      shippedProfiles(),
      ports,
    );
    expect(slower[0]?.inventoryVersion).not.toBe(serial?.inventoryVersion);
    expect(slower[1]?.inventoryVersion).toBe(
      compileEdgeConfigs(registry, shippedProfiles(), ports)[1]?.inventoryVersion,
    );
  });
});
