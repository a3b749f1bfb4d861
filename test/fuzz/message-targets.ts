/** Texts and payloads: batches, acks and commands of an edge, and the messages that devices bring themselves. */
import { parseAck, parseCommand } from '#edge/messages.ts';
import { CODECS } from '#ingest/decoders/codecs.ts';
import { DECODERS } from '#ingest/decoders/registry.ts';
import { createVerifier, verifyParsed } from '#ingest/verify.ts';
import { type Batch, decodeBatch, encodeBatch } from '#model/batch.ts';
import type { EdgeUnit, Sensor } from '#model/registry.ts';
import type { FuzzTarget, Verdict } from '#test/fuzz/targets.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));
const ok = (accepted: boolean): Verdict => ({ accepted });

const AT = Date.UTC(2026, 5, 1);
const batch = (events: Batch['events']): string =>
  encodeBatch({
    ...{ edgeId: 'e', epoch: 'p', seq: 7, bootId: 'b', monoMs: 5, writtenAtMs: AT, timeQuality: 'synced' },
    inventoryVersion: 'v1',
    readings: [
      {
        sensorId: 's1',
        measuredAtMs: AT,
        timeQuality: 'synced',
        quality: 'good',
        value: 500,
        raw: 5,
        flags: ['first'],
      },
      { sensorId: 's2', measuredAtMs: AT - 9, timeQuality: 'synced', quality: 'bad', reason: 'timeout', flags: [] },
    ],
    events,
  });

const FROM = { edgeId: 'e', township: '451099101', receivedAtMs: AT };
const sensor = (id: string): Sensor => ({
  ...{ id, pointId: 'p', edgeId: 'e', quantity: 'rain', name: { zh: id, en: id }, staleAfterMs: 60_000 },
});
const EDGE: EdgeUnit = {
  ...{ id: 'e', township: '451099101', origin: 'live', name: { zh: 'e', en: 'e' }, buses: [], links: [], outputs: [] },
  mutes: [],
};
const KNOWN = { sensors: new Map(['s1', 's2'].map((id) => [id, sensor(id)])), edges: new Map([['e', EDGE]]) };
const verify = createVerifier();

/** The quick way takes exactly what the thorough one takes, and what is taken can be written again. */
function runBatch(bytes: Uint8Array): Verdict {
  const text = textOf(bytes);
  const quick = verify(text, bytes.length, FROM, KNOWN);
  const slow = verifyParsed(text, FROM, KNOWN);
  if (JSON.stringify(quick) !== JSON.stringify(slow)) return { accepted: true, finding: 'two verdicts on one batch' };
  const decoded = decodeBatch(text);
  if (!decoded.ok) return ok(false);
  const again = decodeBatch(encodeBatch(decoded.value));
  return again.ok
    ? ok(true)
    : { accepted: true, finding: `what was taken cannot be written again: ${again.error.message}` };
}

const DP = (json: string): Uint8Array => {
  const body = utf8(json);
  return Uint8Array.of(2, body.length >> 8, body.length & 0xff, ...body);
};
const DP_JSON =
  '{"L1_LF_1":{"2018-08-02T08:52:32.449Z":11.2},"L3_YL_1":{"2026-04-10T11:48:55.000Z":{"value":0,"totalValue":0}}}';
const UPLINK =
  '{"deduplicationId":"d","time":"2026-06-01T00:00:00Z","deviceInfo":{"devEui":"24e124713c000001"},"fPort":85,"fCnt":1,"data":"Ih5kABxA"}';

const SEEDS: { readonly [decoder: string]: readonly Uint8Array[] } = {
  dp: [DP(`{"deviceId":${DP_JSON}}`), utf8(`{"deviceId":${DP_JSON}}`)],
  chirpstack: [utf8(UPLINK)],
  json: [utf8('{"device":"a","time":"2026-06-01T00:00:00Z","id":"m1","values":{"t":21.5,"s":"on"}}')],
  'json-pointer': [utf8('{"list":[{"id":"a","t":"2026-06-01T00:00:00Z","v":1}]}')],
};
const META = {
  topic: 't',
  codecOf: () => 'milesight-gs524n',
  pathsOf: () => ['/t', '/v', 'L3_YL_1.totalValue'],
  mapping: { list: '/list', device: '/id', time: '/t', timeUnit: 'iso', messageId: null },
} as const;

const PAYLOADS: { readonly [codec: string]: readonly [port: number, ...seeds: string[]] } = {
  'milesight-gs524n': [85, '22 1E 64 00 1C 40'],
  tg563a: [1, '01 7E 15 00 01', '00 78 1A 03 00'],
  'netvox-ra02g': [6, '01 D7 01 24 00 00 00 00 00 00 00'],
};

export const messageTargets: readonly FuzzTarget[] = [
  {
    name: 'batch',
    seeds: [utf8(batch([])), utf8(batch([{ kind: 'bus', busId: 'a', state: 'open', detail: '' }]))],
    run: runBatch,
  },
  {
    name: 'edge-ack',
    seeds: [utf8('{"epoch":"p","ranges":[[1,5],[7,9]],"atMs":1780000000000}')],
    run: (bytes) => ok(parseAck(textOf(bytes)).ok),
  },
  {
    name: 'edge-command',
    seeds: [
      '{"id":"c1","issuedAt":1780000000000,"expiresAt":1780000060000,"kind":"read-now"}',
      '{"id":"c2","issuedAt":1780000000000,"expiresAt":1780000060000,"kind":"resend","epoch":"p","ranges":[[1,5]]}',
      '{"id":"c3","issuedAt":1780000000000,"expiresAt":1780000060000,"kind":"test-output","output":"siren","seconds":5}',
    ].map(utf8),
    run: (bytes) => ok(parseCommand(textOf(bytes)).ok),
  },
  ...Object.entries(DECODERS).map(
    ([name, decoder]): FuzzTarget => ({
      name: `device-${name}`,
      seeds: SEEDS[name] ?? [utf8('{}')],
      run: (bytes) => ok(decoder.decode(bytes, META).ok),
    }),
  ),
  ...Object.entries(CODECS).map(([name, codec]): FuzzTarget => {
    const [port, ...seeds] = PAYLOADS[name] ?? [1, '00'];
    return {
      name: `payload-${name}`,
      seeds: seeds.map(hex),
      run: (bytes) => {
        const decoded = codec.decode(bytes, port);
        const sum = bytes.reduce((total, byte) => total + byte, 0) % 256;
        if (decoded.ok && name === 'milesight-gs524n' && sum !== 0)
          return { accepted: true, finding: 'a payload with a wrong sum was taken' };
        return ok(decoded.ok);
      },
    };
  }),
];
