/** The writer's line to one database: the token that is in force, and what is done when the database says no. */
import type { InfluxTarget } from '#model/history.ts';
import type { Trouble } from '../../influx/backoff.ts';
import { type InfluxClient, openInfluxClient } from './client.ts';
import { createDatabase, markerLine } from './database.ts';
import { createDelivery, type Delivery, type DeliveryState } from './delivery.ts';
import { readToken } from './token-file.ts';
import type { WriterOptions } from './writer-options.ts';

export type Connection = {
  readonly delivery: Delivery;
  readonly client: () => InfluxClient;
  readonly token: () => string | undefined;
  /** Makes the database; true when it is there now. */
  readonly make: () => Promise<boolean>;
  readonly close: () => void;
};

export type ConnectionNews = {
  readonly onState: (state: DeliveryState, message: string) => void;
  /** The database was not there and is now, or a person must make it. */
  readonly onMade: () => void;
  readonly onNotMade: (message: string) => void;
};

export function openConnection(
  target: InfluxTarget,
  options: WriterOptions,
  signal: AbortSignal,
  news: ConnectionNews,
): Connection {
  let token = readToken(target);
  const open = (): InfluxClient =>
    openInfluxClient(target, token, { connections: options.slots, writeTimeoutMs: options.writeTimeoutMs, signal });
  let client = open();
  let making: Promise<boolean> | undefined;

  const make = async (): Promise<boolean> => {
    const made = await createDatabase(client, target);
    if (made.ok) news.onMade();
    else news.onNotMade(made.error);
    return made.ok;
  };
  /** One at a time, however many requests met the same. */
  const makeOnce = (): Promise<boolean> => {
    making ??= make().finally(() => {
      making = undefined;
    });
    return making;
  };
  const takeNewToken = (): boolean => {
    const now = readToken(target);
    if (now === token) return false;
    token = now;
    client.close();
    client = open();
    return true;
  };
  const mend = async (trouble: Trouble): Promise<boolean> => {
    if (trouble.kind === 'noDatabase') return await makeOnce();
    return trouble.kind === 'unauthorised' && takeNewToken();
  };

  return {
    delivery: createDelivery({
      ...{ slots: options.slots, signal, mend, onState: news.onState },
      ...(options.backoff === undefined ? {} : { times: options.backoff }),
      write: (body) => client.write(body),
      isSound: async () => (await client.write(markerLine('probe', Date.now()))).kind === 'written',
    }),
    client: () => client,
    token: () => token,
    make: makeOnce,
    close: () => client.close(),
  };
}
