/**
 * The bench's edges in one process: a bare MQTT client an edge (the load must cost less than what it loads), batches of
 * 100 readings at QoS 1, 8 in flight. Unpaced, the next one is sent when the application's ack for one has come, under
 * instants that run ahead of the clock; paced, one a period and edge, measured now.
 */
import { connect, type Socket } from 'node:net';
import type { Ack } from '#model/topics.ts';
import { edgeTopic } from '#model/topics.ts';
import { BATCH_READINGS, sensorIds, townshipOf } from '#test/bench/centre-county.ts';

export type LoadOrder = {
  readonly port: number;
  readonly edges: readonly LoadEdge[];
  readonly batchesPerEdge: number;
  /** One batch a period and edge instead of as many as are acked. */
  readonly everyMs?: number;
};
export type LoadEdge = {
  readonly id: string;
  readonly password: string;
  /** Left out: as the bench's own county has them. */
  readonly township?: string;
  readonly sensors?: readonly string[];
};
export type LoadEvent = { readonly kind: 'ready' } | { readonly kind: 'acked'; readonly batches: number };

const IN_FLIGHT = 8;
const STEP_MS = 60_000;
const SPAN_MS = 2 * 86_400_000;

const string = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
};
function packet(first: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  let left = body.length;
  do {
    length.push((left & 127) | (left > 127 ? 128 : 0));
    left >>= 7;
  } while (left > 0);
  return Buffer.concat([Buffer.from([first, ...length]), body]);
}

/** Cuts the stream into packets: type with flags, and body. */
function packets(onPacket: (first: number, body: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (;;) {
      let length = 0;
      let bytes = 0;
      let byte = 128;
      while (byte >= 128) {
        byte = rest[at + 1 + bytes] ?? -1;
        if (byte < 0) break;
        length += (byte & 127) * 128 ** bytes++;
      }
      if (byte < 0 || rest.length < at + 1 + bytes + length) break;
      onPacket(rest[at] ?? 0, rest.subarray(at + 1 + bytes, at + 1 + bytes + length));
      at += 1 + bytes + length;
    }
    rest = rest.subarray(at);
  };
}

/** The text of one batch, put together without the codec's object per reading. */
function batchMaker(edgeId: string, ids: readonly string[], paced: boolean): (seq: number) => string {
  const groups = ids.length / BATCH_READINGS;
  const names = Array.from({ length: groups }, (_, group) =>
    JSON.stringify(ids.slice(group * BATCH_READINGS, (group + 1) * BATCH_READINGS)),
  );
  const startMs = Date.now() - SPAN_MS;
  let random = 12_345 + edgeId.length;
  return (seq) => {
    const group = (seq - 1) % groups;
    const writtenAtMs = paced ? Date.now() : startMs + Math.floor((seq - 1) / groups) * STEP_MS;
    let rows = '';
    for (let index = 0; index < BATCH_READINGS; index++) {
      random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
      const isRain = index % 2 === 0;
      const value = isRain ? (random >>> 28 === 0 ? 200 : 0) : 12_000 + ((random >>> 20) & 1_023);
      rows += `${index === 0 ? '' : ','}[${index},${-(random & 1_023)},${value}]`;
    }
    return `{"v":1,"e":"${edgeId}","p":"bench","s":${seq},"b":"boot","m":${seq},"t":${writtenAtMs},"q":1,"i":"v1","k":${names[group]},"r":[${rows}]}`;
  };
}

type Edge = { readonly start: () => void };

function openEdge(
  order: LoadOrder,
  who: LoadOrder['edges'][number],
  onAcked: (batches: number) => void,
): Promise<Edge> {
  const township = who.township ?? townshipOf(who.id);
  const { everyMs } = order;
  const topic = string(edgeTopic(township, who.id, 'up'));
  const make = batchMaker(who.id, who.sensors ?? sensorIds(who.id), everyMs !== undefined);
  let sent = 0;
  let acked = 0;
  const socket: Socket = connect(order.port, '127.0.0.1');
  socket.setNoDelay(true);
  const send = (most = IN_FLIGHT): void => {
    socket.cork();
    const until = sent + most;
    while (sent < Math.min(order.batchesPerEdge, until) && sent - acked < IN_FLIGHT) {
      sent++;
      const id = (sent % 65_535) + 1;
      socket.write(packet(0x32, topic, Buffer.from([id >> 8, id & 255]), Buffer.from(make(sent))));
    }
    socket.uncork();
  };
  /** Edges do not all send at the same instant. */
  const pace = (periodMs: number) => setTimeout(() => setInterval(() => send(1), periodMs), Math.random() * periodMs);
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => {
      if (acked < order.batchesPerEdge) throw new Error(`connection of ${who.id} lost after ${acked} acks`);
    });
    const take = packets((first, body) => {
      const kind = first >> 4;
      if (kind === 2 && body[1] === 0)
        socket.write(packet(0x82, Buffer.from([0, 1]), string(edgeTopic(township, who.id, 'ack')), Buffer.from([0])));
      else if (kind === 9) resolve({ start: everyMs === undefined ? () => send() : () => void pace(everyMs) });
      else if (kind === 3) {
        const ack = JSON.parse(body.subarray(2 + body.readUInt16BE(0)).toString()) as Ack;
        const to = ack.ranges[0]?.[1] ?? 0;
        if (to <= acked) return;
        onAcked(to - acked);
        acked = to;
        if (everyMs === undefined) send();
      }
    });
    socket.on('data', take);
    const flags = Buffer.from([4, 0xc2, 0, 60]);
    socket.write(packet(0x10, string('MQTT'), flags, string(who.id), string(who.id), string(who.password)));
  });
}

async function run(order: LoadOrder): Promise<void> {
  let acked = 0;
  let told = 0;
  const total = order.edges.length * order.batchesPerEdge;
  const edges = await Promise.all(
    order.edges.map((edge) =>
      openEdge(order, edge, (batches) => {
        acked += batches;
        if (order.everyMs === undefined && acked - told < 200 && acked < total) return;
        told = acked;
        process.send?.({ kind: 'acked', batches: acked } satisfies LoadEvent);
      }),
    ),
  );
  process.send?.({ kind: 'ready' } satisfies LoadEvent);
  process.once('message', () => {
    for (const edge of edges) edge.start();
  });
}

process.once('message', (order: LoadOrder) => {
  run(order).catch((cause) => {
    process.stderr.write(`${String(cause)}\n`);
    process.exit(1);
  });
});
process.on('disconnect', () => process.exit(0));
