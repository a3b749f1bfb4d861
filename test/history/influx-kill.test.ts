/** The writer's process ended at any moment, again and again: each row of the journal stands in the database once. */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readInfluxStanding } from '#ingest/io/influx/state-reader.ts';
import { startInflux } from '#test/support/influxd.ts';
import { needs } from '#test/support/needs.ts';
import { until } from '#test/support/until.ts';
import {
  appendMany,
  caughtUp,
  influxRows,
  journalRows,
  openTestJournal,
  randomOf,
  runWriter,
} from './influx-support.ts';

const CHILD = fileURLToPath(new URL('./influx-child.ts', import.meta.url));
const KILLS = 5;

describe.skipIf(!needs('influxd'))('the writer killed with SIGKILL', () => {
  it('writes each row once, in whatever portion it was killed', { timeout: 60_000 }, async () => {
    const seed = Number(process.env['FENGSUI_SEED'] ?? randomInt(2 ** 31));
    const random = randomOf(seed);
    const server = await startInflux();
    const journal = openTestJournal();
    const target = { version: 1, url: server.url, database: 'killed' } as const;
    const sumOfCursors = (): number =>
      [...(readInfluxStanding(journal.dataDir)?.cursors.values() ?? [])].reduce((sum, pos) => sum + pos, 0);
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        appendMany(journal, seed + kill, 40);
        const before = sumOfCursors();
        const child = spawn(process.execPath, [CHILD, journal.dataDir, server.url, target.database], {
          stdio: 'ignore',
        });
        const ended = new Promise((resolve) => child.once('exit', resolve));
        await until('some portions', 15_000, () => sumOfCursors() > before);
        await new Promise((resolve) => setTimeout(resolve, random() * 40));
        child.kill('SIGKILL');
        await ended;
      }
      const writer = runWriter(journal.dataDir, target);
      await caughtUp(journal.dataDir);
      await writer.stop();
      expect(await influxRows(target), `seed ${seed}`).toEqual(journalRows(journal.dataDir));
    } finally {
      journal.close();
      await server.stop();
    }
  });
});
