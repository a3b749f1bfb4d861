/** A serial port on which stations report (a radio, a satellite terminal): kept open, read as one stream. */
import type { LinkConfig } from '../../model/edge-config.ts';
import type { StageContext } from '../../model/ports.ts';
import type { Hearing } from './link-hearing.ts';
import { pauseReal } from './link-pause.ts';
import { openLinkSession } from './link-session.ts';
import { openSerialLine } from './serial-line.ts';

type SerialLink = LinkConfig & { readonly kind: 'serial' };

/** Told what becomes of the port or the listener. */
export type LinkEnds = { readonly opened: () => void; readonly closed: (detail: string) => void };

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 4_000;
/** What waits to be sent; a port that takes nothing is opened anew. */
const MAX_UNSENT = 32;

export function readStationsFrom(
  link: SerialLink,
  ctx: StageContext,
  hearing: Hearing,
  ends: LinkEnds,
): { readonly firstTry: Promise<void>; readonly stop: () => Promise<void> } {
  const stopping = new AbortController();
  let close: () => Promise<void> = () => Promise.resolve();

  /** Resolves with the reason when the port is gone, or could not be opened. */
  const serveOnce = async (opened: () => void): Promise<string> => {
    const line = await openSerialLine(link);
    if (!line.ok) return line.error;
    const port = line.value;
    const gone = new Promise<string>((resolve) => {
      port.onClose(resolve);
    });
    close = () => port.close();
    let unsent = 0;
    const session = openLinkSession(link, ctx, hearing, (bytes) => {
      if (unsent >= MAX_UNSENT) {
        void port.close();
        return;
      }
      unsent++;
      port
        .write(bytes)
        .catch(() => port.close())
        .finally(() => {
          unsent--;
        });
    });
    port.onBytes((bytes) => {
      try {
        session.push(bytes);
      } catch (cause) {
        ctx.log.error('a port of stations failed', { link: link.id, cause: String(cause) });
        void port.close();
      }
    });
    opened();
    if (stopping.signal.aborted) await port.close();
    const detail = await gone;
    session.close();
    await port.close();
    return detail;
  };

  const run = async (firstDone: () => void): Promise<void> => {
    let pauseMs = FIRST_PAUSE_MS;
    while (!stopping.signal.aborted) {
      const detail = await serveOnce(() => {
        pauseMs = FIRST_PAUSE_MS;
        ends.opened();
        firstDone();
      }).catch((cause: unknown) => String(cause));
      firstDone();
      if (stopping.signal.aborted) return;
      ends.closed(detail);
      await pauseReal(pauseMs, stopping.signal);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  };
  let running: Promise<void> = Promise.resolve();
  const firstTry = new Promise<void>((resolve) => {
    running = run(resolve);
  });
  return {
    firstTry,
    stop: async () => {
      stopping.abort();
      await close();
      await running;
    },
  };
}
