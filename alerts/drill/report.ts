/** The report of a drill: who was asked, how long each took, who was not reached; by tier, by channel, by household. */
import type { Call } from '#model/call.ts';
import type { Drill, DrillChannel, DrillEvacuation, DrillReport, DrillTier, DrillTime } from '#model/drill.ts';
import type { Evacuation } from '#model/evacuation.ts';
import type { Tier } from '#model/registry.ts';
import { type EpochMs, MINUTE_MS } from '#model/time.ts';
import { reportText } from './report-text.ts';

/** A call, and when its first message left. */
export type AskedCall = Call & { readonly sentAtMs: EpochMs | null };
export type DrillFacts = {
  readonly calls: readonly AskedCall[];
  readonly deliveries: readonly { readonly channel: string; readonly state: string; readonly n: number }[];
  readonly evacuations: readonly Evacuation[];
};

/** 叫应 in five minutes. */
const IN_TIME_MS = 5 * MINUTE_MS;
const REACHED: ReadonlySet<Call['state']> = new Set(['answered', 'reached', 'cannot']);
/** Whoever was only told owes no answer, and whoever was asked for nothing any more does not either. */
const OWES_NOTHING: ReadonlySet<Call['state']> = new Set(['told', 'stopped']);

export const timeOf = (call: AskedCall): DrillTime => ({
  personId: call.personId,
  name: call.name,
  tier: call.tier,
  gridCode: call.gridCode,
  alertId: call.alertId,
  askedAtMs: call.askedAtMs,
  sentMs: call.sentAtMs === null ? null : call.sentAtMs - call.askedAtMs,
  answeredMs: REACHED.has(call.state) && call.endedAtMs !== null ? call.endedAtMs - call.askedAtMs : null,
  outcome: call.state,
});

const isReached = ({ outcome }: DrillTime): boolean => REACHED.has(outcome as Call['state']);
const isMissing = (time: DrillTime): boolean => !isReached(time) && !OWES_NOTHING.has(time.outcome as Call['state']);

function tierOf(tier: Tier, times: readonly DrillTime[]): DrillTier {
  const took = times.flatMap(({ answeredMs }) => answeredMs ?? []).sort((a, b) => a - b);
  return {
    tier,
    asked: times.filter(({ outcome }) => outcome !== 'told').length,
    answered: times.filter(isReached).length,
    notReached: times.filter(isMissing).length,
    medianAnswerMs: took[Math.floor((took.length - 1) / 2)] ?? null,
    slowestAnswerMs: took.at(-1) ?? null,
    inTime: took.filter((ms) => ms <= IN_TIME_MS).length,
  };
}

const OUT: ReadonlySet<string> = new Set(['moved', 'safe', 'returned']);

export function evacuationOf(list: Evacuation): DrillEvacuation {
  const out = list.households.filter(({ state }) => OUT.has(state));
  const took = out.flatMap(({ atMs }) => (atMs === null ? [] : [atMs - list.openedAtMs])).sort((a, b) => a - b);
  const people = (households: Evacuation['households']): number =>
    households.reduce((sum, household) => sum + household.people, 0);
  return {
    evacuationId: list.id,
    pointId: list.pointId,
    households: list.households.length,
    people: people(list.households),
    outHouseholds: out.length,
    outPeople: people(out),
    firstOutMs: took[0] ?? null,
    lastOutMs: took.at(-1) ?? null,
  };
}

const channelsOf = (rows: DrillFacts['deliveries']): readonly DrillChannel[] =>
  [...Map.groupBy(rows, ({ channel }) => channel)].map(([channel, own]) => ({
    channel,
    messages: own.reduce((sum, { n }) => sum + n, 0),
    byState: Object.fromEntries(own.map(({ state, n }) => [state, n])),
  }));

export function composeReport(drill: Drill, facts: DrillFacts, endedBy: string, endedAtMs: EpochMs): DrillReport {
  const times = facts.calls.map(timeOf);
  const tiers = ([1, 2, 3, 4] as const).flatMap((tier) => {
    const own = times.filter((time) => time.tier === tier);
    return own.length === 0 ? [] : [tierOf(tier, own)];
  });
  const { id: drillId, name, gridCode, broadcast, startedAtMs, stepsDone, steps, alertIds } = drill;
  const report = {
    drillId,
    name,
    gridCode,
    broadcast,
    startedAtMs,
    endedAtMs,
    endedBy,
    stepsDone,
    steps: steps.length,
    alertIds,
    times,
    tiers,
    notReached: times.filter(isMissing),
    evacuations: facts.evacuations.map(evacuationOf),
    channels: channelsOf(facts.deliveries),
  };
  return { ...report, text: reportText(report) };
}
