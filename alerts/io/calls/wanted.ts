/** Whether a message to one person need still leave, asked as its row is claimed. */
import type { CallState } from '#model/call.ts';
import type { Text } from '#model/text.ts';
import { CALL_TEXT } from '../../calls/texts.ts';
import { EVERYBODY } from '../../deliveries.ts';
import { isEnded } from '../../episode.ts';
import type { OpenPart } from '../part.ts';
import { type PostTables, partsOfKey } from './post.ts';

const { stopped } = CALL_TEXT;

function whyNot({ state, current }: { readonly state: CallState; readonly current: boolean }): Text | null {
  switch (state) {
    case 'answered':
    case 'cannot':
    case 'reached':
      return stopped.answered;
    case 'stopped':
      return stopped.needless;
    case 'asking':
    case 'silent':
    case 'told':
      return current ? null : stopped.round;
    default:
      return state satisfies never;
  }
}

export function openWanted({ calls, covers, episodes }: PostTables): NonNullable<OpenPart['unwanted']> {
  return ({ key, alertId, personId, message }) => {
    if (personId === EVERYBODY) return null;
    if (message.covers !== undefined) return covers.hasWanted(message.covers) ? null : stopped.answered;
    const parts = partsOfKey(key);
    // What only informs is news also when the alert has ended.
    if (parts === null || parts.attempt === 0) return null;
    const call = calls.state(alertId, parts.round, personId);
    if (call === undefined) return null;
    const alert = call.current ? undefined : episodes.byId(alertId)?.alert;
    return alert !== undefined && isEnded(alert) ? stopped.ended : whyNot(call);
  };
}
