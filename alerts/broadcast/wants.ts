/** Decides whether devices of an area (speakers, sirens, LED boards, the broadcast platform) are told of a notice at all. */
import type { Alert } from '#model/alert.ts';
import type { ChannelConfig } from '#model/channel.ts';
import { isLevel, type Level, rankOf } from '#model/level.ts';
import { ancestry, type Registry } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';
import { asks, type Change, type Notice } from '../episode.ts';
import { firstLine, policyOf } from '../policy.ts';

export type OfAlert = Pick<Alert, 'hazard' | 'gridCode' | 'origin' | 'drill' | 'areas'>;

/** A drill sounds where it was said so, and nowhere else. */
export const mayReachDevices = ({ origin, drill }: Pick<Alert, 'origin' | 'drill'>): boolean =>
  origin !== 'drill' || drill?.broadcast === true;

/** Whether the policy lets devices sound for this level. */
export function policySounds(alert: OfAlert, level: Level, registry: Registry, atMs: EpochMs): boolean {
  const chain = ancestry(registry, alert.gridCode);
  const of = { level, hazard: alert.hazard, chain, atMs, zone: registry.county.zone };
  return firstLine(policyOf(registry).broadcast, of) !== undefined;
}

const ANNOUNCES: ReadonlySet<Change> = new Set<Change>(['raised', 'worsened', 'recurred', 'moved']);

/**
 * A speaker sounds when people are asked, and when the place turned out to be another one; it is silenced by a message of
 * its own (`broadcastPart`). The platform (EBD) hears as well of what it was told before being lowered.
 */
export function wantsDevices(
  channel: Pick<ChannelConfig, 'kind'> & { readonly minLevel?: Level },
  notice: Pick<Notice, 'change' | 'from' | 'to' | 'only'>,
  alert: OfAlert,
  { registry, atMs }: { readonly registry: Registry; readonly atMs: EpochMs },
): boolean {
  // A notice to some people is none for devices; of a warning it is the part of its area where the level changed.
  if ((notice.only !== undefined && alert.areas === undefined) || !mayReachDevices(alert)) return false;
  if (!ANNOUNCES.has(notice.change) && (channel.kind !== 'ebd' || notice.change !== 'lowered')) return false;
  const told = !asks(notice.change) && isLevel(notice.from) ? [notice.from, notice.to] : [notice.to];
  return told.some(
    (level) => rankOf(level) >= rankOf(channel.minLevel ?? 'blue') && policySounds(alert, level, registry, atMs),
  );
}
