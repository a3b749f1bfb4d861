import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { openHistoryAnswers } from '#ingest/io/history-answers.ts';
import { readHistoryCursors } from '#ingest/io/history-file.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { until } from '#test/support/until.ts';
import { compare, expectedOf, receivedAt, ZONE } from './embedded-support.ts';

/** More at night: FENGSUI_HISTORY_KILLS=200. */
const KILLS = Number(process.env['FENGSUI_HISTORY_KILLS'] ?? 4);
const SEED = Number(process.env['FENGSUI_HISTORY_SEED'] ?? Date.now() % 1_000_000);
const WITHOUT_END = 1_000_000;
const program = fileURLToPath(new URL('./embedded-driver.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fengsui-history-kill-'));
let child: ChildProcess | undefined;
afterAll(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Runs until it says so or is dead; what it wrote. */
function start(lastSeq: number) {
  const started = spawn(process.execPath, [program, folder, String(lastSeq)], { stdio: ['ignore', 'pipe', 'inherit'] });
  child = started;
  let text = '';
  started.stdout.on('data', (data: Buffer) => {
    text += data.toString();
  });
  return { text: () => text, isOver: () => started.exitCode !== null || started.signalCode !== null };
}

it('killed again and again under load, while it merges and removes, history holds every reading once and its summaries are right', async () => {
  console.log(`history: seed ${SEED}, ${KILLS} kills`);
  const random = randomFrom(SEED);
  const count = { flushed: 0, removed: 0 };
  const look = (text: string): void => {
    count.flushed += (text.match(/fengsui_history_readings_total/g) ?? []).length;
    count.removed += (text.match(/fengsui_history_removed_total readings/g) ?? []).length;
  };
  for (let kill = 0; kill < KILLS; kill++) {
    const life = start(WITHOUT_END);
    await until('a flush', 20_000, () => life.isOver() || life.text().includes('fengsui_history_readings_total'));
    const flushes = 1 + Math.floor(random() * 6);
    await until('more of them', 20_000, () => {
      const done = (life.text().match(/_total/g) ?? []).length;
      return life.isOver() || done > flushes;
    });
    await new Promise((resolve) => setTimeout(resolve, random() * 40));
    child?.kill('SIGKILL');
    await until('the kill', 10_000, life.isOver);
    look(life.text());
    expect(life.text()).not.toContain('DONE');
  }
  const journal = openJournalReader(folder);
  const head = () => journal.heads().get(3) ?? 0;
  const rowsSoFar = journal.read(3, 0, 1_000_000).length;
  const last = start(rowsSoFar + 20);
  await until('the end', 20_000, () => last.text().includes('DONE'));
  await until('its exit', 10_000, last.isOver);
  look(last.text());

  const rows = journal.read(3, 0, 1_000_000);
  expect(rows.map((row) => (row.kind === 'batch' ? row.seq : 0))).toEqual(rows.map((_, index) => index + 1));
  expect(readHistoryCursors(folder).get(3)).toBe(head());
  const answers = openHistoryAnswers(folder, journal, ZONE);
  const { found, wanted } = compare(answers, expectedOf(rows), receivedAt(rows.length));
  answers.close();
  journal.close();
  expect(found).toEqual(wanted);
  expect(count.flushed).toBeGreaterThan(KILLS);
  expect(count.removed).toBeGreaterThan(0);
}, 120_000);
