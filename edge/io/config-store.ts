/**
 * What the centre pushed, on disk under `<dataDir>/config`. The name of a file is its state, and each step is one rename:
 * next (accepted) → tried (running on trial) → good (ran for its whole trial), or → refused (rolled back, kept for a
 * person to look at). Whoever finds `tried` at boot knows that the process died while it was being tried.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EdgeConfig, EdgeConfigPush } from '../../model/edge-config.ts';
import { formatLint } from '../../model/result.ts';
import { basisOf } from '../care/localise.ts';
import { parseEdgeConfigPush } from '../config.ts';
import { renameDurably, writeDurably } from './durable-file.ts';

export type Pushed = { readonly id: string; readonly basis: string; readonly config: EdgeConfigPush };
/** What the box must tell of what it found at boot. */
export type Finding = {
  readonly version: string;
  readonly detail: string;
  /** Of the command that is answered by it; null when nobody waits. */
  readonly id: string | null;
};
export type AtBoot = {
  /** The last known good; undefined when the file's own configuration is. */
  readonly good: EdgeConfigPush | undefined;
  /** Accepted and not tried yet, or in the middle of its trial when the box was shut down in order. */
  readonly next: Pushed | undefined;
  readonly findings: readonly Finding[];
};

type State = 'next' | 'tried' | 'good' | 'refused' | 'older' | 'corrupt';
export type ConfigStore = {
  readonly atBoot: () => AtBoot;
  readonly accept: (id: string, config: EdgeConfigPush) => void;
  readonly begin: () => void;
  readonly settle: () => void;
  /** Whatever was accepted or tried is not to be tried again. */
  readonly refuse: () => void;
  /** Shut down in order: the trial begins anew at the next boot. */
  readonly postpone: () => void;
  /** The last known good does not start on this box. */
  readonly dropGood: () => void;
};

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export function openConfigStore(file: EdgeConfig): ConfigStore {
  const basis = basisOf(file);
  const at = (state: State): string => join(file.dataDir, 'config', `${state}.json`);
  const move = (from: State, to: State): void => {
    if (existsSync(at(from))) renameDurably(at(from), at(to));
  };

  /** A reason when it is there and cannot be read. */
  const read = (state: State): Pushed | string | undefined => {
    if (!existsSync(at(state))) return undefined;
    try {
      const [head = '', body = ''] = readFileSync(at(state), 'utf8').split('\n');
      const { id, basis: over, sha } = JSON.parse(head) as { readonly [key: string]: unknown };
      if (sha256(body) !== sha) return 'its checksum is wrong';
      const parsed = parseEdgeConfigPush(`${state}.json`, JSON.parse(body));
      if (!parsed.ok) return parsed.error.slice(0, 3).map(formatLint).join('; ');
      return { id: String(id), basis: String(over), config: parsed.value };
    } catch (cause) {
      return cause instanceof Error ? cause.message : 'it cannot be read';
    }
  };
  const readOrSetAside = (state: State, findings: Finding[]): Pushed | undefined => {
    const found = read(state);
    if (typeof found !== 'string') return found;
    move(state, 'corrupt');
    findings.push({
      version: 'unknown',
      detail: `the stored ${state} configuration was set aside: ${found}`,
      id: null,
    });
    return undefined;
  };

  return {
    atBoot: () => {
      const findings: Finding[] = [];
      const tried = readOrSetAside('tried', findings);
      if (tried !== undefined) {
        move('tried', 'refused');
        const detail = 'the process ended while it was being tried';
        findings.push({ version: tried.config.inventoryVersion, detail, id: tried.id });
      }
      const current = (state: State): Pushed | undefined => {
        const found = readOrSetAside(state, findings);
        if (found === undefined || found.basis === basis) return found;
        move(state, 'older');
        const detail = "the box's own file was changed after it: the file runs";
        findings.push({ version: found.config.inventoryVersion, detail, id: state === 'next' ? found.id : null });
        return undefined;
      };
      return { good: current('good')?.config, next: current('next'), findings };
    },
    accept: (id, config) => {
      const body = JSON.stringify(config);
      writeDurably(at('next'), `${JSON.stringify({ id, basis, sha: sha256(body) })}\n${body}`);
    },
    begin: () => move('next', 'tried'),
    settle: () => move('tried', 'good'),
    refuse: () => {
      move('next', 'refused');
      move('tried', 'refused');
    },
    postpone: () => move('tried', 'next'),
    dropGood: () => move('good', 'refused'),
  };
}
