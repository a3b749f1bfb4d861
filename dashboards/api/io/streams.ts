/** The open streams: who reads what, what he has not yet taken, and when he is dropped. */
import type { ServerResponse } from 'node:http';
import type { Metrics } from '#model/ports.ts';
import type { GridCode, Registry } from '#model/registry.ts';
import { sees, type Viewer } from '../viewer.ts';

export type Stream = {
  readonly sessionHash: string | null;
  readonly viewer: () => Viewer | null;
  readonly send: (text: string) => void;
  readonly seesGrid: (registry: Registry, code: GridCode) => boolean;
  /** Forgets what was decided about grids: posts and shifts may have changed. */
  readonly refresh: () => void;
  readonly close: () => void;
};

export type Streams = {
  readonly all: () => Iterable<Stream>;
  readonly size: () => number;
  readonly sizeOf: (viewerId: string) => number;
  readonly open: (
    response: ServerResponse,
    who: { readonly sessionHash: string | null; readonly viewer: () => Viewer | null },
  ) => Stream;
  readonly closeSession: (sessionHash: string) => void;
  readonly closeAll: () => void;
};

export const sseMessage = (event: string, data: unknown, id?: number): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

export function createStreams(metrics: Metrics, maxBacklogBytes: number): Streams {
  const streams = new Set<Stream>();
  const gauge = () => metrics.gauge('fengsui_http_streams', streams.size);
  return {
    all: () => [...streams],
    size: () => streams.size,
    sizeOf: (viewerId) => [...streams].filter((stream) => stream.viewer()?.id === viewerId).length,
    open: (response, who) => {
      let seen = new Map<GridCode, boolean>();
      let current = who.viewer();
      const stream: Stream = {
        sessionHash: who.sessionHash,
        viewer: () => current,
        send: (text) => {
          if (response.writableEnded || response.destroyed) return;
          response.write(text);
          if (response.writableLength <= maxBacklogBytes) return;
          metrics.count('fengsui_http_streams_dropped_total');
          response.destroy();
        },
        seesGrid: (registry, code) => {
          const known = seen.get(code);
          if (known !== undefined) return known;
          const decided = current !== null && sees(registry, current, code);
          seen.set(code, decided);
          return decided;
        },
        refresh: () => {
          seen = new Map();
          current = who.viewer();
        },
        close: () => {
          streams.delete(stream);
          if (!response.writableEnded) response.end();
        },
      };
      response.on('close', () => {
        streams.delete(stream);
        gauge();
      });
      streams.add(stream);
      gauge();
      return stream;
    },
    closeSession: (sessionHash) => {
      for (const stream of streams) if (stream.sessionHash === sessionHash) stream.close();
    },
    closeAll: () => {
      for (const stream of streams) stream.close();
    },
  };
}
