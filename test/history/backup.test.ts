import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRestored } from '#alerts/io/restored.ts';
import { treatmentOf } from '#cli/history/backup-plan.ts';
import { takeBackup } from '#cli/history/io/backup.ts';
import { checkBackup, readManifest, restoreBackup } from '#cli/history/io/restore.ts';
import { parseManifest } from '#cli/history/manifest.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fengsui-backup-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const silent = () => {};
const at = (...parts: readonly string[]) => join(folder, ...parts);

function put(path: string, text: string): void {
  mkdirSync(join(at('data', path), '..'), { recursive: true });
  writeFileSync(at('data', path), text);
}

/** A folder as a centre has it, with logs that others follow. */
function makeCentre(): void {
  for (const [path, table] of [
    ['alerts/alerts.sqlite', 'CREATE TABLE log (pos INTEGER PRIMARY KEY, body TEXT)'],
    ['journal/journal.sqlite', 'CREATE TABLE log (pos INTEGER PRIMARY KEY, body TEXT)'],
    ['history/history.sqlite', 'CREATE TABLE cursor (pos INTEGER)'],
  ] as const) {
    put(path, '');
    const db = new DatabaseSync(at('data', path));
    db.exec(`PRAGMA journal_mode=WAL; ${table}`);
    if (path.startsWith('alerts'))
      db.exec(
        'CREATE TABLE deliveries (n INTEGER PRIMARY KEY, state TEXT, due_at INTEGER, queued_at INTEGER, repeated INTEGER)',
      );
    db.close();
  }
  put('broker/credentials.json', '{"edge-1":"hash"}');
  put('edges/edge-1/credential', 'secret');
  put('edges/edge-1/outbox-1.sqlite', 'a box’s own');
  put('alerts/heads.jsonl', '{"seq":1}\n{"seq":2}\n{"se');
  put('run/up.pid', '1');
  put('run/clock', 'virtual:2026-07-01T00:00:00.000Z×60@0\n');
  put('logs/broker.log', 'words');
  mkdirSync(at('county'));
  writeFileSync(at('county', 'county.yaml'), 'code: "331000000"\n');
}

const backup = (target = at('backup'), progress = silent) =>
  takeBackup(
    {
      ...{ dataDir: at('data'), countyDir: at('county'), anchorFile: at('data.anchors.jsonl'), target },
      ...{ version: '0.1.0', county: 'Yunling', takenAtMs: 1_780_000_000_000, chainAtMs: 1_780_000_000_000, notes: [] },
    },
    progress,
  );
const restore = (more: { readonly dataDir?: string; readonly countyDir?: string } = {}) =>
  restoreBackup(
    {
      ...{
        backup: at('backup'),
        dataDir: at('next'),
        countyDir: at('next.county'),
        anchorFile: at('next.anchors.jsonl'),
      },
      ...{ chainAtMs: () => 1_780_000_600_000, ...more },
    },
    silent,
  );
const taken = async () => {
  const done = await backup();
  if (!done.ok) throw new Error(done.error);
};
const faults = async () => {
  const read = readManifest(at('backup'));
  return read.ok ? checkBackup(at('backup'), read.value, silent) : [read.error];
};

describe('what belongs into a backup', () => {
  it.each([
    ['alerts/alerts.sqlite', 'database'],
    ['history/influx.sqlite', 'database'],
    ['something/new.sqlite', 'database'],
    ['something/new.json', 'file'],
    ['broker/credentials.json', 'file'],
    ['edges/edge-1/credential', 'file'],
    ['run/clock', 'file'],
    ['edges/edge-1/outbox-1.sqlite', 'leave'],
    ['edges/edge-1/config/credential', 'leave'],
    ['journal/journal.sqlite-wal', 'leave'],
    ['journal/journal.sqlite.wake', 'leave'],
    ['run/ingest.json', 'leave'],
    ['node-red/node_modules/x/package.json', 'leave'],
  ])('%s: %s', (path, kind) => expect(treatmentOf(path).kind).toBe(kind));

  it('copies whoever follows a log before the log', () => {
    const turn = (path: string) => {
      const treatment = treatmentOf(path);
      return treatment.kind === 'database' ? treatment.turn : Number.NaN;
    };
    for (const reader of ['history/history.sqlite', 'history/influx.sqlite', 'rules/rules.sqlite', 'other/new.sqlite'])
      expect(turn(reader)).toBeLessThan(turn('journal/journal.sqlite'));
    for (const log of ['rules/rules.sqlite', 'console/commands.sqlite'])
      expect(turn('alerts/alerts.sqlite')).toBeLessThan(turn(log));
    expect(turn('history/influx.sqlite')).toBeLessThan(turn('alerts/alerts.sqlite'));
  });
});

describe('a backup', () => {
  it('holds one moment of each database while it is being written, and no cursor beyond its log', async () => {
    makeCentre();
    // A log that grows, and a reader that is always a step behind: as a centre does, without its weight.
    const writer = new Worker(
      `const { DatabaseSync } = require('node:sqlite');
       const { parentPort } = require('node:worker_threads');
       const open = (path) => { const db = new DatabaseSync(path); db.exec('PRAGMA busy_timeout=5000'); return db; };
       const log = open(${JSON.stringify(at('data/journal/journal.sqlite'))});
       const reader = open(${JSON.stringify(at('data/history/history.sqlite'))});
       const add = log.prepare('INSERT INTO log (body) VALUES (?)');
       const step = () => {
         const { lastInsertRowid } = add.run('x'.repeat(2000));
         reader.exec('BEGIN; DELETE FROM cursor; INSERT INTO cursor VALUES (' + lastInsertRowid + '); COMMIT');
         if (lastInsertRowid === 3000) parentPort.postMessage('go');
         setImmediate(step);
       };
       step();`,
      { eval: true },
    );
    try {
      await once(writer, 'message');
      expect(await backup()).toMatchObject({ ok: true });
    } finally {
      await writer.terminate();
    }
    expect(await faults()).toEqual([]);
    const ask = (path: string, sql: string) => {
      const db = new DatabaseSync(at('backup', path), { readOnly: true });
      const { n } = db.prepare(sql).get() as { n: number };
      db.close();
      return n;
    };
    const head = ask('data/journal/journal.sqlite', 'SELECT max(pos) AS n FROM log');
    expect(ask('data/history/history.sqlite', 'SELECT max(pos) AS n FROM cursor')).toBeLessThanOrEqual(head);
    expect(ask('data/journal/journal.sqlite', 'SELECT count(*) AS n FROM log')).toBe(head);
  });

  it('is for its owner alone, holds whole lines of heads, and leaves the boxes their outboxes', async () => {
    makeCentre();
    symlinkSync('/etc/passwd', at('data', 'broker', 'link'));
    await taken();
    expect(statSync(at('backup')).mode & 0o077).toBe(0);
    expect(statSync(at('backup/data/broker/credentials.json')).mode & 0o077).toBe(0);
    expect(readFileSync(at('backup/data/alerts/heads.jsonl'), 'utf8')).toBe('{"seq":1}\n{"seq":2}\n');
    expect(readdirSync(at('backup/data/edges/edge-1'))).toEqual(['credential']);
    expect(readdirSync(at('backup/data/broker'))).toEqual(['credentials.json']);
    expect(readdirSync(at('backup/data/run'))).toEqual(['clock']);
  });

  it('goes nowhere where something is, nor into the data folder, and leaves nothing when it fails', async () => {
    makeCentre();
    await taken();
    expect(await backup()).toMatchObject({ ok: false, error: expect.stringContaining('is there already') });
    expect(await backup(at('data/backup'))).toMatchObject({ ok: false });
    writeFileSync(at('data/rules.sqlite'), 'not a database at all, however it is called');
    expect(await backup(at('other'))).toMatchObject({ ok: false, error: expect.stringContaining('not taken') });
    expect(readdirSync(folder).sort()).toEqual(['backup', 'county', 'data']);
  });
});

const START_MS = 1_780_500_000_000;

describe('a restore', () => {
  it('puts everything back, and marks what the old centre may have sent', async () => {
    makeCentre();
    const db = new DatabaseSync(at('data/alerts/alerts.sqlite'));
    db.exec(`INSERT INTO deliveries VALUES (1, 'queued', 1780000100000, 1780000000000, 0),
      (2, 'queued', 1790000000000, 1780000000000, 0), (3, 'sent', 1780000000000, 1780000000000, 0)`);
    db.close();
    await taken();
    expect(await restore()).toMatchObject({ ok: true });
    expect(readFileSync(at('next/broker/credentials.json'), 'utf8')).toBe('{"edge-1":"hash"}');
    expect(readFileSync(at('next.county/county.yaml'), 'utf8')).toContain('331000000');
    expect(existsSync(at('next.part'))).toBe(false);
    const back = new DatabaseSync(at('next/alerts/alerts.sqlite'));
    const marked = back.prepare('SELECT n FROM deliveries WHERE repeated = 1 ORDER BY n').all() as { n: number }[];
    const restored = openRestored(back);
    expect(restored.mayRepeat(START_MS)).toBe(false);
    // However late the restored centre is first started, what it sends then may be a repeat, for half an hour.
    expect(restored.begin(START_MS)).toMatchObject([{ alertId: 'restore', facts: { fromMs: 1_780_000_000_000 } }]);
    expect(restored.begin(START_MS + 60_000)).toEqual([]);
    const later = [0, 29, 31].map((minutes) => openRestored(back).mayRepeat(START_MS + minutes * 60_000));
    back.close();
    expect(marked.map(({ n }) => n)).toEqual([1]);
    expect(later).toEqual([true, true, false]);
  });

  it('refuses a folder with data and another county, and takes the same county', async () => {
    makeCentre();
    await taken();
    expect(await restore({ dataDir: at('data') })).toMatchObject({ ok: false });
    expect(await restore({ countyDir: at('county') })).toMatchObject({ ok: true });
    rmSync(at('next'), { recursive: true });
    appendFileSync(at('county', 'county.yaml'), 'name: changed\n');
    expect(await restore({ countyDir: at('county') })).toMatchObject({ ok: false });
    expect(existsSync(at('next'))).toBe(false);
  });

  it.each<readonly [string, () => void, RegExp]>([
    ['a byte is wrong', () => writeFileSync(at('backup/data/edges/edge-1/credential'), 'Secret'), /other content/],
    ['a file is short', () => writeFileSync(at('backup/data/edges/edge-1/credential'), 'sec'), /3 bytes/],
    ['a file is gone', () => rmSync(at('backup/data/edges/edge-1/credential')), /missing/],
    ['the list is gone', () => rmSync(at('backup/manifest.json')), /manifest/],
    ['the list is cut off', () => writeFileSync(at('backup/manifest.json'), '{"form":1,'), /damaged/],
  ])('restores nothing when %s', async (_what, damage, said) => {
    makeCentre();
    await taken();
    damage();
    expect((await faults()).join()).toMatch(said);
    const done = await restore();
    expect(done.ok ? '' : done.error).toMatch(said);
    expect(readdirSync(folder).filter((name) => name.startsWith('next'))).toEqual([]);
  });

  it('says that a file was added', async () => {
    makeCentre();
    await taken();
    writeFileSync(at('backup/data/stranger'), '');
    expect(await faults()).toEqual(['data/stranger is not in the list']);
  });

  it.each([
    ...[
      '../outside',
      '/etc/x',
      'data/../../x',
      'data\\x',
      'other/x',
      'abcde../x',
      'data/',
      'data//etc/x',
      'county/./x',
    ],
  ])('takes no list that names %s', (path) => {
    const file = { path, kind: 'file', bytes: 0, sha256: '0'.repeat(64) };
    const list = {
      ...{ form: 1, program: 'fengsui', version: '1', takenAt: '2026-01-01T00:00:00.000Z', chainAtMs: 0, county: '' },
      ...{ files: [file], notes: [] },
    };
    expect(parseManifest(JSON.stringify(list)).ok).toBe(false);
    expect(parseManifest(JSON.stringify({ ...list, files: [{ ...file, path: 'data/x' }] })).ok).toBe(true);
  });

  it('says which version a newer backup wants', () => {
    const list = { form: 9, program: 'fengsui', version: '7.0.0', takenAt: '2026-01-01T00:00:00.000Z', chainAtMs: 0 };
    const read = parseManifest(JSON.stringify({ ...list, county: '', files: [], notes: [] }));
    expect(read.ok ? '' : read.error).toContain('7.0.0');
  });
});
