/** The credential file: one entry a user, the password only as a salted hash; written whole and at once, readable by its owner alone. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeWhole } from '#model/io/write-whole.ts';
import { ORIGINS, type Origin } from '#model/reading.ts';
import { err, ok, type Result } from '#model/result.ts';
import { isTopicToken } from '#model/topics.ts';

/** What a credential is for. The origin is a note for people: ingest goes by the registry (docs/decisions/identity.md). */
export type CredentialSpec =
  | { readonly kind: 'edge'; readonly township: string; readonly origin: Origin }
  | { readonly kind: 'service' }
  /** A gateway that brings devices' own messages, by MQTT or by HTTP. */
  | { readonly kind: 'device' }
  /** A speaker, a siren or a board: `area` is `county/township/village`, with `+` where it serves all of a level. */
  | { readonly kind: 'speaker'; readonly area: string };
export type Credential = CredentialSpec & { readonly salt: string; readonly hash: string };
export type Credentials = ReadonlyMap<string, Credential>;

/** All passwords here are made by us. 192 random bits cannot be guessed from a hash, however fast it is (docs/decisions/machine-passwords.md). */
const PASSWORD_BYTES = 24;
const SALT_BYTES = 16;
/** 2: SHA-256; 1 was scrypt. */
const VERSION = 2;

/** Missing is an empty list; a broken file is an error, never an empty list. */
export function readCredentials(file: string): Result<Credentials, string> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return ok(new Map());
    return err(`cannot read ${file}: ${String(cause)}`);
  }
  try {
    return parseCredentials(JSON.parse(text), file);
  } catch (cause) {
    return err(`${file} is not JSON: ${String(cause)}`);
  }
}

const isArea = (raw: unknown): raw is string =>
  typeof raw === 'string' &&
  raw.split('/').length === 3 &&
  raw.split('/').every((one) => one === '+' || isTopicToken(one));

function parseCredentials(raw: unknown, file: string): Result<Credentials, string> {
  const { users, version } = (raw ?? {}) as { readonly users?: unknown; readonly version?: unknown };
  if (version !== VERSION)
    return err(`${file} is of version ${String(version)}, not ${VERSION}; passwords have to be made anew`);
  if (typeof users !== 'object' || users === null) return err(`${file} has no "users"`);
  const found = new Map<string, Credential>();
  for (const [user, entry] of Object.entries(
    users as { readonly [user: string]: { readonly [key: string]: unknown } },
  )) {
    const { kind, township, origin, salt, hash } = entry;
    if (!isTopicToken(user) || typeof salt !== 'string' || typeof hash !== 'string')
      return err(`${file}: the entry of ${JSON.stringify(user)} is malformed`);
    if (kind === 'service' || kind === 'device') found.set(user, { kind, salt, hash });
    else if (kind === 'edge' && typeof township === 'string' && isTopicToken(township))
      found.set(user, { kind, township, origin: ORIGINS.find((name) => name === origin) ?? 'simulated', salt, hash });
    else if (kind === 'speaker' && isArea(entry['area'])) found.set(user, { kind, area: entry['area'], salt, hash });
    else return err(`${file}: the entry of ${JSON.stringify(user)} is malformed`);
  }
  return ok(found);
}

function writeCredentials(file: string, credentials: Credentials): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeWhole(file, `${JSON.stringify({ version: VERSION, users: Object.fromEntries(credentials) }, null, 2)}\n`);
}

/** SHA-256 over salt and password. */
export const hashOf = (salt: string, password: string | Uint8Array): Buffer =>
  createHash('sha256').update(Buffer.from(salt, 'base64url')).update(password).digest();

function hashPassword(password: string): { readonly salt: string; readonly hash: string } {
  const salt = randomBytes(SALT_BYTES).toString('base64url');
  return { salt, hash: hashOf(salt, password).toString('base64url') };
}

function readOrThrow(file: string): Map<string, Credential> {
  const read = readCredentials(file);
  if (!read.ok) throw new Error(`${read.error}; mend it or move it away, then start again`);
  return new Map(read.value);
}

function sameSpec(entry: Credential, spec: CredentialSpec): boolean {
  if (entry.kind === 'speaker' && spec.kind === 'speaker') return entry.area === spec.area;
  if (entry.kind !== 'edge' || spec.kind !== 'edge') return entry.kind === spec.kind;
  return entry.township === spec.township && entry.origin === spec.origin;
}

/**
 * Sees to it that the user has a credential for this purpose: the new password, shown once, or null when the user has
 * one already (an edge that moved keeps its password and gets its new township).
 */
export function ensureCredential(file: string, user: string, spec: CredentialSpec): string | null {
  const credentials = readOrThrow(file);
  const entry = credentials.get(user);
  if (entry !== undefined && sameSpec(entry, spec)) return null;
  if (entry !== undefined) {
    credentials.set(user, { ...spec, salt: entry.salt, hash: entry.hash });
    writeCredentials(file, credentials);
    return null;
  }
  return rotateCredential(file, user, spec);
}

/** Gives the user a new password; the old one ends with the broker's next look at the file. */
export function rotateCredential(file: string, user: string, spec: CredentialSpec): string {
  if (!isTopicToken(user)) throw new Error(`a user name is 1 to 64 of A-Z a-z 0-9 _ -, not ${JSON.stringify(user)}`);
  const credentials = readOrThrow(file);
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  credentials.set(user, { ...spec, ...hashPassword(password) });
  writeCredentials(file, credentials);
  return password;
}

/** Takes a credential away; whoever is connected with it is closed at the broker's next look. */
export function removeCredential(file: string, user: string): boolean {
  const credentials = readOrThrow(file);
  const there = credentials.delete(user);
  if (there) writeCredentials(file, credentials);
  return there;
}

function specOf(entry: Credential): CredentialSpec {
  if (entry.kind === 'edge') return { kind: 'edge', township: entry.township, origin: entry.origin };
  return entry.kind === 'speaker' ? { kind: 'speaker', area: entry.area } : { kind: entry.kind };
}

/** Who has a credential, without the hashes. */
export const listCredentials = (file: string): readonly { readonly user: string; readonly spec: CredentialSpec }[] =>
  [...readOrThrow(file)].map(([user, entry]) => ({
    user,
    spec: specOf(entry),
  }));
