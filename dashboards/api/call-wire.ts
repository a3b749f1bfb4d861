/** How a call looks over HTTP. Whom it is about and why stands on the alert as well; telephones are not part of it. */
import type { Call } from '#model/call.ts';
import type { Origin } from '#model/reading.ts';
import type { Registry } from '#model/registry.ts';
import { type Lang, say } from '#model/text.ts';
import { iso } from './wire.ts';

const isoOrNull = (atMs: number | null): string | null => (atMs === null ? null : iso(atMs));

export const callJson = (registry: Registry, call: Call, lang: Lang, origin: Origin) => ({
  key: call.key,
  alertId: call.alertId,
  /** Of the alert: a list says who is asked for a drill and who is not. */
  origin,
  round: call.round,
  personId: call.personId,
  name: call.name,
  tier: call.tier,
  gridCode: call.gridCode,
  gridName: registry.grids.get(call.gridCode)?.name ?? { zh: call.gridCode, en: call.gridCode },
  post: call.post,
  reason: say(call.reason, lang),
  reasonText: call.reason,
  state: call.state,
  step: call.step,
  standsInFor: call.standsInFor,
  tries: call.tries,
  triesAtMost: call.triesAtMost,
  channels: call.channels,
  askedAt: iso(call.askedAtMs),
  askedAtMs: call.askedAtMs,
  nextDueAt: isoOrNull(call.nextDueMs),
  nextDueMs: call.nextDueMs,
  endedAt: isoOrNull(call.endedAtMs),
  endedAtMs: call.endedAtMs,
  by: call.by,
});
export type CallJson = ReturnType<typeof callJson>;
