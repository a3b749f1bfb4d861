/** The servers' line protocol as our tests read it, against the published corpus of InfluxData's own decoder. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { escapeTag } from '#ingest/influx/lines.ts';
import { type FieldValue, readLines } from '#test/support/line-protocol.ts';

const shared = process.env['FENGSUI_SHARED'] ?? fileURLToPath(new URL('../../../shared', import.meta.url));
const corpusFile = join(shared, 'vectors', 'line-protocol', 'corpus.json');

type Pair<V> = { readonly key: string; readonly value: V };
type CorpusPoint = {
  readonly time: number | bigint;
  readonly name: string;
  readonly tags: readonly Pair<string>[];
  readonly fields: readonly Pair<{ readonly [kind: string]: number | bigint | boolean | string }>[];
};
type Bytes = string | { readonly binary: string };
type Case = {
  readonly input: {
    readonly text: Bytes;
    readonly defaultTime: number | bigint;
    readonly precision: string;
  };
  readonly output: { readonly error?: string; readonly result?: readonly CorpusPoint[] };
};

/** Whole numbers past 2^53 keep their digits. */
const exact = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
    ? BigInt(context?.source ?? '')
    : value;
const UNITS: { readonly [precision: string]: bigint } = {
  '1ns': 1n,
  '1µs': 1_000n,
  '1ms': 1_000_000n,
  '1s': 1_000_000_000n,
};

const bytesOf = (text: Bytes): Buffer =>
  typeof text === 'string' ? Buffer.from(text, 'utf8') : Buffer.from(text.binary, 'base64');
const plain = ({ kind, value }: FieldValue) => ({
  // The corpus writes -0 as 0.
  [kind]: (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) || value === 0 ? Number(value) + 0 : value,
});

function decode({ input }: Case) {
  const unitNs = UNITS[input.precision];
  if (unitNs === undefined) throw new Error(`unknown precision ${input.precision}`);
  return readLines(bytesOf(input.text), { unitNs, defaultNs: BigInt(input.defaultTime) });
}

describe.skipIf(!existsSync(corpusFile))('line protocol in tests', () => {
  it('reads every case of the corpus as the decoder of the servers does, and refuses what it refuses, in the same line', () => {
    const corpus = JSON.parse(readFileSync(corpusFile, 'utf8'), exact) as {
      readonly decode: { readonly [key: string]: Case };
    };
    const cases = Object.entries(corpus.decode);
    expect(cases.length).toBe(6_615);
    const wrong: string[] = [];
    let read = 0;
    for (const [key, each] of cases) {
      const entries = decode(each);
      const failed = entries.find((entry) => !entry.ok);
      const { error, result } = each.output;
      if (error !== undefined) {
        const index = Number(/cannot get metric (\d+)/.exec(error)?.[1]);
        if (failed === undefined || entries.indexOf(failed) !== index) wrong.push(`${key} should fail: ${error}`);
        continue;
      }
      const points = entries.flatMap((entry) => (entry.ok ? [entry.point] : []));
      const ours = points.map(({ timeNs, name, tags, fields }) => ({
        time: Number.isSafeInteger(Number(timeNs)) ? Number(timeNs) : timeNs,
        name,
        tags: tags.map(([tag, value]) => ({ key: tag, value })),
        fields: fields.map(([field, value]) => ({ key: field, value: plain(value) })),
      }));
      try {
        expect(failed, key).toBeUndefined();
        expect(ours).toEqual(result ?? []);
        read += points.length;
      } catch (cause) {
        wrong.push(`${key} ${JSON.stringify(each.input.text)}: ${String(cause).slice(0, 400)}`);
      }
    }
    expect(wrong.slice(0, 10)).toEqual([]);
    expect(read).toBeGreaterThan(390);
  });

  it('our tags are written as the corpus writes them, and what it writes is read back as it was', () => {
    type Written = {
      readonly input: { readonly point: CorpusPoint; readonly precision: string };
      readonly output: { readonly result?: string };
    };
    const corpus = JSON.parse(readFileSync(corpusFile, 'utf8'), exact) as {
      readonly encode: { readonly [key: string]: Written };
    };
    const cases = Object.values(corpus.encode).filter(({ output }) => output.result !== undefined);
    expect(cases.length).toBe(114);
    let tags = 0;
    for (const { input, output } of cases) {
      const unitNs = UNITS[input.precision] ?? 1n;
      const text = output.result ?? '';
      const [entry] = readLines(Buffer.from(text), { unitNs, defaultNs: 0n });
      const read = entry?.ok === true ? entry.point : undefined;
      expect(read?.name, text).toBe(input.point.name);
      expect(
        read?.tags.map(([key, value]) => ({ key, value })),
        text,
      ).toEqual(input.point.tags);
      expect(read?.fields.map(([key, value]) => ({ key, value: plain(value) }))).toEqual(input.point.fields);
      for (const { value } of input.point.tags) {
        expect(text).toContain(`=${escapeTag(value)}`);
        tags++;
      }
    }
    expect(tags).toBeGreaterThan(100);
  });
});
