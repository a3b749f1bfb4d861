/**
 * Obeys what the centre asks of this edge. Each command has an id and an end: an expired one is refused and answered, one
 * that comes again is answered from memory and not obeyed again, also after a restart where it moved something.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EdgeConfigPush } from '../../model/edge-config.ts';
import type { StageContext } from '../../model/ports.ts';
import type { Result } from '../../model/result.ts';
import type { SeqRange } from '../../model/seen.ts';
import type { EdgeCommand, EdgeReply } from '../../model/topics.ts';
import { parseCommand } from '../messages.ts';
import { writeDurably } from './durable-file.ts';

/** Replies that are remembered, and replies that wait for a connection. */
const REMEMBERED = 64;
/** Commands under way; more are answered with a refusal. */
const MAX_RUNNING = 16;
const MAX_MESSAGE = 4_000;
/** These change something: they are remembered across a restart, and need a box that knows the time. */
const LASTING: readonly EdgeCommand['kind'][] = ['configure', 'test-output'];

type Answer = Pick<EdgeReply, 'ok' | 'message' | 'missing'>;
export type Actions = {
  readonly resend: (epoch: string, ranges: readonly SeqRange[]) => Answer;
  /** False when not every bus was read in time. */
  readonly readNow: () => Promise<boolean>;
  readonly sayStatus: () => void;
  readonly testOutput: (output: string, seconds: number) => Promise<Result<void, string>>;
  /** Undefined: it is answered after the next start. */
  readonly configure: (id: string, config: EdgeConfigPush) => Promise<Result<string, string> | undefined>;
};
export type Commands = {
  readonly take: (text: string) => void;
  /** An answer to a command of an earlier process. */
  readonly answer: (reply: EdgeReply) => void;
  /** Somebody can hear again: what waits is said. */
  readonly connected: () => void;
};
type Deps = {
  readonly ctx: StageContext;
  readonly dataDir: string;
  readonly actions: Actions;
  /** The centre's time as this box knows it; undefined when it knows no time at all. */
  readonly centreNowMs: () => number | undefined;
  /** False when nobody can hear it. */
  readonly publish: (body: string) => boolean;
};

function readAnswers(path: string): Map<string, EdgeReply> {
  try {
    return new Map(JSON.parse(readFileSync(path, 'utf8')) as [string, EdgeReply][]);
  } catch {
    return new Map(); // None yet, or not readable: then a command that comes again is obeyed again.
  }
}

export function openCommands({ ctx, dataDir, actions, centreNowMs, publish }: Deps): Commands {
  const { metrics, log } = ctx;
  const path = join(dataDir, 'config', 'answered.json');
  const answered = readAnswers(path);
  const lasting = new Set(answered.keys());
  const running = new Set<string>();
  let waiting: readonly EdgeReply[] = [];

  const say = (reply: EdgeReply): void => {
    if (!publish(JSON.stringify(reply))) waiting = [...waiting, reply].slice(-REMEMBERED);
  };
  const remember = (reply: EdgeReply, isLasting: boolean): void => {
    answered.delete(reply.id);
    answered.set(reply.id, reply);
    const [oldest] = answered.keys();
    if (answered.size > REMEMBERED && oldest !== undefined) {
      answered.delete(oldest);
      lasting.delete(oldest);
    }
    if (!isLasting) return;
    lasting.add(reply.id);
    try {
      writeDurably(path, JSON.stringify([...answered].filter(([id]) => lasting.has(id))));
    } catch (cause) {
      log.warn('an answer could not be kept on disk', { cause: String(cause) });
    }
  };
  const answer = (reply: EdgeReply, isLasting: boolean): void => {
    const told = { ...reply, message: reply.message.slice(0, MAX_MESSAGE) };
    remember(told, isLasting);
    metrics.count('fengsui_edge_commands_total', { ok: String(reply.ok) });
    say(told);
  };

  const refusal = (command: EdgeCommand): string | undefined => {
    const nowMs = centreNowMs();
    if (nowMs !== undefined && command.expiresAt < nowMs) return 'the command has expired';
    if (nowMs === undefined && LASTING.includes(command.kind))
      return 'this box does not know the time yet, so it cannot tell whether the command has expired';
    if (running.size > MAX_RUNNING) return 'too many commands at once';
    return undefined;
  };
  const obey = async (command: EdgeCommand): Promise<Answer | undefined> => {
    switch (command.kind) {
      case 'resend':
        return actions.resend(command.epoch, command.ranges);
      case 'read-now': {
        const isDone = await actions.readNow();
        return { ok: isDone, message: isDone ? 'read' : 'not every bus was read in time' };
      }
      case 'status':
        actions.sayStatus();
        return { ok: true, message: 'said' };
      case 'test-output': {
        const tested = await actions.testOutput(command.output, command.seconds);
        return tested.ok ? { ok: true, message: 'on' } : { ok: false, message: tested.error };
      }
      case 'configure': {
        const outcome = await actions.configure(command.id, command.config);
        if (outcome === undefined) return undefined;
        return outcome.ok ? { ok: true, message: outcome.value } : { ok: false, message: outcome.error };
      }
      default:
        return command satisfies never;
    }
  };
  const run = async (command: EdgeCommand): Promise<void> => {
    const { id, kind } = command;
    const why = refusal(command);
    const outcome: Answer | undefined =
      why === undefined
        ? await obey(command).catch((cause: unknown) => ({ ok: false, message: String(cause) }))
        : { ok: false, message: why };
    if (why === undefined) log.info('command', { id, kind, ok: outcome?.ok ?? null });
    if (outcome !== undefined) answer({ id, ...outcome }, why === undefined && LASTING.includes(kind));
  };

  return {
    take: (text) => {
      const command = parseCommand(text);
      if (!command.ok) {
        const { id, message } = command.error;
        metrics.count('fengsui_edge_messages_bad_total', { channel: 'cmd' });
        log.warn('a command was not understood', { error: message });
        if (id !== null && !answered.has(id) && !running.has(id)) answer({ id, ok: false, message }, false);
        return;
      }
      // QoS 1 may bring a command twice; the second is answered and not obeyed.
      const { id } = command.value;
      const before = answered.get(id);
      if (before !== undefined) return say(before);
      if (running.has(id)) return;
      running.add(id);
      void run(command.value).finally(() => running.delete(id));
    },
    answer: (reply) => answer(reply, true),
    connected: () => {
      const owed = waiting;
      waiting = [];
      for (const reply of owed) say(reply);
    },
  };
}
