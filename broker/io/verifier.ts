/** Checks passwords against the credential file as it stands now. */
import { timingSafeEqual } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Identity } from '../permissions.ts';
import { type Credential, type Credentials, hashOf, readCredentials } from './credentials.ts';

export type Refusal = 'unknown-user' | 'wrong-password' | 'client-id';
export type Verifier = {
  readonly verify: (clientId: string, user: string, password: Uint8Array) => Proven | { readonly refusal: Refusal };
  /** Looks at the file again; the number grows with each list that is taken over, whoever's look brought it. */
  readonly refresh: () => number;
  /** The identity that a user has now; undefined when the credential is gone or another one. */
  readonly identityOf: (user: string) => Proven | undefined;
};
/** `salt` is another one after each new password. */
export type Proven = { readonly identity: Identity; readonly salt: string };

const MAX_PASSWORD_BYTES = 256;
/** Stands in for a user who does not exist, so that nothing is quicker for him. */
const NOBODY: Credential = { kind: 'service', salt: 'AAAAAAAAAAAAAAAAAAAAAA', hash: '' };

const toProven = (user: string, entry: Credential): Proven => ({
  identity: identityOf(user, entry),
  salt: entry.salt,
});

function identityOf(user: string, entry: Credential): Identity {
  if (entry.kind === 'edge') return { kind: 'edge', user, township: entry.township };
  return entry.kind === 'speaker' ? { kind: 'speaker', user, area: entry.area } : { kind: entry.kind, user };
}

export function openVerifier(file: string, onBroken: (message: string) => void): Verifier {
  let credentials: Credentials = new Map();
  let stamp = '';
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

  refresh();
  return {
    refresh,
    identityOf: (user) => {
      const entry = credentials.get(user);
      return entry === undefined ? undefined : toProven(user, entry);
    },
    verify: (clientId, user, password) => {
      refresh();
      const entry = credentials.get(user) ?? NOBODY;
      if (clientId !== user) return { refusal: 'client-id' };
      if (password.length > MAX_PASSWORD_BYTES) return { refusal: 'wrong-password' };
      const [expected, came] = [Buffer.from(entry.hash, 'base64url'), hashOf(entry.salt, password)];
      const isRight = expected.length === came.length && timingSafeEqual(expected, came);
      if (isRight) return toProven(user, entry);
      return { refusal: entry === NOBODY ? 'unknown-user' : 'wrong-password' };
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
