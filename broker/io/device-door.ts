/**
 * The listener for devices that speak MQTT in their own words (`$dp`, LoRaWAN uplinks …): a broker of its own that forwards
 * nothing. A publish is handed to ingest, and its PUBACK is sent when it is on disk; without that the connection ends and
 * the device sends again. `$dp` is a topic of clients here; `$SYS/` and `$share/` are not.
 */
import { Aedes, type AedesOptions, type AuthenticateError, type Client } from 'aedes';
import { MAX_NATIVE_BYTES } from '#model/native.ts';
import type { StageContext } from '#model/ports.ts';
import { isTopicToken } from '#model/topics.ts';
import { type BrokerLimits, DENIED_TOPIC } from '../config.ts';
import type { Handover } from './handover.ts';
import { openListener } from './listener.ts';
import type { Verifier } from './verifier.ts';

export type DeviceDoor = {
  readonly port: number;
  /** Closes whoever is connected with a credential that is gone or has another password. */
  readonly review: () => void;
  readonly close: () => Promise<void>;
};
type Parts = {
  readonly verifier: Verifier;
  readonly limits: BrokerLimits;
  readonly handover: Handover;
  readonly ctx: StageContext;
};

/** Above a message's own bytes: topic and header. */
const PACKET_EXTRA = 1_024;
const MAX_TOPIC = 256;
const MAX_CLIENT_ID = 128;
const NOT_AUTHORIZED = 5;

const refusal = (returnCode: number): AuthenticateError =>
  Object.assign(new Error('not authorized'), { returnCode }) as AuthenticateError;

export async function openDeviceDoor(
  where: { readonly host: string; readonly port: number },
  { verifier, limits, handover, ctx }: Parts,
): Promise<DeviceDoor> {
  const gateways = new WeakMap<Client, { readonly user: string; readonly salt: string }>();
  const filters = new WeakMap<Client, number>();
  const clients = new Set<Client>();
  let unnamed = 0;
  const count = (reason: string): void => ctx.metrics.count('fengsui_broker_refused_total', { reason });

  const hooks: AedesOptions = {
    // Client ids are the maker's and often not unique: within one credential only they stand for somebody.
    preConnect: (_client, packet, done) => {
      packet.clean = true;
      delete packet.will; // A device's last will is nobody's message here.
      const own = packet.clientId.slice(0, MAX_CLIENT_ID) || `unnamed-${++unnamed}`;
      packet.clientId = `${packet.username ?? ''}/${own}`;
      done(null, true);
    },
    authenticate: (client, user, password, done) => {
      if (user === undefined || !isTopicToken(user)) {
        count('name');
        return done(refusal(NOT_AUTHORIZED), false);
      }
      const outcome = verifier.verify(user, user, password ?? Buffer.alloc(0));
      if ('identity' in outcome && outcome.identity.kind === 'device') {
        gateways.set(client, { user, salt: outcome.salt });
        return done(null, true);
      }
      const reason = 'identity' in outcome ? 'door' : outcome.refusal;
      count(reason);
      ctx.log.warn('device refused', { reason, user });
      done(refusal(NOT_AUTHORIZED), false);
    },
    authorizePublish: (client, packet, done) => {
      const gateway = client === null ? undefined : gateways.get(client)?.user;
      if (gateway === undefined) return done(new Error('nobody publishes here unnamed'));
      const { topic, qos } = packet;
      const payload = Buffer.from(packet.payload).toString('base64');
      // It ends here: nobody subscribes it, nothing of it is kept.
      packet.topic = DENIED_TOPIC;
      packet.payload = '';
      packet.retain = false;
      if (topic.startsWith('$SYS/') || topic.startsWith('$share/') || topic.length > MAX_TOPIC) {
        ctx.metrics.count('fengsui_broker_denied_total', { direction: 'publish', reason: 'system' });
        return done(null);
      }
      if (qos === 0) {
        ctx.metrics.count('fengsui_broker_unsafe_total');
        handover.hand(gateway, { topic, qos, payload }, () => undefined);
        return done(null);
      }
      handover.hand(gateway, { topic, qos, payload }, (end) => {
        if (end === 'taken') return done(null);
        ctx.log.warn('a device’s message is not on disk: no PUBACK, it must send again', { gateway, end });
        done(new Error(`not on disk: ${end}`)); // Ends the connection.
      });
    },
    // Makers' programs do not go on without their subscriptions; nothing is ever sent on them.
    authorizeSubscribe: (client, subscription, done) => {
      const taken = (filters.get(client) ?? 0) + 1;
      const isSystem = subscription.topic.startsWith('$SYS') || subscription.topic.startsWith('$share');
      if (isSystem || taken > limits.filtersPerClient) return done(null, null);
      filters.set(client, taken);
      done(null, subscription);
    },
    authorizeForward: () => null,
  };

  const aedes = await Aedes.createBroker({
    connectTimeout: limits.connectTimeoutMs,
    drainTimeout: limits.drainTimeoutMs,
    maxClientsIdLength: MAX_CLIENT_ID * 2,
    ...hooks,
  });
  const gauge = (): void => ctx.metrics.gauge('fengsui_broker_devices', clients.size);
  aedes.on('clientReady', (client) => {
    clients.add(client);
    gauge();
  });
  aedes.on('clientDisconnect', (client) => {
    clients.delete(client);
    gauge();
  });
  aedes.on('clientError', () => ctx.metrics.count('fengsui_broker_client_errors_total'));
  aedes.on('connectionError', () => ctx.metrics.count('fengsui_broker_connection_errors_total'));
  const metrics = {
    ...ctx.metrics,
    gauge: (_name: string, value: number) => ctx.metrics.gauge('fengsui_broker_device_connections', value),
  };
  const own = { ...limits, packetBytes: MAX_NATIVE_BYTES + PACKET_EXTRA };
  const listener = await openListener(where, own, (socket) => aedes.handle(socket), { ...ctx, metrics });

  return {
    port: listener.port,
    review: () => {
      for (const client of clients) {
        const had = gateways.get(client);
        const has = had === undefined ? undefined : verifier.identityOf(had.user);
        if (had === undefined || (has?.identity.kind === 'device' && has.salt === had.salt)) continue;
        ctx.metrics.count('fengsui_broker_revoked_total');
        ctx.log.warn('closed a device whose credential changed', { user: had.user });
        client.close();
      }
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => aedes.close(() => resolve()));
      await listener.close();
      await closed;
    },
  };
}
