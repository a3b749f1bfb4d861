/**
 * Plays a recording through the live engine: rows merged in time as the centre would have heard them, with the ticks of
 * its clock between, compiled by the live compiler. Nothing here judges; what is kept is what the engine says.
 */
import type { JournalRow } from '#model/journal.ts';
import { err, type Lint, ok } from '#model/result.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import { type EpochMs, MINUTE_MS, SECOND_MS } from '#model/time.ts';
import { createEngine, type Engine } from '../engine.ts';
import { type Keeper, MAX_KEPT, openKeeper } from './keeper.ts';
import { type Batch, type Merge, mergeSeries } from './merge.ts';
import { prepare } from './prepare.ts';
import { stepOf } from './recorded-county.ts';
import type { Recording } from './recording.ts';
import type { Progress, RunBacktest, SensorFlag } from './result.ts';

const PROGRESS_ROWS = 1 << 17;
const PARTITION = 0;

/** As often as the recording's finest step, between a second and a minute. */
export function tickOf(recording: Recording): number {
  const finest = recording.series.reduce((least, series) => Math.min(least, stepOf(series)), MINUTE_MS);
  return Math.max(SECOND_MS, Math.min(MINUTE_MS, finest));
}

export const runBacktest: RunBacktest = (input, onProgress = () => {}) => {
  const { recording, fromMs, toMs } = input;
  const tickMs = tickOf(recording);
  const prepared = prepare(input, tickMs);
  if (!prepared.ok) return prepared;
  const { ruleSet, notes } = prepared.value;
  const slotOf = new Map(ruleSet.inventory.map(({ sensorId }, slot) => [sensorId, slot]));
  const slots = Int32Array.from(recording.series, ({ sensor }) => slotOf.get(sensor.sensorId) ?? -1);
  const window = { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) };
  const merge = mergeSeries(
    recording.series.map(({ columns }) => columns),
    slots,
    window,
  );
  if (merge.rows === 0) return err([finding('no rows', 'look at --data, --from and --to')]);
  const sensorIds = ruleSet.inventory.map(({ sensorId }) => sensorId);
  const keeper = openKeeper(sensorIds, fileFlags(recording, merge));
  const player = openPlayer(ruleSet, merge, slots, keeper);
  if (!play(player, merge, tickMs, onProgress))
    return err([finding(`more than ${MAX_KEPT} findings`, 'a rule flaps: give it a deadband or delays')]);
  const missing = keeper.countMissing();
  return ok({
    ...keeper.kept(),
    ...{ fromMs: merge.fromMs, toMs: merge.toMs, readings: merge.rows - missing, missing, ruleSet, notes },
  });
};

const finding = (message: string, mend: string): Lint => ({
  ...{ file: '', line: 0, column: 0, path: '', kind: 'backtest', message, mend, severity: 'error' },
});

const fileFlags = ({ series }: Recording, { fromMs, toMs }: Merge): readonly SensorFlag[] =>
  series.flatMap(({ sensor, flags = [] }) =>
    flags
      .filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
      .map(({ atMs, flag }) => ({ atMs, sensor: sensor.sensorId, flag })),
  );

type Player = {
  readonly feed: (batch: Batch) => void;
  readonly tick: (atMs: EpochMs) => void;
  readonly isFull: () => boolean;
};

function openPlayer(ruleSet: CompiledRuleSet, merge: Merge, slots: Int32Array, keeper: Keeper): Player {
  const engine: Engine = createEngine(PARTITION);
  const { fromMs } = merge;
  let pos = 0;
  const give = (row: JournalRow) => {
    const transitions = engine.apply(row);
    const notes = engine.notes();
    if (transitions.length > 0 || notes.length > 0) keeper.take(transitions, notes);
  };
  const head = (receivedAtMs: EpochMs) => ({ partition: PARTITION, pos: ++pos, receivedAtMs });
  const coming = edgesToCome(ruleSet, merge, slots);
  give({ ...head(fromMs), kind: 'rules', ruleSet });
  return {
    feed: (batch) => {
      for (let edge = coming[0]; edge !== undefined && edge.atMs <= batch.receivedAtMs; edge = coming[0]) {
        coming.shift();
        give({ ...head(edge.atMs), kind: 'edge', edgeId: edge.edgeId, state: 'online' });
      }
      if (batch.marked) keeper.takeMarks(batch);
      const transitions = engine.applyColumns(++pos, batch.receivedAtMs, batch);
      const notes = engine.notes();
      if (transitions.length > 0 || notes.length > 0) keeper.take(transitions, notes);
    },
    tick: (atMs) => give({ ...head(atMs), kind: 'tick', atMs, centreUpSinceMs: fromMs }),
    isFull: keeper.isFull,
  };
}

/** Lines come up with the first row of their stations. */
function edgesToCome(ruleSet: CompiledRuleSet, { starts }: Merge, slots: Int32Array) {
  const first = new Map<string, EpochMs>();
  for (const [series, slot] of slots.entries()) {
    const edgeId = ruleSet.inventory[slot]?.edgeId;
    const atMs = starts[series] ?? Infinity;
    if (edgeId !== undefined) first.set(edgeId, Math.min(atMs, first.get(edgeId) ?? Infinity));
  }
  return [...first].map(([edgeId, atMs]) => ({ edgeId, atMs })).sort((a, b) => a.atMs - b.atMs);
}

/**
 * The centre's clock ticks through gaps as well, so that silence and absence are judged when they are due; rows of a
 * tick's own instant come before it. False when it was too much to keep.
 */
function play(player: Player, merge: Merge, tickMs: number, onProgress: Progress): boolean {
  let done = 0;
  let told = 0;
  let tickAtMs = merge.fromMs;
  for (let batch = merge.next(); batch !== undefined; batch = merge.next()) {
    for (; tickAtMs < batch.receivedAtMs; tickAtMs += tickMs) player.tick(tickAtMs);
    player.feed(batch);
    done += batch.count;
    if (done - told < PROGRESS_ROWS) continue;
    told = done;
    onProgress(done, merge.rows, batch.receivedAtMs);
    if (player.isFull()) return false;
  }
  player.tick(merge.toMs);
  onProgress(done, merge.rows, merge.toMs);
  return !player.isFull();
}
