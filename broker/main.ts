/** Starts the broker: MQTT 3.1.1 for edges and for the centre's own stages. It forwards; it keeps nothing that must not be lost. */
import { Aedes, type Client } from 'aedes';
import type { Service, StageContext } from '#model/ports.ts';
import { type BrokerConfig, DEFAULT_HANDOVER, DEFAULT_LIMITS, isLoopback } from './config.ts';
import { openDeviceDoor } from './io/device-door.ts';
import { createGuard } from './io/guard.ts';
import { openHandover } from './io/handover.ts';
import { openListener } from './io/listener.ts';
import { openVerifier } from './io/verifier.ts';

/** A revoked credential is closed within this time at the latest. */
const REVIEW_MS = 1_000;
/** Messages in the emitter at a time; the default of 100 lets one slow reader stop everybody. */
const CONCURRENCY = 1_000;
const LONGEST_KEEPALIVE_S = 1_800;
const MAX_TOPIC_LEVELS = 10;

export async function startBroker(
  config: BrokerConfig,
  ctx: StageContext,
): Promise<Service & { readonly port: number; readonly devicePort: number | null }> {
  for (const host of [config.host, config.devices?.host ?? config.host])
    if (!isLoopback(host) && config.allowRemote !== true)
      throw new Error(
        `the broker speaks without TLS and will not listen on ${host}: use 127.0.0.1, or set allowRemote when a tunnel protects the port`,
      );
  const limits = { ...DEFAULT_LIMITS, ...config.limits };
  const verifier = openVerifier(config.credentialsFile, (message) =>
    ctx.log.error('credential file not taken over', { message }),
  );
  const guard = createGuard(verifier, limits, ctx);
  const aedes = await Aedes.createBroker({
    concurrency: CONCURRENCY,
    connectTimeout: limits.connectTimeoutMs,
    drainTimeout: limits.drainTimeoutMs,
    keepaliveLimit: LONGEST_KEEPALIVE_S,
    maxTopicLevels: MAX_TOPIC_LEVELS,
    ...guard.hooks,
  });
  const clients = new Set<Client>();
  aedes.on('clientReady', (client) => {
    clients.add(client);
    ctx.metrics.gauge('fengsui_broker_clients', clients.size);
  });
  aedes.on('clientDisconnect', (client) => {
    clients.delete(client);
    ctx.metrics.gauge('fengsui_broker_clients', clients.size);
  });
  aedes.on('clientError', () => ctx.metrics.count('fengsui_broker_client_errors_total'));
  aedes.on('connectionError', () => ctx.metrics.count('fengsui_broker_connection_errors_total'));
  aedes.on('publish', (_packet, client) => {
    if (client !== null) ctx.metrics.count('fengsui_broker_messages_total');
  });
  const listener = await openListener(config, limits, (socket) => aedes.handle(socket), ctx);
  const handover = openHandover(aedes, { ...DEFAULT_HANDOVER, ...config.handover }, ctx);
  const door =
    config.devices === undefined
      ? undefined
      : await openDeviceDoor(config.devices, { verifier, limits, handover, ctx }).catch(async (cause: unknown) => {
          await listener.close();
          throw cause;
        });
  let reviewed = verifier.refresh();
  const review = setInterval(() => {
    // The list may have been taken over by a client's sign-in since: that is no review.
    const list = verifier.refresh();
    if (list === reviewed) return;
    reviewed = list;
    guard.review(clients);
    door?.review();
  }, REVIEW_MS);
  const address = `mqtt://${config.host}:${listener.port}`;
  const deviceAddress = door === undefined ? [] : [`mqtt://${config.devices?.host}:${door.port}`];
  ctx.log.info('broker listens', { address, devices: deviceAddress[0] ?? null });

  return {
    name: 'broker',
    addresses: [address, ...deviceAddress],
    port: listener.port,
    devicePort: door?.port ?? null,
    stop: async () => {
      clearInterval(review);
      handover.close();
      await door?.close();
      const closed = new Promise<void>((resolve) => aedes.close(() => resolve()));
      await listener.close();
      await closed;
    },
  };
}
