import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { historyPath } from '#ingest/io/history-schema.ts';
import { openHistoryStore } from '#ingest/io/history-store.ts';
import { type DiskOp, type Fate, openDisk, readTrace } from '#test/edge/power-disk.ts';
import { needs } from '#test/support/needs.ts';
import { lineOf } from './embedded-power-driver.ts';
import { ZONE } from './embedded-support.ts';

/** More at night: FENGSUI_POWER_STATES=5000 FENGSUI_POWER_SEED=7 vitest run test/history/embedded-power.test.ts */
const STATES = Number(process.env['FENGSUI_POWER_STATES'] ?? 36);
const SEED = Number(process.env['FENGSUI_POWER_SEED'] ?? Date.now() % 1_000_000);
const STEPS = 60;
const driver = fileURLToPath(new URL('./embedded-power-driver.ts', import.meta.url));
const CALLS = 'openat,pwrite64,write,fsync,fdatasync,ftruncate,rename,unlink,close';
const canTrace = needs('strace');

function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Runs the driver under strace in a folder of its own. */
function record(folder: string, env: NodeJS.ProcessEnv = {}): readonly DiskOp[] {
  const data = join(folder, 'history');
  mkdirSync(data);
  const log = join(folder, 'trace');
  const command = ['-f', '-xx', '-s', '4000000', '-o', log, '-e', `trace=${CALLS}`, process.execPath, driver, data];
  execFileSync('strace', [...command, String(STEPS)], { env: { ...process.env, ...env }, stdio: 'pipe' });
  return readTrace(readFileSync(log, 'utf8'), data);
}

const textsOf = (ops: readonly DiskOp[]): readonly string[] =>
  ops.flatMap((op) => (op.kind === 'mark' && op.text.startsWith('MARK ') ? [op.text.slice(5).trim()] : []));
/** Without what was done last. */
const contentOf = (text: string | undefined): string => (text ?? '').split(' ').slice(0, 2).join(' ');

/** What is wrong with a history that is opened from this disk; undefined when nothing is. */
function faultOf(
  files: ReadonlyMap<string, Buffer>,
  last: string | undefined,
  next: string | undefined,
  place: string,
) {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(join(place, 'history'), { recursive: true });
  // Shared memory is none of the disk's; whoever opens the file builds it anew.
  for (const [path, bytes] of files)
    if (!path.endsWith('-shm')) writeFileSync(join(place, 'history', basename(path)), bytes);
  const store = openHistoryStore(historyPath(place), { zone: ZONE });
  try {
    const found = lineOf(place, store.cursors().get(3) ?? 0);
    if (last === undefined || found === contentOf(last) || found === contentOf(next)) return undefined;
    return `neither the last commit nor the next:\n${found}\n${last}\n${next}`;
  } finally {
    store.close();
  }
}

type Crash = { readonly count: number; readonly fate: Fate };

/** The first thing that is wrong after one of these crashes; they are tried in the order of the recording. */
function firstFault(ops: readonly DiskOp[], crashes: readonly Crash[], place: string, takesNext = true) {
  const disk = openDisk();
  const texts = textsOf(ops);
  let at = 0;
  let said = 0;
  for (const { count, fate } of [...crashes].sort((a, b) => a.count - b.count)) {
    for (const op of ops.slice(at, count)) {
      disk.take(op);
      said += textsOf([op]).length;
    }
    at = count;
    const fault = faultOf(disk.leftBy(fate), texts[said - 1], takesNext ? texts[said] : undefined, place);
    if (fault !== undefined) return `after ${count} of ${ops.length} operations, the rest ${fate.kind}: ${fault}`;
  }
  return undefined;
}

/** At any boundaries; at each of them everything that was not synced is lost, is there, or is torn. */
function crashes(ops: readonly DiskOp[], states: number, seed: number): readonly Crash[] {
  const random = randomFrom(seed);
  const fates: readonly Fate[] = [{ kind: 'torn', random }, { kind: 'lost' }, { kind: 'kept' }];
  return Array.from({ length: states }, (_, state) => ({
    count: Math.floor(random() * (ops.length + 1)),
    fate: fates[state % fates.length] as Fate,
  }));
}

describe.skipIf(!canTrace)('a history whose power goes at any moment', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fengsui-history-power-'));
  const again = join(folder, 'again');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let ops: readonly DiskOp[] = [];
  beforeAll(() => {
    ops = record(folder);
  }, 60_000);

  it('was recorded doing all that it does: flushes, merges, removals, checkpoints', () => {
    const texts = textsOf(ops);
    for (const what of ['flushed', 'merged', 'removed'])
      expect(texts.filter((text) => text.endsWith(what)).length).toBeGreaterThan(3);
    expect(ops.some((op) => op.kind === 'write' && op.path.endsWith('.sqlite'))).toBe(true);
    expect(ops.some((op) => op.kind === 'syncFolder')).toBe(true);
  });

  it(`holds after it exactly what was committed, readings and summaries, in ${STATES} states of the disk`, () => {
    console.log(`power: seed ${SEED}, ${STATES} states of ${ops.length} operations`);
    expect(firstFault(ops, crashes(ops, STATES, SEED), again)).toBeUndefined();
  }, 600_000);

  it('a commit that returned is there although everything after the last sync is lost', () => {
    const places = ops.flatMap((op, at) => (op.kind === 'mark' ? [at + 1] : []));
    const lost = places.filter((_, nth) => nth % 3 === 0).map((count) => ({ count, fate: { kind: 'lost' } as const }));
    expect(lost.length).toBeGreaterThan(20);
    expect(firstFault(ops, lost, again, false)).toBeUndefined();
  }, 120_000);
});

it.skipIf(!canTrace)(
  'the proof can fail: with synchronous=NORMAL a commit that returned is lost',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'fengsui-history-power-'));
    try {
      const ops = record(folder, { POWER_SYNCHRONOUS: 'NORMAL' });
      expect(firstFault(ops, crashes(ops, 20, 1), join(folder, 'again'))).toMatch(
        /neither the last commit nor the next/,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  60_000,
);
