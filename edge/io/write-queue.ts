/** What is to be written on one bus: it goes before the next read, because a siren does not wait for a poll cycle. */
import { err, type Result } from '../../model/result.ts';
import type { WriteRequest } from '../modbus/frame.ts';
import type { ReadFault } from './transport.ts';

export type WriteFault = {
  readonly reason: ReadFault['reason'] | 'config' | 'queue' | 'stopped';
  /** For people: what happened and, where there is something to do, what. */
  readonly detail: string;
};
export type Written = Result<void, WriteFault>;

export type QueuedWrite = { readonly request: WriteRequest; readonly settle: (result: Written) => void };

/** More at once is no siren but a loop of somebody's making. */
const MAX_QUEUED = 32;

export type WriteQueue = {
  /** The newest state of an output wins: what waits for the same one is answered as replaced. */
  readonly add: (request: WriteRequest) => Promise<Written>;
  readonly take: () => QueuedWrite | undefined;
  readonly isEmpty: () => boolean;
  /** Answers all that wait, and whatever comes later. */
  readonly close: () => void;
};

const isSameOutput = (a: WriteRequest, b: WriteRequest): boolean =>
  a.unitId === b.unitId && a.functionCode === b.functionCode && a.address === b.address;

export function openWriteQueue(): WriteQueue {
  let waiting: QueuedWrite[] = [];
  let open = true;
  const stopped: Written = err({ reason: 'stopped', detail: 'the bus is stopping' });
  return {
    add: (request) =>
      new Promise((resolve) => {
        if (!open) return resolve(stopped);
        const older = waiting.filter((write) => isSameOutput(write.request, request));
        waiting = waiting.filter((write) => !older.includes(write));
        for (const write of older)
          write.settle(err({ reason: 'queue', detail: 'replaced by a newer state of the same output' }));
        if (waiting.length >= MAX_QUEUED)
          return resolve(err({ reason: 'queue', detail: `${MAX_QUEUED} writes are waiting already` }));
        waiting.push({ request, settle: resolve });
      }),
    take: () => waiting.shift(),
    isEmpty: () => waiting.length === 0,
    close: () => {
      open = false;
      for (const write of waiting.splice(0)) write.settle(stopped);
    },
  };
}
