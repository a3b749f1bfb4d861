import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '#alerts/policy.ts';
import { bindPolicy } from '#cli/load/policy.ts';
import { openSource } from '#cli/load/source.ts';
import type { ChannelConfig } from '#model/channel.ts';
import type { Grid } from '#model/registry.ts';
import { formatLint, type Lint } from '#model/result.ts';

const grid = (code: string, tier: Grid['tier'], parent: string | null): readonly [string, Grid] => [
  code,
  { code, tier, kind: 'county', name: { zh: code, en: code }, parent, boundary: [] },
];
const GRIDS = new Map([grid('45', 1, null), grid('4501', 2, '45'), grid('4502', 2, '45'), grid('450101', 3, '4501')]);
const sending = { timeoutMs: 1, accepts: ['live'], url: 'http://h', secretEnv: null } as const;
const CHANNELS: readonly ChannelConfig[] = [
  { id: 'console', kind: 'console' },
  { id: 'sms', kind: 'sms-gateway', minLevel: 'blue', ...sending },
  { id: 'voice', kind: 'voice-gateway', minLevel: 'orange', ...sending },
  { id: 'robot', kind: 'wecom', minLevel: 'blue', ...sending },
];
const KNOWN = {
  grids: GRIDS,
  declared: new Set(GRIDS.keys()),
  channels: CHANNELS,
  channelIds: new Set([...CHANNELS.map(({ id }) => id), 'broken']),
};

function read(text: string) {
  const lints: Lint[] = [];
  const policy = bindPolicy(openSource('policy.yaml', text, lints), KNOWN);
  return { policy, lints, told: lints.map(formatLint) };
}

describe('the shipped policy', () => {
  const { policy, lints } = read(readFileSync(new URL('../../county/policy.yaml', import.meta.url), 'utf8'));
  it('has no finding', () => {
    expect(lints).toEqual([]);
  });
  it('tells the people of the built-in policy, and adds the reports upwards', () => {
    for (const key of ['point', 'gateway', 'area', 'calls', 'digest', 'shelveAtMostMs'] as const)
      expect(policy?.[key], key).toEqual(JSON.parse(JSON.stringify(DEFAULT_POLICY[key]).replaceAll('’', "'")));
    expect(policy?.reports.map(({ id }) => id)).toContain('town-phone');
    expect(policy?.reports.every(({ withinMs }) => withinMs >= 600_000)).toBe(true);
  });
});

it('is the built-in policy where it says nothing, under a version of its own', () => {
  const { policy, lints } = read('shelveAtMost: 12h');
  expect(lints).toEqual([]);
  expect(policy).toEqual({ ...DEFAULT_POLICY, shelveAtMostMs: 43_200_000, version: policy?.version });
  expect(policy?.version).not.toBe(read('shelveAtMost: 13h').policy?.version);
  expect(policy?.version).toBe(read('# a remark\nshelveAtMost:   12h').policy?.version);
});

it('reads hours that go round midnight, grids and hazards into the line', () => {
  const { policy } = read(
    'channels: [{ from: orange, hours: "22:00-06:00", grids: ["4501"], hazards: [fire], order: [voice, sms] }, { from: blue, order: [sms] }]',
  );
  expect(policy?.channels).toEqual([
    {
      from: 'orange',
      channels: ['voice', 'sms'],
      when: { hazards: ['fire'], hours: { fromMinute: 1_320, toMinute: 360 }, grids: ['4501'] },
    },
    { from: 'blue', channels: ['sms'] },
  ]);
});

const TELL = 'tell: { posts: [head], of: [village] }, why: { zh: 村, en: village }';

describe('a mistake in the policy is told with its place and its mend', () => {
  it.each<readonly [string, string, string]>([
    [
      'a channel that nobody bears',
      'channels: [{ from: blue, order: [sms, smss] }]',
      '1:39: error: channels[0].order[1]: there is no channel "smss" — use one of console, sms, voice, robot, broken',
    ],
    [
      'an order that asks no person',
      'channels: [{ from: blue, order: [console, robot] }]',
      '1:33: error: channels[0].order: no channel of this order asks one person',
    ],
    [
      'an order of which nothing leaves at that level',
      'channels: [{ from: yellow, order: [voice] }]',
      'at yellow none of these channels takes anything',
    ],
    [
      'a channel twice in one order',
      'channels: [{ from: blue, order: [sms, sms] }]',
      '1:39: warning: channels[0].order[1]: channel "sms" stands twice',
    ],
    [
      'a line behind one that holds wherever it does',
      'channels:\n  - { from: blue, order: [sms] }\n  - { from: red, hours: "22:00-06:00", order: [voice] }',
      '3:5: error: channels[1]: this line is never reached: line 1 of the list holds wherever it does',
    ],
    [
      'hours that lie within those of an earlier line',
      'calls:\n  - { from: blue, hours: "20:00-08:00" }\n  - { from: blue, hours: "23:30-06:00" }',
      '3:5: error: calls[1]: this line is never reached',
    ],
    [
      'grids below those of an earlier line',
      'calls:\n  - { from: blue, grids: ["4501"] }\n  - { from: orange, grids: ["450101"] }',
      '3:5: error: calls[1]: this line is never reached',
    ],
    ['a level that does not exist', 'calls: [{ from: purple }]', '1:17: error: calls[0].from:'],
    ['hours that are none', 'calls: [{ from: blue, hours: "22-6" }]', 'must be hours such as "22:00-06:00"'],
    [
      'hours without length',
      'calls: [{ from: blue, hours: "06:00-06:00" }]',
      'begins and ends at the same time of day',
    ],
    [
      'a grid that nobody bears',
      'calls: [{ from: blue, grids: ["4509"] }]',
      '1:31: error: calls[0].grids[0]: there is no grid "4509"',
    ],
    [
      'a red that reaches nobody',
      `point: [{ from: red, hazards: [fire], ${TELL} }]`,
      '1:1: error: point: a red of landslide, rainstorm, flood, intrusion, equipment, other, unanswered names nobody',
    ],
    [
      'a red that reaches nobody by day',
      `point: [{ from: red, hours: "18:00-08:00", ${TELL} }]`,
      'a red names nobody with a post or on duty (at 08:00',
    ],
    [
      'a red that reaches only households',
      'point: [{ from: red, tell: households, why: { zh: 户, en: households } }]',
      'a red names nobody with a post or on duty',
    ],
    ['an empty list of people', 'point: []', 'a red names nobody with a post or on duty'],
    [
      'calls that lead nowhere',
      'calls: [{ from: blue, next: [] }]',
      '1:9: error: calls[0]: when a person is silent nobody else is asked — add "next: [deputy, above]"',
    ],
    [
      'tries on each other’s heels',
      'calls: [{ from: blue, tries: 5, within: 2s }]',
      '5 tries within 2 s leave nobody time to answer',
    ],
    [
      'a red that need not be answered',
      'calls: [{ from: red, ask: false }]',
      'warning: calls[0]: a red is told and nobody has to answer',
    ],
    [
      'a line that says again what another says',
      `point:\n  - { from: blue, ${TELL} }\n  - { from: red, ${TELL} }`,
      '3:5: warning: point[1]: this line adds nothing: line 1',
    ],
    [
      'a follow-up that is made once',
      'reports: [{ id: a, name: { zh: 续, en: f }, from: red, by: village, to: above, kind: followUp, within: 1h }]',
      'needs "every:"',
    ],
    [
      'two reports of one name',
      'reports: [&a { id: a, name: { zh: 续, en: f }, from: red, by: village, to: above, kind: copy, within: 1h }, *a]',
      'report "a" stands twice',
    ],
    ['an unknown key', 'colour: red', '1:1: error: colour: unknown key "colour"'],
    [
      'a group of people that there is not',
      'point: [{ from: blue, tell: everybody, why: { zh: 全, en: all } }]',
      'must be { posts: any or [head, …]',
    ],
  ])('%s', (_, text, expected) => {
    const { told } = read(text);
    expect(
      told.find((one) => one.includes(expected)),
      told.join('\n'),
    ).toBeDefined();
    expect(told, told.join('\n')).toHaveLength(1);
  });

  it('and a channel that has mistakes of its own is no second one', () => {
    expect(read('channels: [{ from: blue, order: [broken] }]').lints).toEqual([]);
  });

  it('and lines that complete each other are none', () => {
    const { told } = read(
      [
        'channels:',
        '  - { from: red, hours: "22:00-06:00", order: [voice, sms] }',
        '  - { from: red, order: [sms, voice] }',
        '  - { from: orange, grids: ["4501"], order: [voice] }',
        '  - { from: blue, hazards: [fire], order: [sms] }',
        '  - { from: blue, order: [sms, voice] }',
      ].join('\n'),
    );
    expect(told).toEqual([]);
  });
});
