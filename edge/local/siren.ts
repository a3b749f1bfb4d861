/**
 * Decides whether an output sounds. Each episode (a hazard at a point) that is at or above the output's level is heard
 * for a limited time, from its beginning or from its last rise; a mute holds for a while and ends early when the level
 * rises above the muted one. A new episode knows nothing of an old one's mute. Times are monotonic.
 */
import type { EdgeAct, EdgeCondition } from '../../model/edge-event.ts';
import { type Level, type LevelOrNone, rankOf } from '../../model/level.ts';
import type { PointId } from '../../model/registry.ts';
import type { Text } from '../../model/text.ts';
import { sayBelow, sayCleared, sayMuted, sayMuteOver, sayRoseAgain, saySpent } from './texts.ts';

/** What an output must know of its configuration. */
export type SirenPolicy = {
  readonly points: readonly PointId[];
  readonly minLevel: Level;
  readonly maxOnMs: number;
};

/** A hazard at a point that stands now, at its worst condition. */
export type Demand = {
  readonly key: string;
  readonly pointId: PointId;
  readonly hazard: EdgeCondition['hazard'];
  readonly level: LevelOrNone;
  readonly reason: Text;
};

export type Episode = {
  readonly level: LevelOrNone;
  /** It is heard from here on: its beginning, its last rise, or the end of its mute. */
  readonly sinceMs: number;
  readonly mute: { readonly level: LevelOrNone; readonly untilMs: number } | null;
};

export type SirenState = {
  readonly episodes: { readonly [key: string]: Episode };
  /** The level at which it sounds; none when it is silent. */
  readonly soundsAt: LevelOrNone;
};

export const SILENT: SirenState = { episodes: {}, soundsAt: 'none' };

export type Act = {
  readonly act: EdgeAct;
  readonly pointId: PointId | null;
  readonly level: LevelOrNone;
  readonly reason: Text;
};
export type Step = { readonly state: SirenState; readonly acts: readonly Act[]; readonly lead: Demand | undefined };

/** What stands, one row a hazard and point; of several rules and sensors the worst. */
export function demandsOf(active: Iterable<EdgeCondition>): readonly Demand[] {
  const worst = new Map<string, Demand>();
  for (const { pointId, hazard, to, reason } of active) {
    const key = `${pointId}|${hazard}`;
    const before = worst.get(key);
    if (before === undefined || rankOf(to) > rankOf(before.level))
      worst.set(key, { key, pointId, hazard, level: to, reason });
  }
  return [...worst.values()];
}

const isHeard = (policy: SirenPolicy, episode: Episode, nowMs: number): boolean =>
  rankOf(episode.level) >= rankOf(policy.minLevel) && nowMs - episode.sinceMs < policy.maxOnMs && episode.mute === null;

type Turned = { readonly episode: Episode; readonly unmuted: Text | undefined };

function turnEpisode(before: Episode | undefined, level: LevelOrNone, nowMs: number): Turned {
  if (before === undefined) return { episode: { level, sinceMs: nowMs, mute: null }, unmuted: undefined };
  const { mute } = before;
  if (mute !== null && rankOf(level) > rankOf(mute.level))
    return { episode: { level, sinceMs: nowMs, mute: null }, unmuted: sayRoseAgain(level) };
  if (mute !== null && nowMs >= mute.untilMs)
    return { episode: { level, sinceMs: nowMs, mute: null }, unmuted: sayMuteOver() };
  const sinceMs = rankOf(level) > rankOf(before.level) ? nowMs : before.sinceMs;
  return { episode: { level, sinceMs, mute }, unmuted: undefined };
}

/** Why it fell silent without anybody's doing. */
function whySilent(policy: SirenPolicy, demands: readonly Demand[]): Text {
  if (demands.length === 0) return sayCleared();
  return demands.some(({ level }) => rankOf(level) >= rankOf(policy.minLevel))
    ? saySpent(policy.maxOnMs)
    : sayBelow(policy.minLevel);
}

/** The output after what stands now; called at every change and when `dueMs` has come. */
export function stepSiren(policy: SirenPolicy, state: SirenState, all: readonly Demand[], nowMs: number): Step {
  const demands = all.filter(({ pointId }) => policy.points.includes(pointId));
  const acts: Act[] = [];
  const episodes: { [key: string]: Episode } = {};
  let lead: Demand | undefined;
  for (const demand of demands) {
    const { episode, unmuted } = turnEpisode(state.episodes[demand.key], demand.level, nowMs);
    episodes[demand.key] = episode;
    if (unmuted !== undefined)
      acts.push({ act: 'unmuted', pointId: demand.pointId, level: demand.level, reason: unmuted });
    const isWorse = lead === undefined || rankOf(demand.level) > rankOf(lead.level);
    if (isHeard(policy, episode, nowMs) && isWorse) lead = demand;
  }
  const soundsAt = lead?.level ?? 'none';
  if (lead !== undefined && rankOf(soundsAt) > rankOf(state.soundsAt))
    acts.push({ act: 'on', pointId: lead.pointId, level: lead.level, reason: lead.reason });
  if (lead === undefined && state.soundsAt !== 'none')
    acts.push({ act: 'off', pointId: null, level: 'none', reason: whySilent(policy, demands) });
  return { state: { episodes, soundsAt }, acts, lead };
}

/** Somebody on the spot mutes what is heard now; nothing happens when nothing is. */
export function muteSiren(
  policy: SirenPolicy,
  state: SirenState,
  by: { readonly buttonId: string; readonly muteMs: number },
  nowMs: number,
): { readonly state: SirenState; readonly acts: readonly Act[] } {
  if (state.soundsAt === 'none') return { state, acts: [] };
  const episodes = Object.fromEntries(
    Object.entries(state.episodes).map(([key, episode]) => [
      key,
      isHeard(policy, episode, nowMs)
        ? { ...episode, mute: { level: episode.level, untilMs: nowMs + by.muteMs } }
        : episode,
    ]),
  );
  const reason = sayMuted(by.buttonId, by.muteMs);
  return {
    state: { episodes, soundsAt: 'none' },
    acts: [{ act: 'muted', pointId: null, level: state.soundsAt, reason }],
  };
}

/** When the output may change although nothing outside does; undefined when never. `decidedAtMs` is that of the state. */
export function dueMs(policy: SirenPolicy, state: SirenState, decidedAtMs: number): number | undefined {
  const dues = Object.values(state.episodes).flatMap((episode) => {
    if (episode.mute !== null) return [episode.mute.untilMs];
    return isHeard(policy, episode, decidedAtMs) ? [episode.sinceMs + policy.maxOnMs] : [];
  });
  return dues.length === 0 ? undefined : Math.min(...dues);
}
