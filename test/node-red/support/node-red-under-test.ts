/** Node-RED as `fengsui node-red` starts it, on a free port, in a data folder that goes with it. */
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Running, runFengsui } from '#test/support/command.ts';
import { until } from '#test/support/until.ts';

export type Listener = { readonly protocol: string; readonly address: string; readonly port: number };

/** Ports that the process listens on, from the kernel's own tables; IPv4 as dotted numbers, IPv6 as 32 digits. */
export function listenersOf(pid: number): readonly Listener[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((protocol) =>
    readFileSync(`/proc/${pid}/net/${protocol}`, 'utf8')
      .split('\n')
      .slice(1)
      .flatMap((line) => {
        const [, local = '', , state = '', , , , , , inode = ''] = line.trim().split(/\s+/);
        const isOpen = protocol.startsWith('udp') || state === '0A';
        if (!isOpen || !inodes.has(inode)) return [];
        const [hex = '', port = ''] = local.split(':');
        const address =
          hex.length === 8
            ? [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.')
            : hex.toLowerCase();
        return [{ protocol, address, port: Number.parseInt(port, 16) }];
      }),
  );
}

/** Processes below this one, at any depth. */
function childrenOf(pid: number): readonly number[] {
  const own = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(pid);
      } catch {
        return false;
      }
    })
    .map(Number);
  return own.flatMap((child) => [child, ...childrenOf(child)]);
}

/** Node-RED below the command; it calls itself so. */
export const nodeRedOf = (command: Running): number | undefined =>
  childrenOf(command.process.pid ?? 0).find((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('node-red'),
  );

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

export type NodeRedUnderTest = {
  readonly url: string;
  readonly dataDir: string;
  readonly userDir: string;
  readonly command: Running;
  /** Node-RED's own process. */
  readonly pid: number;
  readonly passwords: { readonly editor: string; readonly pages: string };
  readonly signIn: (password: string, user?: string) => Promise<Response>;
  /** As the editor: with its token. */
  readonly asEditor: (path: string, init?: RequestInit) => Promise<Response>;
  /** Replaces the flows and starts them; credentials ride in the nodes, as from the editor. */
  readonly deploy: (flows: readonly object[]) => Promise<void>;
  readonly stop: () => Promise<void>;
};

export async function startNodeRedUnderTest(
  dataDir = mkdtempSync(join(tmpdir(), 'fengsui-node-red-')),
  env: { readonly [name: string]: string } = {},
  args: readonly string[] = [],
): Promise<NodeRedUnderTest> {
  const command = runFengsui(['node-red', '--port', '0', ...args], { FENGSUI_DATA: dataDir, ...env });
  const said = await until('Node-RED to be ready', 90_000, () => {
    if (command.process.exitCode !== null) throw new Error(command.output());
    return /ready at (\S+)\/, user[\s\S]*password (\S+); pages[^\n]*password (\S+)/.exec(command.output());
  });
  const [, url = '', editor = '', pages = ''] = said;
  const pid = nodeRedOf(command) ?? 0;
  const signIn = (password: string, username = 'fengsui') =>
    fetch(`${url}/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        ...{ client_id: 'node-red-admin', grant_type: 'password', scope: '*' },
        ...{ username, password },
      }),
    });
  const token = ((await (await signIn(editor)).json()) as { readonly access_token: string }).access_token;
  const asEditor = (path: string, init: RequestInit = {}) =>
    fetch(`${url}${path}`, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
  return {
    ...{ url, dataDir, userDir: join(dataDir, 'node-red', 'user'), command, pid, signIn, asEditor },
    passwords: { editor, pages },
    deploy: async (flows) => {
      const response = await asEditor('/flows', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'node-red-deployment-type': 'full' },
        body: JSON.stringify(flows),
      });
      if (!response.ok) throw new Error(`deploying: ${response.status} ${await response.text()}`);
    },
    stop: async () => {
      await command.stop('SIGINT', 20_000);
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
