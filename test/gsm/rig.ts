/** A virtual modem on a pseudo-terminal, and channels that speak to it, for tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Channel, Parcel } from '#alerts/io/channels/channel.ts';
import { openGsmSms } from '#alerts/io/channels/gsm-sms.ts';
import { openGsmVoice } from '#alerts/io/channels/gsm-voice.ts';
import { sampleRegistry, T0 } from '#alerts/testing/sample.ts';
import type { Receipt } from '#model/call.ts';
import type { ModemChannel } from '#model/channel.ts';
import { openClock } from '#model/io/clock.ts';
import type { Person } from '#model/registry.ts';
import type { ModemBehaviour } from '#simulators/modem/behaviour.ts';
import { openModemLine } from '#simulators/modem/io/modem-line.ts';
import { stageContext } from '../alerts/support.ts';

export const PHONE = '13800000001';

export async function openModemRig(behaviour: Partial<ModemBehaviour> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'fengsui-gsm-'));
  const clock = openClock({ kind: 'real' });
  const { context } = stageContext(clock);
  const line = await openModemLine(join(folder, 'modem'), context, behaviour);
  const receipts: Receipt[] = [];
  const warnings: string[] = [];
  const base = sampleRegistry();
  const member = base.people.get('v1-member') as Person;
  const registry = { ...base, people: new Map([...base.people, ['v1-member', { ...member, phone: PHONE }]]) };
  const channels: Channel[] = [];
  const open = (kind: ModemChannel['kind'], timeoutMs = 3_000): Channel => {
    const config: ModemChannel = {
      id: kind,
      kind,
      path: line.path,
      baudRate: 115_200,
      minLevel: 'blue',
      timeoutMs,
      accepts: ['live'],
    };
    const log = {
      ...context.log,
      warn: (message: string, fields?: object) => warnings.push(`${message} ${JSON.stringify(fields)}`),
    };
    const tools = { clock, log, registry: () => registry, report: (one: Receipt) => receipts.push(one), mqtt: null };
    const channel = kind === 'gsm-sms' ? openGsmSms(config, tools) : openGsmVoice(config, tools);
    channels.push(channel);
    return channel;
  };
  return {
    ...line,
    receipts,
    warnings,
    open,
    close: async () => {
      for (const channel of channels) await channel.close?.();
      await line.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function parcel(
  key: string,
  zh: string,
  more: { readonly ask?: boolean; readonly repeated?: boolean; readonly phone?: string; readonly drill?: boolean } = {},
): Parcel {
  return {
    repeated: more.repeated ?? false,
    to: { personId: 'v1-member', name: '上湾网格员', phone: more.phone ?? PHONE, email: null, account: null },
    message: {
      key,
      change: 'raised',
      text: { zh, en: zh },
      reason: { zh, en: zh },
      queuedAtMs: T0,
      alert: { origin: more.drill === true ? 'drill' : 'live' } as Parcel['message']['alert'],
      recipients: [],
      ask: more.ask ?? false,
    },
  };
}

export const NEVER = new AbortController().signal;
