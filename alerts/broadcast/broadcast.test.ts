import { describe, expect, it } from 'vitest';
import type { Notice } from '../episode.ts';
import { sampleRegistry, T0 } from '../testing/sample.ts';
import { parseReceipt } from './message.ts';
import { type OfAlert, wantsDevices } from './wants.ts';

const registry = sampleRegistry();
const where = { registry, atMs: T0 };
const alert: OfAlert = { hazard: 'landslide', gridCode: '331004001001', origin: 'live' };
const speaker = { kind: 'mqtt-broadcast', minLevel: 'blue' } as const;
const notice = (change: Notice['change'], from: Notice['from'], to: Notice['to']) => ({ change, from, to });

describe('which notices sound', () => {
  const cases: readonly [
    string,
    boolean,
    Parameters<typeof wantsDevices>[0],
    Parameters<typeof wantsDevices>[1],
    OfAlert,
  ][] = [
    ['a red that begins', true, speaker, notice('raised', 'none', 'red'), alert],
    ['an orange that becomes red', true, speaker, notice('worsened', 'orange', 'red'), alert],
    ['no orange: the policy sounds from red on', false, speaker, notice('raised', 'none', 'orange'), alert],
    ['nothing that is lowered', false, speaker, notice('lowered', 'red', 'orange'), alert],
    [
      'the platform hears that a red is lowered',
      true,
      { kind: 'ebd', minLevel: 'blue' },
      notice('lowered', 'red', 'orange'),
      alert,
    ],
    ['no report upwards that is late', false, speaker, notice('overdue', 'red', 'red'), alert],
    ['no notice to some people only', false, speaker, { ...notice('raised', 'none', 'red'), only: [] }, alert],
    ['a channel from red on', true, { ...speaker, minLevel: 'red' }, notice('raised', 'none', 'red'), alert],
    ['no drill', false, speaker, notice('raised', 'none', 'red'), { ...alert, origin: 'drill' }],
    [
      'no drill that does not say so',
      false,
      speaker,
      notice('raised', 'none', 'red'),
      { ...alert, origin: 'drill', drill: { id: 'd', broadcast: false } },
    ],
    [
      'a drill that says so',
      true,
      speaker,
      notice('raised', 'none', 'red'),
      { ...alert, origin: 'drill', drill: { id: 'd', broadcast: true } },
    ],
  ];
  it.each(cases)('%s', (_name, sounds, channel, what, of) => {
    expect(wantsDevices(channel, what, of, where)).toBe(sounds);
  });
});

it('reads what a device answers, and refuses the rest', () => {
  expect(parseReceipt('{"id":"k","event":"sounded","atMs":5}')).toEqual({
    ok: true,
    value: { id: 'k', event: 'sounded', atMs: 5, detail: '' },
  });
  for (const bad of ['', '[]', 'null', '{"id":1,"event":"sounded"}', '{"id":"k","event":"exploded"}'])
    expect(parseReceipt(bad).ok).toBe(false);
});
