/** What goes into the feed that higher platforms read, and what is never sent on. */
import type { Alert } from '#model/alert.ts';
import { rankOf } from '#model/level.ts';
import type { Registry } from '#model/registry.ts';

/** Stands where a channel's id would; no channel can bear it, for an id holds no @. */
export const FEED = '@feed';

export const senderOfFeed = ({ exchange, county }: Registry): string =>
  exchange?.feed?.sender ?? `${county.code}@fengsui.invalid`;

export function takesFeed(alert: Pick<Alert, 'origin' | 'level' | 'peak'>, { exchange }: Registry): boolean {
  const feed = exchange?.feed;
  if (feed === undefined || !feed.accepts.includes(alert.origin)) return false;
  return Math.max(rankOf(alert.level), rankOf(alert.peak ?? alert.level)) >= rankOf(feed.minLevel);
}

/** A warning that came as CAP is not sent back as CAP: two platforms would answer each other for ever. */
export const isEcho = (alert: Pick<Alert, 'subject' | 'conditions'>): boolean =>
  alert.subject.kind === 'area' && !alert.conditions.some(({ rule }) => rule === 'warning@typed');
