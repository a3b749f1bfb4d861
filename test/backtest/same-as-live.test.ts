import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBatch } from '#model/batch.ts';
import type { JournalRow } from '#model/journal.ts';
import type { Reading } from '#model/reading.ts';
import type { Transition } from '#model/transition.ts';
import { hasValue, type Recording, ROW_MISSING, ROW_SUSPECT, ROW_UNHEARD } from '#rules/backtest/recording.ts';
import { runBacktest, tickOf } from '#rules/backtest/run.ts';
import { createEngine } from '#rules/engine.ts';

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 5, 1);

const RULES = `
rules:
  - id: rain-1h
    title: { zh: 一小时雨量, en: rain in an hour }
    hazard: rainstorm
    quantity: rain
    measure: { kind: rollingSum, window: 1h }
    levels: { blue: 10, orange: 30 }
    deadband: 1
    offDelay: 10m
  - id: level
    title: { zh: 水位, en: level }
    hazard: flood
    quantity: level
    measure: { kind: value }
    levels: { yellow: 2, red: { limit: 3, onDelay: 5m } }
    deadband: 0.1
    offDelay: 15m
`;

type Row = { readonly sensor: number; readonly minute: number; readonly value: number; readonly mark: number };

/** Two gauges of rain and one of level; holes, suspect and missing rows, clocks that are set back. */
const rowsArb = fc.array(
  fc.record({
    sensor: fc.integer({ min: 0, max: 2 }),
    minute: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 3 }) }, fc.constantFrom(-30, 40, 200)),
    value: fc.integer({ min: 0, max: 4_000 }),
    mark: fc.constantFrom(0, 0, 0, 0, 0, 0, ROW_SUSPECT, ROW_MISSING, ROW_UNHEARD),
  }),
  { minLength: 1, maxLength: 250 },
);

function recordingOf(rows: readonly Row[]): Recording {
  const series = ['rain-a', 'rain-b', 'stage'].map((sensorId, sensor) => {
    let atMs = T0;
    const own = rows
      .filter((row) => row.sensor === sensor)
      .map((row) => {
        atMs += row.minute * MINUTE;
        return { ...row, atMs };
      });
    return {
      sensor: { sensorId, quantity: sensor === 2 ? ('level' as const) : ('rain' as const), stepMs: MINUTE },
      columns: {
        count: own.length,
        atMs: Float64Array.from(own, (row) => row.atMs),
        values: Int32Array.from(own, (row) => (hasValue(row.mark) ? row.value : 0)),
        marks: Uint8Array.from(own, (row) => row.mark),
      },
    };
  });
  return { zone: 'UTC', series, notes: [] };
}

/** The rows of a journal as the centre would have written them: each reading as its edge's batch, ticks between. */
function* journalOf(recording: Recording): Generator<Omit<JournalRow, 'pos' | 'partition'>> {
  const run = runBacktest({ recording, rules: [{ file: 'rules.yaml', text: RULES }] });
  if (!run.ok) throw new Error(JSON.stringify(run.error));
  const { ruleSet } = run.value;
  const edgeOf = new Map(ruleSet.inventory.map(({ sensorId, edgeId }) => [sensorId, edgeId]));
  const rows = recording.series
    .flatMap(({ sensor, columns }, order) => {
      let receivedAtMs = 0;
      return Array.from({ length: columns.count }, (_, row) => {
        const atMs = columns.atMs[row] as number;
        receivedAtMs = Math.max(receivedAtMs, atMs);
        return { sensor, order, row, atMs, receivedAtMs, value: columns.values[row], mark: columns.marks?.[row] };
      });
    })
    .sort((a, b) => a.receivedAtMs - b.receivedAtMs || a.order - b.order || a.row - b.row);
  const fromMs = rows[0]?.receivedAtMs ?? 0;
  yield { receivedAtMs: fromMs, kind: 'rules', ruleSet } as never;
  const online = new Set<string>();
  const tickMs = tickOf(recording);
  let tickAtMs = fromMs;
  for (const { sensor, atMs, receivedAtMs, value = 0, mark = 0 } of rows) {
    for (; tickAtMs < receivedAtMs; tickAtMs += tickMs)
      yield { receivedAtMs: tickAtMs, kind: 'tick', atMs: tickAtMs, centreUpSinceMs: fromMs } as never;
    const edgeId = edgeOf.get(sensor.sensorId) ?? '';
    if (!online.has(edgeId)) yield { receivedAtMs, kind: 'edge', edgeId, state: 'online' } as never;
    online.add(edgeId);
    const stamp = { sensorId: sensor.sensorId, measuredAtMs: atMs, timeQuality: 'synced', flags: [] } as const;
    const reading: Reading =
      mark === ROW_MISSING || mark === ROW_UNHEARD
        ? { ...stamp, quality: 'bad', reason: mark === ROW_MISSING ? 'sentinel' : 'timeout' }
        : { ...stamp, quality: mark === ROW_SUSPECT ? 'suspect' : 'good', value };
    const body = encodeBatch({
      ...{ edgeId, epoch: 'e', seq: 1, bootId: 'b', monoMs: 0, writtenAtMs: receivedAtMs, timeQuality: 'synced' },
      ...{ inventoryVersion: '1', readings: [reading], events: [] },
    });
    yield { receivedAtMs, kind: 'batch', edgeId, epoch: 'e', seq: 1, origin: 'replay', body } as never;
  }
  const toMs = rows.at(-1)?.receivedAtMs ?? 0;
  yield { receivedAtMs: toMs, kind: 'tick', atMs: toMs, centreUpSinceMs: fromMs } as never;
}

const tell = (transitions: readonly Transition[]) =>
  transitions.map(({ rule, subject, from, to, condition, atMs, decidedAtMs, late, reason, evidence }) => ({
    ...{ rule, subject: subject.id, from, to, condition, atMs, decidedAtMs, late, reason, evidence },
  }));

describe('a backtest', () => {
  it('says what the live engine says of the same rows in a journal, one batch a reading', () => {
    fc.assert(
      fc.property(rowsArb, (rows) => {
        const recording = recordingOf(rows);
        const run = runBacktest({ recording, rules: [{ file: 'rules.yaml', text: RULES }] });
        if (!run.ok) throw new Error(JSON.stringify(run.error));
        const engine = createEngine(0);
        let pos = 0;
        const live = [...journalOf(recording)].flatMap((row) => [
          ...engine.apply({ ...row, partition: 0, pos: ++pos } as JournalRow),
        ]);
        expect(tell(run.value.transitions)).toEqual(tell(live));
        expect(run.value.readings + run.value.missing).toBe(rows.length);
      }),
      { numRuns: 60 },
    );
  });
});
