/**
 * What the edge decides by itself: its own batches, judged as soon as they are on disk, by the rules that came with its
 * configuration; what stands switches the outputs at once and goes into the same outbox (docs/decisions/edge-acts.md).
 */
import type { EdgeConfig } from '../../model/edge-config.ts';
import type { EdgeCondition, EdgeEvent } from '../../model/edge-event.ts';
import type { StageContext } from '../../model/ports.ts';
import { err, ok, type Result } from '../../model/result.ts';
import type { CompiledRuleSet } from '../../model/rule-set.ts';
import { withoutAhead } from '../acquire/ahead.ts';
import type { Outcome } from '../acquire/judge.ts';
import { createJudge, type LocalJudge, restoreJudge } from '../local/judge.ts';
import { demandsOf } from '../local/siren.ts';
import { openUrgency } from '../local/urgency.ts';
import { type ActEvent, openOutput } from './local-outputs.ts';
import type { Outbox } from './outbox.ts';
import type { EngineMark } from './outbox-memory.ts';
import type { Recorder } from './recorder.ts';
import { type Button, watchButton } from './siren-mute.ts';
import type { DoorOf } from './siren-relay.ts';

/** Rows stay on disk until a snapshot covers them; an acked one stays ten minutes anyway. */
const SNAPSHOT_ROWS = 2_000;
const SNAPSHOT_MS = 600_000;
/** What an output remembers is written so often while it matters. */
const NOTE_MS = 60_000;
/** A statement that would not fit into a batch is not made at all: what it left out would count as over. */
const MAX_STATEMENT_BYTES = 200_000;

/** After the last rule was taken away: everything that stands is closed. */
const NO_RULES: CompiledRuleSet = {
  version: 'none',
  tickMs: 60_000,
  inventory: [],
  rules: [],
  silence: { staleLevel: 'blue', gatewayLostLevel: 'blue', gatewayLostAfterMs: 60_000 },
};

export type Local = {
  /** Whether these must be on disk, and so judged, before their cycle is over. */
  readonly isUrgent: (outcomes: readonly Outcome[]) => boolean;
  /** The buses are there: outputs are brought into the state that is wanted, buttons are watched. */
  readonly begin: (doorOf: DoorOf) => void;
  /**
   * The uplink is there: what stands, as a batch of its own, to be sent before all others. Not made when nothing stands
   * and nothing changed while the uplink was away.
   */
  readonly onLink: () => void;
  readonly onLinkLost: () => void;
  /** Everything active, the newest word on each. */
  readonly active: () => readonly EdgeCondition[];
  /** Switches an output on for 1 to 60 s, as a drill. */
  readonly testOutput: (outputId: string, seconds: number) => Result<void, string>;
  /** Null when nothing is judged here. */
  readonly ruleSetVersion: () => string | null;
  /** Before the buses stop: a drill ends, an alarm stays as it is and is taken over by the next process. */
  readonly endTests: () => Promise<void>;
  /** After the buses: the last word on disk. */
  readonly stop: () => Promise<void>;
};

type Deps = { readonly ctx: StageContext; readonly outbox: Outbox; readonly recorder: Recorder };

export function openLocal(config: EdgeConfig, { ctx, outbox, recorder }: Deps): Local {
  const { clock, log, metrics } = ctx;
  const { local } = config;
  const urgency = openUrgency(local);
  const place = outbox.engineState();
  const hasEngine = local.ruleSet !== null || place !== undefined;
  let judge = openJudge(config.edgeId, place?.snapshot, log);
  let epoch = outbox.epoch;
  let judgedSeq = place?.snapshotSeq ?? outbox.nextSeq - 1;
  let rowsSinceSnapshot = 0;
  let snapshotAtMs = clock.monoMs();
  let notedAtMs = clock.monoMs();
  let isLooking = false;
  let isStopped = false;
  let hasBegun = false;
  let isLinked = false;
  /** The centre may hold for active what is over, or the other way round; a process, or a new outbox, does not know what was sent. */
  let hasChangedAway = outbox.unacked > 0 || outbox.nextSeq === 1;
  let cancelDue: () => void = () => undefined;
  let buttons: readonly Button[] = [];

  const tell = (events: readonly EdgeEvent[], engine?: EngineMark | null): boolean => {
    const notes = outputs.flatMap((output) => output.note() ?? []);
    if (events.length === 0 && notes.length === 0 && engine === undefined) return true;
    notedAtMs = clock.monoMs();
    return recorder.record({
      ...{ outcomes: [], events, units: [] },
      ...(notes.length === 0 ? {} : { notes }),
      ...(engine === undefined ? {} : { engine }),
    });
  };
  const outputs = local.outputs.map((output) =>
    openOutput(output, {
      ...{ ctx, pointNames: local.pointNames, note: (key) => outbox.note(key) },
      onAct: (act) => {
        metrics.count('fengsui_edge_acts_total', { act: act.act });
        if (!isStopped) tell([act]);
      },
    }),
  );

  /** Every output by what stands now. */
  const stepAll = (): readonly ActEvent[] => {
    const demands = demandsOf(judge.active().values());
    const acts = outputs.flatMap((output) => output.step(demands));
    for (const { act } of acts) metrics.count('fengsui_edge_acts_total', { act });
    for (const output of outputs)
      metrics.gauge('fengsui_edge_output_sounding', output.isSounding() ? 1 : 0, { output: output.id });
    if (acts.some(({ act }) => act === 'on')) for (const button of buttons) button.wake();
    plan();
    return acts;
  };
  /** Time alone may change an output: its limit, the end of a mute. */
  const plan = () => {
    cancelDue();
    if (isStopped) return;
    const dues = outputs.flatMap((output) => output.dueMs() ?? []);
    if (dues.length === 0) return;
    const waitMs = Math.min(Math.max(0, Math.min(...dues) - clock.monoMs()), NOTE_MS);
    cancelDue = clock.after(waitMs, () => {
      const acts = stepAll();
      if (acts.length > 0 || clock.monoMs() - notedAtMs >= NOTE_MS) tell(acts);
    });
  };

  const mark = (forced: boolean): EngineMark => {
    const isDue = rowsSinceSnapshot >= SNAPSHOT_ROWS || clock.monoMs() - snapshotAtMs >= SNAPSHOT_MS;
    if (!forced && !isDue) return { judgedSeq };
    rowsSinceSnapshot = 0;
    snapshotAtMs = clock.monoMs();
    metrics.count('fengsui_edge_rules_snapshots_total');
    return { judgedSeq, snapshot: judge.snapshot() };
  };

  /** A row that the engine cannot judge is a bug: it is told, left out, and the next one is judged. */
  const judgeRow = (seq: number, body: string): readonly EdgeCondition[] => {
    try {
      return judge.judge(seq, body);
    } catch (cause) {
      metrics.count('fengsui_edge_rows_unjudged_total');
      log.error('a batch could not be judged', { seq, cause: String(cause) });
      return [];
    }
  };
  const eventsOf = (conditions: readonly EdgeCondition[]): readonly EdgeEvent[] =>
    conditions.map((condition) => ({ kind: 'condition', condition }));
  const act = (conditions: readonly EdgeCondition[]): readonly EdgeEvent[] => {
    for (const { to, condition } of conditions)
      metrics.count('fengsui_edge_conditions_total', { level: to, condition });
    if (!isLinked && conditions.length > 0) hasChangedAway = true;
    return [...eventsOf(conditions), ...(hasBegun ? stepAll() : [])];
  };

  /** Judges what is on disk and not judged yet; the outputs are switched before anything else is written. */
  const look = (): void => {
    if (isLooking || isStopped || local.ruleSet === null) return;
    isLooking = true;
    try {
      if (epoch !== outbox.epoch) {
        epoch = outbox.epoch;
        judgedSeq = 0;
        rowsSinceSnapshot = SNAPSHOT_ROWS;
      }
      for (;;) {
        const conditions: EdgeCondition[] = [];
        const before = judgedSeq;
        for (const { seq, body } of outbox.rowsAfter(judgedSeq)) {
          conditions.push(...judgeRow(seq, withoutAhead(body, recorder.judgedAhead())));
          judgedSeq = seq;
          rowsSinceSnapshot++;
        }
        if (before === judgedSeq) return;
        const isSnapshotDue = rowsSinceSnapshot >= SNAPSHOT_ROWS || clock.monoMs() - snapshotAtMs >= SNAPSHOT_MS;
        if (conditions.length > 0) tell(act(conditions), mark(false));
        else if (isSnapshotDue) tell([], mark(false));
      }
    } finally {
      isLooking = false;
    }
  };

  /** As it was when the process ended: rows whose judgement is on disk are judged again and not told again. */
  const catchUp = (): readonly EdgeCondition[] => {
    const untold: EdgeCondition[] = [];
    const toldSeq = place?.judgedSeq ?? 0;
    for (const { seq, body } of outbox.rowsAfter(judgedSeq)) {
      const conditions = judgeRow(seq, body);
      if (seq > toldSeq) untold.push(...conditions);
      judgedSeq = seq;
      rowsSinceSnapshot++;
    }
    return untold;
  };
  /** The rules of this configuration; when they cannot be taken, those that judged so far go on. */
  const adopt = (ruleSet: CompiledRuleSet): readonly EdgeCondition[] => {
    if (judge.ruleSetVersion() === ruleSet.version) return [];
    const before = judge.snapshot();
    try {
      const conditions = judge.adopt(ruleSet, judgedSeq, clock.nowMs());
      log.info('the edge judges by these rules', { version: ruleSet.version, rules: ruleSet.rules.length });
      return conditions;
    } catch (cause) {
      judge = restoreJudge(config.edgeId, before) ?? createJudge(config.edgeId);
      log.error('the rules could not be taken, the last ones go on', {
        version: ruleSet.version,
        cause: String(cause),
      });
      return [];
    }
  };
  const open = (): void => {
    const untold = place === undefined ? [] : catchUp();
    const changed = [...untold, ...adopt(local.ruleSet ?? NO_RULES)];
    judgedSeq = outbox.nextSeq - 1;
    tell(eventsOf(changed), local.ruleSet === null ? null : mark(true));
  };
  if (hasEngine) open();

  recorder.onCommitted(look);
  // What the disk refused is judged all the same: a full disk silences no siren.
  recorder.onRefused((body) => {
    if (isStopped || local.ruleSet === null) return;
    const conditions = judgeRow(judgedSeq, body);
    if (conditions.length > 0) tell(act(conditions));
  });

  const press = (buttonId: string, outputIds: readonly string[], muteMs: number) => {
    const acts = outputs
      .filter((output) => outputIds.includes(output.id))
      .flatMap((output) => output.mute({ buttonId, muteMs }));
    if (acts.length === 0) return;
    log.info('outputs were muted by hand', { button: buttonId });
    metrics.count('fengsui_edge_acts_total', { act: 'muted' }, acts.length);
    plan();
    tell(acts);
  };

  return {
    isUrgent: (outcomes) => urgency(outcomes, judge.active()),
    begin: (doorOf) => {
      hasBegun = true;
      tell(stepAll());
      for (const output of outputs) output.begin(doorOf);
      buttons = local.mutes.map((mute) => {
        const pollMs = config.buses.find(({ id }) => id === mute.busId)?.pollMs ?? 1_000;
        const isSounding = () => outputs.some((output) => mute.outputs.includes(output.id) && output.isSounding());
        const onPress = () => press(mute.id, mute.outputs, mute.muteMs);
        return watchButton(mute, { ctx, pollMs, doorOf, isSounding, onPress });
      });
    },
    onLinkLost: () => {
      isLinked = false;
    },
    onLink: () => {
      isLinked = true;
      if (local.ruleSet === null || (!hasChangedAway && judge.active().size === 0)) return;
      hasChangedAway = false;
      const event: EdgeEvent = { kind: 'conditions', atMs: clock.nowMs(), active: [...judge.active().values()] };
      if (JSON.stringify(event).length > MAX_STATEMENT_BYTES)
        log.error('too much stands for one statement: the centre hears it with the backlog', {
          active: event.active.length,
        });
      else tell([event]);
    },
    active: () => [...judge.active().values()],
    testOutput: (outputId, seconds) => {
      const output = outputs.find(({ id }) => id === outputId);
      if (output === undefined)
        return err(`this edge has no output ${outputId}; it has ${outputs.map(({ id }) => id).join(', ') || 'none'}`);
      if (!Number.isInteger(seconds) || seconds < 1 || seconds > 60) return err('a drill lasts 1 to 60 seconds');
      tell(output.test(seconds, (acts) => void tell(acts)));
      return ok(undefined);
    },
    ruleSetVersion: () => (local.ruleSet === null ? null : judge.ruleSetVersion()),
    endTests: async () => {
      for (const button of buttons) button.stop();
      await Promise.all(outputs.map((output) => output.rest()));
    },
    stop: async () => {
      look();
      if (local.ruleSet !== null) tell([], mark(true));
      isStopped = true;
      cancelDue();
      for (const button of buttons) button.stop();
      await Promise.all(outputs.map((output) => output.stop()));
    },
  };
}

function openJudge(edgeId: string, snapshot: Uint8Array | undefined, log: StageContext['log']): LocalJudge {
  const restored = snapshot === undefined ? undefined : restoreJudge(edgeId, snapshot);
  if (snapshot !== undefined && restored === undefined)
    log.warn('the snapshot of the rules is of another format: windows begin anew', {});
  return restored ?? createJudge(edgeId);
}
