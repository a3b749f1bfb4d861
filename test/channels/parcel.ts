/** One message, and what a channel is opened with, for tests that speak to a receiver over the wire. */
import type { Addressee, ChannelTools, Parcel } from '#alerts/io/channels/channel.ts';
import { sampleRegistry, T0 } from '#alerts/testing/sample.ts';
import { headline } from '#alerts/wording.ts';
import { openClock } from '#model/io/clock.ts';
import type { Origin } from '#model/reading.ts';
import type { Person, Registry } from '#model/registry.ts';

const base = sampleRegistry();
const people: ReadonlyMap<string, Person> = new Map(
  [...base.people.values()].map((person, index): readonly [string, Person] => [
    person.id,
    { ...person, phone: `1380000${1000 + index}`, email: `${person.id}@example.cn` },
  ]),
);
export const registry: Registry = { ...base, people };

export const WHO: Addressee = {
  personId: 'v1-head',
  name: '上湾支书',
  phone: '13800001010',
  email: 'v1-head@example.cn',
  account: null,
};

export const tools = (now: Registry = registry): ChannelTools => ({
  clock: openClock({ kind: 'real' }),
  log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  registry: () => now,
  report: () => undefined,
  mqtt: null,
});

export function parcel(
  more: {
    readonly key?: string;
    readonly origin?: Origin;
    readonly to?: Addressee | null;
    readonly repeated?: boolean;
    readonly ask?: boolean;
  } = {},
): Parcel {
  const { key = 'a1/1/1/0/v1-head/x', origin = 'live', to = WHO, repeated = false, ask = true } = more;
  const reason = { zh: '24小时雨量 128.5 mm，超过 100 mm', en: '128.5 mm in 24 h, above 100 mm' };
  const alert = {
    id: 'a1',
    subject: { kind: 'point', id: 'P1' },
    hazard: 'landslide',
    origin,
    gridCode: '331004001001',
    level: 'red',
    lifecycle: 'raised',
    condition: 'active',
    shelvedUntilMs: null,
    raisedAtMs: T0,
    round: 1,
    acknowledged: null,
    closedAtMs: null,
  } as const;
  const recipients = [
    { personId: 'v1-head', name: '上湾支书', tier: 3, gridCode: '331004001001', post: 'head', reason } as const,
  ];
  const text = headline(alert, 'raised', reason, registry);
  return { message: { key, change: 'raised', text, reason, queuedAtMs: T0, alert, recipients, ask }, repeated, to };
}
