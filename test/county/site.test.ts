import { describe, expect, it } from 'vitest';
import { checkCounty } from '#cli/load/county.ts';
import { formatLint } from '#model/result.ts';
import { edited, shippedFiles, shippedProfiles } from './shipped.ts';

const NOW = Date.parse('2026-06-03T06:00:00Z');
const check = (files: ReadonlyMap<string, string>) => checkCounty(files, NOW, shippedProfiles());
const added = (file: string, text: string) => new Map([...shippedFiles(), [file, text]]);

describe('sites, zones and teams of a county', () => {
  it('are in the registry: the building, where each zone lies, and which a sensor watches', () => {
    const registry = check(shippedFiles()).county?.registry;
    const site = registry?.points.get('cangku-3')?.site;
    expect(site?.zones.map(({ id, floor }) => [id, floor])).toEqual([
      ['east', 1],
      ['west', 2],
      ['fence-north', null],
    ]);
    expect(registry?.sensors.get('cangku-3-smoke-3')?.zone).toBe('east');
    expect(registry?.points.get('taoshuwan')?.site).toBeUndefined();
    expect(registry?.teams).toEqual([
      {
        id: 'yankou-brigade',
        name: { zh: '岩口村志愿消防队', en: 'Yankou volunteer fire brigade' },
        gridCode: '451099101203',
        hazards: ['fire'],
        covers: ['451099101203', '451099103'],
        minLevel: 'orange',
        members: ['mo-youcai', 'mo-yanling'],
      },
    ]);
  });

  it('are a new version of the county when a zone or a team changes', () => {
    const { version } = check(shippedFiles()).county?.registry ?? {};
    const zone = edited('points.yaml', 'en: second storey west }, floor: 2', 'en: second storey west }, floor: 1');
    expect(check(zone).county?.registry.version).not.toBe(version);
    expect(
      check(edited('teams.yaml', 'members: [mo-youcai, mo-yanling]', 'members: [mo-youcai]')).county?.registry.version,
    ).not.toBe(version);
  });

  it('need no teams at all', () => {
    const files = new Map([...shippedFiles()].filter(([name]) => name !== 'teams.yaml'));
    expect(check(files).county?.registry.teams).toEqual([]);
  });

  const EAST = '- { id: east, name: { zh: 一层东区, en: ground floor east }, floor: 1 }';
  const mistakes: readonly (readonly [string, ReadonlyMap<string, string>, string, string])[] = [
    [
      'a zone that its site does not have',
      edited(
        'points.yaml',
        'zone: fence-north\n        device: { edge: edge-park, bus: park-a, unit: 5, register: loop-1 }',
        'zone: fence-nord\n        device: { edge: edge-park, bus: park-a, unit: 5, register: loop-1 }',
      ),
      'unknown-zone',
      'use one of east, west, fence-north',
    ],
    [
      'a zone at a point without a site',
      edited(
        'points.yaml',
        '        quantity: rain\n        device: { edge: edge-qingxi',
        '        quantity: rain\n        zone: east\n        device: { edge: edge-qingxi',
      ),
      'unknown-zone',
      'add "site:" with its zones',
    ],
    [
      'two zones of one name',
      edited('points.yaml', EAST, EAST.replace('id: east', 'id: west')),
      'duplicate',
      'another id',
    ],
    [
      'a floor that the building does not have',
      edited('points.yaml', EAST, EAST.replace('floor: 1', 'floor: 3')),
      'floor',
      'up to 2',
    ],
    ['floor 0', edited('points.yaml', EAST, EAST.replace('floor: 1', 'floor: 0')), 'no floor 0', ''],
    ['a team of nobody who exists', edited('teams.yaml', 'mo-youcai', 'mo-youcia'), 'unknown-person', 'people.yaml'],
    [
      'a team for a grid that does not exist',
      edited('teams.yaml', '"451099103"', '"451099903"'),
      'unknown-grid',
      'grids.yaml',
    ],
    ['a team without members', edited('teams.yaml', '[mo-youcai, mo-yanling]', '[]'), 'needs a member', ''],
    [
      'a hand-over that is not signed',
      added(
        'channels.yaml',
        'channels:\n  - id: fire-119\n    kind: webhook\n    url: https://119.example.cn/x\n    handover: { hazards: [fire] }\n',
      ),
      'unsigned',
      'secretEnv',
    ],
  ];
  it.each(mistakes)('%s is told with its place and its mend', (_, files, kind, mend) => {
    const { lints, county } = check(files);
    expect(county).toBeNull();
    const found = lints.find((lint) => lint.kind === kind || lint.message.includes(kind));
    expect(found, lints.map(formatLint).join('\n')).toBeDefined();
    expect(found?.line).toBeGreaterThan(0);
    expect(found?.mend ?? '').toContain(mend);
  });
});
