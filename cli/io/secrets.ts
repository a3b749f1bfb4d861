/** Passwords of edges and of the centre's own stages: made once, random, in files that only their owner can read. */
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type CredentialSpec, ensureCredential, rotateCredential } from '#broker/io/credentials.ts';
import { writeWhole } from '#model/io/write-whole.ts';
import type { Registry } from '#model/registry.ts';

export const CENTRE_USERS = [
  'svc-ingest',
  'svc-rules',
  'svc-alerts',
  'svc-broadcast',
  'svc-console',
  'svc-care',
] as const;
/** Node-RED's is made when it is asked for: nobody gets in as a service that a county does not run. */
type ServiceUser = (typeof CENTRE_USERS)[number] | 'svc-node-red';

export const credentialsFile = (dataDir: string): string => join(dataDir, 'broker', 'credentials.json');
export const edgeDir = (dataDir: string, edgeId: string): string => join(dataDir, 'edges', edgeId);
/** The file that an edge reads its password from. */
export const edgeSecretFile = (dataDir: string, edgeId: string): string => join(edgeDir(dataDir, edgeId), 'credential');
const serviceSecretFile = (dataDir: string, user: string): string => join(dataDir, 'secrets', user);

/** The password in the file; empty when there is none, or when a crash or a full disk left a file without one. */
function readSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

function writeSecret(file: string, password: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeWhole(file, password);
}

/** Sees to it that the broker knows the user and the password stands in `file`; a lost file gets a new password. */
function ensureSecret(dataDir: string, user: string, spec: CredentialSpec, file: string): void {
  const made = ensureCredential(credentialsFile(dataDir), user, spec);
  if (made === null && readSecret(file) !== '') return;
  writeSecret(file, made ?? rotateCredential(credentialsFile(dataDir), user, spec));
}

export function ensureSecrets(dataDir: string, registry: Pick<Registry, 'edges'>): void {
  for (const user of CENTRE_USERS) ensureSecret(dataDir, user, { kind: 'service' }, serviceSecretFile(dataDir, user));
  for (const edge of registry.edges.values()) {
    const box = { kind: 'edge', township: edge.township, origin: edge.origin } as const;
    const spec: CredentialSpec = edge.native === undefined ? box : { kind: 'device' };
    ensureSecret(dataDir, edge.id, spec, edgeSecretFile(dataDir, edge.id));
  }
}

export function servicePassword(dataDir: string, user: ServiceUser): string {
  const file = serviceSecretFile(dataDir, user);
  if (readSecret(file) === '') ensureSecret(dataDir, user, { kind: 'service' }, file);
  return readSecret(file);
}
