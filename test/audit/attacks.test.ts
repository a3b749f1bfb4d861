import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { headsPath } from '#alerts/io/anchor/head-file.ts';
import { keyPath, publicKeyPath } from '#alerts/io/anchor/key.ts';
import { openSigner } from '#alerts/io/anchor/signer.ts';
import { exportLedger, readExport } from '#alerts/io/export-ledger.ts';
import { chainHash } from '#alerts/io/ledger.ts';
import { alertsPath } from '#alerts/io/schema.ts';
import { auditLedger, auditLines } from '#alerts/io/verify.ts';
import { CONSOLE, sampleRegistry } from '#alerts/testing/sample.ts';
import { openSteppedClock } from '#model/io/clock.ts';
import { openWritable } from '#model/io/sqlite.ts';
import { stageContext } from '#test/alerts/support.ts';
import { at, openRecord, QUIET_POLICY } from '#test/life/record.ts';
import { needs } from '#test/support/needs.ts';

/** A ledger of some twenty entries whose head was signed after 6, after 12 and at the end. */
const kept = mkdtempSync(join(tmpdir(), 'fengsui-audit-'));
const clean = join(kept, 'alerts.sqlite');
const cleanHeads = join(kept, 'heads.jsonl');
const cleanAnchor = join(kept, 'anchor.jsonl');
mkdirSync(join(kept, 'alerts'));
const KEYS = [keyPath, publicKeyPath];
let record: ReturnType<typeof openRecord>;
let end = 0;
/** The entry that is edited: the second note. */
let note = 0;
let alertId = '';

const path = (): string => alertsPath(record.dataDir);
const anchor = (): string => `${record.dataDir}.anchors.jsonl`;
const sign = (): void => {
  const { context } = stageContext(openSteppedClock(at(0)));
  openSigner({ dataDir: record.dataDir, anchorFile: anchor() }, context).close();
};

beforeAll(() => {
  record = openRecord({ ...sampleRegistry([CONSOLE]), policy: QUIET_POLICY });
  const { sees, does, alerts } = record;
  sees({ to: 'orange' }, 0);
  sees({ to: 'blue', point: 'P2' }, 1);
  sign();
  alertId = alerts()[0]?.id ?? '';
  does(2, alertId, 'acknowledge');
  for (let minute = 3; minute < 7; minute++) does(minute, alertId, 'note', { note: `第${minute}次巡查` });
  sign();
  sees({ from: 'orange', to: 'none' }, 8);
  does(9, alertId, 'close', { note: '已核查' });
  for (let minute = 10; minute < 14; minute++) does(minute, alertId, 'note', { note: `第${minute}次巡查` });
  sign();
  end = record.reader.head();
  note = record.reader.events(alertId).find(({ text }) => text.zh.includes('第4次'))?.seq ?? 0;
  record.stop();
  const db = openWritable(path(), '');
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  copyFileSync(path(), clean);
  copyFileSync(headsPath(record.dataDir), cleanHeads);
  copyFileSync(anchor(), cleanAnchor);
  for (const of of KEYS) copyFileSync(of(record.dataDir), of(kept));
});
beforeEach(() => {
  for (const tail of ['-wal', '-shm']) rmSync(`${path()}${tail}`, { force: true });
  copyFileSync(clean, path());
  copyFileSync(cleanHeads, headsPath(record.dataDir));
  copyFileSync(cleanAnchor, anchor());
  for (const of of KEYS) copyFileSync(of(kept), of(record.dataDir));
});
afterAll(() => {
  rmSync(anchor(), { force: true });
  rmSync(kept, { recursive: true, force: true });
  record.close();
});

const sql = (text: string): void => {
  execFileSync('sqlite3', [path(), text]);
};
const audit = (named = false) => auditLedger({ dataDir: record.dataDir, anchorFile: anchor(), anchorNamed: named });
const verdict = (): string => {
  const found = audit();
  return found.ok ? 'whole' : `${found.error.kind}@${found.error.seq}`;
};
/** As an attacker who knows how the chain is made: every hash from `seq` on is right again. */
function rebuild(seq: number): void {
  const db = openWritable(path(), '');
  let before = (db.prepare('SELECT hash FROM events WHERE seq = ?').get(seq - 1) as { hash: string }).hash;
  const rows = db.prepare('SELECT seq, body FROM events WHERE seq >= ? ORDER BY seq').all(seq);
  for (const row of rows as { seq: number; body: string }[]) {
    before = chainHash(before, row.body);
    db.prepare('UPDATE events SET hash = ? WHERE seq = ?').run(before, row.seq);
  }
  db.close();
}

describe.skipIf(!needs('sqlite3'))('whoever tampers with the ledger’s file', () => {
  it('finds it whole before he does, with the newest signed head and the alerts that were compared', () => {
    expect(audit(true)).toMatchObject({
      ok: true,
      value: { head: { seq: end }, signed: { seq: end }, alertsChecked: 2, notes: [] },
    });
  });

  it.each([
    ['edits a text', "UPDATE events SET body = replace(body, '第4次', '第9次') WHERE seq = NOTE", 'edited@NOTE'],
    ['edits a hash', "UPDATE events SET hash = replace(hash, substr(hash, 1, 4), 'beef') WHERE seq = 7", 'edited@7'],
    ['removes an entry', 'DELETE FROM events WHERE seq = 5', 'gap@5'],
    ['removes the first', 'DELETE FROM events WHERE seq = 1', 'gap@1'],
    [
      'swaps two',
      'UPDATE events SET seq = 900 WHERE seq = 8; UPDATE events SET seq = 8 WHERE seq = 9; UPDATE events SET seq = 9 WHERE seq = 900',
      'moved@8',
    ],
    ['closes a gap', 'DELETE FROM events WHERE seq = 6; UPDATE events SET seq = 6 WHERE seq = 7', 'moved@6'],
    ['files an entry elsewhere', "UPDATE events SET alert_id = 'x' WHERE seq = 4", 'moved@4'],
    ['empties a body', "UPDATE events SET body = '' WHERE seq = 3", 'edited@3'],
    [
      'adds a forged entry',
      "INSERT INTO events VALUES ((SELECT max(seq) + 1 FROM events), 'x', '{}', 'beef')",
      'edited@END',
    ],
  ])('is found when he %s', (_, text, wanted) => {
    sql(text.replace('NOTE', String(note)));
    expect(verdict()).toBe(wanted.replace('END', String(end + 1)).replace('NOTE', String(note)));
  });

  it('is found when he cuts off the end and mends everything in the data folder that would show it', () => {
    sql(`DELETE FROM events WHERE seq > ${end - 2}; UPDATE alerts SET version = ${end - 2} WHERE version > ${end - 2}`);
    expect(verdict()).toBe(`truncated@${end - 2}`);
    const lines = readFileSync(cleanHeads, 'utf8').split('\n');
    writeFileSync(headsPath(record.dataDir), `${lines.slice(0, -2).join('\n')}\n`);
    expect(verdict()).toBe(`truncated@${end - 2}`);
    expect(audit()).toMatchObject({ error: { message: expect.stringContaining(`entries ${end - 1} to ${end}`) } });
  });

  it('is found when he edits an entry and makes all hashes after it right again', () => {
    sql(`UPDATE events SET body = replace(body, '第4次', '第9次') WHERE seq = ${note}`);
    rebuild(note);
    const found = audit();
    expect(found).toMatchObject({ ok: false, error: { kind: 'rebuilt' } });
    // Six entries were signed before it, so it begins after them.
    if (!found.ok) expect(found.error.seq).toBeLessThanOrEqual(note);
  });

  it('is found when he signs his own chain with a key of his own', () => {
    sql(`UPDATE events SET body = replace(body, '第4次', '第9次') WHERE seq = ${note}`);
    rebuild(note);
    rmSync(keyPath(record.dataDir));
    rmSync(headsPath(record.dataDir));
    const { context } = stageContext(openSteppedClock(at(99)));
    openSigner({ dataDir: record.dataDir, anchorFile: null }, context).close();
    const found = audit();
    expect(found.ok ? 'whole' : found.error.kind).toMatch(/^(key|rebuilt)$/);
  });

  it('is found when he forges a head, or takes the heads away', () => {
    const forged = readFileSync(cleanAnchor, 'utf8').replace(/"seq":\d+/, '"seq":3');
    writeFileSync(anchor(), forged);
    expect(verdict()).toMatch(/^(unsigned|rebuilt)/);
    copyFileSync(cleanAnchor, anchor());
    rmSync(headsPath(record.dataDir));
    expect(verdict()).toBe('unsigned@0');
    rmSync(anchor());
    expect(audit(true)).toMatchObject({ ok: false, error: { kind: 'unsigned' } });
  });

  it.each([
    ['the level', "UPDATE alerts SET body = json_set(body, '$.level', 'blue') WHERE open = 0", 'level'],
    [
      'who acknowledged',
      "UPDATE alerts SET body = json_set(body, '$.acknowledged.by', 'v2-head') WHERE open = 0",
      'acknowledgedBy',
    ],
    ['the end', "UPDATE alerts SET body = json_set(body, '$.lifecycle', 'raised') WHERE open = 0", 'lifecycle'],
  ])('is found when he edits %s of an alert as it is shown', (_, text, field) => {
    sql(text);
    expect(audit()).toMatchObject({
      ok: false,
      error: { kind: 'projection', message: expect.stringContaining(field) },
    });
  });

  it.each([
    ['takes an alert away', 'DELETE FROM alerts WHERE open = 0', 'not shown any more'],
    ['files an open alert as ended', 'UPDATE alerts SET open = 0 WHERE open = 1', 'another end'],
    ['files a red alert below the others', 'UPDATE alerts SET rank = 0', 'another level'],
    ['files it under another grid', "UPDATE alerts SET grid_path = '|999999|'", 'another grid'],
  ])('is found when he %s, so that nobody sees it', (_, text, said) => {
    sql(text);
    expect(audit()).toMatchObject({ ok: false, error: { kind: 'projection', message: expect.stringContaining(said) } });
  });

  it('is found when he puts an alert of his own beside them', () => {
    sql(`INSERT INTO alerts SELECT 'forged', 'k', 1, origin, rank, raised_at, grid_path, step, asked_at, version, body
         FROM alerts LIMIT 1`);
    expect(verdict()).toMatch(/^projection@/);
  });
});

describe('a ledger’s file that is damaged', () => {
  it.each([0, 1, 100, 4_096, 8_192])('is said to be, without a stack trace, when it is cut to %i bytes', (bytes) => {
    truncateSync(path(), bytes);
    const found = audit();
    expect(found.ok).toBe(false);
    if (!found.ok) expect(found.error.message).not.toContain('    at ');
  });

  it('is said to be when bytes in the middle are overwritten, wherever they are', () => {
    const whole = readFileSync(clean);
    let found = 0;
    for (let from = 0; from + 512 <= whole.length; from += 4_096) {
      const spoiled = Buffer.from(whole);
      spoiled.fill(0x5a, from, from + 512);
      writeFileSync(path(), spoiled);
      const report = audit();
      if (!report.ok) found++;
    }
    // Pages of indexes and empty ones are not the ledger's; those that are were found.
    expect(found).toBeGreaterThanOrEqual(3);
  });

  it('is said to be gone when it is', () => {
    rmSync(path());
    expect(audit()).toMatchObject({
      ok: false,
      error: { kind: 'absent', message: expect.stringContaining('is gone') },
    });
  });
});

describe('an export of the ledger', () => {
  const file = join(kept, 'export.jsonl');
  const check = async () => {
    const read = await readExport(file);
    if (!read.ok) return read.error;
    const found = auditLines(read.value.rows, read.value.heads, []);
    return found.ok ? `whole@${found.value.head.seq}` : `${found.error.kind}@${found.error.seq}`;
  };
  it('can be checked without the data folder, and shows an edit, a removal and a cut', async () => {
    expect(exportLedger(record.dataDir, file)).toMatchObject({ entries: end, heads: 3 });
    const lines = readFileSync(file, 'utf8').split('\n');
    expect(await check()).toBe(`whole@${end}`);
    const spoil = async (change: (lines: string[]) => void) => {
      const copy = [...lines];
      change(copy);
      writeFileSync(file, copy.join('\n'));
      return check();
    };
    expect(await spoil((all) => all.splice(note - 1, 1, (all[note - 1] ?? '').replace('第4次', '第9次')))).toBe(
      `edited@${note}`,
    );
    expect(await spoil((all) => all.splice(4, 1))).toBe('gap@5');
    expect(await spoil((all) => all.splice(end - 1, 1))).toBe(`truncated@${end - 1}`);
    expect(await spoil((all) => all.splice(2, 1, 'not json'))).toContain('line 3');
  });
});
