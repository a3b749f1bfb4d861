/** Why a question to a store brought no answer; thrown, because a port that promises points has no other way to say it. */
import type { HistoryUnread } from '#model/history.ts';

export class UnreadHistory extends Error implements HistoryUnread {
  readonly kind: HistoryUnread['kind'];
  constructor(kind: HistoryUnread['kind'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}
