/** Whether a host can be reached and, under TLS, is who it says: a test that says nothing to anybody. */
import { connect as connectPlain } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { SendResult } from '../../retry.ts';

export type Host = { readonly host: string; readonly port: number; readonly tls: boolean };

export const hostOf = (url: string): Host => {
  const { hostname, port, protocol } = new URL(url);
  const tls = protocol === 'https:';
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? (tls ? 443 : 80) : Number(port), tls };
};

export function reach({ host, port, tls }: Host, timeoutMs: number, signal: AbortSignal): Promise<SendResult> {
  return new Promise((resolve) => {
    const end = (result: SendResult): void => {
      signal.removeEventListener('abort', aborted);
      socket.destroy();
      resolve(result);
    };
    const away = (detail: string): void => end({ kind: 'away', detail, afterMs: null });
    const aborted = (): void => away('stopped');
    const open = (): void => end({ kind: 'accepted', detail: tls ? 'reached, certificate in order' : 'reached' });
    const socket = tls ? connectTls({ host, port, servername: host }, open) : connectPlain({ host, port }, open);
    socket.setTimeout(timeoutMs, () => away(`no connection within ${timeoutMs} ms`));
    socket.on('error', (cause) => away(cause.message));
    signal.addEventListener('abort', aborted, { once: true });
  });
}
