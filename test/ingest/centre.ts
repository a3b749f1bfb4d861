/** A small centre for tests: a context without a console, a registry with a few sensors, batches as an edge writes them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Batch, encodeBatch } from '#model/batch.ts';
import { openClock } from '#model/io/clock.ts';
import type { ProbePlace, StageContext } from '#model/ports.ts';
import type { Reading } from '#model/reading.ts';
import type { Registry, RegistryPort } from '#model/registry.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';

export type Counted = { readonly [name: string]: number };
export type TestContext = StageContext & { readonly counted: () => Counted; readonly lines: string[] };

export function testContext(onProbe: (place: ProbePlace) => void = () => undefined): TestContext {
  const counts: { [name: string]: number } = {};
  const lines: string[] = [];
  const line = (level: string) => (message: string, fields?: object) => {
    lines.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
  };
  return {
    clock: openClock({ kind: 'real' }),
    log: { info: line('info'), warn: line('warn'), error: line('error') },
    metrics: {
      count: (name, labels = {}, by = 1) => {
        const key = [name, ...Object.values(labels)].join(' ');
        counts[key] = (counts[key] ?? 0) + by;
      },
      gauge: (name, value) => {
        counts[name] = value;
      },
    },
    probe: onProbe,
    signal: new AbortController().signal,
    counted: () => counts,
    lines,
  };
}

export function tempFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'fengsui-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Waits for a condition; fails with what it was waiting for. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>, limitMs = 18_000): Promise<void> {
  const endMs = Date.now() + limitMs;
  while (!(await isTrue())) {
    if (Date.now() > endMs) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const text = (name: string) => ({ zh: name, en: name });

/** `edges` names each edge's sensors; all points lie in one village. */
export function testRegistry(edges: { readonly [edgeId: string]: readonly string[] }, version = '1'): Registry {
  const grid = (code: string, tier: 1 | 2 | 3, parent: string | null) =>
    [code, { code, tier, kind: 'village', name: text(code), parent, boundary: [] }] as const;
  const sensors = Object.entries(edges).flatMap(([edgeId, ids]) =>
    ids.map(
      (id) =>
        [
          id,
          { id, pointId: `point-${edgeId}`, edgeId, quantity: 'level', name: text(id), staleAfterMs: 60_000 },
        ] as const,
    ),
  );
  return {
    version,
    county: { code: '331004', name: text('county'), zone: 'Asia/Shanghai' },
    grids: new Map([
      grid('331004', 1, null),
      grid('331004001', 2, '331004'),
      grid('331004001001', 3, '331004001'),
    ]) as Registry['grids'],
    people: new Map(),
    duty: [],
    points: new Map(
      Object.keys(edges).map((edgeId) => [
        `point-${edgeId}`,
        {
          id: `point-${edgeId}`,
          name: text(edgeId),
          kind: 'slope',
          riskGrade: 'general',
          lon: 0,
          lat: 0,
          gridCode: '331004001001',
          households: [],
        },
      ]),
    ),
    sensors: new Map(sensors),
    edges: new Map(
      Object.keys(edges).map((id) => [
        id,
        {
          id,
          township: '331004001',
          origin: 'simulated',
          name: text(id),
          buses: [],
          links: [],
          outputs: [],
          mutes: [],
        },
      ]),
    ),
    channels: [],
  };
}

export function registryPort(first: Registry): RegistryPort & { readonly set: (next: Registry) => void } {
  let now = first;
  const listeners = new Set<() => void>();
  return {
    current: () => now,
    onChange: (run) => {
      listeners.add(run);
      return () => listeners.delete(run);
    },
    set: (next) => {
      now = next;
      for (const run of listeners) run();
    },
  };
}

export const noRules = { current: () => new Map<number, CompiledRuleSet>(), onChange: () => () => undefined };

export const reading = (sensorId: string, measuredAtMs: number, value: number): Reading => ({
  sensorId,
  measuredAtMs,
  timeQuality: 'synced',
  quality: 'good',
  value,
  flags: [],
});

export function batchText(
  edgeId: string,
  seq: number,
  readings: readonly Reading[],
  more: Partial<Batch> = {},
): string {
  return encodeBatch({
    edgeId,
    epoch: 'epoch-1',
    seq,
    bootId: 'boot-1',
    monoMs: 1_000 * seq,
    writtenAtMs: Date.now(),
    timeQuality: 'synced',
    inventoryVersion: 'v1',
    readings,
    events: [],
    ...more,
  });
}
