import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureCredential } from '#broker/io/credentials.ts';
import { startBroker } from '#broker/main.ts';
import { openHistoryReader } from '#ingest/io/history-reader.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { partitionOf } from '#model/partition.ts';
import type { Service } from '#model/ports.ts';
import { addRange, hasSeq, type SeqRange } from '#model/seen.ts';
import { type Ack, edgeTopic } from '#model/topics.ts';
import { batchText, reading, tempFolder, testContext, until } from '#test/ingest/centre.ts';

const TOWNSHIP = '331004001';
const BATCHES = 400;
const IN_FLIGHT = 8;
const KILLS_AT_COMMIT = [3, 7, 2, 11, 5];
const program = fileURLToPath(new URL('./ingest-process.ts', import.meta.url));

describe('ingest killed again and again between commit and ack, and at any other moment', () => {
  const folder = tempFolder();
  let broker: Service & { readonly port: number };
  let edge: MqttClient;
  let password = '';
  let acked: readonly SeqRange[] = [];
  let child: ChildProcess | undefined;
  let isOver = false;

  beforeAll(async () => {
    const file = `${folder.path}/broker/credentials.json`;
    const spec = { kind: 'edge', township: TOWNSHIP, origin: 'simulated' } as const;
    const secret = ensureCredential(file, 'edge-1', spec) ?? '';
    password = ensureCredential(file, 'svc-ingest', { kind: 'service' }) ?? '';
    broker = await startBroker({ host: '127.0.0.1', port: 0, credentialsFile: file }, testContext());
    edge = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
      clientId: 'edge-1',
      username: 'edge-1',
      password: secret,
      protocolVersion: 4,
    });
    await edge.subscribeAsync(edgeTopic(TOWNSHIP, 'edge-1', 'ack'));
    edge.on('message', (_topic, payload) => {
      for (const range of (JSON.parse(payload.toString()) as Ack).ranges) acked = addRange(acked, range);
    });
  });
  afterAll(async () => {
    isOver = true;
    child?.kill('SIGKILL');
    await edge.endAsync(true);
    await broker.stop();
    folder.remove();
  });

  const start = (dieAtCommit: number): void => {
    const args = [program, folder.path, `mqtt://127.0.0.1:${broker.port}`, password, String(dieAtCommit)];
    const started = spawn(process.execPath, args, { stdio: 'ignore' });
    child = started;
  };
  const died = () => child?.exitCode !== null || child?.signalCode !== null;

  it('loses no batch and stores none twice', async () => {
    const startMs = Date.now() - 3_600_000;
    const texts = Array.from({ length: BATCHES }, (_, index) => {
      const atMs = startMs + index * 1_000;
      const readings = [reading('s-1', atMs, index), reading('s-2', atMs - 10, -index)];
      return batchText('edge-1', index + 1, readings, { writtenAtMs: atMs });
    });
    const send = setInterval(() => {
      if (isOver) return;
      const open = texts.map((_, index) => index + 1).filter((seq) => !hasSeq(acked, seq));
      for (const seq of open.slice(0, IN_FLIGHT))
        edge.publish(edgeTopic(TOWNSHIP, 'edge-1', 'up'), texts[seq - 1] ?? '', { qos: 1 });
    }, 30);
    for (const dieAtCommit of KILLS_AT_COMMIT) {
      start(dieAtCommit);
      await until('the kill between commit and ack', died, 15_000);
    }
    for (const share of [0.5, 0.8]) {
      start(0);
      await until(
        'some acks',
        () => texts.filter((_, index) => hasSeq(acked, index + 1)).length > BATCHES * share,
        15_000,
      );
      child?.kill('SIGKILL');
      await until('the kill', died);
    }
    start(0);
    await until('all acks', () => texts.every((_, index) => hasSeq(acked, index + 1)), 20_000);
    clearInterval(send);

    const journal = openJournalReader(folder.path);
    const rows = journal.read(partitionOf(TOWNSHIP), 0, 100_000).filter((row) => row.kind === 'batch');
    const seqs = rows.map((row) => (row.kind === 'batch' ? row.seq : 0)).sort((a, b) => a - b);
    expect(seqs).toEqual(texts.map((_, index) => index + 1));
    const history = openHistoryReader(folder.path, journal);
    expect(Object.fromEntries(history.counts())).toEqual({ 's-1': BATCHES, 's-2': BATCHES });
    const points = history.range('s-1', 0, Number.MAX_SAFE_INTEGER, 10_000);
    expect(points.map((point) => point.value)).toEqual(texts.map((_, index) => index));
    history.close();
    journal.close();
  }, 180_000);
});
