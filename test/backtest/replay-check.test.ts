import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkReplay } from '#cli/io/check-replay.ts';
import { replay } from '#cli/io/replay.ts';
import { top } from '#test/support/command.ts';

const shared = process.env['FENGSUI_SHARED'] ?? join(top, '..', 'shared');
const boulder = join(shared, 'data', 'boulder-2013', '805325-precip-daily-2003-2013.csv');
const dir = mkdtempSync(join(tmpdir(), 'fengsui-check-replay-'));
const live = join(dir, 'live');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The data folder once more, to be spoilt. */
function copied(name: string, change: (open: (file: string) => DatabaseSync) => void): string {
  const copy = join(dir, name);
  cpSync(live, copy, { recursive: true });
  const opened: DatabaseSync[] = [];
  change((file) => {
    const db = new DatabaseSync(join(copy, file));
    opened.push(db);
    return db;
  });
  for (const db of opened) db.close();
  return copy;
}

const check = (dataDir: string) => {
  const verdict = checkReplay(dataDir);
  if (!verdict.ok) throw new Error(verdict.error);
  return verdict.value;
};

// A storm through the whole chain: Modbus, edge, MQTT, journal, rules; then its journal is judged again.
describe.skipIf(!existsSync(boulder))('the journal of a centre judged again', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    const outcome = await replay({
      ...{ countyDir: join(top, 'county'), devicesDir: join(top, 'devices'), file: boulder, dataDir: live },
      sensorId: 'taoshuwan-rain',
      fromMs: Date.parse('2013-09-11T12:00:00-07:00'),
      toMs: Date.parse('2013-09-12T06:00:00-07:00'),
    });
    if (!outcome.ok) throw new Error(outcome.error);
    outcome.value.alerts.close();
  }, 120_000);

  it('gives every transition that came out live, by id and content, from the first row', () => {
    const { equal, mismatches, partitions, rows } = check(live);
    expect(mismatches).toEqual([]);
    expect(equal).toBeGreaterThanOrEqual(6);
    expect(rows).toBeGreaterThan(18);
    expect(partitions.every(({ fromPos, skipped }) => fromPos === 0 && !skipped)).toBe(true);
  });

  it('finds a transition that was changed, one that was taken away, and a reading that was', () => {
    const changed = copied('changed', (open) => {
      const db = open('rules/rules.sqlite');
      db.exec(`UPDATE log SET body = replace(body, '"to":"red"', '"to":"orange"')`);
    });
    const { mismatches } = check(changed);
    expect(mismatches.map(({ kind, parts }) => [kind, ...parts])).toContainEqual(['different', 'to']);
    const taken = copied('taken', (open) => {
      open('rules/rules.sqlite').exec('DELETE FROM log WHERE pos = (SELECT min(pos) FROM log)');
    });
    expect(check(taken).mismatches.map(({ kind }) => kind)).toEqual(['extra']);
    const spoilt = copied('spoilt', (open) => {
      const db = open('journal/journal.sqlite');
      const busiest = 'SELECT pos FROM rows WHERE kind = 0 ORDER BY pos DESC LIMIT 1 OFFSET 5';
      db.exec(`UPDATE rows SET kind = 1, body = '{"atMs":0,"centreUpSinceMs":0}' WHERE pos = (${busiest})`);
    });
    expect(check(spoilt).mismatches).not.toEqual([]);
  });

  it('begins at the snapshot where the first rows are gone, and says so', () => {
    const shortened = copied('shortened', (open) => {
      open('journal/journal.sqlite').exec(
        'DELETE FROM rows WHERE kind = 0 AND pos = (SELECT min(pos) FROM rows WHERE kind = 0)',
      );
    });
    const { mismatches, partitions } = check(shortened);
    expect(mismatches).toEqual([]);
    expect(partitions.some(({ fromPos }) => fromPos > 0)).toBe(true);
  });
});
