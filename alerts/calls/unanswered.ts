/** That nobody answers is an alert of its own, red, aimed at the tier above; how it begins and how it ends. */
import type { Alert, Recipient } from '#model/alert.ts';
import type { Call } from '#model/call.ts';
import { ancestry, type Tier } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EventDraft, Outcome, World } from '../episode.ts';
import { targetedEvent } from '../lifecycle.ts';
import { policyOf } from '../policy.ts';
import { onDuty } from '../roster.ts';
import { channelsFor } from '../targeting/channels.ts';
import { headline } from '../wording.ts';
import { CALL_TEXT } from './texts.ts';

export const alarmIdOf = (alert: Pick<Alert, 'id' | 'round'>): string => `${alert.id}-u${alert.round}`;

/** The highest tier of those who were asked; the alarm goes to the one above it, and the county's stays with the county. */
export function tierToTell(asked: readonly Pick<Call, 'tier'>[]): Tier {
  const highest = Math.min(...asked.map(({ tier }) => tier), 4);
  return Math.max(1, highest - 1) as Tier;
}

/** Its desk and its head; the next grid upwards where both are empty. */
function peopleOf(alert: Alert, tier: Tier, { directory, nowMs }: World): readonly Recipient[] {
  const { registry, shifts, posts } = directory;
  for (const grid of ancestry(registry, alert.gridCode)) {
    if (grid.tier > tier) continue;
    const reason: Text = { zh: `${grid.name.zh}：下级无人应答`, en: `${grid.name.en}: nobody answers below` };
    const ids = new Map<string, Recipient['post']>();
    for (const { personId } of onDuty(shifts.get(grid.code) ?? [], nowMs)) ids.set(personId, 'duty');
    for (const { person, post } of posts.get(grid.code) ?? [])
      if ((post === 'head' || post === 'dispatcher') && !ids.has(person.id)) ids.set(person.id, post);
    const found = [...ids].flatMap(([personId, post]): Recipient[] => {
      const person = registry.people.get(personId);
      if (person === undefined) return [];
      const base = { personId, name: person.name, tier: grid.tier, gridCode: grid.code, post, reason };
      const channels = channelsFor(alert, grid.code, directory, nowMs);
      return [channels === undefined ? base : { ...base, channels }];
    });
    if (found.length > 0) return found;
  }
  return [];
}

export function raiseUnanswered(of: Alert, asked: readonly Pick<Call, 'tier'>[], world: World): Outcome {
  const { registry } = world.directory;
  const reason = CALL_TEXT.unanswered(headline(of, 'raised', { zh: '', en: '' }, registry));
  const bare: Alert = {
    id: alarmIdOf(of),
    subject: of.subject,
    hazard: 'unanswered',
    origin: of.origin,
    gridCode: of.gridCode,
    level: 'red',
    lifecycle: 'raised',
    condition: 'active',
    shelvedUntilMs: null,
    raisedAtMs: world.nowMs,
    round: 1,
    acknowledged: null,
    closedAtMs: null,
    recipients: [],
    conditions: [],
    policy: policyOf(registry).version,
    ...(of.drill === undefined ? {} : { drill: of.drill }),
    version: 0,
  };
  const alert: Alert = { ...bare, recipients: peopleOf(bare, tierToTell(asked), world) };
  const raised: EventDraft = {
    alertId: alert.id,
    atMs: world.nowMs,
    by: 'alerts',
    kind: 'raised',
    text: headline(alert, 'raised', reason, registry),
    facts: { level: 'red', unanswered: of.id, round: of.round },
  };
  return {
    episode: { alert, step: 1, askedAtMs: world.nowMs },
    events: [raised, targetedEvent(alert, world)],
    notices: [{ alertId: alert.id, round: 1, step: 1, change: 'raised', from: 'none', to: 'red', reason }],
  };
}
