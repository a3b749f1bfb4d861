/**
 * Scores warnings against what really happened. A hit is an event at which a warning stood; a false alarm is a warning
 * period without an event. How they are matched, and why so, is written in docs/decisions/backtest.md.
 */
import { DAY_MS, type EpochMs, HOUR_MS } from '#model/time.ts';
import { joined, lengthOf, meets, overlapOf, type Span, spansAtLevel } from './periods.ts';
import type { BacktestRun, EventOutcome, LevelChange, Skill } from './result.ts';
import { DEFAULT_SKILL, type SkillOptions, type TrueEvent, type Truth } from './truth.ts';

type Scored = Pick<BacktestRun, 'changes' | 'fromMs' | 'toMs'>;

/** Where and of which hazard an event's warnings are looked for. */
type Scope = { readonly subject: string | undefined; readonly hazard: string | undefined };
const scopeOf = ({ subject, hazard }: TrueEvent): Scope => ({ subject, hazard });
const scopeKey = ({ subject, hazard }: Scope): string => `${subject ?? '*'}|${hazard ?? '*'}`;

const inScope = (change: LevelChange, { subject, hazard }: Scope): boolean =>
  (subject === undefined || change.subject === subject) && (hazard === undefined || change.hazard === hazard);

/** Events outside the recording cannot be hit or missed. */
const eventsWithin = ({ events }: Truth, { fromMs, toMs }: Scored): readonly TrueEvent[] =>
  events.filter((event) => meets(event, { fromMs, toMs }));

/** An event that begins so soon after the last row is still the recording's. */
const AFTER_MS = DAY_MS;

/** How far a recording is scored: what stands at its end is taken to stand on through the events that begin soon after. */
export function scoredTo(toMs: EpochMs, truth: Truth | undefined): EpochMs {
  const reached = (truth?.events ?? []).filter((event) => event.fromMs - toMs < AFTER_MS);
  return reached.reduce((most, event) => Math.max(most, event.toMs), toMs);
}

export function scoreSkill(played: Scored, truth: Truth | undefined, given: Partial<SkillOptions> = {}): Skill {
  const run: Scored = { changes: played.changes, fromMs: played.fromMs, toMs: scoredTo(played.toMs, truth) };
  const options: SkillOptions = { ...DEFAULT_SKILL, ...given };
  const { warnLevel, mergeMs } = options;
  const all = spansAtLevel(run.changes, warnLevel, run.toMs);
  const alarmHours = lengthOf(all) / HOUR_MS;
  if (truth === undefined)
    return {
      ...{ hits: null, misses: null, falseAlarms: null, pod: null, far: null, csi: null },
      ...{ leadTimesMs: [], alarmHours, falseTime: null, events: [] },
      periods: joined(all, mergeMs).map((period) => ({ ...period, hit: null })),
    };
  const events = eventsWithin(truth, run);
  const outcomes = events.map((event) => outcomeOf(event, run, options));
  const periods = periodsOf(run, events, options);
  return { ...countsOf(outcomes, periods), alarmHours, falseTime: falseTimeOf(all, events, run, options) };
}

/** The stretch of time in which a warning counts for an event. */
const windowOf = ({ fromMs, toMs }: TrueEvent, { leadMs, toleranceMs }: SkillOptions): Span => ({
  fromMs: fromMs - leadMs,
  toMs: toMs + toleranceMs,
});

const spansOf = (run: Scored, scope: Scope, { warnLevel }: SkillOptions): readonly Span[] =>
  spansAtLevel(
    run.changes.filter((change) => inScope(change, scope)),
    warnLevel,
    run.toMs,
  );

/** The lead is that of the warning that stood: of its own unbroken span, not of the merged period. */
function outcomeOf(event: TrueEvent, run: Scored, options: SkillOptions): EventOutcome {
  const window = windowOf(event, options);
  const warning = spansOf(run, scopeOf(event), options).find((span) => meets(span, window));
  return { event, hit: warning !== undefined, leadMs: warning === undefined ? null : event.fromMs - warning.fromMs };
}

type Period = Skill['periods'][number];

/**
 * Warning periods, each with whether an event of its scope fell into it. Where every event names its subject, each
 * subject's warnings are judged for themselves, also those of subjects where nothing ever happened.
 */
function periodsOf(run: Scored, events: readonly TrueEvent[], options: SkillOptions): readonly Period[] {
  const located = events.length > 0 && events.every(({ subject }) => subject !== undefined);
  const ofHazard = events.length > 0 && events.every(({ hazard }) => hazard !== undefined);
  const scopes = new Map<string, Scope>();
  const hazards = new Set(events.map(({ hazard }) => hazard));
  const add = (scope: Scope) => scopes.set(scopeKey(scope), scope);
  for (const { subject, hazard } of run.changes)
    if (!ofHazard || hazards.has(hazard))
      add({ subject: located ? subject : undefined, hazard: ofHazard ? hazard : undefined });
  const periods = [...scopes.values()].flatMap((scope) => {
    const own = events.filter(
      (event) =>
        (scope.subject === undefined || event.subject === scope.subject) &&
        (scope.hazard === undefined || event.hazard === scope.hazard),
    );
    return joined(spansOf(run, scope, options), options.mergeMs).map((period) => ({
      ...period,
      hit: own.some((event) => meets(period, windowOf(event, options))),
    }));
  });
  return periods.sort((a, b) => a.fromMs - b.fromMs);
}

function countsOf(
  events: readonly EventOutcome[],
  periods: readonly Period[],
): Omit<Skill, 'alarmHours' | 'falseTime'> {
  const hits = events.filter(({ hit }) => hit).length;
  const misses = events.length - hits;
  const falseAlarms = periods.filter(({ hit }) => hit === false).length;
  const part = (count: number, of: number) => (of === 0 ? null : count / of);
  return {
    ...{ hits, misses, falseAlarms },
    pod: part(hits, events.length),
    far: part(falseAlarms, hits + falseAlarms),
    csi: part(hits, hits + misses + falseAlarms),
    leadTimesMs: events.flatMap(({ leadMs }) => (leadMs === null ? [] : [leadMs])),
    ...{ periods, events },
  };
}

/** Of the time outside all events' windows, the part during which a warning stood. */
function falseTimeOf(
  warned: readonly Span[],
  events: readonly TrueEvent[],
  { fromMs, toMs }: Scored,
  options: SkillOptions,
): number | null {
  const clipped = events
    .map((event) => windowOf(event, options))
    .map((span) => ({
      fromMs: Math.max(fromMs, span.fromMs),
      toMs: Math.min(toMs, span.toMs),
    }));
  const busy = joined(clipped, 0);
  const calmMs = toMs - fromMs - lengthOf(busy);
  return calmMs <= 0 ? null : (lengthOf(warned) - overlapOf(warned, busy)) / calmMs;
}
