/** Puts documents into deliveries: into the row that was planned for a notice, or as a row of their own. */
import type { DatabaseSync } from 'node:sqlite';
import type { Alert } from '#model/alert.ts';
import type { SendingChannel } from '#model/channel.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { DeliveryDocument } from '../../cap/document.ts';
import { deliveryRank, EVERYBODY, type Message } from '../../deliveries.ts';
import type { Tables } from '../write-outcome.ts';

export type Attach = {
  /** Whether a row waits that was planned under this key. */
  readonly waits: (key: string) => boolean;
  readonly toRow: (key: string, document: DeliveryDocument) => void;
  /** A row of the document's own, which no notice brought. */
  readonly asRow: (own: OwnRow) => void;
};

export type OwnRow = {
  readonly key: string;
  readonly channel: SendingChannel;
  readonly alert: Alert;
  readonly step: number;
  readonly text: Text;
  readonly document: DeliveryDocument;
  readonly nowMs: EpochMs;
};

export function openAttach(db: DatabaseSync, tables: Pick<Tables, 'rows'>): Attach {
  const row = db.prepare('SELECT state FROM deliveries WHERE key = ?');
  return {
    waits: (key) => (row.get(key) as { state: string } | undefined)?.state === 'queued',
    toRow: (key, document) => {
      const message = tables.rows.message(key);
      if (message === undefined) return;
      const whole: Message & { readonly document: DeliveryDocument } = { ...message, document };
      tables.rows.setMessage(key, whole);
    },
    asRow: ({ key, channel, alert, step, text, document, nowMs }) => {
      if (row.get(key) !== undefined) return;
      const { recipients: _recipients, conditions: _conditions, version: _version, ...rest } = alert;
      const message: Message & { readonly document: DeliveryDocument } = {
        key,
        change: 'lowered',
        text,
        reason: text,
        queuedAtMs: nowMs,
        alert: rest,
        recipients: [],
        document,
      };
      tables.rows.add({
        delivery: {
          key,
          alertId: alert.id,
          round: alert.round,
          personId: EVERYBODY,
          channel: channel.id,
          state: 'queued',
          attempts: 0,
          updatedAtMs: nowMs,
          detail: '',
        },
        step,
        rank: deliveryRank(alert),
        message,
      });
    },
  };
}
