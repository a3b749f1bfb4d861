import { describe, expect, it } from 'vitest';
import type { Alert, Recipient } from '#model/alert.ts';
import type { Person, Post, Registry } from '#model/registry.ts';
import { HOUR_MS } from '#model/time.ts';
import { indexRegistry } from '../directory.ts';
import { DEFAULT_POLICY } from '../policy.ts';
import { sampleRegistry, T0 } from '../testing/sample.ts';
import { type StandInStep, standIns } from './stand-ins.ts';

const AT = T0 + HOUR_MS;
const ALERT = {
  subject: { kind: 'point', id: 'P1' },
  level: 'red',
  hazard: 'landslide',
} as const satisfies Partial<Alert>;

const withPeople = (...more: readonly (readonly [string, string, Post])[]): Registry => {
  const registry = sampleRegistry();
  const people = new Map(registry.people);
  for (const [id, gridCode, post] of more)
    people.set(id, { id, name: id, phone: '', posts: [{ gridCode, post }] } satisfies Person);
  return { ...registry, people };
};

const silent = (personId: string, gridCode: string, post: Recipient['post']) => ({
  personId,
  name: personId,
  gridCode,
  post,
});

describe('who is asked instead of somebody silent', () => {
  const V1 = '331004001001';
  const T1 = '331004001';
  const C = '331004';
  type Row = readonly [string, ReturnType<typeof silent>, StandInStep, readonly string[], readonly string[]];
  const registry = withPeople(['v1-deputy', V1, 'deputy'], ['t1-manager', T1, 'manager']);
  it.each<Row>([
    ['the village’s deputy for its member', silent('v1-member', V1, 'member'), 'deputy', [], ['v1-deputy']],
    ['nobody for the deputy himself', silent('v1-deputy', V1, 'deputy'), 'deputy', [], []],
    ['B for A at the desk', silent('t1-a', T1, 'duty'), 'deputy', [], ['t1-b']],
    ['the manager, when B was asked as well', silent('t1-a', T1, 'duty'), 'deputy', ['t1-b'], ['t1-manager']],
    ['the desk for a township head without a deputy', silent('t1-head', T1, 'head'), 'deputy', [], ['t1-a', 't1-b']],
    ['the township’s desk above a village', silent('v1-head', V1, 'head'), 'above', [], ['t1-a', 't1-b']],
    ['its head when the desk was asked', silent('v1-head', V1, 'head'), 'above', ['t1-a', 't1-b'], ['t1-head']],
    [
      'the county when the township was asked',
      silent('v1-head', V1, 'head'),
      'above',
      ['t1-a', 't1-b', 't1-head'],
      ['c-a', 'c-b'],
    ],
    ['nobody above the county', silent('c-head', C, 'head'), 'above', [], []],
    ['nobody for a grid that is gone', silent('v1-head', 'gone', 'head'), 'above', [], []],
  ])('%s', (_, who, step, asked, expected) => {
    const found = standIns(who, ALERT, indexRegistry(registry), AT, step, new Set(asked));
    expect(found.map(({ personId }) => personId)).toEqual(expected);
    for (const { reason } of found) {
      expect(reason.zh).toContain(`代替未应答的${who.name}`);
      expect(reason.en).toContain(`instead of ${who.name}`);
    }
  });

  it('are asked by the channels of the alert’s level', () => {
    const policy = {
      ...DEFAULT_POLICY,
      channels: [
        { from: 'red', channels: ['voice', 'sms'] },
        { from: 'blue', channels: ['sms'] },
      ],
    } as const;
    const directory = indexRegistry({ ...registry, policy });
    const ask = (level: Alert['level']) =>
      standIns(silent('v1-head', V1, 'head'), { ...ALERT, level }, directory, AT, 'above')[0]?.channels;
    expect(ask('red')).toEqual(['voice', 'sms']);
    expect(ask('orange')).toEqual(['sms']);
  });
});
