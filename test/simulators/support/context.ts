/** What a simulator under test gets: a clock, a silent log that remembers, metrics that count. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openClock } from '#model/io/clock.ts';
import type { StageContext } from '#model/ports.ts';
import type { Clock } from '#model/time.ts';

export type TestContext = StageContext & {
  readonly messages: string[];
  readonly counts: Map<string, number>;
};

export function testContext(clock: Clock = openClock({ kind: 'real' })): TestContext {
  const messages: string[] = [];
  const counts = new Map<string, number>();
  const write = (message: string) => void messages.push(message);
  return {
    clock,
    log: { info: write, warn: write, error: write },
    metrics: {
      count: (name, labels, by = 1) => {
        const key = `${name}${labels === undefined ? '' : JSON.stringify(labels)}`;
        counts.set(key, (counts.get(key) ?? 0) + by);
      },
      gauge: () => undefined,
    },
    probe: () => undefined,
    signal: new AbortController().signal,
    messages,
    counts,
  };
}

export function tempFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'fengsui-sim-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Waits for a condition, looking every 5 ms; fails with its name when the time is up. */
export async function until(name: string, isTrue: () => boolean, limitMs = 18_000): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!isTrue()) {
    if (performance.now() > endMs) throw new Error(`waited ${limitMs} ms for ${name}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
