import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildNodes, isBuilt, PACKAGE_DIR } from '#dashboards/node-red/io/build.ts';
import { COMMON_WORDS } from '#dashboards/node-red/src/editor/common-words.ts';
import { LANGUAGES } from '#dashboards/node-red/src/editor/render.ts';
import { NODE_SPECS } from '#dashboards/node-red/src/editor/specs/all.ts';
import { createSseParser } from '#dashboards/node-red/src/sse.ts';
import { loadBuilt } from './nodes-helper.ts';

const nodesDir = join(PACKAGE_DIR, 'dist/nodes');
const read = (path: string): string => readFileSync(join(nodesDir, path), 'utf8');
const languages = Object.keys(LANGUAGES);
const types = NODE_SPECS.map(({ type }) => type);
const CHINESE = /\p{Script=Han}/u;

/** `a.b.c` of every text in a catalogue. */
const keysOf = (tree: object, before = ''): readonly string[] =>
  Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [`${before}${key}`] : keysOf(value as object, `${before}${key}.`),
  );
const catalogue = (type: string, language: string) => JSON.parse(read(`locales/${language}/${type}.json`)) as object;

type Definition = {
  readonly category: string;
  readonly inputs?: number;
  readonly outputs?: number;
  readonly icon?: string;
  readonly defaults: {
    readonly [name: string]: { readonly validate?: (value: unknown) => boolean; readonly value: unknown };
  };
  readonly credentials: { readonly [name: string]: { readonly type: string } };
};

/** What the page registers, run as a browser would. */
function registered(type: string): readonly (readonly [string, Definition])[] {
  const html = read(`${type}.html`);
  const script = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
  const calls: (readonly [string, Definition])[] = [];
  const registerType = (name: string, definition: Definition) => calls.push([name, definition]);
  runInNewContext(script, { RED: { nodes: { registerType } }, isFinite, RegExp });
  return calls;
}

beforeAll(async () => {
  if (!isBuilt()) await buildNodes();
});

it('the package names every node that there is, and each is built', () => {
  const manifest = JSON.parse(readFileSync(join(PACKAGE_DIR, 'package.json'), 'utf8')) as {
    readonly 'node-red': { readonly nodes: object };
  };
  const expected = Object.fromEntries(types.map((type) => [type, `dist/nodes/${type}.js`]));
  expect(manifest['node-red'].nodes).toEqual(expected);
  expect(types).toHaveLength(8);
  expect(
    readdirSync(nodesDir)
      .filter((name) => name.endsWith('.js'))
      .sort(),
  ).toEqual(types.map((type) => `${type}.js`).sort());
});

describe.each(NODE_SPECS)('$type', (spec) => {
  const { type } = spec;

  it('loads as CommonJS, and registers the type that its page registers', () => {
    expect(typeof loadBuilt(type)).toBe('function');
    const html = read(`${type}.html`);
    expect(registered(type).map(([name]) => name)).toEqual([type]);
    expect(/data-template-name="([^"]+)"/.exec(html)?.[1]).toBe(type);
    expect(read(`${type}.js`)).toContain(`"${type}"`);
  });

  it('has a field on its page for each setting, checks what is entered, and keeps secrets out of the flow', () => {
    const html = read(`${type}.html`);
    const [, definition] = registered(type)[0] ?? [];
    if (definition === undefined) throw new Error('not registered');
    const secrets = spec.fields.filter(({ kind }) => kind === 'credential').map(({ name }) => name);
    const settings = spec.fields.filter(({ kind }) => kind !== 'credential').map(({ name }) => name);
    expect(Object.keys(definition.defaults)).toEqual(['name', ...settings]);
    expect(Object.keys(definition.credentials)).toEqual(secrets);
    for (const name of [...settings, ...secrets])
      expect(html).toContain(`id="node-${spec.isConfig ? 'config-' : ''}input-${name}"`);
    for (const field of spec.fields) {
      const { validate } = definition.defaults[field.name] ?? {};
      if (field.kind === 'number') {
        expect([field.min, field.max, field.default].every((value) => validate?.(String(value)))).toBe(true);
        expect([field.min - 1, field.max + 1, '', 'x'].some((value) => validate?.(value))).toBe(false);
      } else if (field.kind === 'text' && field.pattern !== undefined) {
        expect(validate?.(field.default)).toBe(true);
        expect(validate?.('http://example.com/<x> "')).toBe(false);
      }
    }
    expect(definition.outputs ?? 0).toBe(spec.outputLabels.length);
  });

  it('says the same in both languages, and every word that its page and its code use', () => {
    const keys = languages.map((language) => keysOf(catalogue(type, language)));
    expect(keys[0]).toEqual(keys[1]);
    const html = read(`${type}.html`);
    const used = [...html.matchAll(/data-i18n="([^"]+)"/g), ...html.matchAll(/_\('([^']+)'\)/g)].map(([, key]) => key);
    for (const key of used) expect(keys[0]).toContain(key);
    expect(used.length).toBeGreaterThan(spec.fields.length);
    const spoken = [...read(`${type}.js`).matchAll(/\bsay\d?\(([^(){}]*)/g)].flatMap(([, inside]) =>
      [...(inside ?? '').matchAll(/"([A-Za-z]+)"/g)].map(([, word]) => word),
    );
    expect(spoken.length).toBeGreaterThan(0);
    for (const word of spoken) expect(Object.keys({ ...COMMON_WORDS, ...spec.words })).toContain(word);
    const chinese = keysOf(catalogue(type, 'zh-CN')).length;
    expect(JSON.stringify(catalogue(type, 'zh-CN')).match(/\p{Script=Han}+/gu)?.length).toBeGreaterThan(chinese / 2);
    expect(JSON.stringify(catalogue(type, 'en-US'))).not.toMatch(CHINESE);
  });

  it('has a help text in both languages, with its inputs, its outputs one by one, and what it does not do', () => {
    for (const language of languages) {
      const help = read(`locales/${language}/${type}.html`);
      expect(help.startsWith(`<script type="text/html" data-help-name="${type}">`)).toBe(true);
      expect(help.match(/<script/g)).toHaveLength(1);
      expect(CHINESE.test(help)).toBe(language === 'zh-CN');
    }
    expect(spec.help.outputs?.length ?? 0).toBe(spec.outputLabels.length);
    expect(spec.help.inputs !== undefined).toBe(spec.inputs === 1);
    expect(spec.help.details.length).toBeGreaterThan(0);
  });
});

describe('the reader of a stream', () => {
  const stream =
    'retry: 2000\nid: 4\nevent: hello\ndata: {"reset":false}\n\n: ping\n\nevent: lag\r\ndata: {"a":\r\ndata: "汉"}\r\n\r\nid: 5\nevent: alert\ndata: {"id":"x"}\n\ndata: no json\n\n';
  const expected = [
    { event: 'hello', id: '4', data: { reset: false } },
    { event: 'lag', id: null, data: { a: '汉' } },
    { event: 'alert', id: '5', data: { id: 'x' } },
  ];

  it('reads the same events however the stream is cut into pieces', () => {
    const cuts = fc.array(fc.nat({ max: stream.length }), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, (at) => {
        const parser = createSseParser();
        const places = [0, ...at.sort((a, b) => a - b), stream.length];
        const pieces = places.slice(1).map((end, index) => stream.slice(places[index], end));
        expect(pieces.flatMap((piece) => parser.take(piece))).toEqual(expected);
      }),
      { verbose: true },
    );
  });
});
