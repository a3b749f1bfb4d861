/** Decides what a message asks to be done to an alert, and whether the ledger shows that it was already done. */
import { err, ok, type Result } from '../../../model/result.ts';
import { isFields } from './link.ts';
import type { Message } from './red.ts';

export const ACTIONS = {
  acknowledge: 'acknowledge',
  handle: 'handle',
  note: 'note',
  close: 'close',
  falseAlarm: 'false-alarm',
} as const;
export type Action = keyof typeof ACTIONS;
export type Wish = { readonly action: Action; readonly alertId: string; readonly note: string; readonly key: string };

const MAX_NOTE = 2_000;
const isAction = (raw: unknown): raw is Action => typeof raw === 'string' && Object.hasOwn(ACTIONS, raw);

/** The alert that a message is about. */
export function alertIdOf(message: Message): string | undefined {
  const { alertId, alert, payload } = message;
  const found = [alertId, isFields(alert) ? alert['id'] : undefined, isFields(payload) ? payload['id'] : undefined];
  return found.find((one): one is string => typeof one === 'string' && /^[^\s/]{1,200}$/.test(one));
}

export function readWish(
  message: Message,
  set: { readonly action: string; readonly note: string },
): Result<Wish, string> {
  const action = set.action === 'message' ? message['action'] : set.action;
  if (!isAction(action)) return err(`action: one of ${Object.keys(ACTIONS).join(', ')}`);
  const alertId = alertIdOf(message);
  if (alertId === undefined) return err('alertId: the alert is not named');
  const raw = message['note'] ?? set.note;
  if (typeof raw !== 'string') return err('note: a text');
  const note = raw.trim();
  if (note.length > MAX_NOTE) return err(`note: at most ${MAX_NOTE} characters`);
  if (action === 'note' && note === '') return err('note: a note needs a text');
  const given = message['commandId'];
  const id = typeof given === 'string' && given !== '' ? given : String(message._msgid ?? '');
  return ok({ action, alertId, note, key: id === '' ? '' : `${id}|${action}|${alertId}` });
}

/** Whether an entry after `version` is what this wish would have written. */
export function isEntered(events: unknown, version: number, { action, note }: Wish): boolean {
  if (!isFields(events) || !Array.isArray(events['items'])) return false;
  return events['items'].some((event: unknown) => {
    if (!isFields(event) || typeof event['seq'] !== 'number' || event['seq'] <= version) return false;
    const facts = event['facts'];
    return isFields(facts) && facts['action'] === action && facts['note'] === note;
  });
}
