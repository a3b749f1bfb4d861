/** Channels by which alerts leave; what is not live may leave by a test channel only, and no secret stands in the file. */
import { type ChannelRow, channelSchema } from '#cli/load/channel-schema.ts';
import { type Item, type Path, parseList, type Source } from '#cli/load/source.ts';
import { type ChannelConfig, reachOf, type SendingChannel } from '#model/channel.ts';
import type { Person, PersonId } from '#model/registry.ts';

type Row = Exclude<ChannelRow, { readonly kind: 'console' }>;
type Found = Item<Row> & { readonly find: Source['find'] };

function configOf(row: Row): SendingChannel {
  const { id, minLevel, timeout: timeoutMs, accepts, ratePerMinute, fallback, selfTestEvery: selfTestEveryMs } = row;
  const base = {
    id,
    minLevel,
    timeoutMs,
    accepts,
    selfTestEveryMs,
    ...(ratePerMinute === undefined ? {} : { ratePerMinute }),
    ...(fallback === undefined ? {} : { fallback }),
  };
  switch (row.kind) {
    case 'webhook': {
      const { kind, url, secretEnv, handover } = row;
      return { ...base, kind, url, secretEnv, ...(handover === undefined ? {} : { handover }) };
    }
    case 'email': {
      const { kind, host, port, security, from, userEnv, passwordEnv } = row;
      return { ...base, kind, host, port, security, from, userEnv, passwordEnv };
    }
    case 'sms-gateway':
    case 'voice-gateway':
    case 'wecom':
    case 'dingtalk':
    case 'feishu':
      return { ...base, kind: row.kind, url: row.url, secretEnv: row.secretEnv };
    case 'gsm-sms':
    case 'gsm-voice':
      return { ...base, kind: row.kind, path: row.path, baudRate: row.baudRate };
    case 'mqtt-broadcast':
      return { ...base, kind: row.kind, expiresMs: row.expires };
    case 'cap':
      return { ...base, kind: row.kind, url: row.url, secretEnv: row.secretEnv, sender: row.sender };
    case 'ebd': {
      const { kind, url, secretEnv, sourceId, destinationId } = row;
      return { ...base, kind, url, secretEnv, sourceId, destinationId };
    }
    default:
      return row satisfies never;
  }
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i;
/** Where the key of a robot stands in its published address; `{NAME}` there is taken from the environment. */
const KEY_IN_ADDRESS = /[?&](key|access_token|token|secret|sign)=(?!\{)[^&]|\/hook\/(?!\{)[^/?]{8,}/i;

function checkAddress({ path, value: row, find }: Found): void {
  if (!('url' in row)) return;
  const url = new URL(row.url);
  if (url.username !== '' || url.password !== '' || KEY_IN_ADDRESS.test(row.url))
    find([...path, 'url'], {
      kind: 'secret-in-file',
      message: `the address of channel "${row.id}" holds a secret: whoever has it can speak to these people`,
      mend: 'put the secret part into an environment variable and write its name instead: …?key={FENGSUI_ROBOT_KEY}',
    });
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname))
    find([...path, 'url'], {
      kind: 'unencrypted',
      message: `channel "${row.id}" sends names and telephone numbers to ${url.hostname} unencrypted`,
      mend: 'use https://',
      severity: 'warning',
    });
}

function checkMail({ path, value: row, find }: Found): void {
  if (row.kind !== 'email') return;
  if (row.security === 'none' && !LOOPBACK.test(row.host))
    find([...path, 'security'], {
      kind: 'unencrypted',
      message: `channel "${row.id}" would send mail and password to ${row.host} unencrypted`,
      mend: 'use "security: starttls" (port 587) or "security: tls" (port 465); none only towards 127.0.0.1',
    });
  if ((row.userEnv === null) !== (row.passwordEnv === null))
    find([...path, row.userEnv === null ? 'passwordEnv' : 'userEnv'], {
      kind: 'half-login',
      message: `channel "${row.id}" has only one of user and password`,
      mend: 'give both "userEnv:" and "passwordEnv:", or neither',
    });
}

function checkGate({ path, value: row, find }: Found): void {
  const refused = row.test ? [] : row.accepts.filter((origin) => origin === 'simulated' || origin === 'replay');
  if (refused.length > 0)
    find([...path, 'accepts'], {
      kind: 'real-channel',
      message: `channel "${row.id}" reaches people and may not take ${refused.join(', ')}`,
      mend: 'leave "live" (and "drill" where drills are allowed), or add "test: true" if it reaches nobody',
    });
  if (row.kind === 'webhook' && row.handover !== undefined && row.secretEnv === null)
    find([...path, 'handover'], {
      kind: 'unsigned',
      message: `channel "${row.id}" hands incidents over unsigned: anybody could call the fire brigade`,
      mend: 'add "secretEnv:" with the name of the variable that holds the secret shared with the platform',
      onKey: true,
    });
}

/** A group and a platform are told once a notice; a person and devices are addressed in ways of their own. */
const wayOf = (row: Row): string => {
  const reach = reachOf(row);
  return reach === 'group' || reach === 'platform' ? 'all at once' : reach;
};

/** The way back to the row itself; a circle further on is told at its own channels. */
function circleOf(row: Row, rows: ReadonlyMap<string, Row>): readonly string[] | null {
  const seen = [row.id];
  let next = row.fallback;
  while (next !== undefined && !seen.includes(next)) {
    seen.push(next);
    next = rows.get(next)?.fallback;
  }
  return next === row.id ? [...seen, row.id] : null;
}

function checkFallback({ path, value: row, find }: Found, rows: ReadonlyMap<string, Row>, declared: Set<string>): void {
  if (row.fallback === undefined) return;
  const at: Path = [...path, 'fallback'];
  const next = rows.get(row.fallback);
  if (next === undefined) {
    if (declared.has(row.fallback) && row.fallback !== 'console') return; // It could not be read; told there.
    const message = `channel "${row.id}" falls back to "${row.fallback}", which hands nothing over`;
    const mend = `use one of ${[...rows.keys()].filter((id) => id !== row.id).join(', ') || '(there is no other)'}`;
    find(at, { kind: 'unknown-fallback', message, mend });
    return;
  }
  const circle = circleOf(row, rows);
  if (circle !== null)
    find(at, {
      kind: 'fallback-circle',
      message: `the fall-over goes in a circle: ${circle.join(' → ')}`,
      mend: 'let the last of them have no fallback',
    });
  if (wayOf(next) !== wayOf(row))
    find(at, {
      kind: 'fallback-reach',
      message: `"${next.id}" reaches ${wayOf(next)}, "${row.id}" reaches ${wayOf(row)}: it cannot take over`,
      mend: 'fall back from person to person, from group or platform to group or platform, from devices to devices',
    });
}

/** Both kinds of modem channel may share one line, at one speed. */
function checkLines(found: readonly Found[]): void {
  const speeds = new Map<string, number>();
  for (const { path, value: row, find } of found) {
    if (row.kind !== 'gsm-sms' && row.kind !== 'gsm-voice') continue;
    const speed = speeds.get(row.path);
    if (speed === undefined) speeds.set(row.path, row.baudRate);
    else if (speed !== row.baudRate)
      find([...path, 'baudRate'], {
        kind: 'line-speed',
        message: `${row.path} is set to ${speed} by another channel and to ${row.baudRate} here`,
        mend: 'give both channels of one modem the same baudRate',
      });
  }
}

function checkAddressees({ path, value: row, find }: Found, people: ReadonlyMap<PersonId, Person>): void {
  if (reachOf(row) !== 'person' || people.size === 0) return;
  const has = (person: Person): boolean =>
    row.kind === 'email' ? person.email !== undefined : person.phone !== '' || person.accounts?.[row.id] !== undefined;
  for (const person of people.values()) if (has(person)) return;
  const what = row.kind === 'email' ? 'an e-mail address' : 'a telephone number';
  find(path, {
    kind: 'nobody-there',
    message: `nobody in the registry has ${what} for channel "${row.id}"`,
    mend: 'add it to the people who should be reached by this channel, or remove the channel',
    severity: 'warning',
  });
}

/** Reads `channels.yaml`. */
export function bindChannels(source: Source, people: ReadonlyMap<PersonId, Person>): readonly ChannelConfig[] {
  const declared = new Set<string>();
  const rows = parseList(source, 'channels', channelSchema, 'id', declared);
  const found = rows.flatMap(({ path, value }): Found[] =>
    value.kind === 'console' ? [] : [{ path, value, find: source.find }],
  );
  const byId = new Map(found.map(({ value }) => [value.id, value]));
  for (const one of found) {
    checkGate(one);
    checkAddress(one);
    checkMail(one);
    checkFallback(one, byId, declared);
    checkAddressees(one, people);
  }
  checkLines(found);
  return rows.map(({ value }): ChannelConfig => (value.kind === 'console' ? value : configOf(value)));
}
