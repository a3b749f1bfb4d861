/**
 * Tells systemd that the edge is ready and alive. Node has no datagram sockets of the unix family, so systemd's own
 * `systemd-notify` says it; the unit has NotifyAccess=all because it is another process that speaks.
 */
import { execFile } from 'node:child_process';
import type { Log } from '../../model/ports.ts';

export type ServiceManager = { readonly ready: () => void; readonly stop: () => void };

const SAY_LIMIT_MS = 5_000;
const MICRO_PER_MS = 1_000;

type Env = { readonly [name: string]: string | undefined };
const watchdogMsOf = (env: Env): number => Number(env['WATCHDOG_USEC'] ?? 0) / MICRO_PER_MS;

/** Then a blocked event loop says nothing and is ended from outside: a thread for it would be 18 MB for nothing. */
export const isWatchedBySystemd = (env: Env): boolean => (env['NOTIFY_SOCKET'] ?? '') !== '' && watchdogMsOf(env) > 0;

/** Without NOTIFY_SOCKET nobody listens, and nothing is said. */
export function openServiceManager(env: Env, log: Log, isAlive: () => boolean): ServiceManager {
  const listens = (env['NOTIFY_SOCKET'] ?? '') !== '';
  const watchdogMs = watchdogMsOf(env);
  let toldFault = false;
  const say = (...words: readonly string[]): void => {
    if (!listens) return;
    execFile('systemd-notify', words, { timeout: SAY_LIMIT_MS }, (fault) => {
      if (fault === null || toldFault) return;
      toldFault = true;
      log.error('systemd could not be told', { cause: fault.message });
    });
  };
  // Three times within the limit: one that is lost or late kills nobody.
  const timer =
    listens && watchdogMs > 0
      ? setInterval(() => {
          if (isAlive()) say('WATCHDOG=1');
        }, watchdogMs / 3)
      : undefined;
  timer?.unref();
  return {
    ready: () => say('--ready'),
    stop: () => {
      clearInterval(timer);
      say('STOPPING=1');
    },
  };
}
