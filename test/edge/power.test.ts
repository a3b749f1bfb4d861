import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '#test/support/needs.ts';
import { openOutbox } from './outbox-support.ts';
import { type DiskOp, type Fate, openDisk, readTrace } from './power-disk.ts';
import { kindOf, POWER_BOUND, summaryOf } from './power-driver.ts';
import { tempDir } from './support.ts';

/** More at night: FENGSUI_POWER_STATES=20000 FENGSUI_POWER_SEED=7 vitest run test/edge/power.test.ts */
const STATES = Number(process.env['FENGSUI_POWER_STATES'] ?? 300);
const SEED = Number(process.env['FENGSUI_POWER_SEED'] ?? Date.now() % 1_000_000);
const STEPS = 150;
const driver = fileURLToPath(new URL('./power-driver.ts', import.meta.url));
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
  const data = join(folder, 'data');
  mkdirSync(data);
  const log = join(folder, 'trace');
  const command = ['-f', '-xx', '-s', '1000000', '-o', log, '-e', `trace=${CALLS}`, process.execPath, driver, data];
  execFileSync('strace', [...command, String(STEPS)], { env: { ...process.env, ...env }, stdio: 'pipe' });
  return readTrace(readFileSync(log, 'utf8'), data);
}

type Marks = { readonly last: string | undefined; readonly next: string | undefined };

const textsOf = (ops: readonly DiskOp[]): readonly string[] =>
  ops.flatMap((op) => (op.kind === 'mark' && op.text.startsWith('MARK ') ? [op.text.slice(5).trim()] : []));

/** What is wrong with an outbox that is opened from this disk; undefined when nothing is. */
function faultOf(files: ReadonlyMap<string, Buffer>, { last, next }: Marks, place: string): string | undefined {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place);
  // Shared memory is none of the disk's; whoever opens the file builds it anew.
  for (const [path, bytes] of files) if (!path.endsWith('-shm')) writeFileSync(join(place, basename(path)), bytes);
  const { outbox } = openOutbox(place, { maxBytes: POWER_BOUND, kindOf });
  try {
    const broken = readdirSync(place).filter((name) => name.includes('corrupt'));
    if (broken.length > 0) return `set aside as corrupt: ${broken.join(' ')}`;
    const found = summaryOf(outbox);
    if (last === undefined) {
      const { nextSeq } = JSON.parse(found) as { nextSeq: number };
      return nextSeq === 1 || found === next ? undefined : `something before the first commit: ${found}`;
    }
    return found === last || found === next
      ? undefined
      : `neither the last commit nor the next:\n${found}\n${last}\n${next}`;
  } finally {
    outbox.close(0);
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
    const marks = { last: texts[said - 1], next: takesNext ? texts[said] : undefined };
    const fault = faultOf(disk.leftBy(fate), marks, place);
    if (fault !== undefined) return `after ${count} of ${ops.length} operations, the rest ${fate.kind}: ${fault}`;
  }
  return undefined;
}

/** At any boundaries; at each of them everything that was not synced is lost, is there, or is torn. */
function crashes(ops: readonly DiskOp[], states: number, seed: number): readonly Crash[] {
  const random = randomFrom(seed);
  const fates: readonly Fate[] = [{ kind: 'torn', random }, { kind: 'lost' }, { kind: 'kept' }];
  const isAll = states >= ops.length * fates.length;
  return Array.from({ length: states }, (_, state) => ({
    count: isAll ? Math.floor(state / fates.length) % (ops.length + 1) : Math.floor(random() * (ops.length + 1)),
    fate: fates[state % fates.length] as Fate,
  }));
}

describe.skipIf(!canTrace)('an outbox whose power goes at any moment', () => {
  const folder = tempDir();
  afterAll(() => folder.remove());
  let ops: readonly DiskOp[] = [];
  beforeAll(() => {
    ops = record(folder.path);
  }, 60_000);

  it('was recorded doing all that it does: commits, checkpoints, thinning, marks', () => {
    const marks = textsOf(ops).map((text) => JSON.parse(text) as { rows: number; nextSeq: number });
    expect(marks.length).toBeGreaterThan(STEPS);
    expect(marks.some(({ rows, nextSeq }) => rows < nextSeq - 20)).toBe(true);
    const isLog = (path: string) => path.endsWith('-wal');
    const resets = ops.filter((op) => op.kind === 'write' && isLog(op.path) && op.offset === 0);
    expect(resets.length).toBeGreaterThan(3);
    expect(ops.some((op) => op.kind === 'write' && op.path.endsWith('.sqlite'))).toBe(true);
    expect(ops.some((op) => op.kind === 'syncFolder')).toBe(true);
  });

  it(`holds after it exactly what was committed, whole, in ${STATES} states of the disk`, () => {
    console.log(`power: seed ${SEED}, ${STATES} states of ${ops.length} operations`);
    expect(firstFault(ops, crashes(ops, STATES, SEED), join(folder.path, 'again'))).toBeUndefined();
  }, 600_000);

  it('a commit that returned is there although everything after the last sync is lost, at each commit', () => {
    const places = ops.flatMap((op, at) => (op.kind === 'mark' ? [at + 1] : []));
    const lost = places.filter((_, nth) => nth % 4 === 0).map((count) => ({ count, fate: { kind: 'lost' } as const }));
    expect(lost.length).toBeGreaterThan(30);
    expect(firstFault(ops, lost, join(folder.path, 'again'), false)).toBeUndefined();
  }, 120_000);
});

it.skipIf(!canTrace)(
  'the proof can fail: with synchronous=NORMAL a commit that returned is lost',
  () => {
    const folder = tempDir();
    try {
      const ops = record(folder.path, { POWER_SYNCHRONOUS: 'NORMAL' });
      expect(firstFault(ops, crashes(ops, 60, 1), join(folder.path, 'again'))).toMatch(
        /neither the last commit nor the next/,
      );
    } finally {
      folder.remove();
    }
  },
  60_000,
);
