/** Looks after boxes from the command line, through the broker, with a credential of its own (`svc-care`). */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { connectAsync, type MqttClient } from 'mqtt';
import { runningClock } from '#cli/io/chain-clock.ts';
import { openCountySource } from '#cli/io/county-source.ts';
import type { EdgeAnswerOptions } from '#cli/io/edge-command.ts';
import { edgeConfigFile } from '#cli/io/edge-files.ts';
import { compilePushes, pushOf } from '#cli/io/edge-pushes.ts';
import { readHeartbeats } from '#cli/io/health.ts';
import { servicePassword } from '#cli/io/secrets.ts';
import { hostText, type Settings } from '#cli/settings.ts';
import { fleetFile } from '#ingest/io/fleet.ts';
import type { EdgeConfig, EdgeConfigPush } from '#model/edge-config.ts';
import { openClock } from '#model/io/clock.ts';
import type { Registry } from '#model/registry.ts';
import { formatLint } from '#model/result.ts';
import { ALL_STATUS, type EdgeCommand, type EdgeReply, type EdgeStatus, edgeTopic, parseTopic } from '#model/topics.ts';

const USER = 'svc-care';
const CONNECT_LIMIT_MS = 5_000;
/** Retained statuses arrive right behind the subscription. */
const QUIET_MS = 400;
const EXPIRES_MS = 60_000;
const MAX_WAIT_S = 3_600;

type Order = EdgeCommand extends infer One
  ? One extends EdgeCommand
    ? Omit<One, 'id' | 'issuedAt' | 'expiresAt'>
    : never
  : never;
type Statuses = ReadonlyMap<string, EdgeStatus>;

class CannotAsk extends Error {}

function readCounty(settings: Settings) {
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const source = openCountySource(settings, { clock: openClock(settings.clock), log: quiet }, settings.tickMs);
  if (!source.ok) throw new CannotAsk(`The county's files have errors:\n${source.error.map(formatLint).join('\n')}`);
  source.value.stop();
  return source.value;
}

/** Where the broker of this folder listens, unless FENGSUI_MQTT says where. */
function brokerUrl(settings: Settings): string {
  const said = readHeartbeats(settings.dataDir)
    .filter(({ away }) => !away)
    .flatMap(({ addresses }) => addresses)
    .find((address) => address.startsWith('mqtt://'));
  const { host, port } = settings.mqtt;
  return process.env['FENGSUI_MQTT'] === undefined && said !== undefined ? said : `mqtt://${hostText(host)}:${port}`;
}

async function openCare(settings: Settings): Promise<MqttClient> {
  const url = brokerUrl(settings);
  try {
    return await connectAsync(
      url,
      {
        ...{ clientId: USER, username: USER, password: servicePassword(settings.dataDir, USER) },
        ...{ protocolVersion: 4, reconnectPeriod: 0, connectTimeout: CONNECT_LIMIT_MS },
      },
      false,
    );
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CannotAsk(`The broker at ${url} is not reached (${why}): is the centre running, and is this its folder?`);
  }
}

/** Waits until nothing was heard for a while. */
async function hearStatuses(client: MqttClient): Promise<Statuses> {
  const statuses = new Map<string, EdgeStatus>();
  let heardMs = performance.now();
  const hear = (topic: string, payload: Buffer): void => {
    const parsed = parseTopic(topic);
    if (!parsed.ok || parsed.value.kind !== 'edge' || parsed.value.channel !== 'status') return;
    try {
      statuses.set(parsed.value.edgeId, JSON.parse(payload.toString('utf8')) as EdgeStatus);
      heardMs = performance.now();
    } catch {
      // Whoever wrote it is shown as not heard.
    }
  };
  client.on('message', hear);
  await client.subscribeAsync(ALL_STATUS, { qos: 1 });
  while (performance.now() - heardMs < QUIET_MS) await new Promise((resolve) => setTimeout(resolve, QUIET_MS / 4));
  client.off('message', hear);
  return statuses;
}

function refusedOf(dataDir: string): {
  readonly [edgeId: string]: { readonly version: string; readonly reason: string };
} {
  try {
    return JSON.parse(readFileSync(fleetFile(dataDir), 'utf8'));
  } catch {
    return {}; // Nothing was ever refused.
  }
}
/** What an edge that runs on this machine was given as a file. */
function ownFile(dataDir: string, edgeId: string): EdgeConfigPush | undefined {
  const file = edgeConfigFile(dataDir, edgeId);
  return existsSync(file) ? pushOf(JSON.parse(readFileSync(file, 'utf8')) as EdgeConfig) : undefined;
}

type Row = {
  readonly edge: string;
  readonly origin: string;
  readonly state: 'online' | 'lost' | 'never heard';
  readonly wanted: string | null;
  readonly status: EdgeStatus | null;
  readonly refused: string | null;
};

function rowsOf(
  settings: Settings,
  registry: Registry,
  wanted: ReadonlyMap<string, EdgeConfigPush>,
  heard: Statuses,
): Row[] {
  const refusals = refusedOf(settings.dataDir);
  // A gateway whose devices bring their own messages is an edge to the centre, and no box that could be asked.
  const boxes = [...registry.edges.values()].filter(({ native }) => native === undefined);
  return boxes.map(({ id, origin }) => {
    const want = (wanted.get(id) ?? ownFile(settings.dataDir, id))?.inventoryVersion ?? null;
    const status = heard.get(id) ?? null;
    const refusal = refusals[id];
    return {
      ...{ edge: id, origin, state: status?.state ?? 'never heard', wanted: want, status },
      refused: refusal !== undefined && refusal.version === want ? refusal.reason : null,
    };
  });
}

const short = (version: string | null): string => version?.slice(0, 8) ?? '-';
const amount = (value: number | null | undefined, unit: string): string =>
  value === null || value === undefined ? '-' : `${value} ${unit}`;
const ageText = (ageMs: number): string =>
  ageMs < 120_000
    ? `${Math.round(ageMs / 1_000)} s`
    : ageMs < 7_200_000
      ? `${Math.round(ageMs / 60_000)} min`
      : `${Math.round(ageMs / 3_600_000)} h`;
function lineOf({ edge, state, wanted, status, refused }: Row): string {
  if (status?.state !== 'online') return `${edge}  ${state}  wanted ${short(wanted)}`;
  const { box } = status;
  const should = wanted === null ? '' : `, wanted ${short(wanted)}`;
  const runs = status.inventoryVersion === wanted ? 'as wanted' : `runs ${short(status.inventoryVersion)}${should}`;
  const facts = [
    `version ${status.version}`,
    runs,
    `queue ${status.queuedBatches}${status.oldestQueuedMs == null ? '' : `, oldest ${ageText(status.oldestQueuedMs)}`}`,
    `clock ${amount(status.clockOffsetMs, 'ms')} ${status.timeQuality}`,
    `supply ${amount(box?.supplyV, 'V')}`,
    `signal ${amount(box?.signalDbm, 'dBm')}`,
    `disk free ${amount(box?.diskFreeBytes == null ? null : Math.round(box.diskFreeBytes / 1e6), 'MB')}`,
  ];
  return `${edge}  online  ${facts.join(' · ')}${refused === null ? '' : `\n  refused: ${refused}`}`;
}

/** Runs the work with a connection; what cannot be done is one sentence and exit code 1. */
async function withCare(settings: Settings, work: (client: MqttClient) => Promise<number>): Promise<number> {
  let client: MqttClient | undefined;
  try {
    client = await openCare(settings);
    return await work(client);
  } catch (cause) {
    if (!(cause instanceof CannotAsk)) throw cause;
    console.error(cause.message);
    return 1;
  } finally {
    await client?.endAsync(true);
  }
}

export function listEdges(settings: Settings, json: boolean): Promise<number> {
  return withCare(settings, async (client) => {
    const { registry, profiles, ruleSets } = readCounty(settings);
    const wanted = compilePushes(registry.current(), profiles, ruleSets.current());
    const items = rowsOf(settings, registry.current(), wanted, await hearStatuses(client));
    console.log(json ? JSON.stringify({ items }) : items.map(lineOf).join('\n'));
    return 0;
  });
}

async function ask(
  client: MqttClient,
  settings: Settings,
  edge: { readonly id: string; readonly township: string },
  order: Order,
  waitMs: number,
): Promise<EdgeReply> {
  const clock = openClock(runningClock(settings.dataDir));
  const issuedAt = clock.nowMs();
  // An order bears its id to the broker and back; the expiry is in the chain's time, which may run faster.
  const command = { id: `care-${randomUUID()}`, issuedAt, expiresAt: issuedAt + EXPIRES_MS, ...order };
  const answered = new Promise<EdgeReply>((resolve, reject) => {
    const limit = setTimeout(
      () => reject(new CannotAsk(`${edge.id} did not answer within ${waitMs / 1_000} s.`)),
      waitMs,
    );
    client.on('message', (topic, payload) => {
      if (topic !== edgeTopic(edge.township, edge.id, 'reply')) return;
      const reply = JSON.parse(payload.toString('utf8')) as EdgeReply;
      if (reply.id !== command.id) return;
      clearTimeout(limit);
      resolve(reply);
    });
  });
  await client.subscribeAsync(edgeTopic(edge.township, edge.id, 'reply'), { qos: 1 });
  await client.publishAsync(edgeTopic(edge.township, edge.id, 'cmd'), JSON.stringify(command), { qos: 1 });
  return answered;
}

function tellReply(edgeId: string, reply: EdgeReply, status: EdgeStatus | undefined, json: boolean): number {
  if (json) console.log(JSON.stringify({ edge: edgeId, ...reply, ...(status === undefined ? {} : { status }) }));
  else {
    console.log(`${edgeId}: ${reply.ok ? '' : 'no: '}${reply.message}`);
    if (status !== undefined)
      console.log(lineOf({ edge: edgeId, origin: '', state: status.state, wanted: null, status, refused: null }));
  }
  return reply.ok ? 0 : 1;
}

export function askEdge(settings: Settings, edgeId: string, order: Order, options: EdgeAnswerOptions): Promise<number> {
  return withCare(settings, async (client) => {
    const { registry } = readCounty(settings);
    const edge = registry.current().edges.get(edgeId);
    if (edge === undefined || edge.native !== undefined)
      throw new CannotAsk(`There is no edge "${edgeId}" in ${settings.countyDir}/edges.yaml.`);
    const waitS = Number(options.wait);
    if (!(waitS > 0 && waitS <= MAX_WAIT_S)) throw new CannotAsk(`--wait takes 1 to ${MAX_WAIT_S} seconds.`);
    const reply = await ask(client, settings, edge, order, waitS * 1_000);
    const status = order.kind === 'status' ? (await hearStatuses(client)).get(edgeId) : undefined;
    return tellReply(edgeId, reply, status, options.json);
  });
}

export async function configureEdge(settings: Settings, edgeId: string, options: EdgeAnswerOptions): Promise<number> {
  let config: EdgeConfigPush | undefined;
  try {
    const { registry, profiles, ruleSets } = readCounty(settings);
    config =
      compilePushes(registry.current(), profiles, ruleSets.current()).get(edgeId) ?? ownFile(settings.dataDir, edgeId);
  } catch (cause) {
    if (!(cause instanceof CannotAsk)) throw cause;
    console.error(cause.message);
    return 1;
  }
  if (config === undefined) {
    console.error(`There is no edge "${edgeId}" in ${settings.countyDir}/edges.yaml.`);
    return 1;
  }
  return askEdge(settings, edgeId, { kind: 'configure', config }, options);
}
