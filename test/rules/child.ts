/** The rules stage in a process of its own that dies by SIGKILL: `child.ts DATA_DIR COMMITS`; 0 commits lets it live. */
import { existsSync } from 'node:fs';
import { openClock } from '#model/io/clock.ts';
import { openReadable } from '#model/io/sqlite.ts';
import { rulesFile } from '#rules/io/transition-reader.ts';
import { startRules } from '#rules/main.ts';
import { PARTITIONS, ROWS, stormJournal } from '#test/rules/storm.ts';

const [dataDir = '', commits = '0'] = process.argv.slice(2);
let left = Number(commits);
const service = await startRules(
  { dataDir, snapshotRows: 60, snapshotMs: 1_000_000, cursorMs: 1 },
  { journal: stormJournal() },
  {
    clock: openClock({ kind: 'real' }),
    log: { info: () => {}, warn: () => {}, error: (message, fields) => console.error(message, fields) },
    metrics: { count: () => {}, gauge: () => {} },
    probe: () => {
      if (--left === 0) process.kill(process.pid, 'SIGKILL');
    },
    signal: new AbortController().signal,
  },
);
const done = (): boolean => {
  const db = existsSync(rulesFile(dataDir)) ? openReadable(rulesFile(dataDir)) : undefined;
  const rows = (db?.prepare('SELECT pos FROM cursors').all() ?? []) as { pos: number }[];
  db?.close();
  return rows.length === PARTITIONS.length && rows.every(({ pos }) => pos === ROWS);
};
const timer = setInterval(async () => {
  if (!done()) return;
  clearInterval(timer);
  await service.stop();
}, 10);
