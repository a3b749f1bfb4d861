/** Gives a command and answers for it: done, refused by the state of things, written down, or not on disk. */
import { randomUUID } from 'node:crypto';
import type { Response } from 'express';
import type { DeskCommand } from '#model/command.ts';
import type { Viewer } from '../viewer.ts';
import { type Desk, json, type Reply, refuse } from './exchange.ts';

/** The fields that every command has, of this caller and this moment. */
export const saidBy = (desk: Desk, viewer: Viewer, note: string) => ({
  id: randomUUID(),
  by: viewer.id,
  atMs: desk.ctx.clock.nowMs(),
  from: viewer.kind === 'token' ? 'api' : 'console',
  note,
});

/** `done` makes the answer when alerts has taken it. */
export async function giveCommand(
  desk: Desk,
  command: DeskCommand,
  response: Response,
  done: () => Reply,
): Promise<Reply> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const outcome = await desk.commander.give(command, AbortSignal.any([gone.signal, desk.ctx.signal]));
  const action = command.kind === undefined ? command.action : command.kind;
  desk.ctx.metrics.count('fengsui_http_commands_total', { action, outcome: outcome.kind });
  switch (outcome.kind) {
    case 'failed':
      return refuse({ status: 503, kind: 'notWritten', message: 'The command could not be written down; try again.' });
    case 'queued': {
      const message = 'Written down; alerts takes it when it is back.';
      return json({ queued: true, commandId: outcome.commandId, message }, 202);
    }
    case 'refused':
      return refuse({ status: 409, kind: 'refused', message: outcome.message[desk.lang], text: outcome.message });
    case 'done':
      return done();
    default:
      return outcome satisfies never;
  }
}
