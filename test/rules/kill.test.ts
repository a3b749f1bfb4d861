import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createEngine } from '#rules/engine.ts';
import { openRulesStore } from '#rules/io/store.ts';
import { openTransitionReader } from '#rules/io/transition-reader.ts';
import { PARTITIONS, stormRows } from '#test/rules/storm.ts';

const child = new URL('./child.ts', import.meta.url).pathname;

/** Runs the stage until it dies or is done; the signal that ended it. */
const runChild = (dataDir: string, commits: number): Promise<string | null> =>
  new Promise((resolve, reject) => {
    const started = spawn(process.execPath, [child, dataDir, String(commits)], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const limit = setTimeout(() => started.kill('SIGKILL'), 30_000);
    started.on('error', reject);
    started.on('exit', (code, signal) => {
      clearTimeout(limit);
      if (code !== 0 && signal === null) reject(new Error(`the stage ended with ${code}`));
      else resolve(signal);
    });
  });

const wanted = (partition: number): readonly string[] => {
  const engine = createEngine(partition);
  return stormRows(partition).flatMap((row) => engine.apply(row).map((transition) => JSON.stringify(transition)));
};

it('writes each transition once, and the same, through twelve kills just after a commit', {
  timeout: 60_000,
}, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'fengsui-rules-'));
  try {
    const seed = Math.floor(Math.random() * 1_000);
    console.info(`seed ${seed}`);
    let killed = 0;
    for (let run = 0; run < 12; run++)
      if ((await runChild(dataDir, 1 + ((seed + run * 7) % 6))) === 'SIGKILL') killed++;
    expect(killed).toBe(12);
    expect(await runChild(dataDir, 0)).toBeNull();
    const reader = openTransitionReader(dataDir);
    const written = reader.read(0, 100_000).map(({ entry }) => entry);
    reader.close();
    for (const partition of PARTITIONS) {
      const got = written.filter((entry) => entry.partition === partition).map((entry) => JSON.stringify(entry));
      expect(got).toEqual(wanted(partition));
      expect(got.length).toBeGreaterThan(100);
    }
    const store = openRulesStore(dataDir);
    expect(PARTITIONS.map((partition) => store.snapshot(partition)?.pos)).toEqual([1_500, 1_500]);
    store.close();
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});
