/**
 * Checks passwords against the credential file as it stands now. What was right once is remembered by digest, so that
 * a storm of reconnecting edges costs no scrypt; what is wrong costs one, and few of them run at a time.
 */
import { createHash, scrypt, timingSafeEqual } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Identity } from '../permissions.ts';
import { type Credential, type Credentials, readCredentials, SCRYPT } from './credentials.ts';

export type Refusal = 'unknown-user' | 'wrong-password' | 'client-id' | 'busy';
export type Verifier = {
  readonly verify: (clientId: string, user: string, password: Uint8Array, done: Verdict) => void;
  /** Looks at the file again; the number grows with each list that is taken over, whoever's look brought it. */
  readonly refresh: () => number;
  /** The identity that a user has now; undefined when the credential is gone or another one. */
  readonly identityOf: (user: string) => Proven | undefined;
};
/** `salt` is another one after each new password. */
export type Proven = { readonly identity: Identity; readonly salt: string };
type Verdict = (outcome: Proven | { readonly refusal: Refusal }) => void;
type Waiting = {
  readonly user: string;
  readonly entry: Credential;
  readonly password: Uint8Array;
  readonly done: Verdict;
};

const RUNNING_CHECKS = 2;
const MAX_PASSWORD_BYTES = 256;
/** Stands in for a user who does not exist, so that the answer takes as long. */
const NOBODY: Credential = { kind: 'service', salt: 'AAAAAAAAAAAAAAAAAAAAAA', hash: '' };

const toProven = (user: string, entry: Credential): Proven => ({
  identity: identityOf(user, entry),
  salt: entry.salt,
});

function identityOf(user: string, entry: Credential): Identity {
  if (entry.kind === 'edge') return { kind: 'edge', user, township: entry.township };
  return entry.kind === 'speaker' ? { kind: 'speaker', user, area: entry.area } : { kind: entry.kind, user };
}

function digestOf(entry: Credential, password: Uint8Array): string {
  return createHash('sha256').update(entry.salt).update(entry.hash).update(password).digest('base64url');
}

export function openVerifier(file: string, maxWaiting: number, onBroken: (message: string) => void): Verifier {
  let credentials: Credentials = new Map();
  let stamp = '';
  /** Digest of what was right, by user; bounded by the number of users. */
  const proven = new Map<string, string>();
  const waiting: Waiting[] = [];
  let running = 0;
  let lists = 0;

  const refresh = (): number => {
    const seen = stampOf(file);
    if (seen === stamp) return lists;
    stamp = seen;
    const read = readCredentials(file);
    if (!read.ok) {
      onBroken(read.error); // The last good list stays in force.
      return lists;
    }
    credentials = read.value;
    return ++lists;
  };

  const next = (): void => {
    if (running >= RUNNING_CHECKS) return;
    const check = waiting.shift();
    if (check === undefined) return;
    running++;
    const { user, entry, password, done } = check;
    scrypt(password, Buffer.from(entry.salt, 'base64url'), SCRYPT.bytes, SCRYPT, (cause, key) => {
      running--;
      const expected = Buffer.from(entry.hash, 'base64url');
      const right = cause === null && expected.length === key.length && timingSafeEqual(expected, key);
      if (right) proven.set(user, digestOf(entry, password));
      if (right) done(toProven(user, entry));
      else done({ refusal: entry === NOBODY ? 'unknown-user' : 'wrong-password' });
      next();
    });
  };

  refresh();
  return {
    refresh,
    identityOf: (user) => {
      const entry = credentials.get(user);
      return entry === undefined ? undefined : toProven(user, entry);
    },
    verify: (clientId, user, password, done) => {
      refresh();
      const entry = credentials.get(user) ?? NOBODY;
      if (clientId !== user) return done({ refusal: 'client-id' });
      if (password.length > MAX_PASSWORD_BYTES) return done({ refusal: 'wrong-password' });
      if (entry !== NOBODY && proven.get(user) === digestOf(entry, password)) return done(toProven(user, entry));
      if (waiting.length >= maxWaiting) return done({ refusal: 'busy' });
      waiting.push({ user, entry, password, done });
      next();
    },
  };
}

function stampOf(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file);
    return `${mtimeMs}:${size}:${ino}`;
  } catch {
    return 'missing';
  }
}
