import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outbox } from '#edge/io/outbox.ts';
import { openSendQueue } from '#edge/io/send-queue.ts';
import { needs } from '#test/support/needs.ts';
import { cycle, level, openOutbox, rain, rainCycle, START_MS, waiting } from './outbox-support.ts';
import { tempDir, until } from './support.ts';

const kindOf = (id: string) => (id === 'rain' ? ('increment' as const) : ('gauge' as const));
let folder = tempDir();
beforeEach(() => {
  folder = tempDir();
});
afterEach(() => folder.remove());

function busyCycle(at: number, padding = 60) {
  const atMs = START_MS + at * 2_000;
  const levels = Array.from({ length: padding }, (_, more) => level(atMs, at * 100 + more));
  return cycle(atMs, [rain(atMs, 1, at), ...levels], [], { bases: new Map([['rain', { raw: at, atMs }]]) });
}
const fallen = (outbox: Outbox): number =>
  waiting(outbox)
    .flatMap(({ readings }) => readings)
    .reduce((sum, one) => sum + (one.sensorId === 'rain' && one.quality !== 'bad' ? one.value : 0), 0);
const fileIn = (path: string): string =>
  join(path, readdirSync(path).find((name) => /^outbox-[\w-]+\.sqlite$/.test(name)) ?? '');

describe('one data folder', () => {
  it('is written by one edge; the other is told who has it and what to do', () => {
    const { outbox } = openOutbox(folder.path);
    expect(() => openOutbox(folder.path)).toThrow(
      new RegExp(`in use by another edge \\(process ${process.pid}\\): stop it, or give this edge a folder of its own`),
    );
    outbox.close(START_MS);
    openOutbox(folder.path).outbox.close(START_MS);
  });

  it('is free again the moment that its process is dead, however it died', async () => {
    const script = `
      const { lockFolder } = await import(${JSON.stringify(new URL('../../edge/io/outbox-lock.ts', import.meta.url).href)});
      lockFolder(${JSON.stringify(folder.path)});
      console.log('locked');
      setInterval(() => undefined, 1_000);`;
    const other = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'pipe' });
    let said = '';
    other.stdout.on('data', (text) => {
      said += text;
    });
    const ended = new Promise((resolve) => other.once('exit', resolve));
    try {
      await until('the other holds the lock', () => said.includes('locked'));
      expect(() => openOutbox(folder.path)).toThrow(new RegExp(`process ${other.pid}\\)`));
    } finally {
      other.kill('SIGKILL');
      await ended;
    }
    openOutbox(folder.path).outbox.close(START_MS);
  });
});

describe('a disk that is full', () => {
  it('before the bound is reached brings the bound down: old rows are thinned, rain stays exact, the cycle is taken', () => {
    const before = openOutbox(folder.path, { kindOf }).outbox;
    for (let at = 1; at <= 60; at++) before.commit(busyCycle(at));
    before.close(START_MS);
    const { outbox, counts } = openOutbox(folder.path, { kindOf, maxPages: 90 });
    for (let at = 61; at <= 400; at++) outbox.commit(busyCycle(at));
    expect(counts.get('fengsui_edge_outbox_disk_full_total')).toBeGreaterThan(0);
    expect(counts.get('fengsui_edge_outbox_thinned_batches_total')).toBeGreaterThan(0);
    expect(counts.get('fengsui_edge_outbox_dropped_readings_total')).toBeUndefined();
    expect(fallen(outbox)).toBe(400);
    expect(outbox.missing([[1, outbox.nextSeq - 1]])).toEqual([]);
    outbox.close(START_MS);
  }, 120_000);

  const canMount = needs('unshare', 'mount') && canUnshare();
  it.skipIf(!canMount)(
    'really, on a small file system: no commit is half there, acquisition goes on, and so it does when there is room again',
    () => {
      const script = fileURLToPath(new URL('./full-driver.ts', import.meta.url));
      const place = join(folder.path, 'small');
      const shell = `mkdir -p "$1" && mount -t tmpfs -o size=8m none "$1" && exec "$2" "$3" "$1"`;
      const run = spawnSync('unshare', ['-rm', 'sh', '-c', shell, 'sh', place, process.execPath, script], {
        encoding: 'utf8',
        timeout: 60_000,
      });
      expect(run.stderr).toBe('');
      const result = JSON.parse(run.stdout) as { readonly [key: string]: number };
      expect(result['diskFull']).toBeGreaterThan(0);
      expect(result['refused']).toBe(0);
      expect(result['fallen']).toBe(result['committed']);
      // Another program takes whatever is free: the log and the freed pages are enough to go on in.
      expect(result['dropped']).toBe(0);
      expect(result['refusedAfterwards']).toBe(0);
      expect(result['tips']).toBe(result['counted']);
    },
    90_000,
  );
});

function canUnshare(): boolean {
  return spawnSync('unshare', ['-rm', 'true']).status === 0;
}

describe('a corrupt file', () => {
  /** Overwrites pages in the middle of the file, where bodies stand. */
  function damage(path: string, from: number, length: number): void {
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.alloc(length, 0x5a), 0, length, from);
    closeSync(file);
  }

  it('is set aside; bases, notes, the snapshot and what was never sent go along under the new epoch, each once', () => {
    const first = openOutbox(folder.path, { kindOf }).outbox;
    for (let at = 1; at <= 200; at++)
      first.commit({
        ...busyCycle(at),
        notes: [{ key: 'sl651/1/last', value: String(at) }],
        engine: at === 150 ? { judgedSeq: 'cycle', snapshot: Uint8Array.of(9) } : { judgedSeq: 'cycle' },
      });
    // The first pages were raised for sending: these may be known to the centre under their old number.
    openSendQueue(first).next();
    const epoch = first.epoch;
    first.close(START_MS);
    const path = fileIn(folder.path);
    damage(path, Math.floor(statSync(path).size * 0.6), 3 * 4_096);

    const { outbox, counts } = openOutbox(folder.path, { kindOf });
    expect(counts.get('fengsui_edge_outbox_corrupt_total')).toBe(1);
    expect(outbox.epoch).not.toBe(epoch);
    expect(outbox.bases().get('rain')?.raw).toBe(200);
    expect(outbox.note('sl651/1/last')).toBe('200');
    expect(outbox.engineState()).toMatchObject({ judgedSeq: 0, snapshotSeq: 0, snapshot: Uint8Array.of(9) });
    // Acquisition goes on at once; what can be read comes along with the next commits.
    for (let at = 201; at <= 230; at++) outbox.commit(busyCycle(at));
    const salvaged = counts.get('fengsui_edge_outbox_salvaged_batches_total') ?? 0;
    expect(salvaged).toBeGreaterThan(80);
    expect(salvaged).toBeLessThanOrEqual(200 - 64);
    expect(fallen(outbox)).toBe(salvaged + 30);
    const stamps = waiting(outbox).flatMap(({ readings }) => readings.filter(({ sensorId }) => sensorId === 'rain'));
    expect(new Set(stamps.map(({ raw }) => raw)).size).toBe(stamps.length);
    expect(stamps.every(({ raw = 0 }) => raw > 64)).toBe(true);
    // An engine that is built again does not judge them twice.
    expect([...outbox.rowsAfter(0)]).toHaveLength(30);
    outbox.expectSend(true);
    outbox.commit(busyCycle(231));
    const told = waiting(outbox).flatMap(({ events }) => events);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ kind: 'drop', reason: expect.stringContaining('corrupt') });
    outbox.close(START_MS);
    expect(readdirSync(folder.path).some((name) => name.includes('.corrupt-'))).toBe(true);
  }, 120_000);

  it('that ends in the middle of the salvage goes on where it was: no batch enters twice', () => {
    const first = openOutbox(folder.path, { kindOf }).outbox;
    for (let at = 1; at <= 100; at++) first.commit(busyCycle(at));
    first.close(START_MS);
    const path = fileIn(folder.path);
    damage(path, statSync(path).size - 4_096, 4_096);
    for (let at = 101; at <= 112; at++) {
      const { outbox } = openOutbox(folder.path, { kindOf });
      outbox.commit(busyCycle(at));
      outbox.close(START_MS);
    }
    const { outbox } = openOutbox(folder.path, { kindOf });
    const raws = waiting(outbox).flatMap(({ readings }) =>
      readings.flatMap(({ sensorId, raw }) => (sensorId === 'rain' ? [raw] : [])),
    );
    expect(new Set(raws).size).toBe(raws.length);
    expect(raws.length).toBeGreaterThan(90);
    outbox.close(START_MS);
  }, 120_000);

  it('that shows only when its rows are read for the rules, or when it is opened, ends nothing', () => {
    const first = openOutbox(folder.path, { kindOf }).outbox;
    for (let at = 1; at <= 1_600; at++) first.commit({ ...busyCycle(at), engine: { judgedSeq: 0 } });
    first.close(START_MS);
    const path = fileIn(folder.path);
    const { outbox, counts } = openOutbox(folder.path, { kindOf });
    damage(path, 40 * 4_096, Math.floor(statSync(path).size * 0.7));
    const seen = [...outbox.rowsAfter(0)].length;
    expect(seen).toBeLessThan(1_600);
    expect(counts.get('fengsui_edge_outbox_corrupt_total')).toBe(1);
    outbox.commit(busyCycle(1_601));
    // The same in each thing that is asked for while an edge starts.
    for (const ask of [
      () => outbox.bases(),
      () => outbox.note('a/b'),
      () => outbox.engineState(),
      () => outbox.silentUnits('a'),
      () => outbox.lastCycleMs('a'),
      () => outbox.newestBatchMs(),
    ])
      expect(ask).not.toThrow();
    outbox.close(START_MS);
  }, 60_000);

  it('of which nothing can be read is told all the same', () => {
    const first = openOutbox(folder.path).outbox;
    first.commit(rainCycle(START_MS, 1, 1));
    first.close(START_MS);
    damage(fileIn(folder.path), 0, 20_000);
    const { outbox } = openOutbox(folder.path);
    outbox.commit(rainCycle(START_MS, 1, 2));
    outbox.expectSend(true);
    outbox.commit(rainCycle(START_MS, 1, 3));
    expect(waiting(outbox).flatMap(({ events }) => events)).toMatchObject([{ kind: 'drop', count: 1 }]);
    outbox.close(START_MS);
  });
});

it('a folder that cannot be written is refused with its name', () => {
  const place = join(folder.path, 'file');
  execFileSync('touch', [place]);
  expect(() => openOutbox(place)).toThrow(/file/);
  expect(readFileSync(place, 'utf8')).toBe('');
});
