/** The county's files for the console: one task at a time, in a thread of its own, each with a time limit. */
import { statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { listCountyFiles } from '#cli/load/io/read-county.ts';
import type { RegistryCheck, RegistryDesk, RegistryFile, RegistryTrouble } from '#dashboards/api/registry-desk.ts';
import { err, type Result } from '#model/result.ts';
import { type EpochMs, MINUTE_MS } from '#model/time.ts';
import type { RegistryAnswers, RegistryTask } from './registry-task.ts';

const LIMIT_MS = 2 * MINUTE_MS;
const WAITING_AT_MOST = 4;
/** Whose posts are held and which shifts are empty changes with the time, though no file does. */
const CHECK_HOLDS_MS = 10 * MINUTE_MS;
const IDLE_MS = MINUTE_MS;
/** A workbook may be far larger unpacked than it came. */
const MEMORY_MB = 1_024;

type Answered<T> = Result<T, RegistryTrouble>;
type TaskOf<W extends RegistryTask['what']> = Extract<RegistryTask, { readonly what: W }>;

const failed = (message: string): Answered<never> => err({ kind: 'failed', message });

/** Threads take a second to begin; one that has just worked is kept for the next task. */
function openThread(limitMs: number) {
  let kept: Worker | null = null;
  let idle: NodeJS.Timeout | undefined;
  const start = (): Worker => {
    const worker = new Worker(new URL('./registry-worker.ts', import.meta.url), {
      ...{ execArgv: [], resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB } },
    });
    // A console that is told to stop does not wait for it.
    worker.unref();
    return worker;
  };
  const drop = (worker: Worker) => {
    if (kept === worker) kept = null;
    void worker.terminate();
  };
  /** A thread that dies or takes too long is an answer as well. */
  return <W extends RegistryTask['what']>(task: TaskOf<W>): Promise<Answered<RegistryAnswers[W]>> =>
    new Promise((settle) => {
      clearTimeout(idle);
      const worker = kept ?? start();
      kept = worker;
      const end = (answer: Answered<RegistryAnswers[W]>, isSpent: boolean) => {
        clearTimeout(timer);
        worker.off('message', answered).off('error', broke).off('exit', gone);
        if (isSpent) drop(worker);
        else idle = setTimeout(() => drop(worker), IDLE_MS).unref();
        settle(answer);
      };
      const answered = (answer: Answered<RegistryAnswers[W]>) => end(answer, false);
      const broke = (cause: unknown) => end(failed(`The county's files cannot be worked on: ${String(cause)}`), true);
      const gone = () => end(failed("The county's files cannot be worked on: the thread ended."), true);
      const late = `This takes longer than ${limitMs / 1_000} s; use the command line.`;
      const timer = setTimeout(() => end(err({ kind: 'tooSlow', message: late }), true), limitMs);
      worker.on('message', answered).on('error', broke).on('exit', gone);
      worker.postMessage(task);
    });
}

/** Name, size and time of change of every file: differs after an edit. */
function stampOf(county: string): string {
  return listCountyFiles(county)
    .map((name) => {
      const found = statSync(join(county, name), { throwIfNoEntry: false });
      return `${name} ${found?.mtimeMs} ${found?.size}`;
    })
    .join('\n');
}

/** The import's own file in the county is called after this name. */
const safeName = (name: string): string => {
  const ending = extname(name).toLowerCase();
  const stem = name.slice(0, name.length - ending.length).replace(/[^\p{L}\p{N}_-]+/gu, '-');
  return `${stem.slice(0, 60) || 'table'}${/^\.[a-z]{1,8}$/.test(ending) ? ending : ''}`;
};

/** The bytes as a file while `run` lasts, for nobody else to read. */
async function withFile<T>({ name, bytes }: RegistryFile, run: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'fengsui-import-'));
  try {
    const path = join(folder, safeName(name));
    await writeFile(path, bytes, { mode: 0o600 });
    return await run(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Checked = { readonly stamp: string; readonly atMs: EpochMs; readonly answer: Promise<Answered<RegistryCheck>> };

export function openRegistryDesk(county: string, limitMs = LIMIT_MS): RegistryDesk {
  const runInThread = openThread(limitMs);
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let checked: Checked | null = null;
  /** One after the other: an import must not run into another, nor a check see half of one. */
  async function inTurn<T>(run: () => Promise<Answered<T>>): Promise<Answered<T>> {
    if (waiting >= WAITING_AT_MOST) return err({ kind: 'busy', message: 'The registry is busy; try again.' });
    waiting++;
    const turn = last.then(run).catch((cause: unknown) => failed(`This failed here: ${String(cause)}`));
    last = turn;
    try {
      return await turn;
    } finally {
      waiting--;
    }
  }
  const run = <W extends RegistryTask['what']>(task: TaskOf<W>): Promise<Answered<RegistryAnswers[W]>> =>
    inTurn(() => runInThread<W>(task));
  return {
    check: async (nowMs) => {
      const stamp = stampOf(county);
      const held = checked;
      if (held !== null && held.stamp === stamp && Math.abs(nowMs - held.atMs) < CHECK_HOLDS_MS) return held.answer;
      const answer = run<'check'>({ what: 'check', county, nowMs });
      const mine = { stamp, atMs: nowMs, answer };
      checked = mine;
      const result = await answer;
      if (!result.ok && checked === mine) checked = null;
      return result;
    },
    exportKind: (kind, format) => run<'export'>({ what: 'export', county, nowMs: 0, kind, format }),
    importFile: (file, dryRun, nowMs) => {
      const { kind, sheet, datum } = file;
      return inTurn(() =>
        withFile(file, (path) =>
          runInThread<'import'>({ what: 'import', county, nowMs, kind, path, sheet, datum, dryRun }),
        ),
      );
    },
  };
}
