/**
 * Puts an alert aside for a time, and takes it back: who may, for how long, and what ends it (ISA-18.2 shelving, OPC UA
 * Part 9 ShelvedState: timed, or one-shot until it clears). A shelved alert is judged and logged; it only calls nobody.
 */
import type { Alert, AlertCommand } from '#model/alert.ts';
import { rankOf } from '#model/level.ts';
import type { Text } from '#model/text.ts';
import { type EpochMs, formatInZone, MINUTE_MS } from '#model/time.ts';
import type { EventDraft, World } from '../episode.ts';
import { policyOf } from '../policy.ts';

export const isShelved = (alert: Pick<Alert, 'shelvedUntilMs'>): boolean => alert.shelvedUntilMs !== null;

/** Orange and red are put aside only by those who answer for the grid. */
export const needsDecider = (alert: Pick<Alert, 'level'>): boolean => rankOf(alert.level) >= rankOf('orange');

export type Shelved = { readonly alert: Alert; readonly untilMs: EpochMs };
const both = (zh: string, en: string): Text => ({ zh, en });

/** The alert put aside, or why it is not. Without an end it lasts until it clears, and no longer than the policy lets it. */
export function shelve(command: AlertCommand, alert: Alert, world: World): { refused: Text } | { shelved: Shelved } {
  const atMostMs = policyOf(world.directory.registry).shelveAtMostMs;
  const minutes = Math.floor(atMostMs / MINUTE_MS);
  if (command.note === '')
    return { refused: both('搁置须写明原因', 'putting an alert aside needs a note that says why') };
  const untilMs = command.untilMs ?? command.atMs + atMostMs;
  if (untilMs <= world.nowMs)
    return { refused: both('搁置的截止时间已过', 'the end that was given for it lies in the past') };
  if (untilMs > command.atMs + atMostMs)
    return {
      refused: both(
        `搁置最长 ${minutes} 分钟，请缩短`,
        `an alert may be put aside for ${minutes} minutes at most; give an earlier end`,
      ),
    };
  const { by, atMs, note } = command;
  const shelving = { by, atMs, note, untilCleared: command.untilMs === undefined };
  return { shelved: { alert: { ...alert, shelvedUntilMs: untilMs, shelving }, untilMs } };
}

export function unshelved(alert: Alert): Alert {
  const { shelving: _shelving, ...rest } = alert;
  return { ...rest, shelvedUntilMs: null };
}

export type EndOfShelving = 'expired' | 'worsened' | 'cleared' | 'byHand';
const WHY: { readonly [W in EndOfShelving]: Text } = {
  expired: { zh: '搁置时间已到', en: 'its time aside is over' },
  worsened: { zh: '险情加重，搁置自动取消', en: 'it worsened, so it is put aside no longer' },
  cleared: { zh: '已解除，搁置取消', en: 'it has cleared, so it is put aside no longer' },
  byHand: { zh: '取消搁置', en: 'put aside no longer' },
};
export const whyUnshelved = (why: EndOfShelving): Text => WHY[why];

export const unshelvedEvent = (alertId: string, why: EndOfShelving, world: World): EventDraft => ({
  alertId,
  atMs: world.nowMs,
  by: 'alerts',
  kind: 'unshelved',
  text: WHY[why],
  facts: { why },
});

/** `至 2022-06-03 14:05`, for the record of the one who shelves. */
export function untilText(untilMs: EpochMs, untilCleared: boolean, zone: string): Text {
  const at = formatInZone(untilMs, zone).slice(0, 16).replace('T', ' ');
  return untilCleared
    ? both(`已搁置，解除时恢复，最迟 ${at}`, `put aside until it clears, ${at} at the latest`)
    : both(`已搁置至 ${at}`, `put aside until ${at}`);
}
