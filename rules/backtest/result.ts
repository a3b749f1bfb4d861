/** What a backtest gives: level changes with their reasons, doubts, and the skill against what really happened. */
import type { LevelOrNone } from '#model/level.ts';
import type { SensorId } from '#model/reading.ts';
import type { Hazard, Registry } from '#model/registry.ts';
import type { Lint, Result } from '#model/result.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { Evidence, Transition } from '#model/transition.ts';
import type { RuleText } from '../compile.ts';
import type { Recording } from './recording.ts';
import type { TrueEvent } from './truth.ts';

export type BacktestInput = {
  readonly recording: Recording;
  readonly rules: readonly RuleText[];
  /** The county whose points, grids and limits the rules name; sensors are matched by id. */
  readonly county?: Registry;
  /** In which schedules are read; default: the recording's. */
  readonly zone?: string;
  /** Rows outside are not played. */
  readonly fromMs?: EpochMs;
  readonly toMs?: EpochMs;
};

/** A change of the level of a (subject, hazard): the maximum over all rules' conditions there. */
export type LevelChange = {
  /** Event time of the value that decided. */
  readonly atMs: EpochMs;
  readonly level: LevelOrNone;
  readonly from: LevelOrNone;
  readonly reason: Text;
  /** Id of the point. */
  readonly subject: string;
  readonly hazard: Hazard;
  readonly rule: string;
  readonly evidence: Evidence;
};

/** A doubt about a sensor's values (a rule's, or a mark of the row), or what its file says of a row. */
export type SensorFlag = {
  readonly atMs: EpochMs;
  readonly sensor: SensorId;
  readonly flag: string;
  readonly reason?: Text;
};

export type BacktestRun = {
  readonly changes: readonly LevelChange[];
  readonly flags: readonly SensorFlag[];
  /** Silence that the live centre would have told, which no rule asks for. */
  readonly silences: readonly Transition[];
  /** What late rows showed about the past. */
  readonly late: readonly Transition[];
  /** Everything that the engine said of conditions, in order. */
  readonly transitions: readonly Transition[];
  /** First and last instant played; both 0 without rows. */
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  /** Rows with a value, and without. */
  readonly readings: number;
  readonly missing: number;
  readonly ruleSet: CompiledRuleSet;
  /** Rules that do not apply here and why; warnings. */
  readonly notes: readonly Lint[];
};

export type Progress = (done: number, of: number, atMs: EpochMs) => void;

/** `runBacktest` in run.ts: the live compiler and the live engine over a recording. */
export type RunBacktest = (input: BacktestInput, onProgress?: Progress) => Result<BacktestRun, readonly Lint[]>;

export type EventOutcome = {
  readonly event: TrueEvent;
  readonly hit: boolean;
  /** From the warning's beginning to the event's; negative when the warning came during it. Null for a miss. */
  readonly leadMs: number | null;
};

/** Null where there is nothing to divide by, or no truth at all. */
export type Skill = {
  readonly hits: number | null;
  readonly misses: number | null;
  /** Warning periods without an event. */
  readonly falseAlarms: number | null;
  /** hits ÷ (hits + misses) */
  readonly pod: number | null;
  /** falseAlarms ÷ (hits + falseAlarms) */
  readonly far: number | null;
  /** hits ÷ (hits + misses + falseAlarms) */
  readonly csi: number | null;
  /** Of the hits, in order of the events. */
  readonly leadTimesMs: readonly number[];
  /** Hours at the warning level or above, of all subjects of the recording together (no hour counts twice). */
  readonly alarmHours: number;
  /** Part of the time outside all events during which a warning stood. */
  readonly falseTime: number | null;
  readonly periods: readonly { readonly fromMs: EpochMs; readonly toMs: EpochMs; readonly hit: boolean | null }[];
  readonly events: readonly EventOutcome[];
};
