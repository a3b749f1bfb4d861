/** A process that does with a history all that its thread does, and says after each step what then must be on disk. */
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openHistoryAnswers } from '#ingest/io/history-answers.ts';
import { historyPath } from '#ingest/io/history-schema.ts';
import { openHistoryStore } from '#ingest/io/history-store.ts';
import { createSeriesBuffer } from '#ingest/series-buffer.ts';
import type { JournalReader } from '#model/journal.ts';
import { batchOf, RETENTION, receivedAt, summaryOf, ZONE } from './embedded-support.ts';

/** A journal that has nothing: what is seen is in history's own file. */
export const NO_JOURNAL: JournalReader = {
  heads: () => new Map(),
  read: () => [],
  onWake: () => () => undefined,
  close: () => undefined,
};

/** All that the file holds, in one line: two files with the same line hold the same. */
export function lineOf(dataDir: string, cursor: number): string {
  const answers = openHistoryAnswers(dataDir, NO_JOURNAL, ZONE);
  try {
    return `${cursor} ${createHash('sha256').update(summaryOf(answers)).digest('hex')}`;
  } finally {
    answers.close();
  }
}

/** `folder` is the one that holds the file. */
function run(folder: string, steps: number): void {
  const dataDir = dirname(folder);
  const store = openHistoryStore(historyPath(dataDir), { zone: ZONE });
  const buffer = createSeriesBuffer(store.isTaken);
  const say = (what: string) => writeSync(1, `MARK ${lineOf(dataDir, store.cursors().get(3) ?? 0)} ${what}\n`);
  say('begun');
  for (let seq = 1; seq <= steps; seq++) {
    buffer.take({ ...batchOf(seq), pos: seq });
    store.flush(buffer, new Map([[3, seq]]));
    buffer.clear();
    say('flushed');
    if (store.compact(1) > 0) say('merged');
    if (seq % 8 !== 0) continue;
    for (let isDone = false; !isDone; ) {
      const step = store.retain(receivedAt(seq), RETENTION);
      isDone = step.isDone;
      say(step.readings > 0 ? 'removed' : 'looked');
    }
  }
  store.close();
  writeSync(1, 'CLOSED\n');
}

if (process.argv[1] === import.meta.filename) {
  // A weaker setting shows that the proof can fail.
  const weaker = process.env['POWER_SYNCHRONOUS'];
  if (weaker !== undefined) {
    const exec = DatabaseSync.prototype.exec;
    DatabaseSync.prototype.exec = function patched(sql) {
      exec.call(this, sql.replace('synchronous=FULL', `synchronous=${weaker}`));
    };
  }
  run(process.argv[2] ?? '', Number(process.argv[3]));
}
