/** Names that people give are shown as they are: no query, no variable and no file is changed by one. */
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { grafanaFiles } from '#dashboards/grafana/files.ts';
import { DEFAULT_SERVER } from '#dashboards/grafana/provisioning.ts';
import { shippedCounty } from '#test/grafana/support/county.ts';

const OPEN = '$';
const EVIL = `Ä"'\\${OPEN}{origin} $__all [[sensor]] $tag_x , y : z </b>\nline `;
const named = <T>(map: ReadonlyMap<string, T>): ReadonlyMap<string, T> =>
  new Map([...map].map(([id, one]) => [id, { ...one, name: { zh: EVIL + id, en: EVIL + id } }]));

function leavesOf(value: unknown, path = ''): readonly (readonly [path: string, text: string])[] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    [`${path} key`, key] as const,
    ...leavesOf(inner, `${path}.${key.replace(/\d+/g, '#')}`),
  ]);
}

it('are in no query, open no variable, and stay on one line', () => {
  const { registry, ...county } = shippedCounty();
  const { sensors, points, grids } = registry;
  const evil = { ...registry, sensors: named(sensors), points: named(points), grids: named(grids) };
  const files = grafanaFiles({ ...county, registry: evil }, ['zh', 'en'], DEFAULT_SERVER(1));
  const leaves = files.flatMap(({ path, text }) =>
    leavesOf(path.endsWith('.json') ? JSON.parse(text) : path.endsWith('.yaml') ? parse(text) : text, path),
  );
  const marked = leaves.filter(([, text]) => text.includes('Ä"'));
  expect(marked.length).toBeGreaterThan(100);
  expect(marked.filter(([path]) => / key$|\.targets\.|provisioning|\.ini/.test(path))).toEqual([]);
  expect(marked.filter(([, text]) => /\$[\w{]|\[\[|\n/.test(text))).toEqual([]);
  // A list of choices is parted by its commas, and each choice by the last colon between spaces.
  const lists = marked.filter(([path]) => path.endsWith('.templating.list.#.query'));
  expect(lists.length).toBeGreaterThan(3);
  const ids = new Set([...points.keys(), ...grids.keys(), '-']);
  for (const [, list] of lists)
    for (const choice of list.split(',')) expect(ids).toContain(/^\s*.+\s:\s(.+)$/.exec(choice)?.[1]);
});
