/** A console over real HTTP with the ports in memory; everything it opens it closes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConsoleConfig } from '#dashboards/api/config.ts';
import { createLogin, startConsole } from '#dashboards/api/main.ts';
import { openClock } from '#model/io/clock.ts';
import type { StageContext } from '#model/ports.ts';
import { fakePorts } from './fake-ports.ts';

export const PASSWORD = 'correct horse battery';
export const TOKEN = 'token-for-tests-0123456789';
const CHEAP = 1_024;

export type Under = Awaited<ReturnType<typeof startUnderTest>>;

export async function startUnderTest(
  over: Partial<ConsoleConfig> = {},
  fakes = fakePorts(),
  logins: readonly string[] = ['p-county', 'p-town', 'p-member', 'p-head', 'p-other', 'p-far', 'p-none', 'p-info'],
) {
  const dataDir = await mkdtemp(join(tmpdir(), 'fengsui-console-'));
  for (const id of logins) await createLogin(dataDir, id, PASSWORD, CHEAP);
  const end = new AbortController();
  const counts = new Map<string, number>();
  const silent = () => {};
  const ctx: StageContext = {
    clock: openClock({ kind: 'real' }),
    log: { info: silent, warn: silent, error: (message, fields) => console.error(message, fields) },
    metrics: {
      count: (name, labels, by = 1) => {
        const key = `${name} ${JSON.stringify(labels ?? {})}`;
        counts.set(key, (counts.get(key) ?? 0) + by);
      },
      gauge: silent,
    },
    probe: silent,
    signal: end.signal,
  };
  const config: ConsoleConfig = {
    host: '127.0.0.1',
    port: 0,
    dataDir,
    token: TOKEN,
    staticDir: join(dataDir, 'page'),
    scryptCost: CHEAP,
    ...over,
  };
  const service = await startConsole(config, fakes.ports, ctx);
  const base = `http://127.0.0.1:${service.port}`;
  const signIn = async (user: string, password = PASSWORD): Promise<Response> =>
    fetch(`${base}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user, password }),
    });
  return {
    ...fakes,
    base,
    dataDir,
    counts,
    service,
    signIn,
    cookieOf: async (user: string): Promise<string> => {
      const response = await signIn(user);
      if (response.status !== 200) throw new Error(`sign-in of ${user}: ${response.status} ${await response.text()}`);
      return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    },
    stop: async () => {
      end.abort();
      await service.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export const asToken = { authorization: `Bearer ${TOKEN}` };
export const post = (headers: Record<string, string>, body: unknown = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
