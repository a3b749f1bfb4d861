/** Starts one link of an edge: the stations on it report by themselves (SL 651, SL/T 427). */
import type { LinkConfig } from '../../model/edge-config.ts';
import type { StageContext } from '../../model/ports.ts';
import { openHearing } from './link-hearing.ts';
import { openPictures } from './link-pictures.ts';
import { type LinkEnds, readStationsFrom } from './link-serial.ts';
import { listenForStations } from './link-tcp.ts';
import type { Outbox } from './outbox.ts';
import type { Recorder } from './recorder.ts';

export type LinkService = {
  /** Resolves when the port is open or listens, or could not be opened at the first try. */
  readonly firstTry: Promise<void>;
  /** Where it listens; undefined for a serial port. */
  readonly address: () => string | undefined;
  readonly stop: () => Promise<void>;
};

export type LinkStart = {
  readonly dataDir: string;
  readonly ctx: StageContext;
  readonly outbox: Outbox;
  readonly recorder: Recorder;
};

export function startLink(link: LinkConfig, { dataDir, ctx, outbox, recorder }: LinkStart): LinkService {
  const hearing = openHearing(link, { ctx, outbox, recorder, pictures: openPictures(dataDir) });
  let told: 'open' | 'closed' | undefined;
  const tell = (state: 'open' | 'closed', detail: string): void => {
    ctx.metrics.gauge('fengsui_edge_bus_open', state === 'open' ? 1 : 0, { bus: link.id });
    if (told === state) return;
    told = state;
    if (state === 'open') ctx.log.info('link is open', { link: link.id });
    else ctx.log.warn('link is closed', { link: link.id, detail });
    recorder.record({ outcomes: [], units: [], events: [{ kind: 'bus', busId: link.id, state, detail }] });
  };
  const ends: LinkEnds = { opened: () => tell('open', ''), closed: (detail) => tell('closed', detail) };
  if (link.kind === 'serial') {
    const port = readStationsFrom(link, ctx, hearing, ends);
    return { ...port, address: () => undefined };
  }
  return listenForStations(link, ctx, hearing, ends);
}
