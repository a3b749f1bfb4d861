/** Follows the journal itself from its head and knows the newest reading of every sensor. */
import { openVerified } from '#model/batch.ts';
import type { HistoryReader } from '#model/history.ts';
import type { JournalReader, JournalRow } from '#model/journal.ts';
import { BAD_REASONS, type BadReason, flagsOfBits, type SensorId } from '#model/reading.ts';
import type { PointId, RegistryPort } from '#model/registry.ts';
import type { Sample } from '../wire.ts';

export type PointChange = {
  readonly pointId: PointId;
  readonly receivedAtMs: number;
  /** A value or its quality is not what it was; otherwise only its time is newer. */
  readonly moved: boolean;
};

export type LiveState = {
  readonly latest: (sensorIds: readonly SensorId[]) => ReadonlyMap<SensorId, Sample>;
  /** Takes what has come; returns the points that changed, and whether more is waiting. */
  readonly drain: () => { readonly changed: readonly PointChange[]; readonly more: boolean };
  /** Rows that are in the journal and not yet looked at. */
  readonly behindRows: () => number;
};

const ROWS_A_READ = 100;
/** A drain ends after so many rows, so that requests are answered in between. */
const ROWS_A_DRAIN = 400;
/** Further behind than this the feed jumps to the head: it shows the present, history has the rest. */
const MAX_BEHIND_ROWS = 20_000;

type Batch = JournalRow & { readonly kind: 'batch' };

export function createLiveState(ports: {
  readonly journal: JournalReader;
  readonly history: HistoryReader;
  readonly registry: RegistryPort;
}): LiveState {
  const { journal, history, registry } = ports;
  const cursors = new Map(journal.heads());
  const newest = new Map<SensorId, Sample & { readonly orderMs: number }>();

  function take(sensorId: SensorId, sample: Sample, orderMs: number): 'older' | 'same' | 'moved' {
    const known = newest.get(sensorId);
    if (known !== undefined && known.orderMs > orderMs) return 'older';
    newest.set(sensorId, { ...sample, orderMs });
    return known?.value === sample.value && known?.quality === sample.quality ? 'same' : 'moved';
  }

  function applyBatch(row: Batch, changed: Map<PointId, PointChange>): void {
    const batch = openVerified(row.body);
    const { sensors } = registry.current();
    // A clock that was never set is placed by when its batch came in; history re-dates it properly.
    const baseMs = batch.timeQuality === 'synced' ? batch.writtenAtMs : row.receivedAtMs;
    for (const [index = -1, dt = 0, value = null, , bits = 0, code] of batch.rows) {
      const sensorId = batch.ids[index ?? -1];
      const sensor = sensorId === undefined ? undefined : sensors.get(sensorId);
      if (sensor === undefined) continue;
      const atMs = baseMs + (dt ?? 0);
      const reason: BadReason | undefined = value === null ? BAD_REASONS[code ?? -1] : undefined;
      const sample: Sample = {
        atMs,
        value: value ?? undefined,
        quality: value === null ? 'bad' : code === 2 ? 'suspect' : 'good',
        flags: flagsOfBits(bits ?? 0),
        origin: row.origin,
        ...(reason === undefined ? {} : { reason }),
      };
      const taken = take(sensor.id, sample, Math.min(atMs, row.receivedAtMs));
      if (taken === 'older') continue;
      const { pointId } = sensor;
      const moved = taken === 'moved' || (changed.get(pointId)?.moved ?? false);
      changed.set(pointId, { pointId, receivedAtMs: row.receivedAtMs, moved });
    }
  }

  /** Positions leap ahead when the journal is opened anew: what counts is from the next row that is there. */
  function behindIn(partition: number, headPos: number): number {
    const pos = cursors.get(partition) ?? 0;
    if (headPos - pos <= MAX_BEHIND_ROWS) return Math.max(0, headPos - pos);
    const [next] = journal.read(partition, pos, 1);
    return next === undefined ? 0 : headPos - next.pos + 1;
  }

  function drainPartition(
    partition: number,
    headPos: number,
    budget: number,
    changed: Map<PointId, PointChange>,
  ): number {
    let pos = cursors.get(partition) ?? 0;
    if (behindIn(partition, headPos) > MAX_BEHIND_ROWS) pos = headPos - ROWS_A_READ;
    let rowsRead = 0;
    while (pos < headPos && rowsRead < budget) {
      const rows = journal.read(partition, pos, ROWS_A_READ);
      if (rows.length === 0) break;
      for (const row of rows) {
        if (row.kind === 'batch') applyBatch(row, changed);
        pos = row.pos;
      }
      rowsRead += rows.length;
    }
    cursors.set(partition, pos);
    return rowsRead;
  }

  return {
    latest: (sensorIds) => {
      const missing = sensorIds.filter((id) => !newest.has(id));
      if (missing.length > 0)
        for (const [id, point] of history.latest(missing)) {
          const { atMs, value, quality, flags } = point;
          take(id, { atMs, value, quality, flags }, atMs);
        }
      const out = new Map<SensorId, Sample>();
      for (const id of sensorIds) {
        const sample = newest.get(id);
        if (sample !== undefined) out.set(id, sample);
      }
      return out;
    },
    drain: () => {
      const changed = new Map<PointId, PointChange>();
      let budget = ROWS_A_DRAIN;
      for (const [partition, headPos] of journal.heads()) {
        if (budget <= 0) break;
        if ((cursors.get(partition) ?? 0) < headPos) budget -= drainPartition(partition, headPos, budget, changed);
      }
      return {
        changed: [...changed.values()],
        more: budget <= 0,
      };
    },
    behindRows: () => {
      let behind = 0;
      for (const [partition, headPos] of journal.heads()) behind += behindIn(partition, headPos);
      return behind;
    },
  };
}
