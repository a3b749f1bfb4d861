import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chainHash } from '#alerts/io/ledger.ts';
import { openDeskReaders } from '#alerts/io/readers.ts';
import { CONSOLE, sampleRegistry } from '#alerts/testing/sample.ts';
import { type EvidenceFile, evidenceFiles } from '#dashboards/api/evidence/files.ts';
import { gatherEvidence } from '#dashboards/api/evidence/gather.ts';
import type { HistoryPoint, HistoryReader } from '#model/history.ts';
import type { Registry, Sensor } from '#model/registry.ts';
import { at, openRecord, QUIET_POLICY, type Record } from '#test/life/record.ts';

const sensor: Sensor = {
  ...{ id: 'S1', pointId: 'P1', edgeId: 'edge-1', quantity: 'displacement', staleAfterMs: 60_000 },
  name: { zh: '裂缝计<1>', en: 'crack' },
};
const registry: Registry = {
  ...sampleRegistry([CONSOLE]),
  sensors: new Map([['S1', sensor]]),
  policy: { ...QUIET_POLICY, version: 'policy-7' },
};
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
/** A reading a minute. */
const history: Pick<HistoryReader, 'range'> = {
  range: (_, fromMs, toMs, limit, newest) => {
    const points: HistoryPoint[] = [];
    for (let atMs = Math.ceil(fromMs / 60_000) * 60_000; atMs < toMs; atMs += 60_000)
      points.push({ atMs, value: 100, raw: undefined, quality: 'good', flags: [] });
    return newest === true ? points.slice(-limit) : points.slice(0, limit);
  },
};

let record: Record;
let files: ReadonlyMap<string, string>;
let alertId = '';
beforeAll(() => {
  record = openRecord(registry);
  record.sees({ to: 'orange' }, 0);
  alertId = record.alerts()[0]?.id ?? '';
  record.does(3, alertId, 'acknowledge', { note: '<script>alert(1)</script>' });
  record.sees({ from: 'orange', to: 'red' }, 5);
  const parts = openDeskReaders(record.dataDir);
  const by = { name: '县调度', atMs: at(60) };
  const evidence = gatherEvidence(
    alertId,
    { alerts: record.reader, parts, history: history as HistoryReader },
    registry,
    by,
  );
  if (evidence === undefined) throw new Error('no evidence');
  files = new Map(evidenceFiles(evidence, registry, sha256).map(({ name, text }: EvidenceFile) => [name, text]));
  parts.close();
});
afterAll(() => record.close());
const json = (name: string) => JSON.parse(files.get(name) ?? 'null');

describe('the evidence of an alert', () => {
  it('says under which rules and policy who was told, and from which readings', () => {
    const evidence = json('evidence.json');
    expect(evidence).toMatchObject({ rules: ['crack@1'], policy: ['policy-7'], registryVersion: 'v1' });
    expect(evidence.calls.map((call: { name: string }) => call.name)).toContain('上湾支书');
    expect(evidence.readings).toHaveLength(1);
    const { points, fromMs, toMs } = evidence.readings[0];
    expect([fromMs, toMs]).toEqual([at(-60), at(15)]);
    expect(points).toHaveLength(75);
  });

  it('keeps the readings of the first decision where so many followed that not all have room', () => {
    const busy: Pick<HistoryReader, 'range'> = {
      range: (_, fromMs, toMs, limit, newest) => {
        const ends =
          newest === true ? [Math.max(fromMs, toMs - limit * 1_000), toMs] : [fromMs, fromMs + limit * 1_000];
        const points: HistoryPoint[] = [];
        for (let atMs = ends[0] ?? 0; atMs < Math.min(toMs, ends[1] ?? 0); atMs++)
          if (atMs % 1_000 === 0) points.push({ atMs, value: 7, raw: undefined, quality: 'good', flags: [] });
        return points;
      },
    };
    const parts = openDeskReaders(record.dataDir);
    const ports = { alerts: record.reader, parts, history: busy as HistoryReader };
    const evidence = gatherEvidence(alertId, ports, registry, { name: '县调度', atMs: at(60) });
    parts.close();
    const [readings] = evidence?.readings ?? [];
    expect(readings).toMatchObject({ cut: true, decidedAtMs: [at(0), at(5)] });
    expect(readings?.points.length).toBeLessThanOrEqual(2_000);
    for (const atMs of [at(0) - 60_000, at(0), at(5)])
      expect(readings?.points.some((point) => point.atMs === atMs)).toBe(true);
    const page = evidence === undefined ? [] : evidenceFiles(evidence, registry, sha256);
    expect(page.find(({ name }) => name === 'evidence.html')?.text.match(/<td>◀<\/td>/g)).toHaveLength(2);
  });

  it('holds the entries of the ledger as they were hashed', () => {
    const lines = (files.get('ledger.jsonl') ?? '').trimEnd().split('\n');
    expect(lines.length).toBe(record.reader.events(alertId).length);
    for (const line of lines) {
      const { before, hash, body } = JSON.parse(line) as { before: string; hash: string; body: string };
      expect(chainHash(before, body)).toBe(hash);
    }
  });

  it('is named file by file with its SHA-256', () => {
    const { files: named } = json('manifest.json') as { files: readonly { name: string; sha256: string }[] };
    expect(named.map(({ name }) => name).sort()).toEqual(
      [...files.keys()].filter((name) => name !== 'manifest.json').sort(),
    );
    for (const { name, sha256: sum } of named) expect([name, sha256(files.get(name) ?? '')]).toEqual([name, sum]);
  });

  it('can be read as a page, on which nothing that people wrote is markup', () => {
    const page = files.get('evidence.html') ?? '';
    expect(page).toContain('上湾支书');
    expect(page).toContain('裂缝计&lt;1&gt;');
    expect(page).not.toContain('<script');
    expect(page).not.toMatch(/(src|href)=/);
  });
});
