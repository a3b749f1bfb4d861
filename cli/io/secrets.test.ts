import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { listCredentials } from '#broker/io/credentials.ts';
import { credentialsFile, edgeSecretFile, ensureSecrets, servicePassword } from '#cli/io/secrets.ts';
import type { EdgeUnit } from '#model/registry.ts';

const dir = mkdtempSync(join(tmpdir(), 'fengsui-secrets-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const edge: EdgeUnit = {
  id: 'e1',
  township: 't1',
  name: { zh: 'e1', en: 'e1' },
  origin: 'simulated',
  buses: [],
  links: [],
  outputs: [],
  mutes: [],
};
const registry = { edges: new Map([[edge.id, edge]]) };

describe('the password of Node-RED', () => {
  it('is made when it is asked for, stands in a file of its own, and is known to the broker as a service', () => {
    const users = () => listCredentials(credentialsFile(dir)).map(({ user }) => user);
    ensureSecrets(dir, registry);
    expect(users()).not.toContain('svc-node-red');
    const password = servicePassword(dir, 'svc-node-red');
    expect(password.length).toBeGreaterThan(20);
    expect(readFileSync(join(dir, 'secrets', 'svc-node-red'), 'utf8')).toBe(password);
    const listed = listCredentials(credentialsFile(dir)).find(({ user }) => user === 'svc-node-red');
    expect(listed?.spec).toEqual({ kind: 'service' });
  });
});

describe('the password of an edge', () => {
  it('is made once, for its owner alone, and made anew where a full disk left an empty file', () => {
    const file = edgeSecretFile(dir, 'e1');
    ensureSecrets(dir, registry);
    const first = readFileSync(file, 'utf8');
    expect(first.length).toBeGreaterThan(20);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    ensureSecrets(dir, registry);
    expect(readFileSync(file, 'utf8')).toBe(first);
    writeFileSync(file, '');
    ensureSecrets(dir, registry);
    expect(readFileSync(file, 'utf8').length).toBe(first.length);
    expect(readFileSync(file, 'utf8')).not.toBe(first);
  });
});
