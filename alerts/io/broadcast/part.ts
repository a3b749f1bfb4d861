/**
 * Sounding devices as a part of the alerts stage: remembers what is sounding, silences it when the alert ends or falls below
 * what the policy lets sound, and enters what each device answered.
 */
import type { Alert } from '#model/alert.ts';
import { type BroadcastChannel, reachOf } from '#model/channel.ts';
import type { Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { StopMessage } from '../../broadcast/message.ts';
import { mayReachDevices, policySounds, wantsDevices } from '../../broadcast/wants.ts';
import { BROADCAST_TEXT, receiptText } from '../../broadcast/wording.ts';
import { deliveryRank, EVERYBODY } from '../../deliveries.ts';
import { isEnded, type World } from '../../episode.ts';
import { passGate } from '../../origin-gate.ts';
import type { OpenPart, Part, PartTools } from '../part.ts';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS broadcast_sounding (alert_id TEXT NOT NULL, channel TEXT NOT NULL,
  PRIMARY KEY (alert_id, channel)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS broadcast_receipts (key TEXT NOT NULL, device TEXT NOT NULL, event TEXT NOT NULL,
  PRIMARY KEY (key, device, event)) WITHOUT ROWID;
`;

const isSpeakers = (channel: Registry['channels'][number]): channel is BroadcastChannel =>
  channel.kind === 'mqtt-broadcast';

function openSounding({ db }: PartTools) {
  const put = db.prepare('INSERT INTO broadcast_sounding (alert_id, channel) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const list = db.prepare('SELECT channel FROM broadcast_sounding WHERE alert_id = ?');
  const drop = db.prepare('DELETE FROM broadcast_sounding WHERE alert_id = ?');
  return {
    begin: (alertId: string, channel: string) => put.run(alertId, channel),
    of: (alertId: string) => (list.all(alertId) as { channel: string }[]).map(({ channel }) => channel),
    end: (alertId: string) => drop.run(alertId),
  };
}

function openPart(tools: PartTools): OpenPart {
  const { db, tables } = tools;
  const sounding = openSounding(tools);
  const isKnown = db.prepare('SELECT 1 FROM deliveries WHERE key = ?');
  const newReceipt = db.prepare(
    'INSERT INTO broadcast_receipts (key, device, event) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const alertOf = db.prepare('SELECT alert_id AS id FROM deliveries WHERE key = ?');

  function silence(alert: Alert, step: number, channel: string, world: World): void {
    const key = `${alert.id}/${alert.round}/stop-${step}/0/${EVERYBODY}/${channel}`;
    if (isKnown.get(key) !== undefined) return;
    const { recipients: _recipients, conditions: _conditions, version: _version, ...rest } = alert;
    const text: Text = BROADCAST_TEXT.over;
    const message: StopMessage = {
      key,
      change: 'lowered',
      text,
      reason: text,
      queuedAtMs: world.nowMs,
      alert: rest,
      recipients: [],
      broadcast: 'stop',
    };
    tables.rows.add({
      delivery: {
        key,
        alertId: alert.id,
        round: alert.round,
        personId: EVERYBODY,
        channel,
        state: 'queued',
        attempts: 0,
        updatedAtMs: world.nowMs,
        detail: '',
      },
      step,
      rank: deliveryRank(alert),
      message,
    });
  }

  return {
    onOutcome: ({ episode, notices }, world) => {
      if (episode === null) return;
      const { alert, step } = episode;
      const { registry } = world.directory;
      const where = { registry, atMs: world.nowMs };
      for (const channel of registry.channels.filter(isSpeakers))
        for (const notice of notices)
          if (passGate(channel, alert.origin).pass && wantsDevices(channel, notice, alert, where))
            sounding.begin(alert.id, channel.id);
      if (!isEnded(alert) && policySounds(alert, alert.level, registry, world.nowMs)) return;
      const channels = sounding.of(alert.id);
      for (const channel of channels) silence(alert, step, channel, world);
      if (channels.length > 0) sounding.end(alert.id);
    },
    onReceipt: ({ key, channel, from, event, detail }, world) => {
      if (key === null || from === null) return;
      const { registry } = world.directory;
      if (registry.channels.find(({ id }) => id === channel)?.kind !== 'mqtt-broadcast') return;
      const alertId = (alertOf.get(key) as { id: string } | undefined)?.id;
      if (alertId === undefined || newReceipt.run(key, from, `${event}:${detail}`).changes === 0) return;
      tables.ledger.append({
        alertId,
        atMs: world.nowMs,
        by: from,
        kind: 'channel',
        text: receiptText(from, event, detail),
        facts: { delivery: key, channel, device: from, event, detail },
      });
    },
    /** Silenced before it left, or a drill that sounds nothing. */
    unwanted: (claim, { directory }) => {
      const channel = directory.registry.channels.find(({ id }) => id === claim.channel);
      if (channel === undefined || reachOf(channel) !== 'devices') return null;
      const alert = tables.episodes.byId(claim.alertId)?.alert;
      if (alert === undefined || (claim.message as Partial<StopMessage>).broadcast === 'stop') return null;
      if (!mayReachDevices(alert)) return BROADCAST_TEXT.drillIsSilent;
      return channel.kind === 'mqtt-broadcast' && isEnded(alert) ? BROADCAST_TEXT.over : null;
    },
  };
}

export const broadcastPart: Part = { name: 'broadcast', schema: SCHEMA, open: openPart };
