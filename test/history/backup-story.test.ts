import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { readHeadFile } from '#alerts/io/anchor/head-file.ts';
import { auditLedger } from '#alerts/io/verify.ts';
import { openCountySource } from '#cli/io/county-source.ts';
import { compileForHere, edgeConfigFile, writeEdgeConfig } from '#cli/io/edge-files.ts';
import { ensureSecrets } from '#cli/io/secrets.ts';
import { openSupervisor } from '#cli/io/supervisor.ts';
import { openHistoryReader } from '#ingest/io/history-reader.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { openClock } from '#model/io/clock.ts';
import { PARTITIONS } from '#model/partition.ts';
import { formatLint } from '#model/result.ts';
import { compareHistory, readOutboxes } from '#test/chaos/audit.ts';
import { RUN_EDGES, writeRunCounty } from '#test/chaos/county.ts';
import { seeded } from '#test/chaos/random.ts';
import { type Running, runFengsui, top } from '#test/support/command.ts';
import { freePort } from '#test/support/free-port.ts';
import { needs } from '#test/support/needs.ts';
import { until } from '#test/support/until.ts';

const dir = mkdtempSync(join(tmpdir(), 'fengsui-backup-'));
const cleanups: (() => unknown)[] = [() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 })];
afterAll(async () => {
  for (const run of cleanups.reverse()) await run();
});

type Told = { readonly key: string; readonly marked: boolean; readonly what: string; readonly centre: string };

/** A message platform that writes down everything, and which centre was alive. */
async function openListener() {
  const told: Told[] = [];
  const state = { centre: 'old' };
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(pieces).toString()) as {
        readonly change: string;
        readonly alert: { readonly subject: { readonly id: string }; readonly level: string; readonly hazard: string };
      };
      const { subject, level, hazard } = body.alert;
      told.push({
        key: String(request.headers['idempotency-key'] ?? ''),
        marked: request.headers['fengsui-repeat'] === 'unknown',
        what: `${subject.id} ${hazard} ${body.change} ${level}`,
        centre: state.centre,
      });
      response.writeHead(200).end('{"ok":true}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { told, state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

/** The field: simulated devices and boxes, with a data folder of their own as in the real world. */
async function startField(folder: string, countyDir: string, centreData: string, mqttPort: number) {
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  const places = { countyDir, devicesDir: join(top, 'devices') };
  const source = openCountySource(places, { clock: openClock({ kind: 'real' }), log: silent }, 1_000);
  if (!source.ok) throw new Error(source.error.map(formatLint).join('\n'));
  const registry = source.value.registry.current();
  source.value.stop();
  ensureSecrets(centreData, registry);
  cpSync(join(centreData, 'edges'), join(folder, 'edges'), { recursive: true });
  const env = {
    ...process.env,
    ...{ FENGSUI_DATA: folder, FENGSUI_COUNTY: countyDir, FENGSUI_DEVICES: places.devicesDir, FENGSUI_TICK_MS: '1000' },
  };
  const entry = join(top, 'cli', 'fengsui.mjs');
  const supervisor = openSupervisor({ entry, env, logDir: join(folder, 'logs'), onEvent: () => {} });
  cleanups.push(() => supervisor.stopAll());
  const simulators = await supervisor.start({ name: 'simulators', args: ['run', 'simulators'] });
  const here = { dataDir: folder, mqttUrl: `mqtt://127.0.0.1:${mqttPort}`, lines: simulators.lines ?? [] };
  for (const config of compileForHere(registry, source.value.profiles, here)) writeEdgeConfig(folder, config);
  await Promise.all(
    RUN_EDGES.map(({ id }) =>
      supervisor.start({
        ...{ name: id, args: ['run', 'edge', '--config', edgeConfigFile(folder, id)], env: { FENGSUI_NAME: id } },
      }),
    ),
  );
  supervisor.send('simulators', { kind: 'begin', again: true });
  return supervisor;
}

function startCentre(dataDir: string, countyDir: string, mqttPort: number): Running {
  const running = runFengsui(['run', 'broker', 'ingest', 'rules', 'alerts'], {
    ...{ FENGSUI_DATA: dataDir, FENGSUI_COUNTY: countyDir, FENGSUI_DEVICES: join(top, 'devices') },
    ...{ FENGSUI_MQTT: `127.0.0.1:${mqttPort}`, FENGSUI_TICK_MS: '1000' },
  });
  cleanups.push(() => running.stop('SIGKILL'));
  return running;
}

function journalOf(dataDir: string): readonly string[] {
  const journal = openJournalReader(dataDir);
  const all: string[] = [];
  for (let partition = 0; partition < PARTITIONS; partition++)
    for (const row of journal.read(partition, 0, 1_000_000))
      if (row.kind === 'batch') all.push(`${row.edgeId}/${row.epoch}/${row.seq}`);
  journal.close();
  return all;
}

const alertsOf = (dataDir: string): ReadonlySet<string> => {
  const db = new DatabaseSync(join(dataDir, 'alerts', 'alerts.sqlite'), { readOnly: true });
  const rows = db.prepare('SELECT key, rank FROM alerts WHERE open = 1').all() as { key: string; rank: number }[];
  db.close();
  return new Set(rows.map(({ key, rank }) => `${key} ${rank}`));
};

const ledgerEnd = (dataDir: string): number => {
  const db = new DatabaseSync(join(dataDir, 'alerts', 'alerts.sqlite'), { readOnly: true });
  const { seq } = db.prepare('SELECT coalesce(max(seq), 0) AS seq FROM events').get() as { seq: number };
  db.close();
  return seq;
};

const outboxesOf = (field: string) => RUN_EDGES.flatMap(({ id }) => readOutboxes(join(field, 'edges', id), id));

describe.skipIf(!needs('socat'))('a centre that burns down after its backup', () => {
  it('stands again elsewhere: nothing of the field is lost, nobody hears a thing twice unmarked, the ledger holds', {
    timeout: 300_000,
  }, async () => {
    const listener = await openListener();
    const [old, county, field] = [join(dir, 'old'), join(dir, 'county'), join(dir, 'field')];
    mkdirSync(old, { mode: 0o700 });
    writeRunCounty(county, top, 40, listener.url, seeded(6));
    const port = await freePort();
    const supervisor = startField(field, county, old, port);
    let centre = startCentre(old, county, port);
    const boxes = await supervisor;
    await until('some alerts', 60_000, () => listener.told.length >= 10);

    const backup = join(dir, 'backup');
    const taken = runFengsui(['backup', backup], { FENGSUI_DATA: old, FENGSUI_COUNTY: county });
    expect(await taken.exited, taken.output()).toBe(0);
    const atBackup = { told: listener.told.length, rows: journalOf(old).length };
    const cut = ledgerEnd(join(backup, 'data'));
    await until(
      'more alerts, and a signed head of what came after the backup',
      60_000,
      () =>
        listener.told.length >= atBackup.told + 12 &&
        (readHeadFile(join(dir, 'old.anchors.jsonl'))?.heads.at(-1)?.seq ?? 0) > cut + 10,
    );
    await centre.stop('SIGKILL');
    listener.state.centre = 'new';
    const known = journalOf(old);
    const stood = alertsOf(old);
    expect(known.length).toBeGreaterThan(atBackup.rows + 20);

    const next = join(dir, 'next');
    const restored = runFengsui(['restore', backup, '--data', next], {});
    expect(await restored.exited, restored.output()).toBe(0);
    centre = startCentre(next, join(dir, 'next.county'), port);
    await until('what the old centre had', 120_000, () => {
      const have = new Set(journalOf(next));
      const missing = known.filter((id) => !have.has(id));
      if (missing.length > 0) throw new Error(`${missing.length} batches: ${missing.slice(0, 5).join(' ')}`);
      return true;
    });
    await until('the alerts that the old centre had, or worse', 60_000, () => {
      const worst = new Map([...alertsOf(next)].map((one) => [one.slice(0, one.lastIndexOf(' ')), rankIn(one)]));
      return [...stood].every((one) => (worst.get(one.slice(0, one.lastIndexOf(' '))) ?? 0) >= rankIn(one));
    });
    const written = outboxesOf(field);
    await until('everything that the boxes wrote', 60_000, () => {
      const have = new Set(journalOf(next));
      return written.every(({ edgeId, epoch, seq }) => have.has(`${edgeId}/${epoch}/${seq}`));
    });
    await boxes.stopAll();
    // What a box wrote as it was stopped stays in its outbox.
    const committed = outboxesOf(field);
    await centre.stop('SIGTERM');

    const rows = journalOf(next);
    expect(new Set(rows).size).toBe(rows.length);
    const have = new Set(rows);
    const arrived = committed.filter(({ edgeId, epoch, seq }) => have.has(`${edgeId}/${epoch}/${seq}`));
    expect(arrived.length).toBeGreaterThan(known.length);
    const journal = openJournalReader(next);
    const history = openHistoryReader(next, journal);
    const end = new Map(RUN_EDGES.map(({ id }) => [id, Number.MAX_SAFE_INTEGER - 1]));
    const { emitted, stored, lost, repeated } = compareHistory(arrived, history, end);
    history.close();
    journal.close();
    expect({ lost, repeated }).toEqual({ lost: [], repeated: [] });
    expect(stored).toBe(emitted);

    const audit = auditLedger({ dataDir: next, anchorFile: join(dir, 'next.anchors.jsonl'), anchorNamed: true });
    expect(audit.ok ? audit.value.alertsChecked : audit.error).toBeGreaterThan(0);
    // The heads that the old centre signed after the backup prove what its ledger had.
    const before = auditLedger({ dataDir: next, anchorFile: join(dir, 'old.anchors.jsonl'), anchorNamed: true });
    expect(before.ok ? 'whole' : before.error.kind).toMatch(/^(truncated|rebuilt|edited|key)$/);

    const heard = new Map(listener.told.filter((one) => one.centre === 'old').map((one) => [one.what, one.key]));
    const keys = new Set(heard.values());
    const again = listener.told.filter((one) => one.centre === 'new' && (heard.has(one.what) || keys.has(one.key)));
    expect(again.length).toBeGreaterThan(0);
    expect(again.filter((one) => !one.marked)).toEqual([]);
  });
});

const rankIn = (one: string): number => Number(one.slice(one.lastIndexOf(' ') + 1));
