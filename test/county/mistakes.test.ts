import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkCounty, parseCounty } from '#cli/load/county.ts';
import { formatLint, type Lint } from '#model/result.ts';
import { edited, placeOf, shippedFiles, shippedProfiles } from './shipped.ts';

const NOW = Date.parse('2026-06-03T06:00:00Z');
const profiles = shippedProfiles();
const check = (files: ReadonlyMap<string, string>): readonly Lint[] => checkCounty(files, NOW, profiles).lints;

type Mistake = {
  readonly name: string;
  readonly file: string;
  /** Replaced in the file, and by what. */
  readonly from: string;
  readonly to: string;
  /** The finding points here, in the edited file (which is another file where the mistake shows elsewhere). */
  readonly at: string;
  readonly nth?: number;
  readonly shownIn?: string;
  readonly kind: string;
  readonly says: string;
  readonly severity?: 'warning';
};

const MISTAKES = parse(readFileSync(new URL('./mistakes.yaml', import.meta.url), 'utf8')) as readonly Mistake[];

describe('a mistake in the county is told with its place', { timeout: 90_000 }, () => {
  it.each(MISTAKES)('$name', ({ file, from, to, at, nth, shownIn, kind, says, severity }) => {
    const files = edited(file, from, to);
    const shown = shownIn ?? file;
    const { lints, county } = checkCounty(files, NOW, profiles);
    const lint = lints.find((one) => one.kind === kind && one.file === shown);
    expect(lint === undefined ? lints.map(formatLint) : [], `a finding "${kind}" in ${shown}`).toEqual([]);
    if (lint === undefined) return;
    expect(formatLint(lint)).toContain(says);
    expect(`${lint.line}:${lint.column}`).toBe(Object.values(placeOf(files.get(shown) ?? '', at, nth)).join(':'));
    expect(lint.severity).toBe(severity ?? 'error');
    expect(county !== null).toBe(severity === 'warning');
  });

  it('tells all mistakes of all files at once, and no other', () => {
    const files = new Map(shippedFiles());
    files.set('people.yaml', (files.get('people.yaml') ?? '').replace('"13800001002"', '13800001002'));
    files.set('duty.yaml', (files.get('duty.yaml') ?? '').replace('liang-qiong]]', 'nobody]]'));
    files.set(
      'points.yaml',
      (files.get('points.yaml') ?? '').replace('unit: 3', 'unit: 30').replace('people: 6', 'people: 0'),
    );
    files.delete('channels.yaml');
    expect(check(files).map(({ file, kind }) => `${file} ${kind}`)).toEqual([
      'channels.yaml missing-file',
      'duty.yaml unknown-person',
      'grids.yaml vacant-post',
      'people.yaml type',
      'points.yaml type',
      'points.yaml unknown-unit',
    ]);
  });

  it('tells a bus, an output that cannot be read once, and not again of all that name it', () => {
    const files = new Map(shippedFiles());
    const edges = files.get('edges.yaml') ?? '';
    files.set('edges.yaml', edges.replace('baudRate: 9600', 'baudRate: fast').replace('level: red', 'level: purple'));
    expect(check(files).map(({ file, kind, path }) => `${file} ${kind} ${path}`)).toEqual([
      'edges.yaml type edges[0].buses[0].baudRate',
      'edges.yaml type edges[0].outputs[0].level',
    ]);
  });

  it('reports overlapping siblings as a warning and goes on', () => {
    const text = shippedFiles().get('grids.geojson') ?? '';
    const collection = JSON.parse(text) as {
      features: { properties: { code: string }; geometry: { coordinates: number[][][] } }[];
    };
    const village = collection.features.find(({ properties }) => properties.code === '451099101201');
    const ring = village?.geometry.coordinates[0] ?? [];
    // The corner that three villages share, pushed into the neighbour.
    ring[60] = [106.46, 24.4];
    const files = new Map(shippedFiles()).set('grids.geojson', JSON.stringify(collection));
    const found = check(files).filter(({ kind }) => kind === 'overlap');
    expect(found.map(({ message }) => message)).toContain(
      'the boundaries of "451099101201" and "451099101202" overlap',
    );
    expect(found.every(({ severity, line }) => severity === 'warning' && line > 1)).toBe(true);
    expect(parseCounty(files, NOW, profiles).ok).toBe(true);
  });

  it('survives any damage to a file with findings, never with an exception', () => {
    // Without the shapes, which take most of the time; they are damaged too.
    const whole = new Map(shippedFiles()).set('grids.geojson', '{"type":"FeatureCollection","features":[]}');
    const tryWith = (file: string, text: string) => expect(() => check(new Map(whole).set(file, text))).not.toThrow();
    for (const [file, text] of shippedFiles())
      for (let part = 1; part < 3; part++) {
        const cut = Math.floor((text.length * part) / 3);
        tryWith(file, text.slice(0, cut));
        tryWith(file, `${text.slice(0, cut)}\u0000: [${text.slice(cut)}`);
      }
    for (const value of ['', 'null', '3', '[]', '"x"', 'people: [1, null, [], "x"]', 'grids: {a: 1}'])
      for (const file of whole.keys()) tryWith(file, value);
  });
});
