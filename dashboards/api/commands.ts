/** Decides what becomes of a person's wish about an alert: the command to write down, and the answer to give. */
import type { AlertCommand } from '#model/alert.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { RouteId } from './permissions.ts';
import type { Viewer } from './viewer.ts';

/** The action behind each route that has the effect `command`. */
export const ACTIONS = {
  acknowledge: 'acknowledge',
  handle: 'handle',
  close: 'close',
  falseAlarm: 'falseAlarm',
  note: 'note',
} as const satisfies { readonly [Id in RouteId]?: AlertCommand['action'] };
export type CommandRoute = keyof typeof ACTIONS;

export const commandOf = (
  route: CommandRoute,
  what: { readonly id: string; readonly alertId: string; readonly note: string; readonly atMs: EpochMs },
  viewer: Viewer,
): AlertCommand => ({
  ...what,
  action: ACTIONS[route],
  by: viewer.id,
  from: viewer.kind === 'token' ? 'api' : 'console',
});

export type CommandOutcome =
  | { readonly kind: 'done'; readonly message: Text }
  | { readonly kind: 'refused'; readonly message: Text }
  /** Durable in the command log; alerts is away and takes it when it is back. */
  | { readonly kind: 'queued'; readonly commandId: string }
  /** Not on disk: nothing will come of it. */
  | { readonly kind: 'failed'; readonly cause: unknown };
