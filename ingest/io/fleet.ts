/** Keeps the boxes in the field at the configuration that the county wants for them, and shows how they are. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { EdgeConfigPush } from '#model/edge-config.ts';
import type { StageContext } from '#model/ports.ts';
import { type EdgeCommand, type EdgeTopic, edgeTopic } from '#model/topics.ts';
import type { IngestPorts } from '../config.ts';
import {
  type Care,
  DEFAULT_FLEET_TIMES,
  type FleetTimes,
  NO_CARE,
  noteAsked,
  noteReply,
  noteSaid,
  noteWanted,
  type Refusal,
  stateOf,
} from '../fleet.ts';
import { type HeardStatus, parseReply } from '../status.ts';

export type Fleet = {
  readonly takeStatus: (topic: EdgeTopic, status: HeardStatus) => void;
  /** True when it answers one of ours. */
  readonly takeReply: (topic: EdgeTopic, payload: Buffer) => boolean;
  readonly forgetHeard: () => void;
  /** Sends what is due. */
  readonly push: () => void;
  readonly stop: () => void;
};
type Deps = {
  readonly dataDir: string;
  readonly configs: IngestPorts['edgeConfigs'];
  readonly publish: (topic: string, payload: string) => void;
  readonly times?: Partial<FleetTimes> | undefined;
  readonly ctx: StageContext;
};

/** The command ends long before the answer is given up: it is obeyed soon or not at all. */
const EXPIRES_MS = 60_000;
/** The broker takes packets up to 1 MiB. */
const MAX_PUSH_BYTES = 1_000_000;

export const fleetFile = (dataDir: string): string => join(dataDir, 'ingest', 'fleet.json');

/** What was refused, so that a restart of ingest does not ask for it again. */
function readRefusals(file: string): ReadonlyMap<string, Refusal> {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8')) as { [edgeId: string]: Refusal }));
  } catch {
    return new Map();
  }
}

export function openFleet({ dataDir, configs, publish, times: given, ctx }: Deps): Fleet {
  const { log, metrics, clock } = ctx;
  const times = { ...DEFAULT_FLEET_TIMES, ...given };
  const file = fleetFile(dataDir);
  const cares = new Map<string, Care>();
  for (const [edgeId, refused] of readRefusals(file)) cares.set(edgeId, { ...NO_CARE, refused });
  const townships = new Map<string, string>();
  let wanted = configs?.current() ?? new Map<string, EdgeConfigPush>();
  const wantedOf = (edgeId: string): string | undefined => wanted.get(edgeId)?.inventoryVersion;

  const keepRefusals = (): void => {
    const refusals = [...cares].flatMap(([edgeId, { refused }]) => (refused === null ? [] : [[edgeId, refused]]));
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(refusals)), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    } catch (cause) {
      log.warn('refused configurations could not be written down', { cause: String(cause) });
    }
  };
  const set = (edgeId: string, care: Care): void => {
    const before = cares.get(edgeId) ?? NO_CARE;
    cares.set(edgeId, care);
    if (before.refused !== care.refused) keepRefusals();
    if (wantedOf(edgeId) === undefined) return;
    const isCurrent = care.said === wantedOf(edgeId) ? 1 : 0;
    metrics.gauge('fengsui_edge_config_current', isCurrent, { edge: edgeId });
  };
  const send = (edgeId: string, township: string, config: EdgeConfigPush): void => {
    const issuedAt = clock.nowMs();
    const id = `config-${randomUUID()}`;
    const command: EdgeCommand = { id, issuedAt, expiresAt: issuedAt + EXPIRES_MS, kind: 'configure', config };
    const payload = JSON.stringify(command);
    const version = config.inventoryVersion;
    const care = cares.get(edgeId) ?? NO_CARE;
    const bytes = Buffer.byteLength(payload);
    if (bytes > MAX_PUSH_BYTES) {
      const reason = `it has ${bytes} bytes and a message may have ${MAX_PUSH_BYTES}: bring it to the box as a file`;
      log.error('a configuration is too large to be sent', { edge: edgeId, version, bytes });
      set(edgeId, { ...care, refused: { version, reason, atMs: issuedAt } });
      return;
    }
    set(edgeId, noteAsked(care, id, version, performance.now(), times));
    metrics.count('fengsui_edge_config_pushes_total', { edge: edgeId });
    log.info('an edge runs another configuration than is wanted: sending it', {
      edge: edgeId,
      said: care.said,
      version,
    });
    publish(edgeTopic(township, edgeId, 'cmd'), payload);
  };
  const push = (): void => {
    for (const [edgeId, config] of wanted) {
      const township = townships.get(edgeId);
      const care = cares.get(edgeId) ?? NO_CARE;
      if (township === undefined) continue;
      if (stateOf(care, config.inventoryVersion, performance.now(), times) === 'due') send(edgeId, township, config);
    }
  };
  const cancel = configs?.onChange(() => {
    const before = wanted;
    wanted = configs.current();
    for (const [edgeId, config] of wanted)
      if (before.get(edgeId)?.inventoryVersion !== config.inventoryVersion)
        set(edgeId, noteWanted(cares.get(edgeId) ?? NO_CARE));
  });

  const show = (edgeId: string, { care }: HeardStatus): void => {
    if (care === null) return;
    const gauge = (name: string, value: number | null): void => {
      if (value !== null) metrics.gauge(name, value, { edge: edgeId });
    };
    gauge('fengsui_edge_reported_queue_batches', care.queuedBatches);
    gauge('fengsui_edge_reported_oldest_seconds', (care.oldestQueuedMs ?? 0) / 1_000);
    gauge(
      'fengsui_edge_reported_clock_offset_seconds',
      care.clockOffsetMs === null ? null : care.clockOffsetMs / 1_000,
    );
    gauge('fengsui_edge_reported_supply_volts', care.supplyV);
    gauge('fengsui_edge_reported_signal_dbm', care.signalDbm);
    gauge('fengsui_edge_reported_disk_free_bytes', care.diskFreeBytes);
    gauge('fengsui_edge_reported_uptime_seconds', care.uptimeS);
  };

  return {
    takeStatus: (topic, status) => {
      const { edgeId } = status;
      const care = cares.get(edgeId) ?? NO_CARE;
      // Who was there before it was registered is cared for from then on.
      if (status.state === 'lost') {
        townships.delete(edgeId);
        return set(edgeId, noteSaid(care, null));
      }
      townships.set(edgeId, topic.township);
      set(edgeId, noteSaid(care, status.care?.inventoryVersion ?? null));
      show(edgeId, status);
      push();
    },
    takeReply: (topic, payload) => {
      const reply = parseReply(payload.toString('utf8'));
      const care = cares.get(topic.edgeId);
      if (reply === undefined || !reply.id.startsWith('config-')) return false;
      if (care?.asked?.id !== reply.id) return true;
      const version = care.asked.version;
      set(topic.edgeId, noteReply(care, reply, { nowMs: clock.nowMs(), monoMs: performance.now() }, times));
      metrics.count('fengsui_edge_config_replies_total', { edge: topic.edgeId, ok: String(reply.ok) });
      const facts = { edge: topic.edgeId, version, message: reply.message };
      if (reply.ok) log.info('an edge took its configuration', facts);
      else log.error('an edge did not take its configuration', facts);
      return true;
    },
    forgetHeard: () => {
      townships.clear();
      for (const [edgeId, care] of cares) set(edgeId, noteSaid(care, null));
    },
    push,
    stop: () => cancel?.(),
  };
}
