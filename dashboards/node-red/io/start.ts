/** Prepares what Node-RED is started with, and starts it: locks, settings, the first flow with the server filled in. */
import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '../../../model/io/write-whole.ts';
import { type FirstServer, firstCredentials, firstFlows } from '../settings/first-flows.ts';
import { lockedSettings, settingsText } from '../settings/settings.ts';
import { encryptCredentials } from './flow-credentials.ts';
import { type Kept, keepNodeRed } from './keep.ts';
import { ensureLocks, type NewPasswords } from './passwords.ts';
import { PACKAGE_DIR } from './place.ts';

export type NodeRedOptions = {
  readonly port: number;
  /** Locks and settings: read by Node-RED, never written by it. */
  readonly lockDir: string;
  /** Flows, credentials, pictures: all that flows may write. */
  readonly userDir: string;
  readonly folders?: readonly string[];
  readonly renewPasswords?: boolean;
  readonly lang?: 'zh-CN' | 'en-US';
  /** What the server's node is filled in with at the first start. */
  readonly server: FirstServer;
  readonly onLine?: (line: string) => void;
};

export type NodeRedService = Kept & {
  /** Passwords that are new at this start; null when they were made before. */
  readonly shown: NewPasswords | null;
};

const flowsFile = (userDir: string): string => join(userDir, 'flows.json');
export const hasFlows = (userDir: string): boolean => existsSync(flowsFile(userDir));

/** Only where there are no flows yet: what somebody deployed is his. */
function writeFirstFlows(userDir: string, secret: string, server: FirstServer): void {
  if (hasFlows(userDir)) return;
  writeWhole(join(userDir, 'flows_cred.json'), encryptCredentials(secret, firstCredentials(server)));
  writeWhole(flowsFile(userDir), JSON.stringify(firstFlows(server), null, 2));
}

/** The package must be installed and its nodes built. Rejects with a message for people when Node-RED does not come up. */
export async function startNodeRed(options: NodeRedOptions): Promise<NodeRedService> {
  for (const dir of [options.lockDir, options.userDir]) mkdirSync(dir, { recursive: true, mode: 0o700 });
  const lockDir = realpathSync(options.lockDir);
  const userDir = realpathSync(options.userDir);
  const { locks, shown } = ensureLocks(join(lockDir, 'locks.json'), options.renewPasswords ?? false);
  const settings = lockedSettings({
    ...locks,
    port: options.port,
    userDir,
    nodesDir: PACKAGE_DIR,
    lang: options.lang ?? 'zh-CN',
  });
  const settingsFile = join(lockDir, 'settings.cjs');
  writeWhole(settingsFile, settingsText(settings));
  writeFirstFlows(userDir, locks.credentialSecret, options.server);
  const kept = await keepNodeRed({
    port: options.port,
    settingsFile,
    userDir,
    folders: (options.folders ?? []).map((folder) => realpathSync(folder)),
    onLine: options.onLine ?? (() => {}),
  });
  return { ...kept, shown };
}
