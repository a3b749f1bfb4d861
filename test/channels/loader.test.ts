import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bindChannels } from '#cli/load/channels.ts';
import { openSource } from '#cli/load/source.ts';
import type { Person } from '#model/registry.ts';
import type { Lint } from '#model/result.ts';

const person = (more: Partial<Person> = {}): ReadonlyMap<string, Person> =>
  new Map([['p1', { id: 'p1', name: '甲', phone: '13800001001', posts: [], email: 'p1@example.cn', ...more }]]);

function load(text: string, people = person()) {
  const lints: Lint[] = [];
  const channels = bindChannels(openSource('channels.yaml', `channels:\n${text}`, lints), people);
  return { channels, lints };
}
const kinds = (text: string, people = person()): readonly string[] =>
  load(text, people).lints.map(({ kind, severity, line }) => `${kind} ${severity} ${line}`);

const EVERY = `
  - { id: console, kind: console }
  - { id: hook, kind: webhook, url: "https://a.example/x", secretEnv: A, fallback: robot-w }
  - { id: mail, kind: email, host: mail.example, from: fengsui@example.cn, userEnv: U, passwordEnv: P }
  - { id: sms, kind: sms-gateway, url: "https://sms.example/send", secretEnv: S, ratePerMinute: 600, fallback: gsm }
  - { id: voice, kind: voice-gateway, url: "https://voice.example/call", fallback: gsm-call }
  - { id: gsm, kind: gsm-sms, path: /dev/ttyUSB2 }
  - { id: gsm-call, kind: gsm-voice, path: /dev/ttyUSB2 }
  - { id: robot-w, kind: wecom, url: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={WECOM_KEY}" }
  - { id: robot-d, kind: dingtalk, url: "https://oapi.dingtalk.com/robot/send?access_token={DT}", secretEnv: DTS }
  - { id: robot-f, kind: feishu, url: "https://open.feishu.cn/open-apis/bot/v2/hook/{FS}", secretEnv: FSS, minLevel: orange }
  - { id: speakers, kind: mqtt-broadcast, expires: 5m, accepts: [live, drill] }
  - { id: province, kind: cap, url: "https://cap.example/in", sender: county@example.cn }
  - { id: ebm, kind: ebd, url: "https://ebd.example/in", sourceId: "331004000000103100", destinationId: "331000000000103100" }
`;

describe('channels.yaml', () => {
  it('reads a channel of every kind, with what was left out filled in', () => {
    const { channels, lints } = load(EVERY);
    expect(lints).toEqual([]);
    expect(channels.map(({ kind }) => kind)).toHaveLength(13);
    expect(channels.find(({ id }) => id === 'mail')).toEqual({
      id: 'mail',
      kind: 'email',
      host: 'mail.example',
      port: 587,
      security: 'starttls',
      from: 'fengsui@example.cn',
      userEnv: 'U',
      passwordEnv: 'P',
      minLevel: 'blue',
      timeoutMs: 30_000,
      accepts: ['live'],
      selfTestEveryMs: 3_600_000,
    });
    expect(channels.find(({ id }) => id === 'robot-f')).toMatchObject({ ratePerMinute: 20, minLevel: 'orange' });
    expect(channels.find(({ id }) => id === 'speakers')).toMatchObject({ expiresMs: 300_000, minLevel: 'red' });
    expect(channels.find(({ id }) => id === 'sms')).toMatchObject({ fallback: 'gsm', ratePerMinute: 600 });
  });

  const SMS = 'kind: sms-gateway, url: "https://sms.example/send"';
  it.each([
    ['a fallback that does not exist', `  - { id: a, ${SMS}, fallback: b }`, ['unknown-fallback error 2']],
    [
      'the console as a fallback',
      `  - { id: console, kind: console }\n  - { id: a, ${SMS}, fallback: console }`,
      ['unknown-fallback error 3'],
    ],
    ['a fallback to itself', `  - { id: a, ${SMS}, fallback: a }`, ['fallback-circle error 2']],
    [
      'a circle of two',
      `  - { id: a, ${SMS}, fallback: b }\n  - { id: b, ${SMS}, fallback: a }`,
      ['fallback-circle error 2', 'fallback-circle error 3'],
    ],
    [
      'a person who would be handed to a group',
      `  - { id: a, ${SMS}, fallback: r }\n  - { id: r, kind: wecom, url: "https://r.example/send?key={K}" }`,
      ['fallback-reach error 2'],
    ],
    ['one id twice', `  - { id: a, ${SMS} }\n  - { id: a, ${SMS} }`, ['duplicate error 3']],
    ['a secret in the file', `  - { id: a, ${SMS}, secret: hunter2 }`, ['type error 2']],
    ['a secret where its name belongs', `  - { id: a, ${SMS}, secretEnv: "hunter-2 &" }`, ['type error 2']],
    [
      'the key of a robot in its address',
      '  - { id: r, kind: wecom, url: "https://r.example/send?key=693a91f6" }',
      ['secret-in-file error 2'],
    ],
    [
      'a hook of Feishu in its address',
      '  - { id: r, kind: feishu, url: "https://open.feishu.cn/open-apis/bot/v2/hook/0f1e2d3c-aaaa" }',
      ['secret-in-file error 2'],
    ],
    [
      'a password in an address',
      '  - { id: a, kind: webhook, url: "https://u:p@a.example/" }',
      ['secret-in-file error 2'],
    ],
    [
      'telephone numbers sent in the clear',
      '  - { id: a, kind: sms-gateway, url: "http://10.1.2.3/send" }',
      ['unencrypted warning 2'],
    ],
    [
      'mail without TLS to another machine',
      '  - { id: m, kind: email, host: mail.example, from: a@b.cn, security: none }',
      ['unencrypted error 2'],
    ],
    [
      'a user without a password',
      '  - { id: m, kind: email, host: 127.0.0.1, from: a@b.cn, userEnv: U }',
      ['half-login error 2'],
    ],
    ['a real channel for replays', `  - { id: a, ${SMS}, accepts: [live, replay] }`, ['real-channel error 2']],
    [
      'one modem at two speeds',
      '  - { id: a, kind: gsm-sms, path: /dev/m }\n  - { id: b, kind: gsm-voice, path: /dev/m, baudRate: 9600 }',
      ['line-speed error 3'],
    ],
    [
      'a robot that is asked for more than it takes',
      '  - { id: r, kind: wecom, url: "https://r.example/s?key={K}", ratePerMinute: 60 }',
      ['type error 2'],
    ],
  ])('finds %s', (_, text, found) => {
    expect(kinds(text)).toEqual(found);
  });

  it('warns of a channel by which nobody can be reached', () => {
    const nobody: ReadonlyMap<string, Person> = new Map([
      ['p1', { id: 'p1', name: '甲', phone: '13800001001', posts: [] }],
    ]);
    expect(kinds('  - { id: m, kind: email, host: 127.0.0.1, from: a@b.cn }', nobody)).toEqual([
      'nobody-there warning 2',
    ]);
    expect(kinds('  - { id: a, kind: gsm-sms, path: /dev/m }', nobody)).toEqual([]);
  });

  it('lets mail go in the clear to this machine alone', () => {
    expect(kinds('  - { id: m, kind: email, host: 127.0.0.1, port: 25, from: a@b.cn, security: none }')).toEqual([]);
  });
});

describe('the shipped channels.yaml', () => {
  it('shows every kind in comments that hold as they stand', () => {
    const shipped = readFileSync(new URL('../../county/channels.yaml', import.meta.url), 'utf8');
    const [, list = ''] = shipped.split('\nchannels:\n');
    const opened = list.replace(/^ {2}# (?=- | {2})/gm, '  ');
    const { channels, lints } = load(opened);
    expect(lints.filter(({ kind }) => kind !== 'nobody-there')).toEqual([]);
    expect(new Set(channels.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(9);
  });
});
