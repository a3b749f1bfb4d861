/** The console's ports in memory: a journal, a history and an alert ledger that obey their contracts. */

import { openExplain } from '#alerts/io/explain.ts';
import type { ConsolePorts } from '#dashboards/api/config.ts';
import type { Alert, AlertEvent, AlertReader } from '#model/alert.ts';
import { encodeBatch } from '#model/batch.ts';
import type { AccessCommand, DeskCommand } from '#model/command.ts';
import type { DeskReaders } from '#model/desk.ts';
import type { HistoryPoint, HistoryReader } from '#model/history.ts';
import type { JournalReader, JournalRow, LogWriter } from '#model/journal.ts';
import type { Origin, Reading } from '#model/reading.ts';
import { inSubtree, type RegistryPort } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';
import { fakeRegistry } from './fake-county.ts';
import { fakeDrills } from './fake-drill.ts';
import { fakeEvacuations } from './fake-evacuation.ts';
import { fakeQuery } from './fake-query.ts';
import { fakeRegistryDesk } from './fake-registry.ts';
import { fakeExchange, fakeWarnings } from './fake-warnings.ts';

function createWakes() {
  const runs = new Set<() => void>();
  return {
    wake: () => {
      for (const run of runs) setImmediate(run);
    },
    onWake: (run: () => void) => {
      runs.add(run);
      return () => runs.delete(run);
    },
    count: () => runs.size,
  };
}

export function fakeJournal(history: ReturnType<typeof fakeHistory>) {
  const rows: JournalRow[] = [];
  const wakes = createWakes();
  const reader: JournalReader = {
    heads: () => new Map(rows.length === 0 ? [] : [[3, rows.length]]),
    read: (partition, afterPos, limit) => (partition === 3 ? rows.slice(afterPos, afterPos + limit) : []),
    onWake: wakes.onWake,
    close: () => {},
  };
  return {
    reader,
    wakes,
    append: (readings: readonly Reading[], receivedAtMs: EpochMs, origin: Origin = 'live') => {
      const pos = rows.length + 1;
      const writtenAtMs = readings[0]?.measuredAtMs ?? receivedAtMs;
      const batch = {
        edgeId: 'edge-a',
        epoch: 'e1',
        seq: pos,
        bootId: 'b1',
        monoMs: pos,
        writtenAtMs,
        timeQuality: readings[0]?.timeQuality ?? 'synced',
        inventoryVersion: 'v1',
        readings,
        events: [],
      } as const;
      const body = encodeBatch(batch);
      rows.push({
        kind: 'batch',
        partition: 3,
        pos,
        receivedAtMs,
        edgeId: 'edge-a',
        epoch: 'e1',
        seq: pos,
        origin,
        body,
      });
      for (const reading of readings) history.add(reading, origin);
      wakes.wake();
    },
  };
}

export function fakeHistory() {
  const long = fakeQuery();
  const series = new Map<string, HistoryPoint[]>();
  const reader: HistoryReader = {
    range: (sensorId, fromMs, toMs, limit, newest) => {
      const inRange = (series.get(sensorId) ?? []).filter((one) => fromMs <= one.atMs && one.atMs < toMs);
      return newest === true ? inRange.slice(-limit) : inRange.slice(0, limit);
    },
    latest: (ids) =>
      new Map(
        ids.flatMap((id) => {
          const last = series.get(id)?.at(-1);
          return last === undefined ? [] : [[id, last] as const];
        }),
      ),
    counts: () => new Map([...series].map(([id, points]) => [id, points.length])),
    close: () => {},
  };
  return {
    reader,
    query: long.query,
    add: (reading: Reading, origin: Origin = 'live') => {
      long.add(reading, origin);
      const points = series.get(reading.sensorId) ?? [];
      points.push({
        atMs: reading.measuredAtMs,
        value: reading.quality === 'bad' ? undefined : reading.value,
        raw: reading.raw,
        quality: reading.quality,
        flags: reading.flags,
      });
      points.sort((a, b) => a.atMs - b.atMs);
      series.set(reading.sensorId, points);
    },
  };
}

const CLOSED = ['closed', 'falseAlarm'];
const NEXT = {
  acknowledge: 'acknowledged',
  handle: 'handling',
  close: 'closed',
  falseAlarm: 'falseAlarm',
  shelve: 'raised',
  unshelve: 'raised',
  reset: 'raised',
} as const;

export function fakeAlerts(registry: RegistryPort) {
  const alerts = new Map<string, Alert>();
  const ledger: AlertEvent[] = [];
  const results = new Map<string, { ok: boolean; message: { zh: string; en: string } }>();
  const commandsSeen: DeskCommand[] = [];
  /** Who read personal data; beside what people do. */
  const accessSeen: AccessCommand[] = [];
  const wakes = createWakes();
  let away = false;

  const record = (alert: Alert, kind: AlertEvent['kind'], by: string, atMs: EpochMs, zh: string, en: string) => {
    const seq = ledger.length + 1;
    ledger.push({ seq, alertId: alert.id, atMs, by, kind, text: { zh, en }, facts: {}, hash: `h${seq}` });
    alerts.set(alert.id, { ...alert, version: seq });
  };
  const apply = (command: DeskCommand) => {
    if (command.kind !== undefined) {
      results.set(command.id, { ok: true, message: { zh: '已记', en: 'done' } });
      return;
    }
    const alert = alerts.get(command.alertId);
    if (alert === undefined || CLOSED.includes(alert.lifecycle)) {
      results.set(command.id, { ok: false, message: { zh: '预警已办结', en: 'the alert is closed' } });
      return;
    }
    const { action, by, atMs } = command;
    const changed =
      action === 'note'
        ? alert
        : {
            ...alert,
            lifecycle: NEXT[action],
            acknowledged: alert.acknowledged ?? { by, atMs },
            closedAtMs: action === 'close' || action === 'falseAlarm' ? atMs : null,
          };
    record(
      changed,
      action === 'note' ? 'note' : NEXT[action],
      by,
      atMs,
      `${action} ${command.note}`,
      `${action} ${command.note}`,
    );
    results.set(command.id, { ok: true, message: { zh: '已记', en: 'done' } });
  };
  const reader: AlertReader = {
    list: (filter, limit, cursor) => {
      const open = filter.open ?? true;
      const all = [...alerts.values()].filter(
        (alert) =>
          CLOSED.includes(alert.lifecycle) !== open &&
          (filter.origin === undefined || alert.origin === filter.origin) &&
          filter.gridCodes.some((root) => inSubtree(registry.current(), alert.gridCode, root)),
      );
      const start = Number(cursor ?? 0);
      return {
        items: all.slice(start, start + limit),
        next: start + limit < all.length ? String(start + limit) : null,
      };
    },
    get: (id) => alerts.get(id),
    events: (id) => ledger.filter((event) => event.alertId === id),
    deliveries: () => [],
    eventsAfter: (seq, limit) => ledger.slice(seq, seq + limit),
    head: () => ledger.length,
    onWake: wakes.onWake,
    commandResult: (id) => results.get(id),
    close: () => {},
  };
  const commands: LogWriter<DeskCommand> = {
    append: (entries) =>
      entries.map(({ entry }) => {
        if (entry.kind === 'access') accessSeen.push(entry);
        else commandsSeen.push(entry);
        if (!away) apply(entry);
        wakes.wake();
        return commandsSeen.length;
      }),
    close: () => {},
  };
  return {
    reader,
    commands,
    commandsSeen,
    accessSeen,
    put: (alert: Alert, kind: AlertEvent['kind'] = 'raised', zh = '', en = '') => {
      record(alert, kind, 'rules', alert.raisedAtMs, zh || '触发', en || 'raised');
      wakes.wake();
    },
    setAway: (value: boolean) => {
      away = value;
    },
  };
}

const nothing = { list: () => [], get: () => undefined };
/** A desk on which nothing lies beside the alerts. */
export const noParts: DeskReaders = {
  calls: { list: () => ({ items: [], next: null }), ofAlert: () => [] },
  evacuations: nothing,
  warnings: nothing,
  exchange: { capEntries: () => [], capXml: () => undefined },
  reports: nothing,
  drills: { ...nothing, report: () => undefined },
  handovers: { ofGrid: () => [], get: () => undefined },
  explainPoint: openExplain(),
  channels: () => [],
  close: () => {},
};

/** One report that the village of `slope-1` owes. */
const fakeReports: DeskReaders['reports'] = {
  list: () => [],
  get: (id) =>
    id !== 'r-1'
      ? undefined
      : {
          ...{ id, alertId: 'a-1', rule: 'phone', name: { zh: '电话报告', en: 'by telephone' }, kind: 'telephone' },
          ...{ gridCode: '999900001001', to: { zh: '镇', en: 'township' }, n: 1, startedAtMs: 0, dueAtMs: 1 },
          ...{ state: 'due', doneAtMs: null, by: null, note: '' },
        },
};

export function fakePorts(dutyFromMs = 0, dutyToMs = 0) {
  const county = fakeRegistry(dutyFromMs, dutyToMs);
  const registry: RegistryPort = { current: () => county, onChange: () => () => {} };
  const history = fakeHistory();
  const journal = fakeJournal(history);
  const alerts = fakeAlerts(registry);
  const ports: ConsolePorts = {
    registry,
    registryDesk: fakeRegistryDesk,
    journal: journal.reader,
    history: history.reader,
    query: history.query,
    alerts: alerts.reader,
    parts: {
      ...noParts,
      drills: fakeDrills,
      evacuations: fakeEvacuations(county),
      reports: fakeReports,
      warnings: fakeWarnings,
      exchange: fakeExchange,
    },
    commands: alerts.commands,
    quarantine: { list: () => ({ items: [{ edgeId: 'edge-x', reason: 'unknown edge' }], next: null }) },
    verifyLedger: async () => ({ ok: true, head: { seq: 3, hash: 'a'.repeat(64) } }),
    metricsText: () => '# TYPE fengsui_up gauge\nfengsui_up 1\n',
    health: () => ({ ready: true, parts: [{ name: 'journal', ok: true, detail: '' }] }),
  };
  return { ports, journal, history, alerts };
}
